// AWS managed policies: the ones EKS users attach or that its roles carry, in the versions current in mid-2026.
import { parsePolicy } from "../parse.ts";
import type { AttachedPolicy, PolicyDocument } from "../types.ts";
import general from "./data/general.json" with { type: "json" };
import eks from "./data/policies.json" with { type: "json" };

/** An AWS managed policy in one partition. Its document is parsed when it is first read. */
export interface ManagedPolicy extends AttachedPolicy {
  readonly arn: string;
  /** `/`, `/service-role/` or `/aws-service-role/`. */
  readonly path: string;
  /** Only version that is kept, and the default, for example `v10`. */
  readonly versionId: string;
  /** Epoch milliseconds. */
  readonly createdAt: number;
  readonly updatedAt: number;
  /** False for policies of service-linked roles: attaching one is `PolicyNotAttachable`. */
  readonly attachable: boolean;
  readonly documentText: string;
}

interface Row {
  readonly path: string;
  readonly version: string;
  readonly created: string;
  readonly updated: string;
  readonly document: object;
}

const byPartition = new Map<string, ReadonlyMap<string, ManagedPolicy>>();

/** All AWS managed policies of a partition, by name. */
export function managedPolicies(partition: string): readonly ManagedPolicy[] {
  return [...table(partition).values()];
}

/** The AWS managed policy with this ARN, in whichever partition the ARN names; undefined if there is none. */
export function managedPolicy(arn: string): ManagedPolicy | undefined {
  const [, partition] = /^arn:(aws[a-z-]*):iam::aws:policy\//.exec(arn) ?? [];
  return partition === undefined ? undefined : table(partition).get(arn);
}

function table(partition: string): ReadonlyMap<string, ManagedPolicy> {
  let policies = byPartition.get(partition);
  if (!policies) {
    const rows = [...(general as Row[]), ...(eks as Row[])].map((row) => policyOf(row, partition));
    rows.sort((a, b) => (a.name < b.name ? -1 : 1));
    policies = new Map(rows.map((policy) => [policy.arn, policy]));
    byPartition.set(partition, policies);
  }
  return policies;
}

function policyOf(row: Row, partition: string): ManagedPolicy {
  const slash = row.path.lastIndexOf("/");
  const path = slash === -1 ? "/" : `/${row.path.slice(0, slash + 1)}`;
  // In the other partitions AWS publishes the same documents with its own partition in the ARNs.
  const documentText = JSON.stringify(row.document).replaceAll('"arn:aws:', `"arn:${partition}:`);
  let document: PolicyDocument | undefined;
  return {
    name: row.path.slice(slash + 1),
    arn: `arn:${partition}:iam::aws:policy/${row.path}`,
    path,
    versionId: row.version,
    createdAt: Date.parse(row.created),
    updatedAt: Date.parse(row.updated),
    attachable: path !== "/aws-service-role/",
    documentText,
    get document() {
      document ??= parsePolicy(documentText, "managed");
      return document;
    },
  };
}
