// Access key ids, long-term (IAM) and temporary (STS), which carry their account as those of AWS do.
import type { Random } from "../base/random.ts";

const BASE32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/**
 * An access key id of `account`: `AKIA` (long-term) or `ASIA` (temporary) and 16 base32 characters, whose first 48 bits carry the account
 * number as AWS's own do, so that {@link accountOf} answers without a look-up.
 */
export function accessKeyId(prefix: "AKIA" | "ASIA", account: string, random: Random): string {
  const noise = random.bytes(5);
  const [low = 0, a = 0, b = 0, c = 0, d = 0] = noise;
  const head = (1n << 47n) | (BigInt(account) << 7n) | BigInt(low & 0x7f);
  let bits = (head << 32n) | BigInt(((a << 24) | (b << 16) | (c << 8) | d) >>> 0);
  let text = "";
  for (let i = 0; i < 16; i++) {
    text = BASE32[Number(bits & 31n)] + text;
    bits >>= 5n;
  }
  return prefix + text;
}

/** The account an access key id carries, or undefined if the text is not an access key id. */
export function accountOf(id: string): string | undefined {
  if (!/^(AKIA|ASIA)[A-Z2-7]{16}$/.test(id)) return undefined;
  let bits = 0n;
  for (const character of id.slice(4)) bits = (bits << 5n) | BigInt(BASE32.indexOf(character));
  return String((bits >> 39n) & 0xffffffffffn).padStart(12, "0");
}
