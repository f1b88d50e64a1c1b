// The resourceVersion parameter: a number of 64 bits, as text.
import { badRequest } from "../api/status.ts";

const largest = 2n ** 64n - 1n;

/** The revision a client names; "" is 0. Throws 400 for what is no number or does not fit. Beyond 2^53 the value is rounded. */
export function parseRevision(text: string): number {
  const quoted = JSON.stringify(text);
  const wrong = (why: string) => badRequest(`Invalid value: ${quoted}: strconv.ParseUint: parsing ${quoted}: ${why}`);
  if (text !== "" && !/^\d+$/.test(text)) throw wrong("invalid syntax");
  if (BigInt(text || 0) > largest) throw wrong("value out of range");
  return Number(text || 0);
}
