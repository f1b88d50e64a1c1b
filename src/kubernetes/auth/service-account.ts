// Authenticates service account tokens: signature, issuer, audience, time, and that everything they are bound to still exists (spec identity §1.3).
import { createLocalJWKSet, decodeJwt, decodeProtectedHeader, type JWTPayload, jwtVerify } from "jose";
import type { Clock } from "../../base/clock.ts";
import type { ObjectStorage } from "../storage/objects.ts";
import { LEGACY_ISSUER, legacyUser } from "./legacy-token.ts";
import type { AuthenticationRequest, Authenticator, UserInfo } from "./types.ts";

/** Keys and names of the issuer, as far as verification needs them. */
export interface TokenVerifier {
  readonly issuer: string;
  readonly audiences: readonly string[];
  jwks(): { readonly keys: readonly object[] };
}

const leewaySeconds = 60;
const remembered = 2000;

interface BoundClaims {
  readonly namespace?: string;
  readonly serviceaccount?: { readonly name?: string; readonly uid?: string };
  readonly pod?: { readonly name?: string; readonly uid?: string };
  readonly secret?: { readonly name?: string; readonly uid?: string };
  readonly node?: { readonly name?: string; readonly uid?: string };
  readonly warnafter?: number;
}

/** Accepts tokens of this cluster's issuer and those kept in its Secrets; tokens of other issuers are left to the next authenticator. */
export class ServiceAccountAuthenticator implements Authenticator {
  readonly name = "service-account";
  readonly #verifier: TokenVerifier;
  readonly #objects: ObjectStorage;
  readonly #clock: Clock;
  readonly #signed = new Map<string, { kid: string; payload: JWTPayload }>();

  constructor(verifier: TokenVerifier, objects: ObjectStorage, clock: Clock) {
    this.#verifier = verifier;
    this.#objects = objects;
    this.#clock = clock;
  }

  async authenticate({ token, annotate }: AuthenticationRequest): Promise<UserInfo | undefined | "invalid"> {
    if (!token) return undefined;
    const result = await this.verify(token, this.#verifier.audiences);
    if (!result || result === "invalid") return result;
    if (result.staleSeconds > 0) {
      const text = `subject: ${result.user.username}, seconds after warning threshold: ${result.staleSeconds}`;
      annotate?.("authentication.k8s.io/stale-token", text);
    }
    return result.user;
  }

  /** Verifies a token for any of `audiences`; also says which of them it is good for. */
  async verify(
    token: string,
    audiences: readonly string[],
  ): Promise<{ readonly user: UserInfo; readonly audiences: readonly string[]; readonly staleSeconds: number } | undefined | "invalid"> {
    // What was verified once is of this issuer; decoding it again for every request is the dearest part of one.
    if (!this.#signed.has(token) && !this.#issuers().includes(issuerOf(token) ?? "")) return undefined;
    const payload = await this.#payload(token);
    if (!payload) return "invalid";
    if (payload.iss === LEGACY_ISSUER) {
      const common = audiences.filter((each) => this.#verifier.audiences.includes(each));
      const user = common.length > 0 ? legacyUser(this.#objects, token, payload) : undefined;
      return user ? { user, audiences: common, staleSeconds: 0 } : "invalid";
    }
    const now = Math.floor(this.#clock.now() / 1000);
    if (typeof payload.exp !== "number" || now >= payload.exp + leewaySeconds) return "invalid";
    if (typeof payload.nbf === "number" && now < payload.nbf - leewaySeconds) return "invalid";
    const given: readonly unknown[] = [payload.aud].flat();
    const common = audiences.filter((each) => given.includes(each));
    if (common.length === 0) return "invalid";
    const claims = payload["kubernetes.io"] as BoundClaims | undefined;
    const user = this.#user(payload, claims);
    if (!user) return "invalid";
    return { user, audiences: common, staleSeconds: claims?.warnafter ? now - claims.warnafter : 0 };
  }

  #issuers(): string[] {
    return [this.#verifier.issuer, LEGACY_ISSUER];
  }

  /** The signed payload, or undefined. Signatures are verified once and remembered while their key is published. */
  async #payload(token: string): Promise<JWTPayload | undefined> {
    const { keys } = this.#verifier.jwks();
    const known = this.#signed.get(token);
    if (known && keys.some((key) => (key as { kid?: string }).kid === known.kid)) return known.payload;
    try {
      const { payload, protectedHeader } = await jwtVerify(token, createLocalJWKSet({ keys: [...keys] as never }), {
        issuer: this.#issuers(),
        algorithms: ["RS256", "ES256"],
        // Times are judged on every use, not only when the signature is.
        currentDate: new Date((decodeJwt(token).nbf ?? decodeJwt(token).iat ?? 0) * 1000),
      });
      if (this.#signed.size >= remembered) this.#signed.delete(this.#signed.keys().next().value as string);
      this.#signed.set(token, { kid: protectedHeader.kid ?? "", payload });
      return payload;
    } catch {
      return undefined;
    }
  }

  #user(payload: JWTPayload, claims: BoundClaims | undefined): UserInfo | undefined {
    const { namespace, serviceaccount, pod, secret, node } = claims ?? {};
    if (!namespace || !serviceaccount?.name || !serviceaccount.uid) return undefined;
    if (payload.sub !== `system:serviceaccount:${namespace}:${serviceaccount.name}`) return undefined;
    const account = this.#alive("serviceaccounts", namespace, serviceaccount);
    if (!account) return undefined;
    if (pod && !this.#alive("pods", namespace, pod)) return undefined;
    if (secret && !this.#alive("secrets", namespace, secret)) return undefined;
    // A token bound to a pod names its node for information only; a token bound to a node falls with it.
    if (node && !pod && !this.#alive("nodes", "", node)) return undefined;
    const extra: Record<string, string[]> = {};
    if (payload.jti) extra["authentication.kubernetes.io/credential-id"] = [`JTI=${payload.jti}`];
    for (const [key, bound] of [["pod", pod] as const, ["node", node] as const]) {
      if (bound?.name) extra[`authentication.kubernetes.io/${key}-name`] = [bound.name];
      if (bound?.uid) extra[`authentication.kubernetes.io/${key}-uid`] = [bound.uid];
    }
    return {
      username: payload.sub,
      uid: serviceaccount.uid,
      groups: ["system:serviceaccounts", `system:serviceaccounts:${namespace}`, "system:authenticated"],
      extra,
    };
  }

  #alive(plural: string, namespace: string, { name = "", uid }: { readonly name?: string; readonly uid?: string }): boolean {
    const object = this.#objects.get({ group: "", plural }, namespace, name);
    if (!object || object.metadata.uid !== uid) return false;
    const { deletionTimestamp } = object.metadata;
    return !deletionTimestamp || this.#clock.now() <= Date.parse(deletionTimestamp) + leewaySeconds * 1000;
  }
}

function issuerOf(token: string): string | undefined {
  if (token.split(".", 4).length !== 3) return undefined;
  try {
    decodeProtectedHeader(token);
    return decodeJwt(token).iss;
  } catch {
    return undefined;
  }
}
