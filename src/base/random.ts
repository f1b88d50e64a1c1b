// Randomness as a dependency, so that identifiers and address choice can be repeated from a seed.
import { randomFillSync } from "node:crypto";

/** Source of random bytes. Secrets must come from {@link systemRandom}. */
export interface Random {
  bytes(length: number): Uint8Array;
}

/** Drawn from the system in one go: identifiers and names take a few bytes at a time, and a call for each costs more than the bytes. */
const pool = new Uint8Array(4096);
let used = pool.length;

/** Cryptographically strong randomness. */
export const systemRandom: Random = {
  bytes(length) {
    if (length > pool.length / 4) return randomFillSync(new Uint8Array(length));
    if (used + length > pool.length) {
      randomFillSync(pool);
      used = 0;
    }
    const drawn = pool.slice(used, used + length);
    // What was handed out is not kept.
    pool.fill(0, used, used + length);
    used += length;
    return drawn;
  },
};

/** Repeatable, not secure (mulberry32); for tests and for seeded address choice. */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = state;
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return (mixed ^ (mixed >>> 14)) >>> 0;
  };
  return { bytes: (length) => Uint8Array.from({ length }, () => next() & 0xff) };
}

/** A whole number in [0, bound), without modulo bias for bounds up to 2^32. */
export function randomInt(random: Random, bound: number): number {
  const limit = Math.floor(0x1_0000_0000 / bound) * bound;
  for (;;) {
    const [a = 0, b = 0, c = 0, d = 0] = random.bytes(4);
    const value = ((a << 24) | (b << 16) | (c << 8) | d) >>> 0;
    if (value < limit) return value % bound;
  }
}

/** `length` characters drawn evenly from `alphabet`. */
export function randomString(random: Random, alphabet: string, length: number): string {
  let text = "";
  for (let i = 0; i < length; i++) text += alphabet[randomInt(random, alphabet.length)];
  return text;
}
