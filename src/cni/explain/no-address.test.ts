import assert from "node:assert/strict";
import { test } from "node:test";
import type { NodeFacts, PodFacts, PoolFacts, SubnetFacts } from "./address-facts.ts";
import { explainNoAddress } from "./no-address.ts";

const NOW = 1_000_000;
const POD: PodFacts = {
  ...{ namespace: "shop", name: "api", phase: "Pending", node: "node-1", address: undefined, hostNetwork: false, wantsBranch: false },
  sandbox: "add cmd: failed to assign an IP address to container",
};
const POOL: PoolFacts = {
  ...{ total: 18, assigned: 18, cooldown: 0, interfaces: 2, maxInterfaces: 3, unmanaged: 0, slotsPerInterface: 9, freeSlots: 0 },
  ...{ prefixMode: false, warmIpTarget: 0, minimumIpTarget: 0, cooldownSeconds: 30, excluded: 0, provisioning: true },
};
const NODE: NodeFacts = {
  ...{ name: "node-1", ready: true, condition: "kubelet is posting ready status", cordoned: false, fargate: false },
  ...{ instanceType: "m5.large", maxPods: 29, pods: 20, awsNode: "Running", branches: 9, pool: POOL },
};
const SUBNET: SubnetFacts = { id: "subnet-1", cidr: "10.0.0.0/24", available: 100, freePrefixes: 3 };
const failed = (code: string, operation = "CreateNetworkInterface") => ({ failure: { operation, code, message: "…", at: NOW } });

interface Case {
  readonly name: string;
  readonly pod?: Partial<PodFacts>;
  readonly node?: Partial<NodeFacts> | "gone";
  readonly pool?: Partial<PoolFacts> | "none";
  readonly subnet?: Partial<SubnetFacts>;
  /** Step that fails, and its text; undefined: nothing fails. */
  readonly step: string | undefined;
  readonly text: RegExp;
}

const CASES: readonly Case[] = [
  { name: "not scheduled, no word yet", pod: { node: undefined }, step: "scheduling", text: /not scheduled yet/ },
  {
    name: "max pods of all nodes",
    pod: { node: undefined, unscheduled: "0/2 nodes are available: 2 Too many pods." },
    step: "scheduling",
    text: /Too many pods.*max pods: add nodes/,
  },
  {
    name: "branch interfaces are used up",
    pod: { node: undefined, unscheduled: "0/2 nodes are available: 2 Insufficient vpc.amazonaws.com/pod-eni." },
    step: "scheduling",
    text: /Branch interfaces are used up.*ENABLE_POD_ENI/,
  },
  { name: "the pod is done", pod: { phase: "Succeeded" }, step: "pod", text: /given back/ },
  { name: "the node is gone", node: "gone", step: "node", text: /does not exist/ },
  {
    name: "no aws-node",
    node: { awsNode: undefined, ready: false, condition: "cni plugin not initialized" },
    step: "aws-node",
    text: /add-on is missing/,
  },
  { name: "aws-node waits", node: { awsNode: "Pending", ready: false }, pool: "none", step: "aws-node", text: /is Pending/ },
  {
    name: "NotReady for another reason",
    node: { ready: false, condition: "kubelet stopped" },
    pool: "none",
    step: "node",
    text: /kubelet stopped/,
  },
  {
    name: "missing ENIConfig",
    node: { cniFailure: 'eniconfigs.crd.k8s.amazonaws.com "us-west-2a" not found', ready: false },
    step: "aws-node",
    text: /"us-west-2a" not found.*no falling back to "default"/,
  },
  {
    name: "ipamd cannot start without rights",
    node: { cniFailure: "You are not authorized to perform this operation.", ready: false },
    step: "aws-node",
    text: /AmazonEKS_CNI_Policy/,
  },
  {
    name: "ipamd cannot start",
    node: { cniFailure: "invalid network policy mode", ready: false },
    step: "aws-node",
    text: /invalid network policy mode/,
  },
  {
    name: "Fargate machine",
    node: { fargate: true, ready: false, condition: "booting" },
    step: "node",
    text: /Fargate machine node-1 is not ready: booting/,
  },
  {
    name: "has no trunk to have a branch on",
    pod: { wantsBranch: true },
    node: { branches: 0 },
    step: "trunk interface",
    text: /node-1 has no trunk interface.*AmazonEKSVPCResourceController/,
  },
  {
    name: "is refused a branch by IAM",
    pod: { wantsBranch: true, sandbox: "failed to allocate branch ENI to pod: creating network interface, UnauthorizedOperation: no" },
    step: "branch interface",
    text: /UnauthorizedOperation: no; attach AmazonEKSVPCResourceController to the cluster's IAM role/,
  },
  { name: "waits for its branch", pod: { wantsBranch: true }, step: "branch interface", text: /vpc\.amazonaws\.com\/pod-eni/ },
  { name: "host network", pod: { hostNetwork: true }, step: undefined, text: /shows the node's address/ },
  { name: "pool not there yet", pool: "none", step: "pool", text: /not begun/ },
  { name: "the pool has addresses after all", pool: { assigned: 10 }, step: undefined, text: /8 free; the next attempt/ },
  {
    name: "subnet exhausted, pool pauses",
    pool: { ...failed("InsufficientFreeAddressesInSubnet"), pausedUntil: NOW + 90_000 },
    subnet: { available: 0 },
    step: "subnet",
    text: /InsufficientFreeAddressesInSubnet: subnet-1 \(10\.0\.0\.0\/24\) has 0 free addresses.*role\/cni=1/,
  },
  {
    name: "free addresses but InsufficientCidrBlocks",
    pool: { prefixMode: true, ...failed("InsufficientCidrBlocks"), pausedUntil: NOW + 1 },
    subnet: { available: 120, freePrefixes: 0 },
    step: "subnet",
    text: /120 free addresses, but 0 free \/28 blocks: it is fragmented.*create-subnet-cidr-reservation/,
  },
  {
    name: "missing permissions",
    pool: failed("UnauthorizedOperation"),
    step: "permissions",
    text: /refuses ec2:CreateNetworkInterface to aws-node.*AmazonEKS_CNI_Policy/,
  },
  { name: "throttling", pool: failed("RequestLimitExceeded"), step: "throttling", text: /every 5 s/ },
  { name: "cordoned", node: { cordoned: true }, step: "cordoned", text: /AWS_MANAGE_ENIS_NON_SCHEDULABLE/ },
  { name: "MINIMUM_IP_TARGET alone", pool: { minimumIpTarget: 10 }, step: "settings", text: /never grows beyond it/ },
  {
    name: "interface limit below max pods",
    pool: { interfaces: 3, total: 18, unmanaged: 0 },
    step: "interface limit",
    text: /m5\.large has all 3 interfaces, each full with 9 addresses; max pods 29 promises more.*lower it to 20/,
  },
  { name: "a foreign interface takes a slot", pool: { unmanaged: 1 }, step: "interface limit", text: /1 of them not ipamd's/ },
  {
    name: "cool-down counts as available",
    pool: { assigned: 16, cooldown: 2, freeSlots: 9 },
    step: "cool-down",
    text: /2 addresses as available that cool down for 30 s/,
  },
  { name: "max pods", pool: { total: 29, assigned: 29, freeSlots: 9 }, step: "max pods", text: /stops at max pods 29/ },
  {
    name: "another EC2 error",
    pool: { ...failed("AttachmentLimitExceeded", "AttachNetworkInterface") },
    step: "EC2",
    text: /AttachNetworkInterface answered AttachmentLimitExceeded/,
  },
  { name: "an empty subnet nobody asked yet", subnet: { available: 0 }, step: "subnet", text: /InsufficientFreeAddressesInSubnet/ },
  { name: "between two looks", step: "growth", text: /within 5 s/ },
];

for (const { name, pod, node, pool, subnet, step, text } of CASES) {
  test(name, () => {
    const { pool: _, ...bare } = NODE;
    const host = node === "gone" ? undefined : { ...bare, ...(pool !== "none" && { pool: { ...POOL, ...pool } }), ...node };
    const steps = explainNoAddress({ ...POD, ...pod }, host, { ...SUBNET, ...subnet }, NOW);
    const failure = steps.find(({ verdict }) => verdict === "fails");
    assert.equal(failure?.step, step, JSON.stringify(steps));
    assert.match(failure?.text ?? steps.map((each) => each.text).join("\n"), text);
  });
}

test("the pause says what is left of its 120 seconds, and the sandbox's words come last", () => {
  const pool = { ...POOL, ...failed("InsufficientFreeAddressesInSubnet"), pausedUntil: NOW + 89_500 };
  const steps = explainNoAddress(POD, { ...NODE, pool }, { ...SUBNET, available: 0 }, NOW);
  assert.match(steps.find((each) => each.step === "pause")!.text, /120 s; 90 s are left/);
  assert.equal(steps.at(-1)?.text, POD.sandbox);
});
