// A small EC2 behind ipamd's own interface: one subnet, counted, with failures on demand.
import { AwsError } from "../../src/aws/errors.ts";
import type { Ec2, InterfaceFacts } from "../../src/cni/ipamd/ec2.ts";
import { formatIpv4 } from "../../src/vpc/ipv4.ts";

export class FakeEc2 implements Ec2 {
  readonly interfaces = new Map<
    string,
    { -readonly [K in keyof InterfaceFacts]: InterfaceFacts[K] } & { addresses: string[]; prefixes: string[] }
  >();
  readonly calls: string[] = [];
  /** Addresses the subnet still has. */
  free: number;
  #next = 0x0a000010;
  #ids = 0;

  constructor(free = 65_536) {
    this.free = free;
    this.interfaces.set("eni-0", this.#interface("eni-0", 0));
  }

  async interfacesOf() {
    return [...this.interfaces.values()]
      .filter((eni) => eni.deviceIndex >= 0)
      .map((eni) => ({ ...eni, addresses: [...eni.addresses], prefixes: [...eni.prefixes] }));
  }

  async subnets() {
    return [{ id: "subnet-1", available: this.free, tags: {} }];
  }

  async createInterface({ addresses = 0, prefixes = 0 }: { addresses?: number; prefixes?: number }) {
    this.calls.push(`CreateNetworkInterface ${addresses || prefixes}`);
    this.#charge(1 + addresses + prefixes * 16);
    const eni = this.#interface(`eni-${++this.#ids}`, -1);
    this.interfaces.set(eni.id, eni);
    this.#give(eni, addresses, prefixes);
    return { ...eni, addresses: [...eni.addresses], prefixes: [...eni.prefixes] };
  }

  async attach(id: string, _instance: string, index: number) {
    const eni = this.interfaces.get(id)!;
    eni.deviceIndex = index;
    eni.attachmentId = `attach-${id}`;
    return eni.attachmentId;
  }

  async deleteOnTermination() {}

  async assign(id: string, count: { addresses: number } | { prefixes: number }) {
    const [addresses, prefixes] = "addresses" in count ? [count.addresses, 0] : [0, count.prefixes];
    this.calls.push(`AssignPrivateIpAddresses ${addresses || prefixes}`);
    this.#charge(addresses + prefixes * 16);
    return this.#give(this.interfaces.get(id)!, addresses, prefixes);
  }

  async unassign(id: string, addresses: readonly string[], prefixes: readonly string[]) {
    const eni = this.interfaces.get(id)!;
    eni.addresses = eni.addresses.filter((address) => !addresses.includes(address));
    eni.prefixes = eni.prefixes.filter((prefix) => !prefixes.includes(prefix));
    this.free += addresses.length + prefixes.length * 16;
  }

  async detach(attachmentId: string) {
    for (const eni of this.interfaces.values()) if (eni.attachmentId === attachmentId) eni.deviceIndex = -1;
  }

  async delete(id: string) {
    const eni = this.interfaces.get(id)!;
    this.free += 1 + eni.addresses.length + eni.prefixes.length * 16;
    this.interfaces.delete(id);
  }

  async createTags() {}

  #interface(id: string, deviceIndex: number) {
    const primaryIp = formatIpv4(this.#next++);
    const attachmentId = deviceIndex >= 0 ? `attach-${id}` : undefined;
    return {
      id,
      subnetId: "subnet-1",
      primaryIp,
      deviceIndex,
      attachmentId,
      groups: ["sg-1"],
      addresses: [] as string[],
      prefixes: [] as string[],
      tags: {},
    };
  }

  #charge(addresses: number) {
    if (addresses > this.free) {
      throw new AwsError(
        "InsufficientFreeAddressesInSubnet",
        "The specified subnet does not have enough free addresses to satisfy the request.",
      );
    }
    this.free -= addresses;
  }

  #give(eni: { addresses: string[]; prefixes: string[] }, addresses: number, prefixes: number): string[] {
    const granted: string[] = [];
    for (let i = 0; i < addresses; i++) granted.push(formatIpv4(this.#next++));
    eni.addresses.push(...granted);
    for (let i = 0; i < prefixes; i++) {
      this.#next = Math.ceil(this.#next / 16) * 16;
      granted.push(`${formatIpv4(this.#next)}/28`);
      eni.prefixes.push(granted.at(-1)!);
      this.#next += 16;
    }
    return granted;
  }
}
