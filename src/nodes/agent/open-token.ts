// Opening a JWT without verifying it, with the words of the parser that the agent uses (golang-jwt).

const ALGORITHM = /^(?:(?:HS|RS|ES|PS)(?:256|384|512)|EdDSA|none)$/;

/** The claims, or why the token cannot be read. */
export function openToken(token: string): Readonly<Record<string, unknown>> | string {
  const parts = token.split(".");
  if (parts.length !== 3) return "token is malformed: token contains an invalid number of segments";
  if (/^bearer /i.test(token)) return "token is malformed: tokenstring should not contain 'bearer '";
  const header = segment(parts[0] as string, "header");
  if (typeof header === "string") return header;
  const claims = segment(parts[1] as string, "claim");
  if (typeof claims === "string") return claims;
  if (typeof header.alg !== "string") return "token is unverifiable: signing method (alg) is unspecified";
  if (!ALGORITHM.test(header.alg)) return "token is unverifiable: signing method (alg) is unavailable";
  return claims;
}

function segment(text: string, name: string): Readonly<Record<string, unknown>> | string {
  const illegal = /[^A-Za-z0-9_-]/.exec(text)?.index ?? (text.length % 4 === 1 ? text.length - 1 : undefined);
  if (illegal !== undefined) return `token is malformed: could not base64 decode ${name}: illegal base64 data at input byte ${illegal}`;
  try {
    const value: unknown = JSON.parse(Buffer.from(text, "base64url").toString());
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Readonly<Record<string, unknown>>;
  } catch {
    // Told below.
  }
  return `token is malformed: could not JSON decode ${name}`;
}
