// Dates of policies: ISO 8601 in IAM's lenient reading, or seconds since the epoch.

const MAX_LONG = 9223372036854775807n;
const MIN_YEAR = -292275054;
const MAX_YEAR = 292278993;

/**
 * Epoch milliseconds of a Date operand, undefined if IAM would not accept it (spec identity §6.1: year alone, short fields and one-digit
 * hours pass; offsets need two digits and fractions at most nine). Digits alone are epoch seconds. Years beyond JavaScript's range become ±Infinity.
 */
export function parseDate(text: string): number | undefined {
  if (/^\d{1,19}$/.test(text)) return BigInt(text) <= MAX_LONG ? Number(text) * 1000 : undefined;
  const [, year, month, day, time] = /^(-?\d{1,9})(?:-(\d{1,2}))?(?:-(\d{1,2}))?(?:t(.*))?$/is.exec(text) ?? [];
  if (year === undefined || !within(year, MIN_YEAR, MAX_YEAR) || !within(month, 1, 12) || !within(day, 1, 31)) return undefined;
  const clock = time ? parseTime(time) : 0;
  if (clock === undefined) return undefined;
  const date = new Date(0);
  date.setUTCFullYear(Number(year), Number(month ?? 1) - 1, Number(day ?? 1));
  const at = date.getTime() + clock;
  return Number.isNaN(at) ? Number(year) * Number.POSITIVE_INFINITY : at;
}

function parseTime(text: string): number | undefined {
  const match = /^(\d{1,2})(?::(\d{1,2}))?(?::(\d{1,2})(?:\.(\d{1,9}))?)?(z|[+-]\d{2}(?::?\d{2})?)?$/i.exec(text);
  if (!match) return undefined;
  const [, hour, minute, second, fraction, zone] = match;
  if (!within(hour, 0, 23) || !within(minute, 0, 59) || !within(second, 0, 59)) return undefined;
  const offset = zone === undefined || /^z$/i.test(zone) ? 0 : parseOffset(zone);
  if (offset === undefined) return undefined;
  const milliseconds = fraction ? Number(`0.${fraction}`) * 1000 : 0;
  return Number(hour) * 3_600_000 + Number(minute ?? 0) * 60_000 + Number(second ?? 0) * 1000 + milliseconds - offset;
}

function parseOffset(zone: string): number | undefined {
  const hours = zone.slice(1, 3);
  const minutes = zone.slice(3).replace(":", "") || "0";
  if (!within(hours, 0, 23) || !within(minutes, 0, 59)) return undefined;
  const offset = Number(hours) * 3_600_000 + Number(minutes) * 60_000;
  return zone.startsWith("-") ? -offset : offset;
}

function within(text: string | undefined, low: number, high: number): boolean {
  return text === undefined || (Number(text) >= low && Number(text) <= high);
}
