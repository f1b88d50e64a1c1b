// Durations as NodePools write them: `30s`, `336h`, `24h0m0s`, `Never`.

const UNITS: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000 };

/** Milliseconds; infinite for Never, undefined for absent or malformed text. */
export function durationMs(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (text === "Never") return Number.POSITIVE_INFINITY;
  const parts = [...text.matchAll(/(\d+)([smh])/g)];
  if (parts.length === 0 || parts.map(([part]) => part).join("") !== text) return undefined;
  return parts.reduce((sum, [, amount, unit]) => sum + Number(amount) * UNITS[unit!]!, 0);
}
