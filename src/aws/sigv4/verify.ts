// Checks a signature: the key is known and usable, the time is right, nothing signed was changed.
import { timingSafeEqual } from "node:crypto";
import { type AuthFailure, type Claim, isFailure, readClaim } from "./authorization.ts";
import { amzDate, sha256, signature } from "./canonical.ts";

/** A key as verification needs it; the services' Credential satisfies it. */
export interface SigningCredential {
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
  readonly active: boolean;
  readonly expiresAt?: number;
}

/** A signed request. */
export interface SignedRequest {
  readonly method: string;
  readonly path: string;
  readonly query: string;
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: Uint8Array;
}

const SKEW = 5 * 60 * 1000;
/** A token for Kubernetes lives this long, whatever X-Amz-Expires says (spec identity §5.1). */
const KUBERNETES_LIFETIME = 15 * 60 * 1000;
const INVALID_TOKEN: AuthFailure = { reason: "unknown-key" };

/**
 * Verifies `claim` on `request` with the key found for it; `now` is epoch milliseconds. Undefined: the signature is good.
 * The order of checks follows spec identity §0.3: key, session, scope is the caller's, then time, then signature.
 */
export function verifyClaim(
  request: SignedRequest,
  claim: Claim,
  credential: SigningCredential | undefined,
  now: number,
): AuthFailure | undefined {
  if (!credential?.active) return INVALID_TOKEN;
  if (!sameText(claim.sessionToken ?? "", credential.sessionToken ?? "")) return INVALID_TOKEN;
  if (credential.expiresAt !== undefined && credential.expiresAt <= now) return { reason: "expired-session" };
  const untimely = claim.expires === undefined ? skew(claim, now) : pastExpiry(claim, claim.expires, now);
  if (untimely) return untimely;
  const unsigned = claim.expires === undefined ? unsignedHeader(claim, request.headers) : undefined;
  if (unsigned) return { reason: "bad-signature", message: `'${unsigned}' must be a 'SignedHeader' in the AWS Authorization.` };
  if (!claim.signedHeaders.includes("host")) {
    return { reason: "bad-signature", message: "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization." };
  }
  const payload = payloadHash(request);
  if (typeof payload !== "string") return payload;
  const { method, path, query, headers } = request;
  const input = { method, path, query, headers, signedHeaders: claim.signedHeaders, payloadHash: payload };
  const expected = signature(input, claim.scope, claim.timestamp, credential.secretAccessKey);
  const given = /^[0-9a-f]{64}$/.test(claim.signature) ? Buffer.from(claim.signature, "hex") : Buffer.alloc(32);
  return timingSafeEqual(expected, given) ? undefined : { reason: "bad-signature" };
}

// Every x-amz-* header must be signed, or it could be added on the way (a security token, a target).
function unsignedHeader(claim: Claim, headers: SignedRequest["headers"]): string | undefined {
  return Object.keys(headers).find(
    (name) => name.startsWith("x-amz-") && headers[name] !== undefined && !claim.signedHeaders.includes(name),
  );
}

function payloadHash({ headers, body }: SignedRequest): string | AuthFailure {
  const announced = headers["x-amz-content-sha256"];
  if (announced?.startsWith("STREAMING-")) {
    return { reason: "unsupported", message: `The payload signing ${announced.slice(0, 64)} is not supported; sign the whole body.` };
  }
  // The signer chose not to bind the body; the header itself is signed.
  if (announced === "UNSIGNED-PAYLOAD") return announced;
  const actual = sha256(body);
  return announced === undefined || announced.toLowerCase() === actual ? actual : { reason: "bad-signature" };
}

function skew({ timestamp, signedAt }: Claim, now: number): AuthFailure | undefined {
  if (signedAt < now - SKEW) {
    const message = `Signature expired: ${timestamp} is now earlier than ${amzDate(now - SKEW)} (${amzDate(now)} - 5 min.)`;
    return { reason: "skewed", message };
  }
  return signedAt > now + SKEW ? notYet(timestamp, now) : undefined;
}

function notYet(timestamp: string, now: number): AuthFailure {
  return {
    reason: "skewed",
    message: `Signature not yet current: ${timestamp} is still later than ${amzDate(now + SKEW)} (${amzDate(now)} + 5 min.)`,
  };
}

function pastExpiry(claim: Claim, expires: number, now: number): AuthFailure | undefined {
  if (claim.signedAt > now + SKEW) return notYet(claim.timestamp, now);
  const forKubernetes = claim.scope.service === "sts" && claim.signedHeaders.includes("x-k8s-aws-id");
  const lifetime = forKubernetes ? KUBERNETES_LIFETIME : expires * 1000;
  return now > claim.signedAt + lifetime ? { reason: "expired-request" } : undefined;
}

function sameText(a: string, b: string): boolean {
  const [one, other] = [Buffer.from(a), Buffer.from(b)];
  return one.length === other.length && timingSafeEqual(one, other);
}

/** A verified presigned URL, or why it is refused. */
export type PresignedResult<C extends SigningCredential> =
  | { readonly ok: true; readonly credential: C; readonly claim: Claim }
  | { readonly ok: false; readonly failure: AuthFailure };

/** What a presigned GetCallerIdentity must satisfy besides its signature. */
export interface PresignedRules {
  /** Hosts (with port) the URL may name; default any. */
  readonly hosts?: ReadonlySet<string>;
  /** Headers that must be signed; default `x-k8s-aws-id`. */
  readonly signed?: readonly string[];
}

/**
 * Verifies the URL inside an `aws eks get-token` token without calling STS: a presigned GET of GetCallerIdentity whose signature covers
 * the host and `x-k8s-aws-id` (spec identity §5.2). `headers` are those the verifier would send, `x-k8s-aws-id` being the cluster's name.
 * Never throws.
 */
export function verifyPresigned<C extends SigningCredential>(
  url: string,
  headers: Readonly<Record<string, string>>,
  lookup: (accessKeyId: string) => C | undefined,
  clock: { now(): number },
  { hosts, signed = ["x-k8s-aws-id"] }: PresignedRules = {},
): PresignedResult<C> {
  const refuse = (failure: AuthFailure) => ({ ok: false, failure }) as const;
  // Taken apart by hand: URL would normalize the path and encoding that were signed.
  const match = /^https?:\/\/([^/?#@\s]+)(\/[^?#]*)\?([^#]*)$/.exec(url);
  if (!match) return refuse({ reason: "malformed", message: "not a presigned URL" });
  const [, host = "", path = "", query = ""] = match;
  if (path !== "/") return refuse({ reason: "malformed", message: "unexpected path in pre-signed URL" });
  if (hosts && !hosts.has(host)) return refuse({ reason: "wrong-scope", message: `unexpected hostname "${host}" in pre-signed URL` });
  const pairs = queryPairsOnce(query);
  if (pairs?.get("Action") !== "GetCallerIdentity") {
    return refuse({ reason: "malformed", message: "unexpected action parameter in pre-signed URL" });
  }
  const claim = readClaim({ query, headers: {} });
  if (isFailure(claim)) return refuse(claim);
  if (claim.scope.service !== "sts") return refuse(wrongService("sts"));
  const unsigned = signed.find((name) => !claim.signedHeaders.includes(name));
  if (unsigned) return refuse({ reason: "malformed", message: `client did not sign the ${unsigned} header in the pre-signed URL` });
  if ((claim.expires ?? 0) > 900) return refuse({ reason: "malformed", message: "invalid X-Amz-Expires parameter in pre-signed URL" });
  const credential = lookup(claim.scope.accessKeyId);
  const request = { method: "GET", path, query, headers: { ...headers, host }, body: new Uint8Array() };
  const failure = verifyClaim(request, claim, credential, clock.now());
  return failure || !credential ? refuse(failure ?? INVALID_TOKEN) : { ok: true, credential, claim };
}

function queryPairsOnce(query: string): Map<string, string> | undefined {
  const found = new Map<string, string>();
  for (const [name, value] of new URLSearchParams(query)) {
    if (found.has(name)) return undefined;
    found.set(name, value);
  }
  return found;
}

/** The scope names another service. */
export function wrongService(service: string): AuthFailure {
  return { reason: "wrong-scope", message: `Credential should be scoped to correct service: '${service}'.` };
}

/** The scope names another region, or none. */
export const WRONG_REGION: AuthFailure = { reason: "wrong-scope", message: "Credential should be scoped to a valid region." };
