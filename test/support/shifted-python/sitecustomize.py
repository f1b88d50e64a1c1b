"""Python loads this first: time and datetime are ahead by the milliseconds that the file in SHIFTED_TIME_FILE says now."""
import datetime
import os
import time

_machine_time = time.time
_Machine = datetime.datetime


def _offset():
    with open(os.environ["SHIFTED_TIME_FILE"], encoding="ascii") as file:
        return float(file.read() or 0) / 1000


class _Kind(type):
    """Moments made by C code are of the machine's class; they count as moments all the same."""

    def __instancecheck__(cls, instance):
        return isinstance(instance, _Machine)


class _Shifted(_Machine, metaclass=_Kind):
    @classmethod
    def now(cls, tz=None):
        return cls.fromtimestamp(time.time(), tz)

    @classmethod
    def utcnow(cls):
        return cls.fromtimestamp(time.time(), datetime.timezone.utc).replace(tzinfo=None)


_machine_gmtime = time.gmtime
time.time = lambda: _machine_time() + _offset()
time.gmtime = lambda seconds=None: _machine_gmtime(time.time() if seconds is None else seconds)
datetime.datetime = _Shifted
