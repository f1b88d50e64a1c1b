// The encoded authorization failure message of EC2's UnauthorizedOperation: details of the decision that only sts:DecodeAuthorizationMessage shows.
import { createCipheriv, createDecipheriv } from "node:crypto";
import type { Random } from "../base/random.ts";
import type { Decision, DecisionRequest } from "../policy/types.ts";

const NONCE = 12;
const TAG = 16;

/** Seals and opens decision details. The key lives as long as the process: messages do not outlast a restart. */
export class AuthorizationMessages {
  readonly #random: Random;
  readonly #key: Uint8Array;

  constructor(random: Random) {
    this.#random = random;
    this.#key = random.bytes(32);
  }

  /** Opaque text for the caller. */
  encode({ action, resource, principal, context }: DecisionRequest, { allowed, explicit }: Decision): string {
    const conditions = Object.entries(context).map(([key, value]) => ({
      key,
      values: { items: [value].flat().map((item) => ({ value: item })) },
    }));
    const details = {
      allowed,
      explicitDeny: explicit,
      matchedStatements: { items: [] },
      failures: { items: [] },
      context: { principal: { id: principal.accountId, arn: principal.arn }, action, resource, conditions: { items: conditions } },
    };
    const nonce = this.#random.bytes(NONCE);
    const cipher = createCipheriv("aes-256-gcm", this.#key, nonce);
    const sealed = Buffer.concat([cipher.update(JSON.stringify(details), "utf8"), cipher.final()]);
    return Buffer.concat([nonce, cipher.getAuthTag(), sealed]).toString("base64url");
  }

  /** The JSON details; undefined if the message is not one of this process. */
  decode(message: string): string | undefined {
    const bytes = Buffer.from(message, "base64url");
    if (bytes.length <= NONCE + TAG) return undefined;
    try {
      const decipher = createDecipheriv("aes-256-gcm", this.#key, bytes.subarray(0, NONCE));
      decipher.setAuthTag(bytes.subarray(NONCE, NONCE + TAG));
      return decipher.update(bytes.subarray(NONCE + TAG), undefined, "utf8") + decipher.final("utf8");
    } catch {
      return undefined;
    }
  }
}
