// Opaque tokens of listings.
import { invalid } from "./errors.ts";

/** Seals where a listing stopped. */
export function sealToken(position: readonly (string | number)[]): string {
  return Buffer.from(JSON.stringify(position)).toString("base64");
}

/** Opens a token of {@link sealToken} with as many parts. Throws InvalidParameterException. */
export function openToken(token: string, parts: number): (string | number)[] {
  try {
    const position: unknown = JSON.parse(Buffer.from(token, "base64").toString("utf8"));
    if (Array.isArray(position) && position.length === parts && position.every((part) => /^(string|number)$/.test(typeof part)))
      return position;
  } catch {
    // Not one of ours.
  }
  throw invalid("The specified nextToken is invalid.");
}
