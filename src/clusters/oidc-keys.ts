// Keys of foreign OpenID Connect issuers, found by discovery and kept for a while (OpenID Connect Discovery 1.0).
import type { Clock } from "../base/clock.ts";

/** A set of public keys. */
export interface KeySet {
  readonly keys: readonly object[];
}

/** How documents are fetched; rejects as the global fetch does. */
export type Fetch = (url: string, options: { readonly signal: AbortSignal; readonly redirect: "error" }) => Promise<Response>;

/** Keys by issuer. */
export interface IssuerKeySource {
  /** The issuer's keys; with `fresh`, fetched again unless that was done just now. Rejects if the issuer cannot be read. */
  keys(issuerUrl: string, fresh?: boolean): Promise<KeySet>;
}

const KEPT_MS = 60 * 60_000;
/** A token with an unknown key asks for new ones at most this often. */
const FRESH_MS = 10_000;
const PATIENCE_MS = 5000;
const LARGEST = 1 << 20;

/** Makes a source. `own` answers for issuers that Atoll itself runs, without the network. */
export function issuerKeySource(
  fetch: Fetch,
  clock: Clock,
  own: (issuerUrl: string) => KeySet | undefined = () => undefined,
): IssuerKeySource {
  const known = new Map<string, { readonly at: number; readonly keys: Promise<KeySet> }>();
  return {
    keys(issuerUrl, fresh = false) {
      const mine = own(issuerUrl);
      if (mine) return Promise.resolve(mine);
      const entry = known.get(issuerUrl);
      const now = clock.now();
      if (entry && now - entry.at < (fresh ? FRESH_MS : KEPT_MS)) return entry.keys;
      const keys = discover(fetch, issuerUrl);
      known.set(issuerUrl, { at: now, keys });
      keys.catch(() => {
        if (known.get(issuerUrl)?.keys === keys) known.delete(issuerUrl);
      });
      return keys;
    },
  };
}

async function discover(fetch: Fetch, issuerUrl: string): Promise<KeySet> {
  const document = await read(fetch, `${issuerUrl.replace(/\/$/, "")}/.well-known/openid-configuration`);
  if (document.issuer !== issuerUrl) throw new Error(`the discovery document is of issuer ${JSON.stringify(document.issuer)}`);
  const uri = document.jwks_uri;
  if (typeof uri !== "string" || !uri.startsWith("https://"))
    throw new Error("the discovery document has no jwks_uri that begins with https://");
  const { keys } = await read(fetch, uri);
  if (!Array.isArray(keys)) throw new Error("the key set has no keys");
  return { keys: keys.filter((key) => key !== null && typeof key === "object") };
}

async function read(fetch: Fetch, url: string): Promise<Record<string, unknown>> {
  const response = await fetch(url, { signal: AbortSignal.timeout(PATIENCE_MS), redirect: "error" });
  if (!response.ok) throw new Error(`${url} answered ${response.status}`);
  const text = await response.text();
  if (text.length > LARGEST) throw new Error(`${url} is too large`);
  const value: unknown = JSON.parse(text);
  if (value === null || typeof value !== "object" || Array.isArray(value)) throw new Error(`${url} is not a JSON object`);
  return value as Record<string, unknown>;
}
