// Managed policies, AWS's and customers', and parsed documents.
import { createHash } from "node:crypto";
import { type ManagedPolicy, managedPolicies, managedPolicy } from "../../policy/managed/managed-policies.ts";
import { type PolicyKind, parsePolicy } from "../../policy/parse.ts";
import type { AttachedPolicy, PolicyDocument } from "../../policy/types.ts";
import { notAttachable } from "./errors.ts";
import type { PolicyRecord } from "./records.ts";
import type { IamState, PrincipalKind } from "./state.ts";

/** Who in an account uses a managed policy, and as what. */
export interface PolicyUse {
  readonly kind: PrincipalKind;
  readonly name: string;
  readonly id: string;
  readonly path: string;
  readonly as: "permissions" | "boundary";
}

const CACHED = 4000;

/** Looks managed policies up by ARN and keeps parsed documents. */
export class PolicyBook {
  readonly #state: IamState;
  readonly #aws = new Map<string, PolicyRecord>();
  readonly #parsed = new Map<string, PolicyDocument>();

  constructor(state: IamState) {
    this.#state = state;
  }

  /** AWS managed policies of a partition. */
  awsManaged(partition: string): readonly PolicyRecord[] {
    return managedPolicies(partition).map((policy) => this.#awsRecord(policy));
  }

  find(arn: string): Readonly<PolicyRecord> | undefined {
    const aws = managedPolicy(arn);
    return aws ? this.#awsRecord(aws) : this.#state.policies.byArn(arn);
  }

  /**
   * A policy that may be attached to principals of `account`. Throws NoSuchEntity for one that does not exist or belongs to another account.
   */
  requireAttachable(arn: string, account: string): Readonly<PolicyRecord> {
    const policy = this.find(arn);
    if (!policy || (policy.accountId !== "aws" && policy.accountId !== account)) throw notAttachable(arn);
    return policy;
  }

  /** A managed policy's default version, as decisions use it. */
  attached(arn: string): AttachedPolicy | undefined {
    const policy = this.find(arn);
    return policy && { name: policy.name, arn, document: this.parse(defaultDocument(policy), "managed") };
  }

  /** Reads a document, from the cache if it was read before. Throws MalformedPolicyDocument. */
  parse(text: string, kind: PolicyKind): PolicyDocument {
    const key = `${kind} ${text}`;
    let document = this.#parsed.get(key);
    if (!document) {
      document = parsePolicy(text, kind);
      if (this.#parsed.size >= CACHED) this.#parsed.clear();
      this.#parsed.set(key, document);
    }
    return document;
  }

  /** Users, groups and roles of an account that have the policy attached or as their boundary. */
  usersOf(arn: string, account: string): PolicyUse[] {
    return this.#uses(account).get(arn) ?? [];
  }

  /** Attachments and boundaries of every managed policy in an account, by ARN. */
  counts(account: string): (arn: string) => { attachments: number; boundaries: number } {
    const uses = this.#uses(account);
    return (arn) => {
      const found = uses.get(arn) ?? [];
      const boundaries = found.filter((use) => use.as === "boundary").length;
      return { attachments: found.length - boundaries, boundaries };
    };
  }

  #awsRecord({ arn, name, path, versionId, createdAt, updatedAt, documentText }: ManagedPolicy): PolicyRecord {
    let record = this.#aws.get(arn);
    if (!record) {
      record = {
        name,
        // AWS's own ids are not published; this one is the same in every installation.
        id: `ANPA${createHash("sha256").update(name).digest("hex").toUpperCase().replace(/[01]/g, "Z").slice(0, 17)}`,
        path,
        arn,
        accountId: "aws",
        createdAt,
        updatedAt,
        tags: {},
        versions: [{ id: versionId, document: documentText, createdAt: updatedAt }],
        defaultVersion: versionId,
        nextVersion: Number.parseInt(versionId.slice(1), 10) + 1,
      };
      this.#aws.set(arn, record);
    }
    return record;
  }

  #uses(account: string): Map<string, PolicyUse[]> {
    const uses = new Map<string, PolicyUse[]>();
    const add = (arn: string, use: PolicyUse) => uses.set(arn, [...(uses.get(arn) ?? []), use]);
    for (const kind of ["user", "group", "role"] as const) {
      for (const { name, id, path, attached, boundary } of this.#state.principals(kind).list(account)) {
        for (const arn of attached) add(arn, { kind, name, id, path, as: "permissions" });
        if (boundary) add(boundary, { kind, name, id, path, as: "boundary" });
      }
    }
    return uses;
  }
}

/** Text of a policy's default version. */
export function defaultDocument(policy: PolicyRecord): string {
  const version = policy.versions.find(({ id }) => id === policy.defaultVersion);
  if (!version) throw new Error(`policy ${policy.arn} lacks its default version`);
  return version.document;
}
