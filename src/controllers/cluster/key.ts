// The KMS key of a cluster: the state it is in, and giving the grant on it back (spec eks-control-plane §5.7, §7.2).
import type { ClusterIssueCode } from "@aws-sdk/client-eks";
import { AwsError } from "../../aws/errors.ts";
import type { CallOptions } from "../../aws/operation.ts";
import type { ClusterRecord, IssueRecord } from "../../services/eks/records.ts";
import { servicePrincipal } from "../../services/eks/service-roles.ts";
import type { ControllerDeps } from "../deps.ts";

type Issue = IssueRecord<ClusterIssueCode>;

const asEks = (cluster: ClusterRecord): CallOptions => ({
  caller: servicePrincipal(cluster, "eks.amazonaws.com", cluster.arn),
  region: cluster.region,
});

const keyOf = ({ encryptionConfig }: ClusterRecord) => encryptionConfig?.[0]?.provider?.keyArn;

const STATES: Readonly<Record<string, readonly [code: ClusterIssueCode, what: string]>> = {
  Disabled: ["KmsKeyDisabled", "is disabled"],
  PendingDeletion: ["KmsKeyMarkedForDeletion", "is marked for deletion"],
};

/** What is wrong with the cluster's key, if it has one. */
export async function keyIssues({ invoke }: ControllerDeps, cluster: ClusterRecord): Promise<Issue[]> {
  const KeyId = keyOf(cluster);
  if (KeyId === undefined) return [];
  const issue = (code: ClusterIssueCode, what: string): Issue[] => [
    { code, message: `The KMS key ${KeyId}, which encrypts the Secrets of the cluster, ${what}.`, resourceIds: [KeyId] },
  ];
  try {
    const { KeyMetadata } = await invoke("kms", "DescribeKey", { KeyId }, asEks(cluster));
    const trouble = STATES[KeyMetadata?.KeyState ?? ""];
    if (trouble) return issue(...trouble);
    const { encryptionGrantId: GrantId } = cluster;
    if (GrantId === undefined) return [];
    const { Grants = [] } = await invoke("kms", "ListGrants", { KeyId: KeyMetadata!.Arn, GrantId }, asEks(cluster));
    return Grants.length > 0 ? [] : issue("KmsGrantRevoked", "is no longer granted to it");
  } catch (error) {
    if (error instanceof AwsError && error.code === "NotFoundException") return issue("KmsKeyNotFound", "does not exist");
    throw error;
  }
}

/** Gives the grant on the key back; one that is gone is fine. */
export async function revokeGrant({ invoke }: ControllerDeps, cluster: ClusterRecord): Promise<void> {
  const { encryptionGrantId: GrantId } = cluster;
  const KeyId = keyOf(cluster);
  if (GrantId === undefined || KeyId === undefined) return;
  try {
    const { KeyMetadata } = await invoke("kms", "DescribeKey", { KeyId }, asEks(cluster));
    await invoke("kms", "RevokeGrant", { KeyId: KeyMetadata!.Arn!, GrantId }, asEks(cluster));
  } catch (error) {
    if (!(error instanceof AwsError) || error.code !== "NotFoundException") throw error;
  }
}
