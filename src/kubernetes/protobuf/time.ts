// Kubernetes' time and duration texts.

const nanosPerSecond = 1_000_000_000;

/** metav1.Time: seconds since the epoch to RFC 3339 with whole seconds, UTC. Undefined outside the years JSON can carry. */
export function timeText(seconds: number): string | undefined {
  const date = new Date(seconds * 1000);
  const year = date.getUTCFullYear();
  if (Number.isNaN(date.getTime()) || year < 0 || year > 9999) return undefined;
  return date.toISOString().replace(/\.\d+Z$/, "Z");
}

/** metav1.MicroTime: six decimals. */
export function microTimeText(seconds: number, nanos: number): string | undefined {
  const whole = timeText(seconds);
  return whole?.replace("Z", `.${String(Math.floor(nanos / 1000)).padStart(6, "0")}Z`);
}

function trimFraction(value: number, digits: number): string {
  const whole = Math.floor(value / 10 ** digits);
  const fraction = String(value % 10 ** digits)
    .padStart(digits, "0")
    .replace(/0+$/, "");
  return fraction === "" ? String(whole) : `${whole}.${fraction}`;
}

/** Go's time.Duration.String(): `1h30m0s`, `1.5s`, `250ms`, `0s`. Input in nanoseconds. */
export function durationText(nanos: number): string {
  if (nanos < 0) return `-${durationText(-nanos)}`;
  if (nanos === 0) return "0s";
  if (nanos < 1000) return `${nanos}ns`;
  if (nanos < 1_000_000) return `${trimFraction(nanos, 3)}µs`;
  if (nanos < nanosPerSecond) return `${trimFraction(nanos, 6)}ms`;
  const minutes = Math.floor(nanos / (60 * nanosPerSecond));
  const seconds = `${trimFraction(nanos % (60 * nanosPerSecond), 9)}s`;
  if (minutes === 0) return seconds;
  const hours = Math.floor(minutes / 60);
  return hours === 0 ? `${minutes}m${seconds}` : `${hours}h${minutes % 60}m${seconds}`;
}

const unitNanos: Readonly<Record<string, number>> = { ns: 1, us: 1e3, µs: 1e3, μs: 1e3, ms: 1e6, s: 1e9, m: 6e10, h: 3.6e12 };

/** Reads Go's duration syntax (`1h30m`, `-1.5s`, `0`) to nanoseconds; undefined if it is none. */
export function parseDuration(text: string): number | undefined {
  const match = /^([+-]?)((?:(?:\d+\.?\d*|\.\d+)(?:ns|us|µs|μs|ms|s|m|h))+|0)$/.exec(text);
  if (!match) return undefined;
  let total = 0;
  for (const part of match[2]!.matchAll(/([\d.]+)(ns|us|µs|μs|ms|s|m|h)/g)) total += Number(part[1]) * unitNanos[part[2]!]!;
  return match[1] === "-" ? -total : total;
}
