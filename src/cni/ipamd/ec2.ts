// What ipamd asks of EC2 (spec vpc-cni §2.9).

/** An interface as EC2 describes it. */
export interface InterfaceFacts {
  readonly id: string;
  readonly subnetId: string;
  readonly primaryIp: string;
  /** -1 while it is attached to no instance. */
  readonly deviceIndex: number;
  readonly cardIndex: number;
  /** EC2's interface type: interface, efa, efa-only, trunk … */
  readonly type: string;
  readonly description: string;
  readonly attachmentId: string | undefined;
  readonly groups: readonly string[];
  /** Secondary addresses. */
  readonly addresses: readonly string[];
  /** Delegated /28 prefixes. */
  readonly prefixes: readonly string[];
  /** Delegated /80 prefixes. */
  readonly prefixes6: readonly string[];
  readonly tags: Readonly<Record<string, string>>;
  /** Idle timeouts of tracked connections, in seconds, if they are not EC2's own. */
  readonly connectionTracking?: ConnectionTracking;
}

/** Idle timeouts of an interface's connection tracking, in seconds. */
export interface ConnectionTracking {
  readonly tcpEstablished?: number;
  readonly udpStream?: number;
  readonly udp?: number;
}

/** A subnet as discovery judges it. */
export interface SubnetFacts {
  readonly id: string;
  readonly available: number;
  readonly tags: Readonly<Record<string, string>>;
}

/** What a new interface is made of. */
export interface NewInterface {
  readonly subnetId: string;
  readonly groups: readonly string[];
  readonly description: string;
  readonly tags: Readonly<Record<string, string>>;
  readonly addresses?: number;
  readonly prefixes?: number;
  readonly connectionTracking?: ConnectionTracking;
}

/** What an interface is to hold more of. */
export type Wish = { readonly addresses: number } | { readonly prefixes: number } | { readonly prefixes6: number };

/** EC2, as ipamd needs it. Throws AwsError as EC2 does. */
export interface Ec2 {
  /** The interfaces attached to an instance, by device index. */
  interfacesOf(instanceId: string): Promise<InterfaceFacts[]>;
  /** The interfaces of the ids; all must exist. */
  describe(interfaceIds: readonly string[]): Promise<InterfaceFacts[]>;
  /** The VPC's interfaces that ipamd made and nobody uses; those of one cluster if its name is given. */
  unusedInterfaces(vpcId: string, clusterName: string | undefined): Promise<InterfaceFacts[]>;
  subnets(vpcId: string, zone: string): Promise<SubnetFacts[]>;
  createInterface(input: NewInterface): Promise<InterfaceFacts>;
  attach(interfaceId: string, instanceId: string, deviceIndex: number, cardIndex: number): Promise<string>;
  deleteOnTermination(interfaceId: string, attachmentId: string): Promise<void>;
  /** Replaces an interface's security groups. */
  setGroups(interfaceId: string, groups: readonly string[]): Promise<void>;
  /** Addresses or prefixes EC2 chose. */
  assign(interfaceId: string, wish: Wish): Promise<string[]>;
  /** Takes addresses and prefixes (of either family) off an interface. */
  unassign(interfaceId: string, addresses: readonly string[], prefixes: readonly string[]): Promise<void>;
  detach(attachmentId: string): Promise<void>;
  delete(interfaceId: string): Promise<void>;
  createTags(interfaceId: string, tags: Readonly<Record<string, string>>): Promise<void>;
}
