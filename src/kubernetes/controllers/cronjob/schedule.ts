// Cron schedules as Kubernetes takes them: five fields, names, steps, `?`, and the @ shorthands, in any time zone.

/** A parsed schedule: allowed values per field. */
export interface Schedule {
  readonly minutes: readonly number[];
  readonly hours: readonly number[];
  readonly days: ReadonlySet<number>;
  readonly months: ReadonlySet<number>;
  readonly weekdays: ReadonlySet<number>;
  /** Both day fields are restricted: either may match. */
  readonly eitherDay: boolean;
}

const shorthands: Record<string, string> = {
  "@yearly": "0 0 1 1 *",
  "@annually": "0 0 1 1 *",
  "@monthly": "0 0 1 * *",
  "@weekly": "0 0 * * 0",
  "@daily": "0 0 * * *",
  "@midnight": "0 0 * * *",
  "@hourly": "0 * * * *",
};
const months = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const weekdays = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];
const horizonDays = 366 * 5;
const day = 86_400_000;

/** Parses a schedule; undefined if it is malformed. */
export function parseSchedule(text: string): Schedule | undefined {
  const fields = (shorthands[text.trim().toLowerCase()] ?? text).trim().split(/\s+/);
  if (fields.length !== 5) return undefined;
  const [minute, hour, dayOfMonth, month, weekday] = [
    parseField(fields[0]!, 0, 59),
    parseField(fields[1]!, 0, 23),
    parseField(fields[2]!, 1, 31),
    parseField(fields[3]!, 1, 12, months, 1),
    parseField(fields[4]!, 0, 6, weekdays, 0),
  ];
  if (!minute || !hour || !dayOfMonth || !month || !weekday) return undefined;
  const starred = (field: string) => field.startsWith("*") || field.startsWith("?");
  return {
    minutes: [...minute].sort((a, b) => a - b),
    hours: [...hour].sort((a, b) => a - b),
    days: dayOfMonth,
    months: month,
    weekdays: weekday,
    eitherDay: !starred(fields[2]!) && !starred(fields[4]!),
  };
}

function parseField(text: string, least: number, most: number, names: readonly string[] = [], firstName = 0): Set<number> | undefined {
  const values = new Set<number>();
  const number = (part: string): number | undefined => {
    const name = names.indexOf(part.toLowerCase());
    if (name >= 0) return name + firstName;
    return /^\d+$/.test(part) ? Number(part) : undefined;
  };
  for (const part of text.split(",")) {
    const [range = "", step, ...rest] = part.split("/");
    if (rest.length || (step !== undefined && !/^[1-9]\d*$/.test(step))) return undefined;
    const [from = "", to, ...more] = range.split("-");
    if (more.length) return undefined;
    const open = from === "*" || from === "?";
    const start = open ? least : number(from);
    const end = open ? most : to !== undefined ? number(to) : step !== undefined ? most : start;
    if (start === undefined || end === undefined || start < least || end > most || start > end || (open && to !== undefined))
      return undefined;
    for (let value = start; value <= end; value += Number(step ?? 1)) values.add(value);
  }
  return values;
}

/** Is a time zone known. */
export function isTimeZone(zone: string): boolean {
  try {
    new Intl.DateTimeFormat("en-US", { timeZone: zone });
    return true;
  } catch {
    return false;
  }
}

/** The first time after `after` (ms) that the schedule names, in `zone` (IANA name, default UTC); undefined if none within five years. */
export function nextTime(schedule: Schedule, after: number, zone = "UTC"): number | undefined {
  const start = after + offsetOf(zone, after);
  const firstDay = Math.floor(start / day);
  for (let ahead = 0; ahead < horizonDays; ahead++) {
    const midnight = (firstDay + ahead) * day;
    if (!matchesDay(schedule, new Date(midnight))) continue;
    for (const hour of schedule.hours) {
      for (const minute of schedule.minutes) {
        const time = fromWall(zone, midnight + hour * 3_600_000 + minute * 60_000);
        if (time !== undefined && time > after) return time;
      }
    }
  }
  return undefined;
}

function matchesDay({ days, months: allowed, weekdays: named, eitherDay }: Schedule, date: Date): boolean {
  if (!allowed.has(date.getUTCMonth() + 1)) return false;
  const byDate = days.has(date.getUTCDate());
  const byName = named.has(date.getUTCDay());
  return eitherDay ? byDate || byName : byDate && byName;
}

/** The instant a wall clock shows `wall`; undefined in the gap of a change to summer time. */
function fromWall(zone: string, wall: number): number | undefined {
  if (zone === "UTC") return wall;
  for (const guess of [wall - day, wall + day]) {
    const time = wall - offsetOf(zone, guess);
    if (time + offsetOf(zone, time) === wall) return time;
  }
  return undefined;
}

const formats = new Map<string, Intl.DateTimeFormat>();

/** Milliseconds a zone's clock is ahead of UTC at an instant. */
function offsetOf(zone: string, instant: number): number {
  if (zone === "UTC") return 0;
  let format = formats.get(zone);
  if (!format) {
    const fields = { year: "numeric", month: "numeric", day: "numeric", hour: "numeric", minute: "numeric", second: "numeric" } as const;
    format = new Intl.DateTimeFormat("en-US", { timeZone: zone, hourCycle: "h23", ...fields });
    formats.set(zone, format);
  }
  const parts = Object.fromEntries(format.formatToParts(instant).map(({ type, value }) => [type, Number(value)]));
  const wall = Date.UTC(parts.year!, parts.month! - 1, parts.day!, parts.hour!, parts.minute!, parts.second!);
  return wall - Math.floor(instant / 1000) * 1000;
}
