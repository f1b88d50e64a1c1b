// A NodeClaim's way from the request to an initialized node (Karpenter documentation, "NodeClaims").
import type { Instance } from "@aws-sdk/client-ec2";
import { AwsError } from "../../aws/errors.ts";
import { NODE_CLAIMS } from "../../clusters/auto-mode/built-in.ts";
import type { KubeObject } from "../../kubernetes/api/object.ts";
import { parseTime } from "../../kubernetes/runtime/time.ts";
import { unlessGone } from "../nodegroup/node-objects.ts";
import { TERMINATION, UNREGISTERED } from "./claims.ts";
import type { AutoCluster } from "./context.ts";
import { instanceIdOf, lives } from "./instances.ts";
import { InsufficientCapacity, imageOf, launch } from "./launch.ts";
import type { NodeClass } from "./node-class.ts";
import { holds, judged, unsure, type Verdict, writeStatus, yes } from "./status.ts";

/** Claims that get no instance, or whose node never comes, go after this long. */
const LAUNCH_LIMIT_MS = 5 * 60_000;
const REGISTRATION_LIMIT_MS = 15 * 60_000;
const READY = ["Launched", "Registered", "Initialized"];

/** A claim with what belongs to it. */
export interface Held {
  readonly claim: KubeObject;
  readonly nodeClass: NodeClass | undefined;
  readonly instance: Instance | undefined;
  readonly node: KubeObject | undefined;
}

/** One step of a claim; answers the claim as it is then, undefined if it was given up. */
export async function advance(auto: AutoCluster, held: Held): Promise<KubeObject | undefined> {
  if (!holds(held.claim, "Launched")) return launchClaim(auto, held);
  const { claim, instance } = held;
  if (!lives(instance)) {
    await giveUp(auto, claim, "InstanceTerminated", `instance ${instanceIdOf(claim)} is gone`);
    return undefined;
  }
  await boot(auto, held, instance!);
  if (!held.node) {
    const age = auto.deps.clock.now() - parseTime(claim.metadata.creationTimestamp);
    if (age < REGISTRATION_LIMIT_MS) return claim;
    await giveUp(auto, claim, "RegistrationTimeout", "the node did not register in time");
    return undefined;
  }
  return settle(auto, claim, held.node);
}

async function giveUp({ kube, events }: AutoCluster, claim: KubeObject, reason: string, message: string): Promise<void> {
  events.event(claim, "Warning", reason, message);
  await kube.delete(NODE_CLAIMS, "", claim.metadata.name).catch(unlessGone);
}

/** Writes conditions, and other members of the status. */
async function judge(auto: AutoCluster, claim: KubeObject, verdicts: readonly Verdict[], more: object = {}): Promise<KubeObject> {
  const conditions = judged(claim, verdicts, READY, auto.deps.clock.now());
  return writeStatus(auto.kube, NODE_CLAIMS, claim, { ...more, conditions });
}

async function launchClaim(auto: AutoCluster, { claim, nodeClass }: Held): Promise<KubeObject | undefined> {
  const { kube, deps, cluster, events } = auto;
  const wait = async (reason: string, message: string): Promise<KubeObject | undefined> => {
    const age = deps.clock.now() - parseTime(claim.metadata.creationTimestamp);
    if (age >= LAUNCH_LIMIT_MS) {
      await giveUp(auto, claim, "LaunchTimeout", message);
      return undefined;
    }
    if (auto.memory.told.get(claim.metadata.uid) !== message) events.event(claim, "Warning", reason, message);
    auto.memory.told.set(claim.metadata.uid, message);
    return judge(auto, claim, [unsure("Launched", reason, message)]);
  };
  if (!nodeClass) return wait("NodeClassNotFound", `NodeClass ${claim.spec.nodeClassRef?.name} was not found`);
  if (nodeClass.problem !== undefined) return wait("NodeClassNotReady", nodeClass.problem);
  try {
    const { instanceId, imageId, offering } = await launch(auto, claim, nodeClass);
    const { finalizers = [], name } = claim.metadata;
    const body = { metadata: { labels: offering.labels, finalizers: [...new Set([...finalizers, TERMINATION])] } };
    const labelled = (await kube.patch(NODE_CLAIMS, "", name, "merge", body).catch(unlessGone)) ?? claim;
    deps.log.info({ cluster: cluster.name, claim: name, instanceId, type: offering.type, zone: offering.zone }, "launched instance");
    events.event(
      labelled,
      "Normal",
      "Launched",
      "Status condition transitioned, Type: Launched, Status: Unknown -> True, Reason: Launched",
    );
    return judge(auto, labelled, [yes("Launched")], {
      ...{ imageID: imageId, providerID: `aws:///${offering.zone}/${instanceId}` },
      ...{ capacity: offering.capacity, allocatable: offering.allocatable },
    });
  } catch (error) {
    if (error instanceof InsufficientCapacity) {
      await giveUp(auto, claim, "InsufficientCapacityError", `NodeClaim ${claim.metadata.name} event: ${error.message}`);
      return undefined;
    }
    if (!(error instanceof AwsError)) throw error;
    return wait("LaunchFailed", `${error.code}: ${error.message}`);
  }
}

/** Makes the instance join. After a restart of Atoll it joins again. */
async function boot({ deps, key, cluster }: AutoCluster, { claim, nodeClass, node }: Held, instance: Instance): Promise<void> {
  if (instance.State?.Name !== "running" && instance.State?.Name !== "pending") return;
  const role = nodeClass?.role ?? deps.directory.instanceProfileRole(instance.IamInstanceProfile?.Arn ?? "");
  if (!role) return;
  const zone = instance.Placement?.AvailabilityZone ?? "";
  const podSubnet = nodeClass?.podSubnets.find((subnet) => subnet.zone === zone);
  const image = imageOf(cluster, claim.metadata.labels?.["kubernetes.io/arch"]);
  const { taints = [], startupTaints = [] } = claim.spec;
  await deps.nodes.boot({
    ...{ clusterKey: key, clusterName: cluster.name, partition: cluster.partition, account: cluster.account, region: cluster.region },
    ...{ instanceId: instance.InstanceId!, instanceType: instance.InstanceType ?? "", availabilityZone: zone },
    ...{
      subnetId: instance.SubnetId ?? "",
      privateIpAddress: instance.PrivateIpAddress ?? "",
      privateDnsName: instance.PrivateDnsName ?? "",
    },
    ...{
      imageId: instance.ImageId ?? "",
      nodeRoleArn: role.arn,
      amiType: image.type,
      version: cluster.version,
      releaseVersion: image.release,
    },
    labels: { ...kubeletLabels(claim.metadata.labels ?? {}), "topology.ebs.csi.eks.amazonaws.com/zone": zone },
    taints: node ? [] : [...taints, ...startupTaints, UNREGISTERED],
    auto: {
      clusterRoleArn: cluster.roleArn,
      diskGiB: nodeClass?.diskGiB ?? 80,
      ...(podSubnet ? { podNetwork: { subnetId: podSubnet.id, securityGroups: nodeClass!.podGroups.map(({ id }) => id) } } : {}),
    },
  });
}

/** Labels a kubelet may give its node: of Kubernetes' own it sets what it knows itself, others are synced at registration. */
const kubeletLabels = (labels: Readonly<Record<string, string>>) =>
  Object.fromEntries(Object.entries(labels).filter(([key]) => !/(^|\.)(kubernetes|k8s)\.io\//.test(key)));

interface NodeTaint {
  readonly key: string;
  readonly value?: string;
  readonly effect: string;
}

const sameTaint = (a: NodeTaint, b: NodeTaint) => a.key === b.key && a.effect === b.effect;

/** Registers and initializes a node that is there. */
async function settle(auto: AutoCluster, claim: KubeObject, present: KubeObject): Promise<KubeObject> {
  const { kube, events } = auto;
  const { name } = present.metadata;
  let node = present;
  if (!holds(claim, "Registered") || !node.metadata.finalizers?.includes(TERMINATION)) {
    const owner = {
      apiVersion: "karpenter.sh/v1",
      kind: "NodeClaim",
      name: claim.metadata.name,
      uid: claim.metadata.uid,
      blockOwnerDeletion: true,
    };
    const body = {
      metadata: {
        labels: { ...claim.metadata.labels, "karpenter.sh/registered": "true" },
        finalizers: [...new Set([...(node.metadata.finalizers ?? []), TERMINATION])],
        ownerReferences: [owner],
      },
      spec: { taints: (node.spec?.taints ?? []).filter((taint: NodeTaint) => !sameTaint(taint, UNREGISTERED)) },
    };
    node = (await kube.patch("nodes", "", name, "merge", body).catch(unlessGone)) ?? node;
  }
  const verdicts: Verdict[] = [yes("Registered")];
  if (!holds(claim, "Initialized")) {
    const waiting = uninitialized(claim, node);
    if (waiting) verdicts.push(unsure("Initialized", waiting[0], waiting[1]));
    else {
      await kube.patch("nodes", "", name, "merge", { metadata: { labels: { "karpenter.sh/initialized": "true" } } }).catch(unlessGone);
      verdicts.push(yes("Initialized"));
      events.event(claim, "Normal", "Ready", "Status condition transitioned, Type: Ready, Status: Unknown -> True, Reason: Ready");
    }
  }
  return judge(auto, claim, verdicts, { nodeName: name });
}

/** Why a node is not initialized yet: reason and message. */
function uninitialized(claim: KubeObject, node: KubeObject): readonly [reason: string, message: string] | undefined {
  const ready = node.status?.conditions?.find(({ type }: { type: string }) => type === "Ready");
  if (ready?.status !== "True") return ["NodeNotReady", "Node status is NotReady"];
  const taints: NodeTaint[] = node.spec?.taints ?? [];
  const startup = ((claim.spec.startupTaints ?? []) as NodeTaint[]).find((wanted) => taints.some((taint) => sameTaint(taint, wanted)));
  if (startup) return ["StartupTaintsExist", `StartupTaint "${startup.key}:${startup.effect}" still exists`];
  return undefined;
}
