// The OpenID Connect link of a cluster's authentication chain (Kubernetes documentation, "OpenID Connect Tokens"; spec identity §5.8).
import { createLocalJWKSet, decodeJwt, errors, type JSONWebKeySet, type JWTPayload, jwtVerify } from "jose";
import type { Clock } from "../base/clock.ts";
import type { Log } from "../base/log.ts";
import type { Authenticator, UserInfo } from "../kubernetes/auth/types.ts";
import type { IssuerKeySource } from "./oidc-keys.ts";

/** What a cluster accepts: an identity provider configuration that is ACTIVE. */
export interface OidcProvider {
  readonly issuerUrl: string;
  readonly clientId: string;
  /** Default `sub`. */
  readonly usernameClaim?: string;
  /** Default `<issuerUrl>#`, none for the claim `email`; `-` is none. */
  readonly usernamePrefix?: string;
  readonly groupsClaim?: string;
  readonly groupsPrefix?: string;
  readonly requiredClaims: Readonly<Record<string, string>>;
}

/** What the authenticator of one cluster needs. `provider` is asked at every request. */
export interface OidcAuthenticatorOptions {
  provider(): OidcProvider | undefined;
  readonly keys: IssuerKeySource;
  readonly clock: Clock;
  readonly log: Log;
}

/** Accepts tokens of the associated issuer; tokens of others are left to the next link. The client only learns 401. */
export function oidcAuthenticator({ provider, keys, clock, log }: OidcAuthenticatorOptions): Authenticator {
  return {
    name: "oidc",
    async authenticate({ token }): Promise<UserInfo | undefined | "invalid"> {
      const config = provider();
      if (!token || !config || issuerOf(token) !== config.issuerUrl) return undefined;
      try {
        return userOf(await verify(token, config, keys, clock.now()), config);
      } catch (error) {
        log.info({ issuer: config.issuerUrl, reason: (error as Error).message }, "OpenID Connect token refused");
        return "invalid";
      }
    },
  };
}

async function verify(token: string, config: OidcProvider, keys: IssuerKeySource, now: number): Promise<JWTPayload> {
  const attempt = async (fresh: boolean) => {
    const set = createLocalJWKSet((await keys.keys(config.issuerUrl, fresh)) as JSONWebKeySet);
    const rules = { issuer: config.issuerUrl, audience: config.clientId, algorithms: ["RS256"], currentDate: new Date(now) };
    return (await jwtVerify(token, set, { ...rules, requiredClaims: ["exp"] })).payload;
  };
  try {
    return await attempt(false);
  } catch (error) {
    // The issuer may have turned its keys since.
    if (error instanceof errors.JWKSNoMatchingKey || error instanceof errors.JWSSignatureVerificationFailed) return attempt(true);
    throw error;
  }
}

/** The user a verified token is. Throws Error with the reason it is none. */
export function userOf(claims: JWTPayload, config: OidcProvider): UserInfo {
  const claim = config.usernameClaim ?? "sub";
  const name = claims[claim];
  if (typeof name !== "string") throw new Error(`the claim ${claim} is not a string`);
  if (claim === "email" && "email_verified" in claims && claims.email_verified !== true) throw new Error("the email is not verified");
  for (const [key, value] of Object.entries(config.requiredClaims)) {
    if (claims[key] !== value) throw new Error(`the required claim ${key} is absent or different`);
  }
  const username = `${usernamePrefix(config, claim)}${name}`;
  if (username === "") throw new Error(`the claim ${claim} is empty`);
  if (username.startsWith("system:")) throw new Error("the username begins with system:");
  // Without a prefix an issuer could otherwise make anybody a member of system:masters.
  const groups = groupsOf(claims, config.groupsClaim)
    .map((group) => `${config.groupsPrefix ?? ""}${group}`)
    .filter((group) => !group.startsWith("system:"));
  return { username, groups: [...groups, "system:authenticated"] };
}

function usernamePrefix({ usernamePrefix: prefix, issuerUrl }: OidcProvider, claim: string): string {
  if (prefix === "-") return "";
  return prefix ?? (claim === "email" ? "" : `${issuerUrl}#`);
}

function groupsOf(claims: JWTPayload, claim: string | undefined): readonly string[] {
  const value = claim === undefined ? undefined : claims[claim];
  if (value === undefined) return [];
  const groups = Array.isArray(value) ? value : [value];
  if (!groups.every((group) => typeof group === "string")) throw new Error(`the claim ${claim} is neither a string nor a list of strings`);
  return groups;
}

function issuerOf(token: string): unknown {
  try {
    return decodeJwt(token).iss;
  } catch {
    return undefined;
  }
}
