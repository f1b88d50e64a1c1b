// The seams between AWS-side records and what runs: a cluster's Kubernetes API and a node's kubelet. The composition connects them.
export type { ClusterEndpoint, ClusterFacts, ClusterRuntime } from "../clusters/provider.ts";
export type { NodeBoot, NodeRuntime, NodeStatus } from "../nodes/node-runtime.ts";

/** Tells when an EC2 instance changed state, so that terminated nodes are replaced at once. */
export interface InstanceEvents {
  watch(listener: (instance: { account: string; region: string; instanceId: string }) => void): { close(): void };
}
