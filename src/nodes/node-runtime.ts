// The seam between EC2 instances and what runs on them.

/** What makes a node one of Fargate's: it runs a single pod on a machine of that pod's size. */
export interface FargateMachine {
  readonly podUid: string;
  readonly vcpus: number;
  readonly memoryMiB: number;
  readonly podAddress: string;
}

/** What makes a node one of EKS Auto Mode's: it brings its network, Pod Identity agent and storage driver itself. */
export interface AutoMachine {
  /** Role in whose name addresses are taken. */
  readonly clusterRoleArn: string;
  /** Ephemeral storage. */
  readonly diskGiB: number;
  /** Subnet and groups of pods, if they are not the node's. */
  readonly podNetwork?: { readonly subnetId: string; readonly securityGroups: readonly string[] };
}

/** An instance that is to become a node, and what kind of node. */
export interface NodeBoot {
  readonly clusterKey: string;
  readonly clusterName: string;
  readonly partition: string;
  readonly account: string;
  readonly region: string;
  readonly instanceId: string;
  readonly instanceType: string;
  readonly availabilityZone: string;
  readonly subnetId: string;
  readonly privateIpAddress: string;
  /** `ip-10-0-1-7.us-west-2.compute.internal`: the node's name. */
  readonly privateDnsName: string;
  readonly imageId: string;
  readonly nodeRoleArn: string;
  readonly amiType: string;
  /** Kubernetes version, and the image's release version. */
  readonly version: string;
  readonly releaseVersion: string;
  /** EKS's own labels and the node group's. */
  readonly labels: Readonly<Record<string, string>>;
  /** With Kubernetes effects (NoSchedule …). */
  readonly taints: readonly { readonly key: string; readonly value?: string; readonly effect: string }[];
  /** Pods the kubelet takes; absent: what the instance type has addresses for. */
  readonly maxPods?: number;
  /** Present on Fargate; `instanceId` then is a name of Atoll's own, and there is neither instance type nor image. */
  readonly fargate?: FargateMachine;
  readonly auto?: AutoMachine;
}

export type NodeStatus = "absent" | "booting" | "ready" | "not-ready";

/** Runs the nodes of clusters. Every method is idempotent and may be called again after a crash. */
export interface NodeRuntime {
  /** Makes an instance join its cluster. Resolves when the boot has begun; an instance that already boots or runs is left alone. */
  boot(node: NodeBoot): Promise<void>;
  /** Stops what runs on an instance; unknown instances are fine. */
  shutdown(instanceId: string): Promise<void>;
  status(instanceId: string): NodeStatus;
  /** Tells of every change of a status; `boot` is the node's, where it is known. */
  watch(listener: (instanceId: string, boot?: NodeBoot) => void): { close(): void };
}
