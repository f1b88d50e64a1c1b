// What must hold in the random world, counted from what EC2 describes and not from what anybody remembers.
import assert from "node:assert/strict";
import type { NetworkInterface } from "@aws-sdk/client-ec2";
import { instanceType } from "../../src/vpc/instance-types.ts";
import { parseIpv4 } from "../../src/vpc/ipv4.ts";
import type { Harness } from "../ec2/harness.ts";
import type { PoolNode } from "./pool-node.ts";

export type Interface = NetworkInterface;

/** First address and number of addresses of a block. */
function range(cidr: string): [first: number, count: number] {
  const [base = "", length = "32"] = cidr.split("/");
  return [parseIpv4(base)!, 2 ** (32 - Number(length))];
}

/** CIDRs beside the primary address, in the pool's form. */
const cidrsOf = ({ PrivateIpAddresses = [], Ipv4Prefixes = [] }: Interface): string[] => [
  ...PrivateIpAddresses.filter(({ Primary }) => !Primary).map(({ PrivateIpAddress }) => `${PrivateIpAddress}/32`),
  ...Ipv4Prefixes.map(({ Ipv4Prefix }) => Ipv4Prefix!),
];

/** No address is on two interfaces, and AvailableIpAddressCount is what neither interfaces nor reservations nor EC2 itself hold. */
export async function checkBooks(api: Harness, subnets: readonly string[], interfaces: readonly Interface[]): Promise<void> {
  const { Subnets = [] } = await api.run("DescribeSubnets", { SubnetIds: [...subnets] });
  for (const { SubnetId, CidrBlock, AvailableIpAddressCount } of Subnets) {
    const [base, size] = range(CidrBlock!);
    const taken = new Set([base, base + 1, base + 2, base + 3, base + size - 1]);
    const take = (cidr: string) => {
      const [first, count] = range(cidr);
      for (let address = first; address < first + count; address++) {
        assert.ok(!taken.has(address), `${cidr} is owned twice`);
        taken.add(address);
      }
    };
    for (const each of interfaces) {
      if (each.SubnetId !== SubnetId) continue;
      take(each.PrivateIpAddress!);
      for (const cidr of cidrsOf(each)) take(cidr);
    }
    const { SubnetIpv4CidrReservations: reservations = [] } = await api.run("GetSubnetCidrReservations", { SubnetId: SubnetId! });
    for (const { Cidr } of reservations) {
      const [first, count] = range(Cidr!);
      for (let address = first; address < first + count; address++) taken.add(address);
    }
    assert.equal(AvailableIpAddressCount, size - taken.size, `the count of ${CidrBlock} adds up`);
  }
}

/** A node keeps to its type's limits, its pods hold what is on its interfaces, and its counts are right; `at rest` the pool is what EC2 says. */
export function checkNode(node: PoolNode, interfaces: readonly Interface[], when?: "at rest"): void {
  const { facts, pods, clock } = node;
  const type = instanceType(facts.type)!;
  const mine = interfaces.filter(({ Attachment }) => Attachment?.InstanceId === facts.instanceId);
  assert.ok(mine.length <= type.cards[0]!, `${mine.length} interfaces on ${facts.type}`);
  for (const each of mine) assert.ok(cidrsOf(each).length < type.ipv4PerInterface, `${each.NetworkInterfaceId} has too many addresses`);
  const ranges = mine.flatMap(cidrsOf).map(range);
  for (const [pod, address] of pods) {
    const value = parseIpv4(address)!;
    const isOwned = ranges.some(([first, count]) => value >= first && value < first + count);
    assert.ok(isOwned, `${address} of ${pod} is on no interface of ${facts.instanceId}`);
  }
  if (!node.serves) return;
  const { store } = node.ipamd;
  assert.deepEqual(new Map([...store.assignments()].map(({ key, address }) => [key.containerId, address])), pods);
  const { total, assigned, cooldown } = store.stats(clock.now());
  assert.ok(assigned <= pods.size && assigned + cooldown <= total, `${assigned} assigned and ${cooldown} cooling of ${total}`);
  if (!when) return;
  assert.deepEqual([assigned, cooldown], [0, 0]);
  const pool = [...store.enis.values()].map(({ id, cidrs }) => [id, [...cidrs.keys()].sort()] as const);
  const seen = mine.map((each) => [each.NetworkInterfaceId!, cidrsOf(each).sort()] as const);
  assert.deepEqual(new Map(pool), new Map(seen), `the pool of ${facts.instanceId} is what EC2 says`);
}
