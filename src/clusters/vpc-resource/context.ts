// What the parts of the VPC resource controller share about one cluster.
import type { Clock } from "../../base/clock.ts";
import type { Log } from "../../base/log.ts";
import type { BranchSet } from "../../cni/branch/branch-set.ts";
import type { ControllerEc2 } from "../../cni/branch/ec2.ts";
import type { WindowsEc2 } from "../../cni/windows/ec2.ts";
import type { KubeObject } from "../../kubernetes/api/object.ts";
import type { KubeClient } from "../../kubernetes/client/client.ts";
import type { EventRecorder } from "../../kubernetes/runtime/events.ts";
import type { WindowsState } from "./windows-state.ts";

/** What is known of a node. */
export interface NodeState {
  readonly nodeUid: string;
  readonly instanceId: string;
  /** The node's trunk and its branches, once it is initialized. */
  branches: BranchSet | undefined;
  /** The addresses of a Windows node, once it is looked up. */
  windows: WindowsState | undefined;
  /** The instance's type cannot carry a trunk. */
  unsupported: boolean;
  /** Failed initializations, and when the next is due. */
  failures: number;
  dueAt: number;
  /** Epoch milliseconds. */
  collectedAt: number;
  reconciledAt: number;
  /** When the node object was seen to be gone. */
  goneAt: number | undefined;
  /** Failed attempts by pod, and when the next is due. */
  readonly attempts: Map<string, { readonly count: number; readonly due: number }>;
}

/** One cluster under control. */
export interface ClusterContext {
  readonly clusterName: string;
  readonly kube: KubeClient;
  readonly ec2: ControllerEc2;
  readonly addresses: WindowsEc2;
  readonly clock: Clock;
  readonly log: Log;
  readonly events: EventRecorder;
  readonly nodes: Map<string, NodeState>;
  /** Pods that ask for branch interfaces, by node and uid. */
  readonly pods: ReadonlyMap<string, ReadonlyMap<string, KubeObject>>;
  /** Windows pods that ask for addresses, by node and uid. */
  readonly addressPods: ReadonlyMap<string, ReadonlyMap<string, KubeObject>>;
  /** Data of the ConfigMap amazon-vpc-cni. */
  settings(): Readonly<Record<string, string>> | undefined;
  /** Milliseconds. */
  cooldown(): number;
}

/** A node as events name it: kubelets file theirs under the name, too. */
export const nodeReference = (name: string) => ({ apiVersion: "v1", kind: "Node", name, uid: name });
