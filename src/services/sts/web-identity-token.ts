// Reading and verifying a web identity token, in the order in which STS looks at it (spec identity §2.4, steps 2 to 9).
import { compactVerify, decodeProtectedHeader, importJWK, type JWK, type ProtectedHeaderParameters } from "jose";
import type { IamDirectory, OidcProviderFacts } from "../ports.ts";
import { expiredToken, invalidToken } from "./errors.ts";
import type { IssuerKeyring } from "./issuer-keyring.ts";

/** What a verified token says. */
export interface WebIdentity {
  readonly provider: OidcProviderFacts;
  readonly subject: string;
  /** The audience that a client id of the provider matched. */
  readonly audience: string;
  /** The `aud` claim when `azp` stood in for it. */
  readonly originalAudience?: string;
  readonly amr: readonly string[];
  readonly tags: Readonly<Record<string, string>>;
  readonly transitiveTagKeys: readonly string[];
  readonly sourceIdentity?: string;
}

type Claims = Readonly<Record<string, unknown>>;

/** No shared-secret, no PSS and no unsigned tokens: only these. */
const KEY_TYPES: Readonly<Record<string, { readonly kty: string; readonly crv?: string }>> = {
  RS256: { kty: "RSA" },
  RS384: { kty: "RSA" },
  RS512: { kty: "RSA" },
  ES256: { kty: "EC", crv: "P-256" },
  ES384: { kty: "EC", crv: "P-384" },
  ES512: { kty: "EC", crv: "P-521" },
};
/** How far ahead of ours an issuer's clock may be, in seconds. */
const SKEW = 300;

const notJwt = () => invalidToken("The ID Token provided is not a valid JWT. (You may see this error if you sent an Access Token)");
const notValidated = () => invalidToken("The web identity token provided could not be validated");
const missing = (claim: string) => invalidToken(`Missing a required claim: ${claim}`);

export interface VerifyOptions {
  readonly directory: IamDirectory;
  readonly keyring: IssuerKeyring;
  /** Account of the role, whose providers count. */
  readonly account: string;
  /** Epoch milliseconds. */
  readonly now: number;
}

/** Verifies a token against the account's providers. Throws InvalidIdentityToken, ExpiredTokenException or IDPCommunicationError. */
export async function verifyWebIdentity(token: string, { directory, keyring, account, now }: VerifyOptions): Promise<WebIdentity> {
  const { header, claims: unverified } = decode(token);
  const form = header.alg !== undefined && Object.hasOwn(KEY_TYPES, header.alg) ? KEY_TYPES[header.alg] : undefined;
  if (!form) throw notValidated();
  const issuer = unverified.iss;
  if (typeof issuer !== "string") throw missing("iss");
  const provider = issuer.startsWith("https://") ? directory.oidcProvider(account, issuer) : undefined;
  if (!provider) throw invalidToken(`No OpenIDConnect provider found in your account for ${issuer}`);
  const candidates = await keyring.find(issuer, (keys) => fitting(keys, header, form));
  await verifySignature(token, candidates, header.alg as string);
  checkTimes(unverified, Math.floor(now / 1000));
  return { provider, ...audienceOf(unverified, provider), ...subjectOf(unverified), ...sessionClaims(unverified) };
}

function decode(token: string): { header: ProtectedHeaderParameters; claims: Claims } {
  const parts = token.split(".");
  try {
    const claims: unknown = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(Buffer.from(parts[1] ?? "", "base64url")));
    if (parts.length !== 3 || typeof claims !== "object" || claims === null || Array.isArray(claims)) throw notJwt();
    return { header: decodeProtectedHeader(token), claims: claims as Claims };
  } catch {
    throw notJwt();
  }
}

/** Keys that could have signed: of the algorithm's type, and the named one if the token names one. */
function fitting(keys: readonly JWK[], header: ProtectedHeaderParameters, form: { kty: string; crv?: string }): JWK[] | undefined {
  const found = keys.filter(
    (key) =>
      key.kty === form.kty &&
      (form.crv === undefined || key.crv === form.crv) &&
      (key.use === undefined || key.use === "sig") &&
      (key.alg === undefined || key.alg === header.alg) &&
      (header.kid === undefined || key.kid === header.kid),
  );
  return found.length > 0 ? found : undefined;
}

async function verifySignature(token: string, candidates: readonly JWK[], alg: string): Promise<void> {
  for (const jwk of candidates) {
    try {
      const { protectedHeader } = await compactVerify(token, await importJWK(jwk, alg), { algorithms: [alg] });
      if (protectedHeader.b64 !== false) return;
    } catch {
      // Not this key.
    }
  }
  throw notValidated();
}

function checkTimes({ exp, nbf, iat }: Claims, now: number): void {
  if (typeof exp !== "number" || !Number.isFinite(exp)) throw missing("exp");
  if (now >= exp) {
    throw expiredToken(`Token expired: current date/time ${now} must be before the expiration date/time ${Math.floor(exp)}`);
  }
  for (const moment of [nbf, iat]) {
    if (moment === undefined) continue;
    if (typeof moment !== "number" || moment > now + SKEW) throw notValidated();
  }
}

function audienceOf({ aud, azp }: Claims, { clientIds }: OidcProviderFacts): Pick<WebIdentity, "audience" | "originalAudience"> {
  const audiences = [aud].flat().filter((value) => typeof value === "string");
  const wanted = typeof azp === "string" ? [azp] : audiences;
  if (wanted.length === 0) throw missing("aud");
  const audience = wanted.find((value) => clientIds.includes(value));
  if (audience === undefined) throw invalidToken("Incorrect token audience");
  const [original] = audiences;
  return typeof azp === "string" && original !== undefined ? { audience, originalAudience: original } : { audience };
}

function subjectOf({ sub, amr }: Claims): Pick<WebIdentity, "subject" | "amr"> {
  if (typeof sub !== "string" || sub === "") throw missing("sub");
  return { subject: sub, amr: [amr].flat().filter((value) => typeof value === "string") };
}

/** Session tags and source identity that an issuer may put into a token (IAM User Guide, "Pass session tags in AWS STS"). */
function sessionClaims(claims: Claims): Pick<WebIdentity, "tags" | "transitiveTagKeys" | "sourceIdentity"> {
  const { principal_tags: given = {}, transitive_tag_keys: keys = [] } = (claims["https://aws.amazon.com/tags"] ?? {}) as Claims;
  const identity = claims["https://aws.amazon.com/source_identity"];
  if (typeof given !== "object" || given === null || !Array.isArray(keys) || !keys.every((key) => typeof key === "string"))
    throw notValidated();
  const tags = Object.entries(given).map(([key, values]) => {
    const [value, ...more] = [values].flat();
    if (typeof value !== "string" || more.length > 0) throw notValidated();
    return [key, value];
  });
  if (identity !== undefined && typeof identity !== "string") throw notValidated();
  return { tags: Object.fromEntries(tags), transitiveTagKeys: keys, ...(identity === undefined ? {} : { sourceIdentity: identity }) };
}
