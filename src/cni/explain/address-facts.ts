// What the judgement about a missing address is made from.

/** A pod as Kubernetes tells it. Texts are those of conditions and events. */
export interface PodFacts {
  readonly namespace: string;
  readonly name: string;
  readonly phase: string;
  readonly node: string | undefined;
  readonly address: string | undefined;
  readonly hostNetwork: boolean;
  /** Requests vpc.amazonaws.com/pod-eni: security groups of its own. */
  readonly wantsBranch: boolean;
  /** It asks for an address on a Windows node. */
  readonly wantsWindowsAddress?: boolean;
  /** Why the scheduler left it. */
  readonly unscheduled?: string;
  /** The last event about its sandbox. */
  readonly sandbox?: string;
}

/** The node's pool and what befell it. Times are epoch milliseconds. */
export interface PoolFacts {
  readonly total: number;
  readonly assigned: number;
  readonly cooldown: number;
  readonly interfaces: number;
  readonly maxInterfaces: number;
  /** Interfaces of the instance that are not ipamd's. */
  readonly unmanaged: number;
  /** Secondary slots of one interface, and those not in use on all interfaces that serve pods. */
  readonly slotsPerInterface: number;
  readonly freeSlots: number;
  /** Interfaces whose subnet may serve no new pods. */
  readonly excluded: number;
  /** False: the settings forbid ipamd to change anything in EC2. */
  readonly provisioning: boolean;
  readonly prefixMode: boolean;
  readonly warmIpTarget: number;
  readonly minimumIpTarget: number;
  readonly cooldownSeconds: number;
  /** Until when the pool does not grow after a shortage. */
  readonly pausedUntil?: number;
  /** The last EC2 call that failed. */
  readonly failure?: { readonly operation: string; readonly code: string; readonly message: string; readonly at: number };
}

/** What decides about addresses on a Windows node. */
export interface WindowsFacts {
  /** Whether the VPC resource controller is told to give them. */
  readonly ipam: boolean;
  /** The last refusal of EC2's that was told by an event of the node. */
  readonly refusal?: string;
}

/** The pod's node. */
export interface NodeFacts {
  readonly name: string;
  readonly ready: boolean;
  /** Message of the Ready condition. */
  readonly condition: string;
  readonly cordoned: boolean;
  readonly fargate: boolean;
  readonly instanceType: string;
  readonly maxPods: number;
  /** Pods on the node that are not done, those on the host network included. */
  readonly pods: number;
  /** Phase of its aws-node pod; undefined if there is none. */
  readonly awsNode: string | undefined;
  /** Branch interfaces the node can have; 0: it has no trunk. */
  readonly branches: number;
  /** Why ipamd did not start. */
  readonly cniFailure?: string;
  readonly pool?: PoolFacts;
  /** Present if it runs Windows. */
  readonly windows?: WindowsFacts;
}

/** A subnet the node takes addresses from. */
export interface SubnetFacts {
  readonly id: string;
  readonly cidr: string;
  readonly available: number;
  /** /28 blocks that can still be delegated. */
  readonly freePrefixes: number;
}
