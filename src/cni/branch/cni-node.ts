// CNINode objects: what CNI and resource controller tell each other about a node (spec vpc-cni §6.1).
import type { KubeObject, NewObject } from "../../kubernetes/api/object.ts";
import { CLUSTER_TAG, INSTANCE_TAG } from "./names.ts";

export const FINALIZER = "networking.k8s.aws/resource-cleanup";
const OS_LABEL = "kubernetes.io/os";

/** A feature that the CNI asks for. */
export interface CniFeature {
  readonly name: "SecurityGroupsForPods" | "CustomNetworking";
  readonly value?: string;
}

/** The instance behind a node, by its provider id; undefined for machines that are not EC2's. */
export function instanceIdOf(node: KubeObject): string | undefined {
  return /\/(i-(?:[0-9a-f]{8}|[0-9a-f]{17}))$/.exec(String(node.spec?.providerID ?? ""))?.[1];
}

/** The object the controller makes for a node. */
export function newCniNode(node: KubeObject, clusterName: string): NewObject {
  const { name, uid, labels = {} } = node.metadata;
  return {
    apiVersion: "vpcresources.k8s.aws/v1alpha1",
    kind: "CNINode",
    metadata: {
      name,
      labels: { [OS_LABEL]: labels[OS_LABEL] ?? "linux" },
      finalizers: [FINALIZER],
      ownerReferences: [{ apiVersion: "v1", kind: "Node", name, uid, controller: true, blockOwnerDeletion: true }],
    },
    spec: { tags: tagsOf(node, clusterName) },
  };
}

/** A merge patch that gives an object back what it must have; undefined if nothing is missing. */
export function repairCniNode(present: KubeObject, node: KubeObject, clusterName: string): object | undefined {
  const { labels = {}, finalizers = [] } = present.metadata;
  const os = node.metadata.labels?.[OS_LABEL] ?? "linux";
  const tags = tagsOf(node, clusterName);
  const misses = {
    label: labels[OS_LABEL] !== os,
    tags: Object.entries(tags).some(([key, value]) => present.spec?.tags?.[key] !== value),
    finalizer: !finalizers.includes(FINALIZER),
  };
  if (!misses.label && !misses.tags && !misses.finalizer) return undefined;
  return {
    metadata: {
      ...(misses.label && { labels: { [OS_LABEL]: os } }),
      ...(misses.finalizer && { finalizers: [...finalizers, FINALIZER] }),
    },
    ...(misses.tags && { spec: { tags } }),
  };
}

/** The value of a feature; undefined if the CNI did not ask for it. A feature without a value has an empty one. */
export function featureOf(cniNode: KubeObject | undefined, name: CniFeature["name"]): string | undefined {
  const found = ((cniNode?.spec?.features ?? []) as CniFeature[]).find((each) => each.name === name);
  return found && (found.value ?? "");
}

/** The features with those given put in; undefined if they are there already. */
export function withFeatures(cniNode: KubeObject, wanted: readonly CniFeature[]): CniFeature[] | undefined {
  if (wanted.every(({ name, value }) => featureOf(cniNode, name) === (value ?? ""))) return undefined;
  const present = (cniNode.spec?.features ?? []) as CniFeature[];
  return [...wanted, ...present.filter(({ name }) => !wanted.some((each) => each.name === name))];
}

function tagsOf(node: KubeObject, clusterName: string): Record<string, string> {
  const instanceId = instanceIdOf(node);
  return { [CLUSTER_TAG]: clusterName, ...(instanceId && { [INSTANCE_TAG]: instanceId }) };
}
