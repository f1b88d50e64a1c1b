// The keys that sign a cluster's service account tokens, and their rotation (spec identity §2.1).
import { createHash, createPrivateKey, createPublicKey, generateKeyPair, type KeyObject, sign } from "node:crypto";
import { promisify } from "node:util";
import type { Clock } from "../base/clock.ts";

const DAY = 24 * 3600 * 1000;
/** A new key signs every seven days (EKS User Guide, "Fetch signing keys"). */
export const ROTATION_PERIOD = 7 * DAY;
/** A key is published this long before it signs, so that verifiers that cache the key set know it in time. */
export const PUBLICATION_LEAD = 3600 * 1000;
/** A retired key stays published until no token it signed can be valid: 90 days of extension plus one. */
export const RETENTION = 91 * DAY;

/** One key as kept in the cluster's record. Times are epoch milliseconds. */
export interface SigningKey {
  readonly kid: string;
  /** PKCS #8 PEM. */
  readonly privateKey: string;
  /** From when on it signs. */
  readonly activeFrom: number;
}

/** A public key as published in the key set. */
export interface PublicJwk {
  readonly kty: "RSA";
  readonly use: "sig";
  readonly alg: "RS256";
  readonly kid: string;
  readonly n: string;
  readonly e: string;
}

/** Where a ring keeps its keys. */
export interface KeyStorage {
  read(): readonly SigningKey[];
  write(keys: readonly SigningKey[]): void;
}

/** Makes an RSA-2048 key that signs from `activeFrom` on. */
export async function generateSigningKey(activeFrom: number): Promise<SigningKey> {
  const { privateKey, publicKey } = await promisify(generateKeyPair)("rsa", { modulusLength: 2048 });
  const kid = createHash("sha1")
    .update(publicKey.export({ type: "spki", format: "der" }))
    .digest("hex");
  return { kid, privateKey: privateKey.export({ type: "pkcs8", format: "pem" }) as string, activeFrom };
}

/** A cluster's keys: the one that signs now, those that verify, and rotation by the injected clock. */
export class KeyRing {
  readonly #storage: KeyStorage;
  readonly #clock: Clock;
  readonly #loaded = new Map<string, { privateKey: KeyObject; jwk: PublicJwk }>();
  #rotating: Promise<void> | undefined;

  constructor(storage: KeyStorage, clock: Clock) {
    this.#storage = storage;
    this.#clock = clock;
  }

  /** Makes the first key, or the next one when its publication is due, and drops keys past their retention. */
  rotate(): Promise<void> {
    this.#rotating ??= this.#rotate().finally(() => {
      this.#rotating = undefined;
    });
    return this.#rotating;
  }

  async #rotate(): Promise<void> {
    const now = this.#clock.now();
    const keys = this.#storage.read();
    const newest = keys.at(-1);
    if (!newest) return this.#storage.write([await generateSigningKey(now)]);
    if (now < newest.activeFrom + ROTATION_PERIOD - PUBLICATION_LEAD) return;
    const next = await generateSigningKey(Math.max(newest.activeFrom + ROTATION_PERIOD, now + PUBLICATION_LEAD));
    const kept = keys.filter((_, i) => (keys[i + 1]?.activeFrom ?? now) + RETENTION > now);
    this.#storage.write([...kept, next]);
  }

  /** The published key set. */
  jwks(): { readonly keys: readonly PublicJwk[] } {
    return { keys: this.#storage.read().map((key) => this.#load(key).jwk) };
  }

  /** The compact RS256 JWT of `claims` by the key that signs now. Asks for rotation when one is due. */
  sign(claims: object): string {
    const now = this.#clock.now();
    const keys = this.#storage.read();
    const active = keys.findLast((key) => key.activeFrom <= now);
    if (!active) throw new Error("the cluster has no signing key yet");
    if (now >= active.activeFrom + ROTATION_PERIOD - PUBLICATION_LEAD && keys.at(-1) === active) void this.rotate();
    const header = encode({ alg: "RS256", kid: active.kid });
    const body = `${header}.${encode(claims)}`;
    return `${body}.${sign("sha256", Buffer.from(body), this.#load(active).privateKey).toString("base64url")}`;
  }

  #load(key: SigningKey): { privateKey: KeyObject; jwk: PublicJwk } {
    let loaded = this.#loaded.get(key.kid);
    if (!loaded) {
      const privateKey = createPrivateKey(key.privateKey);
      const { n = "", e = "" } = createPublicKey(privateKey).export({ format: "jwk" });
      loaded = { privateKey, jwk: { kty: "RSA", use: "sig", alg: "RS256", kid: key.kid, n, e } };
      this.#loaded.set(key.kid, loaded);
    }
    return loaded;
  }
}

function encode(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString("base64url");
}
