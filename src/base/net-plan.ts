// What `atoll net plan` asks and answers: shared by the server that computes it and the command line that prints it.

/** A subnet that nodes or pods take addresses from. */
export interface PlanSubnet {
  readonly name: string;
  /** IPv4 block, /16 to /28. */
  readonly cidr: string;
  /** Availability zone; subnets of one zone name serve the same nodes. */
  readonly zone?: string;
  /** Addresses others hold, by name. */
  readonly taken?: readonly string[];
  /** /28 prefixes others hold. */
  readonly takenPrefixes?: readonly string[];
  /** Addresses others hold, anywhere: they are laid out at random as EC2 does. */
  readonly used?: number;
  readonly reservations?: readonly { readonly cidr: string; readonly type: "prefix" | "explicit" }[];
}

/** A question to the planner. */
export interface PlanRequest {
  /** Subnets of the nodes: instances are spread over them evenly. */
  readonly subnets: readonly PlanSubnet[];
  /** Subnets of pods under custom networking, matched to the nodes' by zone, else by position. */
  readonly podSubnets?: readonly PlanSubnet[];
  readonly instanceTypes: readonly string[];
  /** Pods with addresses of their own. */
  readonly pods: number;
  /** At least so many nodes; absent: as few as carry the pods. */
  readonly nodes?: number;
  /** At most so many of them on a node; absent: as many as max pods allows. */
  readonly podsPerNode?: number;
  /** Of the pods of a node, how many have security groups of their own; absent: none. */
  readonly branchPodsPerNode?: number;
  /** The kubelet's max-pods; absent: the recommended value. */
  readonly maxPods?: number;
  /** Pods added every day. */
  readonly growthPerDay?: number;
  /** Nodes added at once by a rolling update; absent: two per zone, as managed node groups do. */
  readonly surge?: number;
  /** aws-node's environment. */
  readonly environment?: Readonly<Record<string, string>>;
  /** Days looked ahead when there is growth (365). */
  readonly days?: number;
}

/** What one subnet holds and can still give. */
export interface PlanSubnetReport {
  readonly name: string;
  readonly cidr: string;
  readonly capacity: number;
  readonly used: number;
  readonly available: number;
  /** /28 blocks that can still be delegated, as the addresses lie in this run. */
  readonly freePrefixes: number;
  /** The same by the estimate ((n - used) / n)^16 of all blocks, single addresses lying at random. */
  readonly estimatedFreePrefixes: number;
  /** Available addresses that no prefix can be made of. */
  readonly unusableForPrefixes: number;
}

/** A shortage: what ran out, and what clients see. */
export interface PlanShortage {
  readonly subnet: string;
  /** EC2's error code. */
  readonly code: string;
  readonly message: string;
  readonly operation: string;
  /** Node, counted from 1, that did not get what it asked for. */
  readonly node: number;
}

/** The plan for one instance type. */
export interface PlanRow {
  readonly instanceType: string;
  readonly mode: "secondary addresses" | "prefix delegation" | "IPv6";
  readonly maxPods: number;
  /** Pods by addresses alone, before the cap of 110 or 250. */
  readonly podsByAddresses: number;
  readonly podsPerNode: number;
  readonly nodes: number;
  /** What one full node holds. */
  readonly perNode: {
    readonly interfaces: number;
    readonly addresses: number;
    readonly prefixes: number;
    /** Addresses of the subnet in all: interfaces' own, secondary ones, sixteen for a prefix. */
    readonly total: number;
  };
  readonly atRest: number;
  readonly surgeNodes: number;
  readonly atPeak: number;
  /** Addresses held at rest that are neither an interface's own nor a pod's. */
  readonly stranded: number;
  readonly subnets: readonly PlanSubnetReport[];
  /** The first shortage at rest; absent: everything fits. */
  readonly shortage?: PlanShortage;
  /** The first shortage during a rolling update; absent: it fits, or the cluster does not fit even at rest. */
  readonly surgeShortage?: PlanShortage;
  /** With growth: the first day that does not fit at rest, and the first on which a rolling update does not. */
  readonly exhaustion?: {
    readonly day?: number;
    readonly updateDay?: number;
    readonly subnet?: string;
    readonly code?: string;
    readonly horizonDays: number;
  };
  /** EC2 error codes that will appear. */
  readonly codes: readonly string[];
  readonly warnings: readonly string[];
}

/** The planner's answer. */
export interface PlanReport {
  readonly rows: readonly PlanRow[];
  readonly advice: readonly string[];
}
