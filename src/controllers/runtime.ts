// The seams between AWS-side records and what runs: a cluster's Kubernetes API and a node's kubelet. The composition connects them.
export type { ClusterEndpoint, ClusterFacts, ClusterRuntime } from "../clusters/provider.ts";
export type { NodeBoot, NodeRuntime, NodeStatus } from "../nodes/node-runtime.ts";

/** An instance that changed, and the key of the node group its tags name; undefined if they name none. */
export interface InstanceChange {
  readonly account: string;
  readonly region: string;
  readonly instanceId: string;
  readonly nodegroup?: string | undefined;
  /** Name of the Auto Scaling group its tags name. */
  readonly scalingGroup?: string | undefined;
}

/** Tells when an EC2 instance changed state, so that terminated nodes are replaced at once. */
export interface InstanceEvents {
  watch(listener: (instance: InstanceChange) => void): { close(): void };
}
