// What a filter is: it looks at a pod once, then judges node after node.
import type { KubeObject } from "../../api/object.ts";
import type { ClusterState } from "../cluster-state.ts";
import type { NodeInfo } from "../node-info.ts";
import type { PodInfo } from "../pod-info.ts";

/** Why a node is unfit. `final` means no eviction on the node can help (UnschedulableAndUnresolvable). */
export interface Refusal {
  readonly reasons: readonly string[];
  readonly final: boolean;
}

/** Judges nodes for one pod; undefined means fit. */
export type Check = (node: NodeInfo) => Refusal | undefined;

/** What filters may look at besides nodes. */
export interface FilterContext {
  readonly state: ClusterState;
  claim(namespace: string, name: string): KubeObject | undefined;
  volume(name: string): KubeObject | undefined;
  volumes(): readonly KubeObject[];
  storageClass(name: string): KubeObject | undefined;
  csiNode(name: string): KubeObject | undefined;
  resourceClaim(namespace: string, name: string): KubeObject | undefined;
  /** VolumeAttachments. */
  attachments(): readonly KubeObject[];
  /** Kubernetes' minor version, whose words are used. */
  readonly minor: number;
}

/** What filters look at, read through `get` and `list`; `minor` is Kubernetes' minor version. */
export function readObjects(
  get: (type: string, namespace: string, name: string) => KubeObject | undefined,
  list: (type: string) => readonly KubeObject[],
  minor: number,
): Omit<FilterContext, "state"> {
  return {
    minor,
    claim: (namespace, name) => get("persistentvolumeclaims", namespace, name),
    volume: (name) => get("persistentvolumes", "", name),
    volumes: () => list("persistentvolumes"),
    storageClass: (name) => get("storageclasses.storage.k8s.io", "", name),
    csiNode: (name) => get("csinodes.storage.k8s.io", "", name),
    resourceClaim: (namespace, name) => get("resourceclaims.resource.k8s.io", namespace, name),
    attachments: () => list("volumeattachments.storage.k8s.io"),
  };
}

/** Refuses a pod on every node at once, with one message. */
export class Unschedulable {
  readonly message: string;
  constructor(message: string) {
    this.message = message;
  }
}

/** A filter plugin by its name in kube-scheduler. Returns no check where the pod does not concern it. */
export interface Filter {
  readonly name: string;
  prepare(info: PodInfo, context: FilterContext): Check | Unschedulable | undefined;
}

/** A refusal no eviction can lift. */
export function final(...reasons: string[]): Refusal {
  return { reasons, final: true };
}

/** A refusal that ends when pods leave the node. */
export function forNow(...reasons: string[]): Refusal {
  return { reasons, final: false };
}
