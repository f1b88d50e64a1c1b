// Temporary credentials, kept until some time after they expire so that their end can be told from their never having been.
import { createHmac } from "node:crypto";
import type { Caller } from "../../aws/caller.ts";
import { secretAccessKey } from "../../aws/ids.ts";
import type { Clock, Timer } from "../../base/clock.ts";
import type { Random } from "../../base/random.ts";
import { Collection } from "../../store/collection.ts";
import type { Store } from "../../store/store.ts";
import { accessKeyId } from "../access-key-id.ts";
import type { Credential, CredentialSource } from "../ports.ts";

interface SessionRecord {
  readonly accessKeyId: string;
  readonly secret: string;
  /** Random part of the session token, base64. */
  readonly tokenId: string;
  readonly caller: Caller;
  readonly expiresAt: number;
}

interface KeyRecord {
  /** Base64. */
  readonly key: string;
}

/** Temporary credentials as handed out. */
export interface Issued {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string;
  /** Epoch milliseconds. */
  readonly expiration: number;
}

const KEPT_AFTER_EXPIRY = 24 * 3600_000;
const SWEEP_EVERY = 3600_000;
const TOKEN_VERSION = 1;

/** Issues and looks up temporary credentials. They survive a restart with the store. */
export class Sessions implements CredentialSource {
  readonly #records: Collection<SessionRecord>;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #macKey: Buffer;
  #timer: Timer;

  constructor({ store, clock, random }: { readonly store: Store; readonly clock: Clock; readonly random: Random }) {
    this.#records = new Collection(store, "sts/session");
    this.#clock = clock;
    this.#random = random;
    const keys = new Collection<KeyRecord>(store, "sts/token-key");
    const { key } = keys.get("current") ?? keys.put("current", { key: Buffer.from(random.bytes(32)).toString("base64") });
    this.#macKey = Buffer.from(key, "base64");
    this.#timer = this.#schedule();
  }

  /** Makes credentials for a caller; they end at `expiresAt` (epoch milliseconds). */
  issue(caller: Caller, expiresAt: number): Issued {
    let id = accessKeyId("ASIA", caller.accountId, this.#random);
    while (this.#records.has(id)) id = accessKeyId("ASIA", caller.accountId, this.#random);
    const record = this.#records.put(id, {
      accessKeyId: id,
      secret: secretAccessKey(this.#random),
      tokenId: Buffer.from(this.#random.bytes(16)).toString("base64"),
      caller: { ...caller, accessKeyId: id },
      expiresAt,
    });
    return { accessKeyId: id, secretAccessKey: record.secret, sessionToken: this.#token(record), expiration: expiresAt };
  }

  credential(id: string): Credential | undefined {
    const record = this.#records.get(id);
    if (!record) return undefined;
    const { secret, caller, expiresAt } = record;
    return { secretAccessKey: secret, caller, sessionToken: this.#token(record), active: true, expiresAt };
  }

  /** The caller of the newest living session with that ARN. */
  newest(arn: string): Caller | undefined {
    const now = this.#clock.now();
    const living = this.#records.list().filter(({ caller, expiresAt }) => caller.arn === arn && expiresAt > now);
    return living.sort((a, b) => b.expiresAt - a.expiresAt)[0]?.caller;
  }

  /** Forgets sessions that ended long ago. */
  sweep(): void {
    const past = this.#clock.now() - KEPT_AFTER_EXPIRY;
    for (const { accessKeyId: id, expiresAt } of this.#records.list()) if (expiresAt < past) this.#records.delete(id);
  }

  /** Stops sweeping. */
  close(): void {
    this.#timer.cancel();
  }

  #schedule(): Timer {
    return this.#clock.after(SWEEP_EVERY, () => {
      this.sweep();
      this.#timer = this.#schedule();
    });
  }

  // Opaque to clients: a version, a random id, and a MAC that ties both to the access key.
  #token({ accessKeyId: id, tokenId }: SessionRecord): string {
    const head = Buffer.concat([Buffer.of(TOKEN_VERSION), Buffer.from(tokenId, "base64")]);
    const mac = createHmac("sha256", this.#macKey).update(id).update(head).digest();
    return Buffer.concat([head, mac]).toString("base64");
  }
}
