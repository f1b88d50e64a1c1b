import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { GroupRule } from "../../vpc/security-groups.ts";
import type { HostView } from "./host-view.ts";
import { explainPath } from "./path.ts";
import type { PathEni, PathPod, PathQuestion, PathSubnet } from "./path-facts.ts";

const rule = (groupId: string, egress: boolean, more: Partial<GroupRule> = {}): GroupRule => ({
  ...{ groupId, egress, protocol: "-1", fromPort: -1, toPort: -1 },
  ...(Object.keys(more).some((key) => ["cidr", "referencedGroupId"].includes(key)) ? {} : { cidr: "0.0.0.0/0" }),
  ...more,
});
const RULES = [
  rule("sg-node", true),
  rule("sg-node", false, { referencedGroupId: "sg-node" }),
  rule("sg-db", false, { protocol: "tcp", fromPort: 5432, toPort: 5432, cidr: "10.0.1.0/24" }),
];
const OPEN = [
  { ruleNumber: 100, egress: true, protocol: "-1", action: "allow", cidr: "0.0.0.0/0" },
  { ruleNumber: 100, egress: false, protocol: "-1", action: "allow", cidr: "0.0.0.0/0" },
] as const;
const LOCAL = { destination: "10.0.0.0/16", target: "local", state: "active" } as const;
const NAT = { destination: "0.0.0.0/0", target: "nat-1", state: "active" } as const;
const IGW = { destination: "0.0.0.0/0", target: "igw-1", state: "active" } as const;
const subnet = (n: number, more: Partial<PathSubnet> = {}): PathSubnet => ({
  ...{ id: `subnet-${n}`, cidr: `10.0.${n}.0/24`, routeTableId: `rtb-${n}`, routes: [LOCAL, NAT], aclId: `acl-${n}`, acl: OPEN },
  ...more,
});
const eni = (id: string, n: number, addresses: readonly string[], more: Partial<PathEni> = {}): PathEni => ({
  ...{ id, subnetId: `subnet-${n}`, groups: ["sg-node"], addresses, publicAddresses: {}, description: "" },
  ...more,
});
const ENIS = [
  eni("eni-a0", 1, ["10.0.1.10", "10.0.1.11"]),
  eni("eni-a1", 1, ["10.0.1.20", "10.0.1.32/28"]),
  eni("eni-b0", 2, ["10.0.2.10", "10.0.2.11"]),
  eni("eni-db", 2, ["10.0.2.99"], { groups: ["sg-db"], description: "RDSNetworkInterface" }),
  eni("eni-nat", 2, ["10.0.2.50"], { description: "Interface for NAT Gateway nat-1", publicAddresses: { "10.0.2.50": "203.0.113.5" } }),
];
const pod = (name: string, address: string, eniId: string, node = "a"): PathPod => ({
  ...{ namespace: "shop", name, address, eniId, node, hostNetwork: false },
});
const ONE = pod("one", "10.0.1.11", "eni-a0");
const TWO = pod("two", "10.0.1.33", "eni-a1");
const FAR = pod("far", "10.0.2.11", "eni-b0", "b");
const HOST: HostView = {
  environment: { ENABLE_IPv4: "true" },
  vpcCidrs: ["10.0.0.0/16"],
  enis: [
    { id: "eni-a0", device: 0, card: 0, mac: "02:00:00:00:00:01", primaryIp: "10.0.1.10", subnetCidr: "10.0.1.0/24", isTrunk: false },
    { id: "eni-a1", device: 1, card: 0, mac: "02:00:00:00:00:02", primaryIp: "10.0.1.20", subnetCidr: "10.0.1.0/24", isTrunk: false },
  ],
  pods: [ONE, TWO],
};
const VPC = { cidrs: ["10.0.0.0/16"], enis: ENIS, subnets: [subnet(1), subnet(2)], rules: RULES };
const ASK: PathQuestion = { pod: ONE, host: HOST, vpc: VPC, to: "10.0.2.11", toPod: FAR, protocol: "tcp", port: 80 };
const ask = (change: Partial<PathQuestion>) => {
  const { toPod: _, ...bare } = ASK;
  return explainPath({ ...("to" in change ? bare : ASK), ...change });
};
const text = (answer: ReturnType<typeof ask>) => answer.steps.map((each) => `${each.step}: ${each.text}`).join("\n");
const environment = (more: Record<string, string>) => ({ ...HOST, environment: { ENABLE_IPv4: "true", ...more } });

describe("passes", () => {
  test("pod to pod on one node, whatever the groups say", () => {
    const answer = ask({ to: TWO.address, toPod: TWO, vpc: { ...VPC, rules: [] } });
    assert.deepEqual([answer.passes, answer.source], [true, ONE.address]);
    assert.match(text(answer), /rule 512: to 10\.0\.1\.33\/32 lookup main; route 10\.0\.1\.33\/32 dev eni[0-9a-f]{11}/);
  });

  test("from an IPv6 pod to IPv4 by the egress plugin, as the node, unless that is off", () => {
    const six = pod("six", "2001:db8::5", "eni-a0");
    const host = (more: Record<string, string> = {}): HostView => ({
      ...{ ...HOST, pods: [six] },
      environment: { ENABLE_IPv6: "true", ENABLE_PREFIX_DELEGATION: "true", ...more },
    });
    const answer = ask({ pod: six, host: host() });
    assert.deepEqual([answer.passes, answer.source], [true, "10.0.1.10"], text(answer));
    assert.match(text(answer), /^egress: .*by v4if0 with an address of 169\.254\.172\.0\/22, which CNI-E4-… translates to 10\.0\.1\.10/);
    const off = ask({ pod: six, host: host({ ENABLE_V4_EGRESS: "false" }) });
    assert.equal(off.passes, false);
    assert.match(text(off), /^egress: .* has no IPv4: ENABLE_V4_EGRESS is false$/);
  });

  test("a pod on a secondary interface leaves by that interface's table", () => {
    const answer = ask({ pod: TWO });
    assert.equal(answer.passes, true, text(answer));
    assert.match(text(answer), /rule 1536: from 10\.0\.1\.33\/32 lookup 2; route 0\.0\.0\.0\/0 via 10\.0\.1\.1 dev eth1/);
    assert.match(text(answer), /eth1 is eni-a1/);
  });

  test("outside the VPC the mark brings it to the primary interface, as the node", () => {
    const answer = ask({ pod: TWO, to: "192.0.2.1" });
    assert.match(text(answer), /rule 1024: fwmark 0x80\/0x80 lookup main; route 0\.0\.0\.0\/0 via 10\.0\.1\.1 dev eth0/);
    assert.match(text(answer), /10\.0\.1\.33 leaves as 10\.0\.1\.10/);
    assert.deepEqual([answer.passes, answer.source], [true, "203.0.113.5"]);
  });

  test("external SNAT and excluded blocks keep the pod's address", () => {
    const settings: Record<string, string>[] = [
      { AWS_VPC_K8S_CNI_EXTERNALSNAT: "true" },
      { AWS_VPC_K8S_CNI_EXCLUDE_SNAT_CIDRS: "192.0.2.0/24" },
    ];
    for (const more of settings) {
      const answer = ask({ pod: TWO, to: "192.0.2.1", host: environment(more) });
      assert.match(text(answer), /rule 1536/);
      assert.doesNotMatch(text(answer), /leaves as/);
    }
  });

  test("node port off: no rule 1024, the address is translated on the secondary interface and dropped", () => {
    const answer = ask({ pod: TWO, to: "192.0.2.1", host: environment({ AWS_VPC_CNI_NODE_PORT_SUPPORT: "false" }) });
    assert.equal(answer.passes, false);
    assert.match(text(answer), /source check: 10\.0\.1\.10 is not an address of eni-a1/);
  });

  test("a group with a prefix list", () => {
    const rules = [
      ...RULES,
      rule("sg-db", false, { cidr: "198.51.100.0/24" }),
      { ...rule("sg-db", false), cidr: "", prefixListId: "pl-1" },
    ];
    const prefixLists = { "pl-1": ["10.0.1.0/28"] };
    assert.equal(ask({ to: "10.0.2.99", vpc: { ...VPC, rules, prefixLists } }).passes, true);
    assert.equal(ask({ to: "10.0.2.99", vpc: { ...VPC, rules } }).passes, false);
  });

  test("a group with a CIDR rule", () => {
    assert.equal(ask({ to: "10.0.2.99", port: 5432 }).passes, true);
  });
});

const subnets = (change: Partial<PathSubnet>) => ({ ...VPC, subnets: [subnet(1, change), subnet(2)] });
const DENY_ANSWER = [OPEN[0], { ...OPEN[1], protocol: "6", fromPort: 0, toPort: 1023 }];
const BLOCKED: [string, Partial<PathQuestion>, RegExp][] = [
  [
    "the port of the group's rule",
    { to: "10.0.2.99", port: 5433 },
    /no rule of sg-db on eni-db \(RDSNetworkInterface\) allows tcp 5433 from 10\.0\.1\.11.*sg-db: tcp 5432 10\.0\.1\.0\/24/,
  ],
  ["the protocol of the group's rule", { to: "10.0.2.99", protocol: "udp", port: 5432 }, /allows udp 5432/],
  ["no egress rule", { vpc: { ...VPC, rules: RULES.slice(1) } }, /egress rules: none/],
  ["an address nobody holds", { to: "10.0.2.200" }, /no interface holds it/],
  ["no route out", { to: "192.0.2.1", vpc: subnets({ routes: [LOCAL] }) }, /rtb-1 of subnet-1 has no route to 192\.0\.2\.1.*no way out/],
  [
    "a blackhole",
    { to: "192.0.2.1", vpc: subnets({ routes: [LOCAL, { ...NAT, state: "blackhole" }] }) },
    /0\.0\.0\.0\/0 to nat-1 is a blackhole/,
  ],
  [
    "an internet gateway without a public address",
    { to: "192.0.2.1", vpc: subnets({ routes: [LOCAL, IGW] }) },
    /10\.0\.1\.10 has no public address/,
  ],
  [
    "external SNAT through an internet gateway",
    { to: "192.0.2.1", host: environment({ AWS_VPC_K8S_CNI_EXTERNALSNAT: "true" }), vpc: subnets({ routes: [LOCAL, IGW] }) },
    /AWS_VPC_K8S_CNI_EXTERNALSNAT/,
  ],
  ["a network ACL on the way out", { vpc: subnets({ acl: [] }) }, /acl-1 denies tcp 80 to 10\.0\.2\.11 out of subnet-1/],
  [
    "a network ACL on the way in",
    { vpc: { ...VPC, subnets: [subnet(1), subnet(2, { acl: [] })] } },
    /acl-2 denies tcp 80 from 10\.0\.1\.11 into subnet-2/,
  ],
  ["a network ACL that forgets the answer", { vpc: subnets({ acl: DENY_ANSWER }) }, /acl-1 denies tcp 49152 .*the answer's way/],
  ["no route on the host", { host: { ...HOST, enis: [] } }, /no table of the node has a route/],
];
describe("does not pass", () => {
  for (const [name, change, message] of BLOCKED) {
    test(name, () => {
      const answer = ask(change);
      assert.equal(answer.passes, false, text(answer));
      assert.equal(answer.steps.at(-1)?.verdict, "fails");
      assert.match(answer.steps.at(-1)!.text, message);
    });
  }
});

describe("security groups for pods", () => {
  const branch = { vlanId: 1, mac: "02:00:00:00:00:09", subnetCidr: "10.0.1.0/24" };
  const own: PathPod = { ...pod("own", "10.0.1.77", "eni-branch"), branch };
  const enis = [...ENIS, eni("eni-branch", 1, ["10.0.1.77"], { groups: ["sg-branch"] })];
  const trunk = {
    id: "eni-trunk",
    device: 2,
    card: 0,
    mac: "02:00:00:00:00:03",
    primaryIp: "10.0.1.70",
    subnetCidr: "10.0.1.0/24",
    isTrunk: true,
  };
  const host = (mode: string): HostView => ({
    ...environment({ ENABLE_POD_ENI: "true", POD_SECURITY_GROUP_ENFORCING_MODE: mode }),
    enis: [...HOST.enis, trunk],
    pods: [ONE, TWO, { ...own, eniId: undefined }],
  });
  const rules = [...RULES, rule("sg-branch", true, { cidr: "10.0.2.0/24" })];

  test("strict: all traffic takes the VLAN, the branch's groups decide, even on one node", () => {
    const question = { pod: own, host: host("strict"), vpc: { ...VPC, enis, rules } };
    const answer = ask({ ...question, to: ONE.address, toPod: ONE });
    assert.equal(answer.passes, false);
    assert.match(text(answer), /rule 10: iif vlan[0-9a-f]{11} lookup 101; route 0\.0\.0\.0\/0 via 10\.0\.1\.1 dev vlan\.eth\.1/);
    assert.match(text(answer), /no rule of sg-branch on eni-branch allows tcp 80 to 10\.0\.1\.11/);
  });

  test("standard: a pod of the same node is reached on the host", () => {
    const answer = ask({ pod: own, host: host("standard"), vpc: { ...VPC, enis, rules }, to: ONE.address, toPod: ONE });
    assert.equal(answer.passes, true, text(answer));
    assert.match(text(answer), /same node/);
  });
});
