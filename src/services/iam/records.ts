// What IAM keeps in the store. Names are unique within an account whatever their case; keys are `account/lower-case name`.
import type { TagMap } from "../../aws/caller.ts";

/** An AWS account known to this Atoll. */
export interface AccountRecord {
  readonly accountId: string;
  readonly createdAt: number;
  readonly alias?: string;
  /** Access key made with the account; kept so that a restart can hand it out again. */
  readonly rootAccessKeyId: string;
}

/** Members every named IAM entity has. Times are epoch milliseconds on a whole second. */
export interface NamedRecord {
  readonly name: string;
  /** Unique id: `AROA…`, `AIDA…`, `AGPA…`, `AIPA…`, `ANPA…`. */
  readonly id: string;
  readonly path: string;
  readonly arn: string;
  readonly accountId: string;
  readonly createdAt: number;
  readonly tags: TagMap;
}

/** What policies hang on: users, groups and roles. */
export interface PrincipalRecord extends NamedRecord {
  /** Inline policies by name, as given. */
  readonly inline: Readonly<Record<string, string>>;
  /** ARNs of attached managed policies, in the order of attachment. */
  readonly attached: readonly string[];
  /** ARN of the permissions boundary; never on a group. */
  readonly boundary?: string;
}

export interface UserRecord extends PrincipalRecord {
  /** Unique ids of the user's groups, in the order of joining. */
  readonly groups: readonly string[];
}

export type GroupRecord = PrincipalRecord;

export interface RoleRecord extends PrincipalRecord {
  /** Trust policy as given. */
  readonly trust: string;
  /** Unique ids of the users and roles the trust policy names, by ARN, as they were when it was written. */
  readonly trustIds: Readonly<Record<string, string>>;
  readonly description?: string;
  readonly maxSessionSeconds: number;
  /** Service principal of a service-linked role. */
  readonly linkedService?: string;
}

export interface PolicyVersionRecord {
  /** `v1`, `v2` … */
  readonly id: string;
  readonly document: string;
  readonly createdAt: number;
}

export interface PolicyRecord extends NamedRecord {
  readonly description?: string;
  readonly updatedAt: number;
  readonly versions: readonly PolicyVersionRecord[];
  readonly defaultVersion: string;
  readonly nextVersion: number;
}

export interface InstanceProfileRecord extends NamedRecord {
  /** Unique id of the one role in it. */
  readonly roleId?: string;
  readonly roleName?: string;
}

export interface AccessKeyRecord {
  readonly accessKeyId: string;
  readonly secret: string;
  readonly accountId: string;
  /** Absent for a key of the root user. */
  readonly userName?: string;
  readonly status: "Active" | "Inactive";
  readonly createdAt: number;
}

export interface OidcProviderRecord {
  readonly arn: string;
  readonly accountId: string;
  /** Issuer without scheme. */
  readonly url: string;
  readonly clientIds: readonly string[];
  readonly thumbprints: readonly string[];
  readonly createdAt: number;
  readonly tags: TagMap;
}

/** When an access key or a role was last used; kept apart so that use does not rewrite the entity. */
export interface LastUsedRecord {
  readonly at: number;
  readonly region: string;
  readonly service: string;
}

/** A request to delete a service-linked role. */
export interface DeletionTaskRecord {
  readonly taskId: string;
  readonly roleName: string;
  readonly status: "SUCCEEDED" | "FAILED";
  readonly reason?: string;
  readonly usage?: readonly { readonly region: string; readonly resources: readonly string[] }[];
}
