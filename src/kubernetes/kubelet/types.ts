// What a kubelet needs of its surroundings: a back end that runs containers and a network that gives pods addresses.
import type { KubeObject } from "../api/object.ts";

/** Addresses a network plugin gave a pod. The first is the pod's primary address. */
export interface PodNetworkResult {
  readonly ips: readonly string[];
  /** Annotations the plugin wants on the pod. */
  readonly annotations?: Readonly<Record<string, string>>;
}

/** A CNI chain seen from the kubelet. Rejects with Error whose message becomes the FailedCreatePodSandBox event. */
export interface PodNetwork {
  /** Idempotent per pod uid and sandbox. */
  add(pod: KubeObject, sandboxId: string): Promise<PodNetworkResult>;
  /** Idempotent; succeeds for unknown pods. */
  delete(pod: { namespace: string; name: string; uid: string }, sandboxId: string): Promise<void>;
  /** Why the node's own connections do not reach a port of the pod; undefined if they do. */
  probeProblem?(pod: KubeObject, port: number): string | undefined;
}

/** Facts of the machine a kubelet runs on, as the node object shows them. */
export interface NodeFacts {
  readonly name: string;
  readonly providerId: string;
  readonly addresses: readonly { type: string; address: string }[];
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly taints: readonly { key: string; value?: string; effect: string }[];
  /** Quantities by resource name: cpu, memory, pods, ephemeral-storage, extended resources. */
  readonly capacity: Readonly<Record<string, string>>;
  readonly allocatable: Readonly<Record<string, string>>;
  readonly nodeInfo: Readonly<Record<string, string>>;
}
