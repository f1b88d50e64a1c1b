// EC2 as the resource controller needs it (spec vpc-cni §2.10).

/** An interface of an instance. */
export interface AttachedInterface {
  readonly id: string;
  /** Undefined if EC2 does not say. */
  readonly type: string | undefined;
  readonly deviceIndex: number;
  readonly cardIndex: number;
  readonly status: string;
}

/** A node's instance. */
export interface NodeInstance {
  readonly instanceId: string;
  readonly instanceType: string;
  /** Subnet and groups of the primary interface. */
  readonly subnetId: string;
  readonly groups: readonly string[];
  readonly interfaces: readonly AttachedInterface[];
}

/** An interface to be made. */
export interface InterfaceWish {
  readonly subnetId: string;
  readonly groups: readonly string[];
  readonly description: string;
  readonly type?: "trunk";
  readonly tags: Readonly<Record<string, string>>;
}

/** An interface as made or found. Addresses are empty where it has none of the family. */
export interface MadeInterface {
  readonly id: string;
  readonly mac: string;
  readonly privateIp: string;
  readonly ipv6Address: string;
  readonly tags: Readonly<Record<string, string>>;
}

/** Blocks of a subnet; empty where it has none of the family. */
export interface SubnetBlocks {
  readonly cidr: string;
  readonly cidr6: string;
}

/** Every call rejects with EC2's error. Trunks are associated by EKS itself, everything else is done as the cluster role. */
export interface ControllerEc2 {
  /** Rejects if there is no such instance. */
  instance(instanceId: string): Promise<NodeInstance>;
  subnet(subnetId: string): Promise<SubnetBlocks>;
  /** Makes an interface and lets EKS attach it. */
  create(wish: InterfaceWish): Promise<MadeInterface>;
  /** Attaches an interface, to go with the instance. */
  attach(interfaceId: string, instanceId: string, deviceIndex: number): Promise<void>;
  status(interfaceId: string): Promise<string>;
  /** Branch interfaces that were made for a trunk. */
  branchesOf(trunkId: string, subnetId: string): Promise<readonly MadeInterface[]>;
  /** Ids of associations by branch interface. */
  associations(trunkId: string): Promise<ReadonlyMap<string, string>>;
  associate(branchId: string, trunkId: string, vlanId: number): Promise<string>;
  /** An unknown association is no error. */
  disassociate(associationId: string): Promise<void>;
  /** An unknown interface is no error. */
  delete(interfaceId: string): Promise<void>;
  /** Interfaces nobody uses that carry all the tags, each with one of the given values. */
  available(tags: Readonly<Record<string, readonly string[]>>): Promise<readonly string[]>;
}
