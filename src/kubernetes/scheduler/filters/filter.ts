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
  storageClass(name: string): KubeObject | undefined;
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
