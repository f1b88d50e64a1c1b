// What a request says about its signer: the Authorization header or the X-Amz-* query parameters.
import { ALGORITHM, parseAmzDate, queryPairs, type Scope } from "./canonical.ts";

/** Why a request is not authenticated. Each service names it in its own code (models). */
export type FailureReason =
  | "missing"
  | "malformed"
  | "unknown-key"
  | "expired-session"
  | "bad-signature"
  | "skewed"
  | "expired-request"
  | "wrong-scope"
  | "unsupported";

/** A refused signature. `message` is set where it depends on the request. */
export interface AuthFailure {
  readonly reason: FailureReason;
  readonly message?: string;
}

/** A claim to be verified. */
export interface Claim {
  readonly scope: Scope;
  readonly signedHeaders: readonly string[];
  /** Hex. */
  readonly signature: string;
  /** X-Amz-Date as sent. */
  readonly timestamp: string;
  /** Epoch milliseconds. */
  readonly signedAt: number;
  readonly sessionToken: string | undefined;
  /** Set for presigned queries: seconds of validity. */
  readonly expires: number | undefined;
}

/** What is needed of a request to find its claim. */
export interface ClaimSource {
  readonly query: string;
  readonly headers: Readonly<Record<string, string | undefined>>;
}

const failure = (reason: FailureReason, message?: string): AuthFailure => ({ reason, ...(message !== undefined && { message }) });

/** True for the result of {@link readClaim} that is no claim. */
export function isFailure(value: object): value is AuthFailure {
  return "reason" in value;
}

/** Finds who claims to have signed a request. */
export function readClaim({ query, headers }: ClaimSource): Claim | AuthFailure {
  const header = headers.authorization;
  if (header !== undefined) return readHeader(header, headers);
  if (!/(^|&)X-Amz-(Algorithm|Credential|Signature)=/.test(query)) return failure("missing");
  return readQuery(query);
}

function readHeader(header: string, headers: ClaimSource["headers"]): Claim | AuthFailure {
  const [algorithm = "", rest = ""] = splitOnce(header.trim(), " ");
  if (algorithm !== ALGORITHM) {
    return algorithm.startsWith("AWS4-")
      ? failure("unsupported", `The signing algorithm ${algorithm.slice(0, 64)} is not supported`)
      : failure("malformed", `Authorization header requires existence of '${ALGORITHM}'.`);
  }
  const fields = new Map(rest.split(",").map((part) => splitOnce(part.trim(), "=")));
  const credential = fields.get("Credential");
  const signature = fields.get("Signature");
  const signed = fields.get("SignedHeaders");
  const missing = Object.entries({ Credential: credential, Signature: signature, SignedHeaders: signed }).filter(([, value]) => !value);
  if (missing.length > 0) {
    const texts = missing.map(([name]) => `Authorization header requires '${name}' parameter.`);
    return failure("malformed", texts.join(" "));
  }
  const timestamp = headers["x-amz-date"] ?? httpDate(headers.date);
  if (timestamp === undefined) {
    return failure("malformed", "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header.");
  }
  return claim(credential as string, signed as string, signature as string, timestamp, headers["x-amz-security-token"], undefined);
}

function readQuery(query: string): Claim | AuthFailure {
  const values = new Map<string, string>();
  for (const [name, value] of queryPairs(query)) {
    if (!/^x-amz-/i.test(name)) continue;
    if (values.has(name)) return failure("malformed", `The query parameter ${name.slice(0, 64)} appears more than once`);
    values.set(name, value);
  }
  const needed = ["X-Amz-Algorithm", "X-Amz-Credential", "X-Amz-Date", "X-Amz-SignedHeaders", "X-Amz-Signature"];
  const missing = needed.filter((name) => !values.get(name));
  if (missing.length > 0) {
    return failure("malformed", `AWS query-string parameters must include ${needed.map((name) => `'${name}'`).join(", ")}.`);
  }
  const get = (name: string) => values.get(name) as string;
  if (get("X-Amz-Algorithm") !== ALGORITHM) return failure("unsupported", "The signing algorithm is not supported");
  const expires = values.get("X-Amz-Expires") ?? "900";
  if (!/^\d{1,6}$/.test(expires) || Number(expires) > MAX_EXPIRES) {
    return failure("malformed", "X-Amz-Expires must be a number between 0 and 604800 seconds");
  }
  const token = values.get("X-Amz-Security-Token");
  return claim(get("X-Amz-Credential"), get("X-Amz-SignedHeaders"), get("X-Amz-Signature"), get("X-Amz-Date"), token, Number(expires));
}

const MAX_EXPIRES = 604_800;

function claim(
  credential: string,
  signed: string,
  signature: string,
  timestamp: string,
  sessionToken: string | undefined,
  expires: number | undefined,
): Claim | AuthFailure {
  const parts = credential.split("/");
  const [accessKeyId, date, region, service, terminator] = parts;
  if (parts.length !== 5 || !accessKeyId || !date || !region || !service || terminator !== "aws4_request") {
    const wanted = "AKID/YYYYMMDD/REGION/SERVICE/aws4_request";
    return failure(
      "malformed",
      `Credential must have exactly 5 slash-delimited elements, e.g. ${wanted}, got '${credential.slice(0, 128)}'`,
    );
  }
  const signedAt = parseAmzDate(timestamp);
  if (signedAt === undefined) return failure("malformed", `Date must be in ISO-8601 'basic format'. Got '${timestamp.slice(0, 64)}'.`);
  if (!timestamp.startsWith(date)) {
    const texts = `'${date.slice(0, 64)}' != '${timestamp.slice(0, 8)}', from '${timestamp}'.`;
    return failure("bad-signature", `Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: ${texts}`);
  }
  const signedHeaders = signed.toLowerCase().split(";");
  return { scope: { accessKeyId, date, region, service }, signedHeaders, signature, timestamp, signedAt, sessionToken, expires };
}

function splitOnce(text: string, separator: string): [string, string] {
  const at = text.indexOf(separator);
  return at < 0 ? [text, ""] : [text.slice(0, at), text.slice(at + 1)];
}

function httpDate(text: string | undefined): string | undefined {
  const time = text === undefined ? Number.NaN : Date.parse(text);
  return Number.isNaN(time) ? undefined : new Date(time).toISOString().replace(/[-:]|\.\d{3}/g, "");
}
