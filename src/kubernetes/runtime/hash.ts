// Short hashes in names and labels: FNV-1a over canonical JSON, written in the alphabet Kubernetes uses for names.

/** Characters that make no words (apimachinery rand.SafeEncodeString). */
export const safeAlphabet = "bcdfghjklmnpqrstvwxz2456789";

/** JSON with sorted members; absent, null and empty members do not count, so that equal specifications hash equally. */
export function canonical(value: unknown): string {
  return JSON.stringify(strip(value)) ?? "null";
}

function strip(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(strip);
  if (!value || typeof value !== "object") return value;
  const result: Record<string, unknown> = {};
  for (const key of Object.keys(value).sort()) {
    const member = strip((value as Record<string, unknown>)[key]);
    if (member === null || member === undefined || member === "") continue;
    if (typeof member === "object" && !Array.isArray(member) && Object.keys(member).length === 0 && key !== "emptyDir") continue;
    if (Array.isArray(member) && member.length === 0) continue;
    result[key] = member;
  }
  return result;
}

/** A hash for labels and name suffixes; `collisions` makes another one. */
export function shortHash(value: unknown, collisions?: number): string {
  let hash = 0x811c9dc5;
  const mix = (byte: number) => {
    hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
  };
  for (const byte of Buffer.from(canonical(value))) mix(byte);
  if (collisions !== undefined) for (const byte of Buffer.from(String(collisions))) mix(byte);
  return [...String(hash)].map((digit) => safeAlphabet[digit.charCodeAt(0) % safeAlphabet.length]).join("");
}

/** Equal as specifications, ignoring member order and empty members. */
export function sameSpec(a: unknown, b: unknown): boolean {
  return a === b || canonical(a) === canonical(b);
}
