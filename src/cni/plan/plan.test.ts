import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { PlanRequest, PlanRow } from "../../base/net-plan.ts";
import { shortage } from "../../services/ec2/errors.ts";
import { PlanError } from "./errors.ts";
import { planNetwork } from "./plan.ts";
import { expectedFreeBlocks, SHORTAGE_ANSWERS } from "./planned-subnet.ts";

const subnet = (cidr: string, more: object = {}) => ({ name: cidr, cidr, ...more });
const BASE: PlanRequest = { subnets: [subnet("10.0.0.0/16")], instanceTypes: ["m5.large"], pods: 10 };
const PD = { ENABLE_PREFIX_DELEGATION: "true" };

async function row(request: Partial<PlanRequest>): Promise<PlanRow> {
  const { rows } = await planNetwork({ ...BASE, ...request });
  return rows[0]!;
}

/** Type, environment, pods on one node, addresses and interfaces without the interfaces' own (spec vpc-cni §3.6, §17.3). */
const HELD: [type: string, env: Record<string, string>, pods: number, addresses: number, prefixes: number, interfaces: number][] = [
  ["t3.small", {}, 0, 3, 0, 1],
  ["t3.small", {}, 5, 9, 0, 3],
  ["t3.small", {}, 9, 9, 0, 3],
  ["t3.small", { WARM_IP_TARGET: "1", MINIMUM_IP_TARGET: "1" }, 0, 1, 0, 1],
  ["t3.small", { WARM_IP_TARGET: "1", MINIMUM_IP_TARGET: "1" }, 5, 6, 0, 2],
  ["t3.small", { WARM_IP_TARGET: "2", MINIMUM_IP_TARGET: "5" }, 5, 7, 0, 3],
  ["p3dn.24xlarge", {}, 0, 49, 0, 1],
  ["p3dn.24xlarge", {}, 3, 98, 0, 2],
  ["p3dn.24xlarge", {}, 95, 147, 0, 3],
  ["p3dn.24xlarge", { WARM_IP_TARGET: "5", MINIMUM_IP_TARGET: "10" }, 15, 20, 0, 1],
  ["p3dn.24xlarge", { WARM_IP_TARGET: "5", MINIMUM_IP_TARGET: "10" }, 45, 50, 0, 2],
  ["t3.small", PD, 0, 0, 1, 1],
  ["t3.small", PD, 5, 0, 2, 1],
  ["t3.small", PD, 17, 0, 3, 1],
  ["t3.small", PD, 58, 0, 5, 2],
  ["t3.small", { ...PD, WARM_IP_TARGET: "7", MINIMUM_IP_TARGET: "20" }, 58, 0, 5, 2],
  ["m5.large", {}, 2, 18, 0, 2],
  ["m5.large", {}, 10, 27, 0, 3],
  ["m5.large", {}, 27, 27, 0, 3],
  ["m5.large", PD, 108, 0, 7, 1],
];

describe("what a node holds", () => {
  for (const [type, environment, pods, addresses, prefixes, interfaces] of HELD) {
    test(`${type} ${JSON.stringify(environment)} with ${pods} pods`, async () => {
      const { perNode, nodes } = await row({ instanceTypes: [type], environment, pods, maxPods: type === "m5.large" ? 110 : 737 });
      assert.equal(nodes, 1);
      assert.deepEqual(perNode, { interfaces, addresses, prefixes, total: interfaces + addresses + 16 * prefixes });
    });
  }
});

test("three c5.large and two CoreDNS pods occupy 50 addresses, 43 of them warm (spec vpc-cni §10.2)", async () => {
  const plan = await row({ instanceTypes: ["c5.large"], nodes: 3, pods: 2 });
  assert.equal(plan.atRest, 50);
  // Two of three nodes hold a second interface: 5 interfaces, 2 pods, 43 warm.
  assert.equal(plan.stranded, 43);
  assert.equal(plan.subnets[0]?.used, 50);
});

/** Type, SIP, custom networking, PD, PD with custom networking (spec vpc-cni §10.1). */
const MAX_PODS: [string, number, number, number, number][] = [
  ["t3.small", 11, 8, 110, 98],
  ["t3.medium", 17, 12, 110, 110],
  ["m5.large", 29, 20, 110, 110],
  ["m5.8xlarge", 234, 205, 250, 250],
  ["r6g.medium", 8, 5, 98, 50],
];
for (const [type, ...expected] of MAX_PODS) {
  test(`max pods of ${type} in every mode`, async () => {
    const custom = { AWS_VPC_K8S_CNI_CUSTOM_NETWORK_CFG: "true" };
    const modes: Partial<PlanRequest>[] = [
      {},
      { environment: custom, podSubnets: [subnet("100.64.0.0/16")] },
      { environment: PD },
      { environment: { ...PD, ...custom }, podSubnets: [subnet("100.64.0.0/16")] },
    ];
    const got: number[] = [];
    for (const mode of modes) got.push((await row({ instanceTypes: [type], pods: 1, ...mode })).maxPods);
    // The cap of 110 holds for addresses of every mode; m5.8xlarge has 32 vCPUs.
    assert.deepEqual(got, expected);
  });
}

test("custom networking takes instances from one subnet and everything else from the other", async () => {
  const environment = { AWS_VPC_K8S_CNI_CUSTOM_NETWORK_CFG: "true" };
  const plan = await row({ environment, pods: 10, podSubnets: [subnet("100.64.0.0/24")] });
  assert.deepEqual(
    plan.subnets.map(({ used }) => used),
    [1, plan.atRest - 1],
  );
});

describe("fragmentation", () => {
  test("forty single addresses leave about one of a /24's fourteen blocks", () => {
    assert.ok(Math.abs(expectedFreeBlocks(256, 40) - 14 * 0.06) < 0.3);
    assert.equal(expectedFreeBlocks(256, 0), 14);
    assert.equal(expectedFreeBlocks(64, 0), 2);
    assert.equal(expectedFreeBlocks(32, 0), 0);
    assert.equal(expectedFreeBlocks(16, 3), 0);
  });

  test("free addresses, yet InsufficientCidrBlocks: the code, the count of blocks and the way out", async () => {
    const { rows, advice } = await planNetwork({ ...BASE, subnets: [subnet("10.0.0.0/24", { used: 100 })], environment: PD });
    const plan = rows[0]!;
    assert.equal(plan.shortage?.code, "InsufficientCidrBlocks");
    assert.equal(plan.shortage?.operation, "AssignPrivateIpAddresses");
    assert.ok(plan.subnets[0]!.available > 100);
    assert.equal(plan.subnets[0]!.freePrefixes, 0);
    assert.ok(advice.some((line) => line.startsWith("Fragmentation:") && line.includes("create-subnet-cidr-reservation")));
  });

  test("a prefix reservation keeps blocks whole", async () => {
    const reservations = [{ cidr: "10.0.0.128/25", type: "prefix" as const }];
    const plan = await row({ subnets: [subnet("10.0.0.0/24", { used: 80, reservations })], environment: PD, surge: 0 });
    assert.equal(plan.shortage, undefined);
    assert.ok(plan.subnets[0]!.freePrefixes >= 5);
  });

  test("a /27 offers no prefix", async () => {
    const plan = await row({ subnets: [subnet("10.0.0.0/27")], environment: PD, pods: 1 });
    assert.ok(plan.shortage);
    assert.ok(plan.warnings.some((line) => line.includes("too small for prefixes")));
  });
});

describe("exhaustion", () => {
  test("the default warm pool eats a small subnet: code, node and advice", async () => {
    const { rows, advice } = await planNetwork({ ...BASE, subnets: [subnet("10.0.0.0/26")], pods: 10, nodes: 5 });
    const { shortage: short, codes, warnings } = rows[0]!;
    assert.equal(short?.code, "InsufficientFreeAddressesInSubnet");
    assert.deepEqual(codes, ["InsufficientFreeAddressesInSubnet"]);
    assert.match(warnings.join(), /pods of that node stay in ContainerCreating/);
    assert.ok(advice.some((line) => line.includes("MINIMUM_IP_TARGET=2")));
    assert.match(advice[0]!, /IPv6/);
  });

  test("growth: the day a rolling update stops fitting comes before the day the cluster does", async () => {
    const plan = await row({ subnets: [subnet("10.0.0.0/24"), subnet("10.0.1.0/24")], pods: 100, growthPerDay: 10 });
    const { day, updateDay, subnet: first, code } = plan.exhaustion!;
    assert.ok(day !== undefined && updateDay !== undefined && updateDay < day, `${updateDay} < ${day}`);
    assert.equal(code, "InsufficientFreeAddressesInSubnet");
    assert.match(first!, /^10\.0\.[01]\.0\/24$/);
  });

  test("instances themselves may not fit", async () => {
    const plan = await row({ subnets: [subnet("10.0.0.0/28")], pods: 1, nodes: 12, environment: { WARM_IP_TARGET: "1" } });
    assert.equal(plan.shortage?.operation, "RunInstances");
    assert.match(plan.warnings.join(), /instances cannot be launched/);
  });

  test("a rolling update that does not fit is told, the peak counted", async () => {
    const plan = await row({ subnets: [subnet("10.0.0.0/26")], pods: 27, surge: 2 });
    assert.equal(plan.shortage, undefined);
    assert.equal(plan.atRest, 30);
    assert.equal(plan.atPeak, 90);
    assert.equal(plan.surgeShortage?.code, "InsufficientFreeAddressesInSubnet");
  });
});

describe("traps", () => {
  test("MINIMUM_IP_TARGET without WARM_IP_TARGET", async () => {
    const plan = await row({ environment: { MINIMUM_IP_TARGET: "10" }, pods: 20 });
    assert.equal(plan.podsPerNode, 10);
    assert.match(plan.warnings[0]!, /MINIMUM_IP_TARGET=10 without WARM_IP_TARGET never grows beyond it: pod 11/);
  });

  test("security groups for pods: the trunk's address, and how many pods", async () => {
    const [without, with_] = [await row({}), await row({ environment: { ENABLE_POD_ENI: "true" }, podsPerNode: 5 })];
    assert.equal(with_.perNode.interfaces, without.perNode.interfaces);
    assert.match(with_.warnings.join(), /at most 9 pods of a node can have security groups of their own/);
    const small = await row({ instanceTypes: ["t3.medium"], environment: { ENABLE_POD_ENI: "true" } });
    assert.match(small.warnings.join(), /t3\.medium cannot carry a trunk interface/);
  });

  test("pods on branches take addresses beside the pool", async () => {
    const environment = { ENABLE_POD_ENI: "true", WARM_IP_TARGET: "1", MINIMUM_IP_TARGET: "1" };
    const made = await row({ environment, pods: 9, podsPerNode: 9, branchPodsPerNode: 4 });
    assert.deepEqual(made.perNode, { interfaces: 2, addresses: 6 + 4, prefixes: 0, total: 12 });
    assert.equal(made.stranded, 1);
    const plain = await row({ environment, pods: 9, podsPerNode: 9 });
    assert.deepEqual([plain.perNode.addresses, plain.perNode.interfaces], [10, 3]);
    await assert.rejects(row({ branchPodsPerNode: 4 }), /need ENABLE_POD_ENI=true/);
    await assert.rejects(row({ environment, branchPodsPerNode: 10 }), /m5\.large carries at most 9 pods/);
    await assert.rejects(row({ environment, branchPodsPerNode: -1 }), /must be a whole number/);
  });

  test("max pods knows nothing of MAX_ENI and of the trunk", async () => {
    assert.match((await row({ environment: { MAX_ENI: "2" } })).warnings[0]!, /MAX_ENI=2 leaves addresses for 18.*set max pods to 20/);
    assert.match((await row({ environment: { ENABLE_POD_ENI: "true" } })).warnings[0]!, /the trunk interface leaves addresses for 18/);
  });

  test("prefix delegation: Xen has none; nodes from before keep their max pods", async () => {
    const xen = await row({ instanceTypes: ["m4.4xlarge"], environment: PD });
    assert.equal(xen.mode, "secondary addresses");
    assert.match(xen.warnings[0]!, /not a Nitro type/);
    assert.match((await row({ environment: PD, maxPods: 29 })).warnings.join(), /new ones/);
  });

  test("IPv6 takes one IPv4 address a node", async () => {
    const plan = await row({ environment: { ...PD, ENABLE_IPv6: "true" }, pods: 200 });
    assert.deepEqual([plan.mode, plan.nodes, plan.atRest, plan.stranded], ["IPv6", 2, 2, 0]);
  });

  test("several types in one node group: the smallest max pods", async () => {
    const { advice } = await planNetwork({ ...BASE, instanceTypes: ["m5.large", "t3.small"] });
    assert.ok(advice.some((line) => line.endsWith("smallest max pods for every node: 11.")));
  });
});

const REFUSED: [string, Partial<PlanRequest>, RegExp][] = [
  ["no subnet", { subnets: [] }, /at least one subnet/],
  ["a /29", { subnets: [subnet("10.0.0.0/29")] }, /not an IPv4 subnet/],
  ["an IPv6 block", { subnets: [subnet("2001:db8::/64")] }, /not an IPv4 subnet/],
  ["more in use than there is", { subnets: [subnet("10.0.0.0/28", { used: 12 })] }, /11 free addresses/],
  ["an unknown type", { instanceTypes: ["m5.huge"] }, /m5.huge is not an instance type/],
  ["no type", { instanceTypes: [] }, /at least one instance type/],
  ["negative pods", { pods: -1 }, /pods must be a whole number/],
  ["half a pod", { pods: 0.5 }, /whole number/],
  ["far too many pods", { pods: 1e9 }, /from 0 to 200000/],
  ["max pods for host pods only", { maxPods: 2 }, /no room for pods/],
  ["custom networking without subnets", { environment: { AWS_VPC_K8S_CNI_CUSTOM_NETWORK_CFG: "true" } }, /pods' subnets/],
  ["settings the entrypoint refuses", { environment: { ...PD, WARM_PREFIX_TARGET: "0" } }, /WARM_PREFIX_TARGET = 0 is not supported/],
  ["IPv6 without prefixes", { environment: { ENABLE_IPv6: "true" } }, /Prefix Delegation/],
];
for (const [name, request, message] of REFUSED) {
  test(`refused: ${name}`, async () => {
    await assert.rejects(planNetwork({ ...BASE, ...request }), (error) => error instanceof PlanError && message.test(error.message));
  });
}

test("the codes are EC2's own", () => {
  for (const [kind, make] of Object.entries(shortage)) {
    const { code, message } = make();
    assert.deepEqual(SHORTAGE_ANSWERS[kind as keyof typeof shortage], { code, message });
  }
});
