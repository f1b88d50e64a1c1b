// A small EC2 behind ipamd's own interface: real address space, several instances, failures on demand.
import { AwsError } from "../../src/aws/errors.ts";
import type { Ec2, InterfaceFacts, NewInterface, SubnetFacts, Wish } from "../../src/cni/ipamd/ec2.ts";
import { formatIpv4, parseIpv4 } from "../../src/vpc/ipv4.ts";

export type FakeInterface = { -readonly [K in keyof InterfaceFacts]: InterfaceFacts[K] } & {
  addresses: string[];
  prefixes: string[];
  prefixes6: string[];
  instanceId: string | undefined;
};

interface FakeSubnet {
  id: string;
  base: number;
  size: number;
  tags: Record<string, string>;
  used: Set<number>;
  next: number;
}

/** Limits EC2 holds an instance to. */
export interface FakeLimits {
  readonly enis: number;
  readonly ipv4PerEni: number;
}

export class FakeEc2 implements Ec2 {
  readonly interfaces = new Map<string, FakeInterface>();
  readonly subnetsById = new Map<string, FakeSubnet>();
  /** What changed EC2 or was asked about subnets, as `Operation detail`. */
  readonly calls: string[] = [];
  /** Called before each operation; what it throws is the answer. */
  fail: (operation: string, detail: unknown) => void | Promise<void> = () => {};
  #limits = new Map<string, FakeLimits>();
  #ids = 0;

  /** `free` addresses in subnet-1, where instance i-1 has its primary interface eni-0. */
  constructor(free = 65_536) {
    this.addSubnet("subnet-1", "10.0.0.0", free + 17);
    this.addInstance("i-1");
  }

  addSubnet(id: string, base: string, size: number, tags: Record<string, string> = {}): FakeSubnet {
    const first = parseIpv4(base)!;
    const subnet = { id, base: first, size, tags, used: new Set<number>(), next: 16 };
    for (let offset = 0; offset < Math.min(16, size); offset++) subnet.used.add(offset);
    this.subnetsById.set(id, subnet);
    return subnet;
  }

  /** Adds an instance with its primary interface. */
  addInstance(instanceId: string, subnetId = "subnet-1", limits: FakeLimits = { enis: 100, ipv4PerEni: 1000 }): FakeInterface {
    this.#limits.set(instanceId, limits);
    const eni = this.#make({ subnetId, groups: ["sg-1"], description: "", tags: {} });
    Object.assign(eni, { deviceIndex: 0, instanceId, attachmentId: `attach-${eni.id}` });
    return eni;
  }

  get free(): number {
    return this.available("subnet-1");
  }

  available(subnetId: string): number {
    const subnet = this.subnetsById.get(subnetId)!;
    return subnet.size - subnet.used.size;
  }

  /** Gives an interface addresses, as a user might. */
  give(id: string, wish: Wish): string[] {
    const eni = this.#eni(id);
    if ("prefixes6" in wish) {
      const granted = Array.from({ length: wish.prefixes6 }, () => `2001:db8:0:${(++this.#ids).toString(16)}::/80`);
      eni.prefixes6.push(...granted);
      return granted;
    }
    const subnet = this.subnetsById.get(eni.subnetId)!;
    if ("prefixes" in wish) {
      const granted = this.#takePrefixes(subnet, wish.prefixes);
      eni.prefixes.push(...granted);
      return granted;
    }
    const granted = this.#takeAddresses(subnet, wish.addresses);
    eni.addresses.push(...granted);
    return granted;
  }

  /** The interface as it is now, to be changed. */
  get(id: string): FakeInterface {
    return this.#eni(id);
  }

  /** Takes an interface off its instance, as a user might. */
  drop(id: string): void {
    Object.assign(this.#eni(id), { deviceIndex: -1, instanceId: undefined, attachmentId: undefined });
  }

  async interfacesOf(instanceId: string): Promise<InterfaceFacts[]> {
    await this.fail("DescribeNetworkInterfaces", instanceId);
    const own = [...this.interfaces.values()].filter((eni) => eni.instanceId === instanceId);
    return own.map(copy).sort((a, b) => a.deviceIndex - b.deviceIndex);
  }

  async describe(ids: readonly string[]): Promise<InterfaceFacts[]> {
    await this.fail("DescribeNetworkInterfaces", ids);
    return ids.map((id) => copy(this.#eni(id)));
  }

  async unusedInterfaces(_vpcId: string, clusterName: string | undefined): Promise<InterfaceFacts[]> {
    this.calls.push(`unusedInterfaces ${clusterName ?? "-"}`);
    await this.fail("DescribeNetworkInterfaces", "unused");
    const mine = (eni: FakeInterface) => !clusterName || eni.tags["cluster.k8s.amazonaws.com/name"] === clusterName;
    return [...this.interfaces.values()]
      .filter((eni) => eni.instanceId === undefined && eni.tags["node.k8s.amazonaws.com/instance_id"] && mine(eni))
      .map(copy);
  }

  async subnets(): Promise<SubnetFacts[]> {
    await this.fail("DescribeSubnets", undefined);
    return [...this.subnetsById.values()].map(({ id, tags }) => ({ id, available: this.available(id), tags: { ...tags } }));
  }

  async createInterface(input: NewInterface): Promise<InterfaceFacts> {
    const { addresses = 0, prefixes = 0, subnetId } = input;
    this.calls.push(`CreateNetworkInterface ${addresses || prefixes}`);
    await this.fail("CreateNetworkInterface", input);
    if (this.available(subnetId) < 1 + addresses + prefixes * 16) throw shortage();
    const eni = this.#make(input);
    try {
      this.give(eni.id, prefixes > 0 ? { prefixes } : { addresses });
    } catch (error) {
      this.#remove(eni);
      throw error;
    }
    return copy(eni);
  }

  async attach(id: string, instanceId: string, deviceIndex: number, cardIndex = 0): Promise<string> {
    this.calls.push(`AttachNetworkInterface ${deviceIndex}`);
    await this.fail("AttachNetworkInterface", id);
    const own = [...this.interfaces.values()].filter((eni) => eni.instanceId === instanceId && eni.cardIndex === cardIndex);
    const limit = this.#limits.get(instanceId)!.enis;
    if (own.length >= limit)
      throw new AwsError("AttachmentLimitExceeded", `Interface count ${own.length + 1} exceeds the limit for the type`);
    if (own.some((eni) => eni.deviceIndex === deviceIndex)) throw new AwsError("InvalidParameterValue", "device index in use");
    Object.assign(this.#eni(id), { deviceIndex, cardIndex, instanceId, attachmentId: `attach-${id}` });
    return `attach-${id}`;
  }

  async deleteOnTermination(id: string): Promise<void> {
    this.calls.push(`ModifyNetworkInterfaceAttribute ${id}`);
    await this.fail("ModifyNetworkInterfaceAttribute", id);
  }

  async setGroups(id: string, groups: readonly string[]): Promise<void> {
    this.calls.push(`ModifyNetworkInterfaceAttribute ${id} ${groups.join(",")}`);
    await this.fail("ModifyNetworkInterfaceAttribute", id);
    this.#eni(id).groups = [...groups];
  }

  async assign(id: string, wish: Wish): Promise<string[]> {
    const eni = this.#eni(id);
    const [count] = Object.values(wish) as [number];
    this.calls.push(`${"prefixes6" in wish ? "AssignIpv6Addresses" : "AssignPrivateIpAddresses"} ${count}`);
    await this.fail("AssignPrivateIpAddresses", wish);
    const limit = this.#limits.get(eni.instanceId ?? "")?.ipv4PerEni ?? Number.POSITIVE_INFINITY;
    if (!("prefixes6" in wish) && 1 + eni.addresses.length + eni.prefixes.length + count > limit)
      throw new AwsError("PrivateIpAddressLimitExceeded", "Number of private addresses will exceed limit.");
    return this.give(id, wish);
  }

  async unassign(id: string, addresses: readonly string[], prefixes: readonly string[]): Promise<void> {
    this.calls.push(`Unassign ${[...addresses, ...prefixes].join(",")}`);
    await this.fail("UnassignPrivateIpAddresses", [...addresses, ...prefixes]);
    const eni = this.#eni(id);
    const strangers = [...addresses, ...prefixes].filter((each) => ![...eni.addresses, ...eni.prefixes, ...eni.prefixes6].includes(each));
    if (strangers.length > 0) throw new AwsError("InvalidParameterValue", `Some of the specified addresses are not assigned to ${id}`);
    eni.addresses = eni.addresses.filter((address) => !addresses.includes(address));
    eni.prefixes = eni.prefixes.filter((prefix) => !prefixes.includes(prefix));
    this.#release(eni.subnetId, addresses, prefixes);
  }

  async detach(attachmentId: string): Promise<void> {
    this.calls.push(`DetachNetworkInterface ${attachmentId}`);
    await this.fail("DetachNetworkInterface", attachmentId);
    this.drop(attachmentId.replace("attach-", ""));
  }

  async delete(id: string): Promise<void> {
    this.calls.push(`DeleteNetworkInterface ${id}`);
    await this.fail("DeleteNetworkInterface", id);
    const eni = this.#eni(id);
    if (eni.instanceId) throw new AwsError("InvalidParameterValue", `Network interface '${id}' is currently in use.`);
    this.#remove(eni);
  }

  async createTags(id: string, tags: Readonly<Record<string, string>>): Promise<void> {
    this.calls.push(`CreateTags ${id}`);
    await this.fail("CreateTags", tags);
    Object.assign(this.#eni(id).tags, tags);
  }

  #eni(id: string): FakeInterface {
    const eni = this.interfaces.get(id);
    if (!eni) throw new AwsError("InvalidNetworkInterfaceID.NotFound", `The networkInterface ID '${id}' does not exist`);
    return eni;
  }

  #make({ subnetId, groups, description, tags }: Pick<NewInterface, "subnetId" | "groups" | "description" | "tags">): FakeInterface {
    const [primaryIp = ""] = this.#takeAddresses(this.subnetsById.get(subnetId)!, 1);
    const eni: FakeInterface = {
      id: `eni-${this.#ids++}`,
      subnetId,
      primaryIp,
      deviceIndex: -1,
      cardIndex: 0,
      type: "interface",
      description,
      attachmentId: undefined,
      instanceId: undefined,
      groups: [...groups],
      addresses: [],
      prefixes: [],
      prefixes6: [],
      tags: { ...tags },
    };
    this.interfaces.set(eni.id, eni);
    return eni;
  }

  #remove(eni: FakeInterface): void {
    this.#release(eni.subnetId, [eni.primaryIp, ...eni.addresses], eni.prefixes);
    this.interfaces.delete(eni.id);
  }

  #takeAddresses(subnet: FakeSubnet, count: number): string[] {
    if (subnet.size - subnet.used.size < count) throw shortage();
    const granted: string[] = [];
    while (granted.length < count) {
      const offset = subnet.next++ % subnet.size;
      if (subnet.used.has(offset)) continue;
      subnet.used.add(offset);
      granted.push(formatIpv4(subnet.base + offset));
    }
    return granted;
  }

  #takePrefixes(subnet: FakeSubnet, count: number): string[] {
    const starts: number[] = [];
    for (let start = 0; start + 16 <= subnet.size && starts.length < count; start += 16) {
      if (Array.from({ length: 16 }, (_, i) => start + i).every((offset) => !subnet.used.has(offset))) starts.push(start);
    }
    if (starts.length < count)
      throw new AwsError("InsufficientCidrBlocks", "The specified subnet does not have enough free cidr blocks to satisfy the request.");
    return starts.map((start) => {
      for (let i = 0; i < 16; i++) subnet.used.add(start + i);
      return `${formatIpv4(subnet.base + start)}/28`;
    });
  }

  #release(subnetId: string, addresses: readonly string[], prefixes: readonly string[]): void {
    const subnet = this.subnetsById.get(subnetId)!;
    for (const address of addresses) subnet.used.delete(parseIpv4(address)! - subnet.base);
    for (const prefix of prefixes) {
      const start = parseIpv4(prefix.split("/")[0]!)! - subnet.base;
      for (let i = 0; i < 16; i++) subnet.used.delete(start + i);
    }
  }
}

function copy(eni: FakeInterface): InterfaceFacts {
  return { ...eni, addresses: [...eni.addresses], prefixes: [...eni.prefixes], prefixes6: [...eni.prefixes6], tags: { ...eni.tags } };
}

function shortage(): AwsError {
  return new AwsError(
    "InsufficientFreeAddressesInSubnet",
    "The specified subnet does not have enough free addresses to satisfy the request.",
  );
}
