// What KMS remembers. Times are epoch milliseconds, bytes base64.
import type { GrantOperation } from "@aws-sdk/client-kms";
import type { TagMap } from "../../aws/caller.ts";

/** A symmetric encryption key. Key of the collection: `account/region/id`. */
export interface KeyRecord {
  readonly id: string;
  readonly arn: string;
  readonly account: string;
  readonly createdAt: number;
  readonly description: string;
  readonly enabled: boolean;
  /** Set while the key waits for its end; from then on nobody has it. */
  readonly deletionAt?: number;
  readonly deletionWindowInDays?: number;
  /** The key policy as given. */
  readonly policy: string;
  readonly tags: TagMap;
  readonly rotation?: { readonly periodInDays: number; readonly enabledAt: number };
  /** 32 random bytes that never leave Atoll. */
  readonly material: string;
}

/** Another name of a key. Key of the collection: `account/region/name`. */
export interface AliasRecord {
  /** `alias/…`. */
  readonly name: string;
  readonly targetKeyId: string;
  readonly createdAt: number;
  readonly updatedAt: number;
}

/** Leave for one principal to use a key. Key of the collection: `account/region/key id/grant id`. */
export interface GrantRecord {
  readonly id: string;
  readonly keyId: string;
  readonly name?: string;
  readonly createdAt: number;
  readonly granteePrincipal: string;
  readonly retiringPrincipal?: string;
  readonly operations: readonly GrantOperation[];
  /** The request's encryption context must be this. */
  readonly contextEquals?: Readonly<Record<string, string>>;
  /** The request's encryption context must have all of this. */
  readonly contextSubset?: Readonly<Record<string, string>>;
  readonly issuingAccount: string;
}
