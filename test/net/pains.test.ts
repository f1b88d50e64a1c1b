// Pains of users, each as a scenario on the real EC2 service, ipamd and planner, with the words a user needs.
import assert from "node:assert/strict";
import type { PlanRequest } from "../../src/base/net-plan.ts";
import type { NetStep } from "../../src/base/net-report.ts";
import { type BranchAdviceFacts, branchAdvice } from "../../src/cni/explain/branch-advice.ts";
import { policySteps } from "../../src/cni/explain/network-policy.ts";
import { type AgentFacts, CONNTRACK } from "../../src/cni/network-policy/agent.ts";
import { planNetwork } from "../../src/cni/plan/plan.ts";
import { rejectsWith } from "../ec2/errors.ts";
import { lab } from "./pain-lab.ts";
import { pains } from "./pains.ts";

const ask = (change: Partial<PlanRequest>) =>
  planNetwork({ subnets: [{ name: "subnet-a", cidr: "10.0.0.0/24" }], instanceTypes: ["m5.large"], pods: 10, ...change });
const words = async (change: Partial<PlanRequest>) => {
  const { rows, advice } = await ask(change);
  return [...rows.flatMap(({ warnings }) => warnings), ...advice].join("\n");
};
const texts = (steps: readonly NetStep[]) => steps.map(({ text }) => text).join("\n");

/** Causes of a missing address and what the explanation must say. */
const CAUSES: [name: string, make: () => Promise<string>, says: RegExp][] = [
  [
    "cool-down",
    async () => {
      const { node, addPods, why } = await lab({ env: { WARM_IP_TARGET: "1", MINIMUM_IP_TARGET: "3" }, type: "t3.small" });
      await addPods(9);
      for (const pod of [...node.pods.keys()].slice(0, 3)) node.remove(pod);
      await addPods(3);
      return why();
    },
    /cool down for 30 s after their pods \(IP_COOLDOWN_PERIOD\)/,
  ],
  [
    "empty subnet",
    async () => {
      const { addPods, why } = await lab({ block: "10.0.0.0/28" });
      await addPods(12);
      return why();
    },
    /InsufficientFreeAddressesInSubnet: subnet-\w+ \(10\.0\.0\.0\/28\) has 1 free addresses; add subnets tagged kubernetes\.io\/role\/cni=1/,
  ],
  [
    "interface limit",
    async () => {
      const { addPods, why } = await lab({ type: "t3.small" });
      assert.equal(await addPods(12), 9);
      return why();
    },
    /t3\.small has all 3 interfaces, each full with 3 addresses; max pods 110 promises more than these 9 addresses: lower it to 11/,
  ],
  [
    "permissions",
    async () => {
      const { ec2, addPods, why } = await lab({ type: "t3.small" });
      ec2.trouble = { operation: "CreateNetworkInterface", code: "UnauthorizedOperation", mishap: "refused", times: 1000 };
      await addPods(8);
      return why();
    },
    /IAM refuses ec2:CreateNetworkInterface to aws-node: attach AmazonEKS_CNI_Policy/,
  ],
  [
    "throttling",
    async () => {
      const { ec2, addPods, why } = await lab({ type: "t3.small" });
      ec2.trouble = { operation: "CreateNetworkInterface", code: "RequestLimitExceeded", mishap: "refused", times: 1000 };
      await addPods(8);
      return why();
    },
    /EC2 throttles CreateNetworkInterface \(RequestLimitExceeded\)/,
  ],
  [
    "missing ENIConfig",
    async () => {
      const { explainNoAddress } = await import("../../src/cni/explain/no-address.ts");
      const eniConfig = () => {
        throw new Error('eniconfigs.crd.k8s.amazonaws.com "us-west-2a" not found');
      };
      const failure = await lab({ env: { AWS_VPC_K8S_CNI_CUSTOM_NETWORK_CFG: "true" }, more: { eniConfig } }).then(
        () => "",
        (error: Error) => error.message,
      );
      const pod = {
        namespace: "shop",
        name: "api",
        phase: "Pending",
        node: "n",
        address: undefined,
        hostNetwork: false,
        wantsBranch: false,
      };
      const node = {
        name: "n",
        ready: false,
        condition: "",
        cordoned: false,
        fargate: false,
        instanceType: "m5.large",
        maxPods: 20,
        pods: 0,
      };
      return texts(explainNoAddress(pod, { ...node, awsNode: "Running", branches: 0, cniFailure: failure }, undefined, 0));
    },
    /ipamd does not start: .*"us-west-2a" not found.*there is no falling back to "default"/,
  ],
];

const agent = (mode: "standard" | "strict"): AgentFacts => ({
  ...{
    enforces: true,
    mode,
    modeSetting: `NETWORK_POLICY_ENFORCING_MODE=${mode}`,
    nodeAddress: "10.0.0.4",
    family: 4,
    conntrack: CONNTRACK,
  },
});
const end = {
  pod: { namespace: "shop", name: "api-1", hostNetwork: false },
  node: "node-1",
  endpoints: [],
  outdated: [],
  isControlled: true,
};
const packet = { protocol: "tcp", port: 80, peer: "10.0.0.9" } as const;

pains({
  async 1() {
    for (const [name, make, says] of CAUSES) assert.match(await make(), says, name);
  },

  async 2() {
    const { addPods, why } = await lab({
      block: "10.0.0.0/25",
      env: { ENABLE_PREFIX_DELEGATION: "true", WARM_PREFIX_TARGET: "1" },
      async before({ api }, SubnetId) {
        // One block is left whole, and single addresses lie in all others.
        for (let block = 2; block < 8; block++)
          await api.run("CreateNetworkInterface", { SubnetId, PrivateIpAddress: `10.0.0.${16 * block + 5}` });
      },
    });
    await addPods(20);
    assert.match(
      await why(),
      /InsufficientCidrBlocks: subnet-\w+ \(10\.0\.0\.0\/25\) has \d+ free addresses, but 0 free \/28 blocks: it is fragmented; reserve a range for prefixes/,
    );
    const used = { subnets: [{ name: "subnet-a", cidr: "10.0.0.0/24", used: 60 }], environment: { ENABLE_PREFIX_DELEGATION: "true" } };
    assert.match(await words(used), /Fragmentation: more than half of the free addresses of subnet-a cannot form a \/28\. Reserve a range/);
  },

  async 3() {
    const { rows, advice } = await ask({ nodes: 8, pods: 16, subnets: [{ name: "subnet-a", cidr: "10.0.0.0/24" }] });
    assert.ok(rows[0]!.stranded > 16);
    assert.match(advice.join("\n"), /The warm pool holds \d+ addresses that no pod uses\. In small subnets set MINIMUM_IP_TARGET=2/);
    const tuned = await ask({ nodes: 8, pods: 16, environment: { MINIMUM_IP_TARGET: "2", WARM_IP_TARGET: "2" } });
    assert.ok(tuned.rows[0]!.atRest < rows[0]!.atRest / 2);
  },

  async 4() {
    assert.match(
      await words({ maxPods: 110, pods: 60 }),
      /max pods 110 lets the scheduler place 108 pods on a node, but the interface limit leaves addresses for 27: the others stay in ContainerCreating; set max pods to 29/,
    );
  },

  async 5() {
    const { node, clock, addPods, why } = await lab();
    assert.equal(await addPods(30), 27);
    for (const pod of [...node.pods.keys()]) node.remove(pod);
    assert.equal(await node.add("early"), undefined, "addresses that cool down are not given");
    assert.match(await why(), /the pool counts 27 addresses as available that cool down for 30 s/);
    await clock.step(31_000);
    assert.ok(await node.add("late"));
    assert.match(await words({ environment: { IP_COOLDOWN_PERIOD: "10" } }), /IP_COOLDOWN_PERIOD=10 is below the 120 s.*unanswered SYN/);
  },

  async 6() {
    let blind = false;
    const made = await lab({
      more: { metadata: { interfaces: async () => (blind ? [] : all()) } },
    });
    async function all() {
      const { ec2Calls } = await import("../../src/cni/ipamd/ec2-calls.ts");
      const place = { region: "us-west-2", sourceIp: "10.0.0.1", version: "v1.23.1", clock: made.clock };
      return ec2Calls(made.ec2.invoke, made.ec2.caller, place).interfacesOf(made.node.facts.instanceId);
    }
    await made.addPods(12);
    const before = new Map(made.node.pods);
    blind = true;
    await made.clock.step(200_000);
    const held = [...made.node.ipamd.store.assignments()].map(({ key, address }) => [key.containerId, address] as const);
    assert.deepEqual(new Map(held), before, "what the metadata service forgets, EC2 is asked about");
    assert.equal(made.node.ipamd.store.forced.addresses, 0);
  },

  async 7() {
    const { ec2, clock, node, subnetId, vpcId } = await lab({ type: "t3.small" });
    const { api } = ec2;
    const leaked = await api.run("CreateNetworkInterface", {
      SubnetId: subnetId,
      Description: "aws-K8S-i-0123456789abcdef0",
      TagSpecifications: [
        {
          ResourceType: "network-interface",
          Tags: [
            { Key: "node.k8s.amazonaws.com/instance_id", Value: "i-0123456789abcdef0" },
            { Key: "node.k8s.amazonaws.com/createdAt", Value: new Date(clock.now() - 3_600_000).toISOString() },
          ],
        },
      ],
    });
    const id = leaked.NetworkInterface!.NetworkInterfaceId!;
    await assert.rejects(api.run("DeleteSubnet", { SubnetId: subnetId }), ({ code, message }: any) => {
      assert.equal(code, "DependencyViolation");
      assert.ok(message.startsWith(`The subnet '${subnetId}' has dependencies and cannot be deleted. Network interfaces: `), message);
      return message.includes(`${id} (aws-K8S-i-0123456789abcdef0)`);
    });
    await assert.rejects(api.run("DeleteVpc", { VpcId: vpcId }), /Network interfaces: .*aws-K8S-i-0123456789abcdef0/);
    await clock.step(4_000_000);
    await rejectsWith(api.run("DescribeNetworkInterfaces", { NetworkInterfaceIds: [id] }), "InvalidNetworkInterfaceID.NotFound");
    node.stop();
  },

  async 9() {
    const trunk = await words({ environment: { ENABLE_POD_ENI: "true" }, pods: 60 });
    assert.match(trunk, /the trunk interface leaves addresses for 18.*set max pods to 20/);
    const { rows } = await ask({
      environment: { AWS_VPC_K8S_CNI_CUSTOM_NETWORK_CFG: "true" },
      podSubnets: [{ name: "subnet-p", cidr: "100.64.0.0/16" }],
    });
    assert.equal(rows[0]!.maxPods, 20, "one interface fewer than without");
  },

  async 10() {
    const eni = (id: string, address: string, group: string) => ({
      ...{ id, subnetId: "subnet-a", groups: [group], addresses: [address], publicAddresses: {}, description: "" },
    });
    const open = { groupId: "sg-pod", egress: false, protocol: "tcp", fromPort: 8080, toPort: 8080, referencedGroupId: "sg-node" };
    const facts: BranchAdviceFacts = {
      ...{ mode: "strict", earlyDemuxOff: true, probedPorts: [8080], localServices: [], vpc: { rules: [open] } },
      ...{ branch: eni("eni-b", "10.0.3.9", "sg-pod"), node: eni("eni-a", "10.0.0.4", "sg-node") },
    };
    const advice = (change: Partial<BranchAdviceFacts>) => texts(branchAdvice({ ...facts, ...change }));
    assert.equal(advice({}), "");
    assert.match(
      advice({ earlyDemuxOff: false }),
      /probes of port 8080 fail in strict mode: set DISABLE_TCP_EARLY_DEMUX=true on aws-vpc-cni-init/,
    );
    assert.match(advice({ vpc: { rules: [] } }), /no rule of sg-pod admits the node \(sg-node\) to port 8080, which the kubelet probes/);
    assert.match(
      await words({ environment: { ENABLE_POD_ENI: "true" } }),
      /probes of pods with security groups fail in strict mode: set DISABLE_TCP_EARLY_DEMUX=true/,
    );
  },

  12() {
    const waiting = { ...end, selecting: ["shop/only-web"] };
    const lax = policySteps({ ...waiting, agent: agent("standard") }, "Ingress", packet);
    assert.equal(lax.at(-1)?.verdict, "warns");
    assert.match(
      texts(lax),
      /node-1 allows everything until policies are programmed \(NETWORK_POLICY_ENFORCING_MODE=standard\): shop\/only-web selects it/,
    );
    const strict = policySteps({ ...waiting, agent: agent("strict") }, "Ingress", packet);
    assert.equal(strict.at(-1)?.verdict, "fails");
    assert.match(texts(strict), /denies everything until policies are programmed \(NETWORK_POLICY_ENFORCING_MODE=strict\)/);
  },

  13() {
    const steps = policySteps({ ...end, selecting: ["shop/big"], outdated: ["shop/big"], agent: agent("standard") }, "Ingress", packet);
    assert.match(texts(steps), /PolicyEndpoints of shop\/big are behind: they will change in a moment/);
  },

  async 14() {
    assert.match(
      await words({ environment: { ENABLE_PREFIX_DELEGATION: "true" }, maxPods: 29 }),
      /max pods is fixed when a node boots: nodes and node groups from before prefix delegation keep the small value, make new ones/,
    );
  },
});
