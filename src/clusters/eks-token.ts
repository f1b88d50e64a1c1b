// The form of `aws eks get-token` tokens: every check before the signature (spec identity §5.2, rows 1–17).

/** A well-formed token: what the signature check needs. */
export interface PresignedToken {
  readonly url: URL;
  /** The URL as it was signed, to the letter. */
  readonly text: string;
  /** Query parameters with lower-case names. */
  readonly query: ReadonlyMap<string, string>;
  readonly signedAt: number;
}

/** What the verifier accepts besides AWS's own STS hosts. */
export interface TokenRules {
  /** Hosts (`host:port`) of this Atoll's own STS endpoint; http is accepted for these only. */
  readonly ownHosts: ReadonlySet<string>;
  readonly region: string;
  readonly partition: string;
}

/** Why a token was refused; the message is the authenticator's. */
export class TokenFormatError extends Error {
  constructor(detail: string) {
    super(`input token was not properly formatted: ${detail}`);
  }
}

const PREFIX = "k8s-aws-v1.";
const MAX_LENGTH = 4096;
/** A token lives fifteen minutes from its X-Amz-Date, whatever X-Amz-Expires says. */
const LIFETIME = 15 * 60 * 1000;
const MAX_EXPIRES_SECONDS = 900;
const ALLOWED_PARAMETERS = new Set([
  "action",
  "version",
  "x-amz-algorithm",
  "x-amz-credential",
  "x-amz-date",
  "x-amz-expires",
  "x-amz-security-token",
  "x-amz-signature",
  "x-amz-signedheaders",
]);
const DOMAINS: Readonly<Record<string, readonly string[]>> = {
  aws: ["amazonaws.com", "api.aws"],
  "aws-cn": ["amazonaws.com.cn", "api.amazonwebservices.com.cn"],
  "aws-us-gov": ["amazonaws.com", "api.aws"],
  "aws-iso": ["c2s.ic.gov"],
  "aws-iso-b": ["sc2s.sgov.gov"],
};
/** Regions of the partitions that do not take every well-formed name; a cluster's own region is known besides. */
const REGIONS: Readonly<Record<string, RegExp>> = {
  "aws-cn": /^cn-(north|northwest)-1$/,
  "aws-us-gov": /^us-gov-(east|west)-1$/,
  "aws-iso": /^us-iso-(east|west)-1$/,
  "aws-iso-b": /^us-isob-(east|west)-1$/,
};

/** Takes a bearer token apart. Throws TokenFormatError; `now` is epoch milliseconds. */
export function parseToken(token: string, rules: TokenRules, now: number): PresignedToken {
  if (token.length > MAX_LENGTH) throw new TokenFormatError("token is too large");
  if (!token.startsWith(PREFIX)) throw new TokenFormatError(`token is missing expected "${PREFIX}" prefix`);
  const text = decodeBase64(token.slice(PREFIX.length));
  const url = parseUrl(text);
  checkHost(url, rules);
  if (url.pathname !== "/") throw new TokenFormatError("unexpected path in pre-signed URL");
  const query = parseQuery(url.search.slice(1));
  return { url, text, query, signedAt: checkParameters(query, now) };
}

/** True for tokens this verifier is meant for: others belong to other authenticators. */
export function isEksToken(token: string): boolean {
  return token.startsWith(PREFIX);
}

function decodeBase64(text: string): string {
  const bad = text.search(/[^A-Za-z0-9_-]/);
  if (bad >= 0) throw new TokenFormatError(`illegal base64 data at input byte ${bad}`);
  if (text.length % 4 === 1) throw new TokenFormatError(`illegal base64 data at input byte ${text.length - 1}`);
  return Buffer.from(text, "base64url").toString("latin1");
}

function parseUrl(text: string): URL {
  if (!/^[a-z][a-z0-9+.-]*:/i.test(text)) throw new TokenFormatError(`parse "${text}": missing protocol scheme`);
  // WHATWG parsing would add the path that the check below must find missing.
  const hasPath = /^[a-z]+:\/\/[^/?#]*\//i.test(text);
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    throw new TokenFormatError(`parse "${text}": invalid URL`);
  }
  if (!hasPath) throw new TokenFormatError("unexpected path in pre-signed URL");
  return url;
}

function checkHost(url: URL, rules: TokenRules): void {
  const own = rules.ownHosts.has(url.host);
  if (url.protocol !== "https:" && !(own && url.protocol === "http:"))
    throw new TokenFormatError(`unexpected scheme "${url.protocol.slice(0, -1)}" in pre-signed URL`);
  if (own) return;
  const host = url.host;
  if (host === "sts.amazonaws.com") {
    if (rules.partition === "aws") return;
    throw new TokenFormatError(`global endpoint unsupported in partition ${rules.partition}`);
  }
  const match = /^sts(?:-fips)?\.([^.]+)\.(.+)$/.exec(host);
  if (!match) throw new TokenFormatError(`could not parse region for pre-signed URL ${host}, invalid host format: ${host}`);
  const [, region = "", domain = ""] = match;
  if (!/^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/.test(region)) throw new TokenFormatError(`invalid region identifier format provided: ${region}`);
  const known = region === rules.region || (REGIONS[rules.partition]?.test(region) ?? rules.partition === "aws");
  if (!known || !DOMAINS[rules.partition]?.includes(domain)) throw new TokenFormatError(`unexpected hostname "${host}" in pre-signed URL`);
}

function parseQuery(search: string): Map<string, string> {
  const query = new Map<string, string>();
  for (const pair of search.split("&")) {
    if (pair === "") continue;
    if (pair.includes(";")) throw new TokenFormatError("malformed query parameter");
    const [rawName = "", ...rest] = pair.split("=");
    let name: string;
    let value: string;
    try {
      name = decodeURIComponent(rawName.replaceAll("+", " "));
      value = decodeURIComponent(rest.join("=").replaceAll("+", " "));
    } catch {
      throw new TokenFormatError("malformed query parameter");
    }
    const key = name.toLowerCase();
    if (query.has(key)) throw new TokenFormatError(`duplicate query parameter found: "${name}"`);
    if (!ALLOWED_PARAMETERS.has(key)) throw new TokenFormatError(`non-whitelisted query parameter "${name}"`);
    query.set(key, value);
  }
  return query;
}

function checkParameters(query: ReadonlyMap<string, string>, now: number): number {
  if (query.get("action") !== "GetCallerIdentity") throw new TokenFormatError("unexpected action parameter in pre-signed URL");
  const signed = (query.get("x-amz-signedheaders") ?? "").toLowerCase().split(";");
  if (!signed.includes("x-k8s-aws-id")) throw new TokenFormatError("client did not sign the x-k8s-aws-id header in the pre-signed URL");
  const expires = query.get("x-amz-expires") ?? "";
  if (!/^\d+$/.test(expires) || Number(expires) > MAX_EXPIRES_SECONDS) {
    throw new TokenFormatError(`invalid X-Amz-Expires parameter in pre-signed URL: ${/^-?\d+$/.test(expires) ? expires : 0}`);
  }
  const date = query.get("x-amz-date");
  if (!date) throw new TokenFormatError("X-Amz-Date parameter must be present in pre-signed URL");
  const signedAt = parseAmzDate(date);
  if (Number.isNaN(signedAt)) throw new TokenFormatError(`error parsing X-Amz-Date parameter ${date} into format 20060102T150405Z`);
  if (now > signedAt + LIFETIME) {
    throw new TokenFormatError(`X-Amz-Date parameter is expired (15 minute expiration) ${new Date(signedAt).toISOString()}`);
  }
  return signedAt;
}

function parseAmzDate(text: string): number {
  const match = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(text);
  if (!match) return Number.NaN;
  const [, year, month, day, hour, minute, second] = match;
  return Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
}
