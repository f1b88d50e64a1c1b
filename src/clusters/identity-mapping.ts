// From an IAM principal to a Kubernetes user: access entries, aws-auth and the creator, by authentication mode (spec identity §5.4).
import type { UserInfo } from "../kubernetes/auth/types.ts";
import type { AccessEntry, ClusterAccess } from "./access.ts";
import { type AwsAuth, lookUp } from "./aws-auth.ts";
import { canonicalArn, sessionNameOf, withoutPath } from "./canonical-arn.ts";
import { renderUsername } from "./username-template.ts";

/** An IAM principal that proved who it is. */
export interface IamIdentity {
  /** As GetCallerIdentity prints it. */
  readonly arn: string;
  readonly accountId: string;
  /** `AROA…:session`, `AIDA…` or the account id. */
  readonly userId: string;
  readonly accessKeyId: string | undefined;
}

/** Where mappings come from. */
export interface MappingSources {
  readonly access: ClusterAccess;
  /** The parsed ConfigMap as it is now. */
  awsAuth(): AwsAuth;
  instanceDnsName(instanceId: string): Promise<string | undefined>;
}

/** Maps a principal; undefined means the cluster does not know it (401). */
export async function mapIdentity(identity: IamIdentity, sources: MappingSources): Promise<UserInfo | undefined> {
  const canonical = canonicalArn(identity.arn);
  if (!canonical) return undefined;
  const sessionName = sessionNameOf(identity.arn);
  const mapping = findMapping(identity, canonical, sources);
  if (!mapping) return undefined;
  const username = await renderUsername(mapping.username, {
    accountId: identity.accountId,
    sessionName,
    accessKeyId: identity.accessKeyId,
    instanceDnsName: sources.instanceDnsName,
  });
  if (username === undefined) return undefined;
  const principalId = identity.userId.split(":")[0] ?? identity.userId;
  return {
    username,
    uid: `aws-iam-authenticator:${identity.accountId}:${principalId}`,
    groups: [...mapping.groups, "system:authenticated"],
    extra: {
      arn: [identity.arn],
      canonicalArn: [canonical],
      sessionName: [sessionName ?? ""],
      accessKeyId: [identity.accessKeyId ?? ""],
      principalId: [principalId],
      "sigs.k8s.io/aws-iam-authenticator/principalId": [principalId],
    },
  };
}

/** The access entry that names a principal, by canonical ARN and unique id; none in CONFIG_MAP mode. */
export function findEntry(access: ClusterAccess, canonical: string, principalId: string): AccessEntry | undefined {
  if (access.mode === "CONFIG_MAP") return undefined;
  const wanted = canonical.toLowerCase();
  return access
    .entries()
    .find((entry) => withoutPath(entry.principalArn).toLowerCase() === withoutPath(wanted) && entry.principalId === principalId);
}

function findMapping(
  identity: IamIdentity,
  canonical: string,
  { access, awsAuth }: MappingSources,
): { username: string; groups: readonly string[] } | undefined {
  const principalId = identity.userId.split(":")[0] ?? identity.userId;
  const entry = findEntry(access, canonical, principalId);
  if (entry || access.mode === "API") return entry;
  const isCreator =
    access.mode === "CONFIG_MAP" &&
    access.creatorArn !== undefined &&
    withoutPath(access.creatorArn).toLowerCase() === withoutPath(canonical).toLowerCase();
  if (isCreator) return { username: "kubernetes-admin", groups: ["system:masters"] };
  return lookUp(awsAuth(), canonical, identity.accountId);
}
