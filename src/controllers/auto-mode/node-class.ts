// NodeClasses: what they select, whether nodes can be made from them, and how they show it.
import { createHash } from "node:crypto";
import { DEFAULT_CLASS, NODE_CLASSES } from "../../clusters/auto-mode/built-in.ts";
import type { KubeObject } from "../../kubernetes/api/object.ts";
import { units } from "../../kubernetes/runtime/quantity.ts";
import { accessPolicyArn, childKey } from "../../services/eks/arn.ts";
import type { RoleFacts } from "../../services/ports.ts";
import { deleteInstanceProfile, ensureInstanceProfile } from "../instance-profile.ts";
import { unlessGone } from "../nodegroup/node-objects.ts";
import type { AutoCluster } from "./context.ts";
import { type NodeGroup, type NodeSubnet, type VpcNetwork, vpcNetwork } from "./selection.ts";
import { judged, no, type Verdict, writeStatus, yes } from "./status.ts";

const FINALIZER = "eks.amazonaws.com/termination";
const PARTS = ["SubnetsReady", "SecurityGroupsReady", "InstanceProfileReady", "ValidationSucceeded"];

/** A node class with what it selects now. */
export interface NodeClass {
  readonly name: string;
  readonly object: KubeObject;
  readonly subnets: readonly NodeSubnet[];
  readonly groups: readonly NodeGroup[];
  readonly podSubnets: readonly NodeSubnet[];
  readonly podGroups: readonly NodeGroup[];
  readonly role: RoleFacts | undefined;
  readonly profile: string;
  readonly diskGiB: number;
  /** Changes with what nodes are made of, not with what selectors find. */
  readonly hash: string;
  /** Why no nodes can be made from it; undefined if they can. */
  readonly problem: string | undefined;
}

const hashOf = (value: unknown) => createHash("sha256").update(JSON.stringify(value)).digest("hex").slice(0, 16);

/** How the names of all instance profiles begin that EKS makes. */
export const PROFILE_PREFIX = "eks-";

/** Name of the instance profile of a class. */
export const profileName = ({ cluster }: Pick<AutoCluster, "cluster">, className: string) =>
  `${PROFILE_PREFIX}${cluster.region}-${cluster.name.slice(0, 60)}-${hashOf([cluster.hexId, className])}`;

/** All classes, each judged anew; those being deleted are let go when no claim uses them. */
export async function readClasses(auto: AutoCluster, claims: readonly KubeObject[]): Promise<Map<string, NodeClass>> {
  const objects = auto.kube.list(NODE_CLASSES);
  if (objects.length === 0) return new Map();
  const network = await vpcNetwork(auto);
  const found = new Map<string, NodeClass>();
  for (const object of objects) {
    const { name, deletionTimestamp } = object.metadata;
    const used = claims.some((claim) => claim.spec?.nodeClassRef?.name === name);
    if (deletionTimestamp && !used) await letGo(auto, object);
    else found.set(name, await judge(auto, object, network));
  }
  return found;
}

/** Ends a class: its instance profile goes with it. */
async function letGo(auto: AutoCluster, object: KubeObject): Promise<void> {
  const { name, finalizers = [] } = object.metadata;
  await deleteInstanceProfile(auto.deps.invoke, profileName(auto, name), auto.asService());
  const rest = finalizers.filter((each) => each !== FINALIZER);
  await auto.kube.patch(NODE_CLASSES, "", name, "merge", { metadata: { finalizers: rest } }).catch(unlessGone);
}

async function judge(auto: AutoCluster, present: KubeObject, network: VpcNetwork): Promise<NodeClass> {
  const { kube, deps } = auto;
  const { name, finalizers = [], deletionTimestamp } = present.metadata;
  let object = present;
  if (!finalizers.includes(FINALIZER) && !deletionTimestamp) {
    const body = { metadata: { finalizers: [...finalizers, FINALIZER] } };
    object = (await kube.patch(NODE_CLASSES, "", name, "merge", body).catch(unlessGone)) ?? object;
  }
  const { spec = {} } = object;
  const subnets = network.subnets(spec.subnetSelectorTerms);
  const groups = network.groups(spec.securityGroupSelectorTerms);
  const profile: string = spec.instanceProfile ?? profileName(auto, name);
  const { role, verdict } = await profileOf(auto, name, spec, profile);
  const verdicts: Verdict[] = [
    subnets.length > 0 ? yes("SubnetsReady") : no("SubnetsReady", "SubnetsNotFound", "SubnetSelector did not match any Subnets"),
    groups.length > 0
      ? yes("SecurityGroupsReady")
      : no("SecurityGroupsReady", "SecurityGroupsNotFound", "SecurityGroupSelector did not match any SecurityGroups"),
    verdict,
    reserved(auto, object)
      ? no("ValidationSucceeded", "ReservedName", `the name ${DEFAULT_CLASS} is reserved for EKS`)
      : yes("ValidationSucceeded"),
  ];
  const conditions = judged(object, verdicts, PARTS, deps.clock.now());
  object = await writeStatus(kube, NODE_CLASSES, object, {
    conditions,
    subnets: subnets.map(({ id, zone, zoneID }) => ({ id, zone, zoneID })),
    securityGroups: groups,
    ...(role ? { instanceProfile: profile } : {}),
  });
  const bad = verdicts.find(({ status }) => status !== "True");
  const { subnetSelectorTerms: _, securityGroupSelectorTerms: __, ...own } = spec;
  return {
    ...{ name, object, subnets, groups, role, profile },
    podSubnets: network.subnets(spec.podSubnetSelectorTerms),
    podGroups: network.groups(spec.podSecurityGroupSelectorTerms),
    diskGiB: Math.max(1, Math.floor(units(spec.ephemeralStorage?.size ?? "80Gi") / 2 ** 30)),
    hash: hashOf(own),
    problem: deletionTimestamp ? "NodeClass is being deleted" : bad?.message,
  };
}

/** A class of the customer's under the name that EKS uses. */
const reserved = ({ cluster }: AutoCluster, { metadata }: KubeObject) =>
  metadata.name === DEFAULT_CLASS && (cluster.nodePools.length === 0 || metadata.labels?.["app.kubernetes.io/managed-by"] !== "eks");

/** The role behind a class, with its profile made; or why its nodes could not join. */
async function profileOf(
  auto: AutoCluster,
  className: string,
  spec: any,
  profile: string,
): Promise<{ readonly role: RoleFacts | undefined; readonly verdict: Verdict }> {
  const { deps, cluster } = auto;
  const failed = (reason: string, message: string) => ({ role: undefined, verdict: no("InstanceProfileReady", reason, message) });
  const { directory, state } = deps;
  const role =
    spec.instanceProfile === undefined
      ? directory.roleByName(cluster.account, String(spec.role).split("/").pop()!)
      : directory.instanceProfileRole(`arn:${cluster.partition}:iam::${cluster.account}:instance-profile/${spec.instanceProfile}`);
  if (!role) return failed("RoleNotFound", `Role ${spec.role ?? `of instance profile ${spec.instanceProfile}`} was not found`);
  const entry = state.accessEntries.get(childKey(cluster, cluster.name, role.arn));
  const policy = accessPolicyArn(cluster.partition, "AmazonEKSAutoNodePolicy");
  if (entry?.type !== "EC2" || entry.principalId !== role.id || !entry.policies.some(({ policyArn }) => policyArn === policy)) {
    return failed("UnauthorizedNodeRole", `Role ${role.name} is unauthorized to join nodes to the cluster`);
  }
  if (spec.instanceProfile !== undefined) return { role, verdict: yes("InstanceProfileReady") };
  try {
    await ensureInstanceProfile(deps.invoke, profile, role, auto.asService(), await auto.asClusterRole());
  } catch (error) {
    const message = (error as Error).message;
    auto.deps.log.info({ nodeClass: className, cause: message }, "no instance profile");
    return failed("InstanceProfileFailed", message);
  }
  return { role, verdict: yes("InstanceProfileReady") };
}
