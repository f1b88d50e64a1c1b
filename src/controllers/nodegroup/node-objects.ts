// The Kubernetes side of a node group's instances: labels and taints on Node objects, eviction, and what is left of gone nodes.
import type { Taint } from "@aws-sdk/client-eks";
import { NODE_CONTROLLER } from "../../clusters/system-roles.ts";
import type { KubeObject } from "../../kubernetes/api/object.ts";
import { StatusError } from "../../kubernetes/api/object.ts";
import type { KubeClient } from "../../kubernetes/client/client.ts";
import type { NodegroupRecord, NodegroupSettings } from "../../services/eks/records.ts";
import type { ControllerDeps } from "../deps.ts";
import type { Group } from "./group.ts";

export const NODEGROUP_LABEL = "eks.amazonaws.com/nodegroup";

const EFFECTS = { NO_SCHEDULE: "NoSchedule", NO_EXECUTE: "NoExecute", PREFER_NO_SCHEDULE: "PreferNoSchedule" } as const;

/** A taint as Kubernetes writes it. */
export const kubeTaint = ({ key = "", value, effect }: Taint) => ({
  key,
  ...(value ? { value } : {}),
  effect: EFFECTS[effect ?? "NO_SCHEDULE"],
});

/** Labels EKS puts on a group's nodes besides the customer's (EKS User Guide, Managed node groups). */
export function nodeLabels(nodegroup: NodegroupRecord, settings: NodegroupSettings, image: string): Record<string, string> {
  return {
    ...settings.labels,
    [NODEGROUP_LABEL]: nodegroup.name,
    "eks.amazonaws.com/nodegroup-image": image,
    "eks.amazonaws.com/capacityType": nodegroup.capacityType,
    ...(settings.launchTemplate?.id
      ? {
          "eks.amazonaws.com/sourceLaunchTemplateId": settings.launchTemplate.id,
          "eks.amazonaws.com/sourceLaunchTemplateVersion": settings.launchTemplate.version ?? "1",
        }
      : {}),
  };
}

/** Instance id at the end of a node's provider id. */
export const instanceOf = (node: KubeObject): string =>
  String(node.spec?.providerID ?? "")
    .split("/")
    .pop()!;

export const nodeOf = (kube: KubeClient, instanceId: string): KubeObject | undefined =>
  kube.list("nodes").find((node) => instanceOf(node) === instanceId);

/** Nodes of the group, whether their instances live or not. */
const nodesOf = (kube: KubeClient, nodegroup: NodegroupRecord) =>
  kube.list("nodes", { labelSelector: `${NODEGROUP_LABEL}=${nodegroup.name}` });

/** Brings labels and taints of the group's nodes from the settings before to those wanted; what others have set stays. */
export async function relabel(kube: KubeClient, nodegroup: NodegroupRecord, wanted: NodegroupSettings): Promise<void> {
  const dropped = Object.keys(nodegroup.labels).filter((key) => !(key in wanted.labels));
  const labels = { ...Object.fromEntries(dropped.map((key) => [key, null])), ...wanted.labels };
  const before = nodegroup.taints.map(kubeTaint);
  const after = wanted.taints.map(kubeTaint);
  const same = (a: { key: string; effect: string }, b: { key: string; effect: string }) => a.key === b.key && a.effect === b.effect;
  for (const node of nodesOf(kube, nodegroup)) {
    const present: { key: string; value?: string; effect: string }[] = node.spec?.taints ?? [];
    const foreign = present.filter((taint) => !before.some((own) => same(own, taint)) && !after.some((own) => same(own, taint)));
    const body = { metadata: { labels }, spec: { taints: [...foreign, ...after] } };
    await kube.patch("nodes", "", node.metadata.name, "merge", body).catch(unlessGone);
  }
}

/**
 * For nodes of the group whose instance is not among `alive`: stops what still runs for them and deletes their Node objects, as the
 * cloud controller manager does, and with its rights.
 */
export async function forgetDead(
  { clusters, nodes }: Pick<ControllerDeps, "clusters" | "nodes">,
  { clusterKey, nodegroup }: Group,
  alive: ReadonlySet<string>,
): Promise<void> {
  const kube = clusters.kube(clusterKey, NODE_CONTROLLER);
  if (!kube) return;
  for (const node of nodesOf(kube, nodegroup)) {
    if (alive.has(instanceOf(node))) continue;
    await nodes.shutdown(instanceOf(node));
    await kube.delete("nodes", "", node.metadata.name).catch(unlessGone);
  }
}

/** Result of a pass of {@link drain}. */
export interface Drained {
  /** Pods that still have to go. */
  readonly left: number;
  /** Of those, the ones whose eviction a disruption budget refused. */
  readonly refused: number;
}

/** Cordons a node and asks for the eviction of its pods, daemon set and mirror pods excepted. Call again until none is left. */
export async function drain(kube: KubeClient, node: KubeObject): Promise<Drained> {
  const name = node.metadata.name;
  if (!node.spec?.unschedulable) await kube.patch("nodes", "", name, "merge", { spec: { unschedulable: true } }).catch(unlessGone);
  return evictPods(kube, name);
}

/** Asks for the eviction of a node's pods, daemon set and mirror pods excepted. */
export async function evictPods(kube: KubeClient, name: string): Promise<Drained> {
  let left = 0;
  let refused = 0;
  for (const pod of kube.list("pods", { fieldSelector: `spec.nodeName=${name}` })) {
    if (!mustLeave(pod)) continue;
    left++;
    if (pod.metadata.deletionTimestamp) continue;
    const { namespace = "", name: podName } = pod.metadata;
    const eviction = { apiVersion: "policy/v1", kind: "Eviction", metadata: { name: podName, namespace } };
    await kube.post("pods", namespace, podName, "eviction", eviction).catch((error: unknown) => {
      if (error instanceof StatusError && error.code === 429) refused++;
      else unlessGone(error);
    });
  }
  return { left, refused };
}

/** Whether a pod keeps its node from being empty. */
export function mustLeave(pod: KubeObject): boolean {
  if (pod.status?.phase === "Succeeded" || pod.status?.phase === "Failed") return false;
  if (pod.metadata.annotations?.["kubernetes.io/config.mirror"]) return false;
  return !pod.metadata.ownerReferences?.some((owner) => owner.kind === "DaemonSet");
}

/** For `catch`: an object that is gone is fine. */
export function unlessGone(error: unknown): void {
  if (!(error instanceof StatusError) || error.code !== 404) throw error;
}
