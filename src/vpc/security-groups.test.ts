import assert from "node:assert/strict";
import { test } from "node:test";
import { allowingRule, type GroupRule, protocolName, type Traffic } from "./security-groups.ts";

const rule = (rest: Partial<GroupRule>): GroupRule => ({
  groupId: "sg-a",
  egress: false,
  protocol: "tcp",
  fromPort: 443,
  toPort: 443,
  ...rest,
});
const traffic = (rest: Partial<Traffic> = {}): Traffic => ({
  protocol: "tcp",
  port: 443,
  peerAddress: "10.0.0.9",
  peerGroups: ["sg-b"],
  ...rest,
});

test("which rule lets a packet in", () => {
  const cases: [name: string, rule: GroupRule, traffic: Traffic, allowed: boolean][] = [
    ["address inside the range", rule({ cidr: "10.0.0.0/16" }), traffic(), true],
    ["address outside the range", rule({ cidr: "10.1.0.0/16" }), traffic(), false],
    ["port outside", rule({ cidr: "0.0.0.0/0" }), traffic({ port: 80 }), false],
    ["port range", rule({ cidr: "0.0.0.0/0", fromPort: 1025, toPort: 65535 }), traffic({ port: 10250 }), true],
    ["other protocol", rule({ cidr: "0.0.0.0/0" }), traffic({ protocol: "udp" }), false],
    ["protocol by number", rule({ cidr: "0.0.0.0/0", protocol: "6" }), traffic(), true],
    ["all protocols", rule({ cidr: "0.0.0.0/0", protocol: "-1", fromPort: -1, toPort: -1 }), traffic({ protocol: "udp", port: 53 }), true],
    ["IPv4 range does not speak for IPv6", rule({ cidr: "0.0.0.0/0" }), traffic({ peerAddress: "2600::1" }), false],
    ["IPv6 range", rule({ cidr6: "::/0" }), traffic({ peerAddress: "2600::1" }), true],
    ["referenced group", rule({ referencedGroupId: "sg-b" }), traffic(), true],
    ["another referenced group", rule({ referencedGroupId: "sg-c" }), traffic(), false],
    ["a self reference is a reference", rule({ referencedGroupId: "sg-a" }), traffic({ peerGroups: ["sg-a"] }), true],
    ["prefix list", rule({ prefixListId: "pl-1" }), traffic({ peerAddress: "52.1.2.3" }), true],
    ["unknown prefix list", rule({ prefixListId: "pl-2" }), traffic({ peerAddress: "52.1.2.3" }), false],
    ["rules of other groups do not count", rule({ groupId: "sg-x", cidr: "0.0.0.0/0" }), traffic(), false],
    ["egress rules do not let in", rule({ egress: true, cidr: "0.0.0.0/0" }), traffic(), false],
    ["ICMP type", rule({ protocol: "icmp", fromPort: 8, toPort: -1, cidr: "0.0.0.0/0" }), traffic({ protocol: "icmp", port: 8 }), true],
    ["not an address", rule({ cidr: "0.0.0.0/0" }), traffic({ peerAddress: "host" }), false],
  ];
  for (const [name, one, packet, allowed] of cases) {
    const found = allowingRule([one], ["sg-a"], "ingress", packet, { "pl-1": ["52.0.0.0/8"] });
    assert.equal(found !== undefined, allowed, name);
  }
});

test("no rules, no traffic; the groups of an interface add up", () => {
  assert.equal(allowingRule([], ["sg-a"], "ingress", traffic()), undefined);
  const rules = [rule({ groupId: "sg-a", cidr: "10.1.0.0/16" }), rule({ groupId: "sg-z", cidr: "10.0.0.0/16" })];
  assert.equal(allowingRule(rules, ["sg-a", "sg-z"], "ingress", traffic())?.groupId, "sg-z");
});

test("protocol names", () => {
  for (const [given, name] of [
    ["6", "tcp"],
    ["TCP", "tcp"],
    ["17", "udp"],
    ["1", "icmp"],
    ["58", "icmpv6"],
    ["all", "-1"],
    ["-1", "-1"],
    ["50", "50"],
  ] as const) {
    assert.equal(protocolName(given), name);
  }
});
