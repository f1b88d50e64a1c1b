// Verification keys of web identity issuers: Atoll's own at once, foreign ones by OpenID Connect discovery.
import type { JWK } from "jose";
import type { Clock } from "../../base/clock.ts";
import type { IssuerKeys } from "../ports.ts";
import { idpCommunication, invalidToken } from "./errors.ts";

/** What the keyring needs of `fetch`. */
export type Fetch = (url: string, init: { readonly redirect: "error"; readonly signal: AbortSignal }) => Promise<Response>;

const FRESH = 3600_000;
const TIMEOUT = 5000;
const MAX_BYTES = 512 * 1024;

/** AWS writes two spaces here. */
export const noVerificationKey = () =>
  invalidToken(
    "Couldn't retrieve verification key from your identity provider,  please reference AssumeRoleWithWebIdentity documentation for requirements",
  );

/** Keys by issuer; foreign ones are kept for an hour. */
export class IssuerKeyring {
  readonly #own: IssuerKeys;
  readonly #fetch: Fetch;
  readonly #clock: Clock;
  readonly #cache = new Map<string, { readonly keys: readonly JWK[]; readonly until: number }>();

  constructor(own: IssuerKeys, fetch: Fetch, clock: Clock) {
    this.#own = own;
    this.#fetch = fetch;
    this.#clock = clock;
  }

  /**
   * Keys of `issuer` among which `wanted` finds one; foreign key sets are fetched again once if it does not, since issuers rotate keys.
   * Throws InvalidIdentityToken or IDPCommunicationError.
   */
  async find<T>(issuer: string, wanted: (keys: readonly JWK[]) => T | undefined): Promise<T> {
    const own = this.#own.jwks(issuer) ?? this.#own.jwks(issuer.endsWith("/") ? issuer.slice(0, -1) : `${issuer}/`);
    if (own) return present(wanted(own.keys as JWK[]));
    const cached = this.#cache.get(issuer);
    if (cached && cached.until > this.#clock.now()) {
      const found = wanted(cached.keys);
      if (found !== undefined) return found;
    }
    const keys = await this.#discover(issuer);
    this.#cache.set(issuer, { keys, until: this.#clock.now() + FRESH });
    return present(wanted(keys));
  }

  async #discover(issuer: string): Promise<readonly JWK[]> {
    const base = issuer.replace(/\/$/, "");
    const discovery = await this.#get(`${base}/.well-known/openid-configuration`);
    const { issuer: named, jwks_uri: uri } = discovery as { issuer?: unknown; jwks_uri?: unknown };
    if (typeof named !== "string" || named.replace(/\/$/, "") !== base) throw noVerificationKey();
    if (typeof uri !== "string" || !uri.startsWith("https://")) throw noVerificationKey();
    const { keys } = (await this.#get(uri)) as { keys?: unknown };
    if (!Array.isArray(keys)) throw noVerificationKey();
    return keys.filter((key): key is JWK => typeof key === "object" && key !== null);
  }

  async #get(url: string): Promise<object> {
    let text: string;
    try {
      const response = await this.#fetch(url, { redirect: "error", signal: AbortSignal.timeout(TIMEOUT) });
      if (response.status >= 500) throw idpCommunication();
      if (!response.ok || Number(response.headers.get("content-length") ?? 0) > MAX_BYTES) throw noVerificationKey();
      text = await response.text();
    } catch (error) {
      const name = (error as Error).name;
      if (name === "TimeoutError" || name === "AbortError") throw idpCommunication();
      throw name === "IDPCommunicationError" ? error : noVerificationKey();
    }
    const body = text.length > MAX_BYTES ? undefined : parsed(text);
    if (typeof body !== "object" || body === null) throw noVerificationKey();
    return body;
  }
}

function present<T>(found: T | undefined): T {
  if (found === undefined) throw noVerificationKey();
  return found;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
