// The rest of sections I, M and P: what pods with security groups of their own see of the node, the network and IAM.
import assert from "node:assert/strict";
import { test } from "node:test";
import { FakeClock } from "../../src/base/clock.ts";
import { silentLog } from "../../src/base/log.ts";
import { CNI_NODES, POD_ENI } from "../../src/cni/branch/names.ts";
import { branchPodPlan } from "../../src/cni/datapath/branch-pod.ts";
import { HostNetworkState } from "../../src/cni/datapath/host-network.ts";
import { podPlan } from "../../src/cni/datapath/pod.ts";
import type { HostView } from "../../src/cni/explain/host-view.ts";
import { explainPath } from "../../src/cni/explain/path.ts";
import type { PathEni, PathPod } from "../../src/cni/explain/path-facts.ts";
import type { KubeObject } from "../../src/kubernetes/api/object.ts";
import { ContainerRunner } from "../../src/kubernetes/kubelet/container-runner.ts";
import { recordsOf } from "../../src/kubernetes/kubelet/containers.ts";
import type { KubeletContext } from "../../src/kubernetes/kubelet/context.ts";
import { TrunkRequest } from "../../src/nodes/trunk-request.ts";
import { createWorld, makeGround, refusal } from "../eks/world.ts";
import { FakeKubeClient } from "../support/fake-kube-client.ts";
import { awsNode, cniWorld, pod, settled } from "./cni-world.ts";
import { conformance } from "./conformance.ts";
import { attached, settle, started } from "./rig.ts";

const VETH = /^(eni|vlan)/;

/** A pod whose branch is ready. */
function branchPod(name: string, vlanId: number, container: object = {}): KubeObject {
  const annotation = [{ eniId: `eni-b${vlanId}`, ifAddress: "0a:11", privateIp: `10.0.3.${vlanId}`, vlanId, subnetCidr: "10.0.3.0/24" }];
  const resources = { limits: { [POD_ENI]: "1" } };
  return {
    ...{ apiVersion: "v1", kind: "Pod" },
    metadata: { name, namespace: "default", uid: name, annotations: { [POD_ENI]: JSON.stringify(annotation) } },
    spec: { containers: [{ name: "main", resources, ...container }] },
    status: { phase: "Running", podIP: `10.0.3.${vlanId}` },
  } as unknown as KubeObject;
}

/** aws-node with an init container. */
function withInit(uid: string, env: Record<string, string>, init: Record<string, string>): KubeObject {
  const made = awsNode(uid, { ENABLE_POD_ENI: "true", ...env });
  const initContainers = [{ name: "aws-vpc-cni-init", env: Object.entries(init).map(([name, value]) => ({ name, value })) }];
  return { ...made, spec: { ...made.spec, initContainers } };
}

/** A node whose instance has a trunk, and its pods. */
async function nodeWithTrunk(env: Record<string, string> = {}, init: Record<string, string> = {}) {
  const world = cniWorld();
  Object.assign(world.ec2.get(attached(world.ec2, 2)), { type: "trunk" });
  world.host.awsNodeChanged(withInit("1", env, init), true);
  await settled();
  return world;
}

/** Links, routes and rules that pods have on the node. */
function podState({ host }: ReturnType<typeof cniWorld>, names: readonly string[]): HostNetworkState {
  const state = new HostNetworkState();
  for (const each of names.flatMap((name) => host.driver.of("default", name))) {
    const hostMac = "0e:00";
    state.apply(
      each.vlanId === undefined ? podPlan({ ...each, hostMac }) : branchPodPlan({ ...each, hostMac, trunkLink: "eth2", eniMtu: 9001 }),
    );
  }
  return state;
}

/** How often a container with a TCP liveness probe is restarted within a minute. */
async function restarts(init: Record<string, string>): Promise<number> {
  const { host, pods } = await nodeWithTrunk({}, init);
  const probed = branchPod("probed", 1, { livenessProbe: { tcpSocket: { port: 80 }, periodSeconds: 5, failureThreshold: 3 } });
  pods.push(probed);
  await host.add(probed);
  const clock = new FakeClock();
  const context = { clock, events: { event() {} }, network: host, lookup: () => undefined } as unknown as KubeletContext;
  const records = recordsOf({ ...probed, status: {} });
  const runner = new ContainerRunner(
    context,
    () => probed,
    records,
    () => {},
  );
  runner.run();
  await clock.step(60_000);
  runner.close();
  host.close();
  return records[0]!.restarts;
}

const all = (groupId: string, egress: boolean) => ({ groupId, egress, protocol: "-1", fromPort: -1, toPort: -1, cidr: "0.0.0.0/0" });
const eni = (id: string, addresses: string[], group: string, more: Partial<PathEni> = {}): PathEni => ({
  ...{ id, subnetId: "subnet-1", groups: [group], addresses, publicAddresses: {}, description: "", ...more },
});
const OPEN = [true, false].map((egress) => ({ ruleNumber: 100, egress, protocol: "-1", action: "allow" as const, cidr: "0.0.0.0/0" }));
const ROUTES = [
  { destination: "10.0.0.0/16", target: "local", state: "active" as const },
  { destination: "0.0.0.0/0", target: "nat-1", state: "active" as const },
];
const VPC = {
  cidrs: ["10.0.0.0/16"],
  enis: [
    eni("eni-0", ["10.0.1.10", "10.0.1.11", "10.0.1.12"], "sg-node"),
    eni("eni-b1", ["10.0.1.81"], "sg-pod"),
    eni("eni-b2", ["10.0.1.82"], "sg-pod"),
    eni("eni-nat", ["10.0.1.50"], "sg-node", {
      description: "Interface for NAT Gateway nat-1",
      publicAddresses: { "10.0.1.50": "203.0.113.5" },
    }),
  ],
  subnets: [{ id: "subnet-1", cidr: "10.0.1.0/24", routeTableId: "rtb-1", routes: ROUTES, aclId: "acl-1", acl: OPEN }],
  rules: [
    ...["sg-node", "sg-pod"].map((group) => all(group, true)),
    all("sg-node", false),
    { ...all("sg-pod", false), protocol: "tcp", fromPort: 80, toPort: 80 },
  ],
};
const pathPod = (name: string, address: string, eniId: string, vlanId?: number): PathPod => ({
  ...{ namespace: "shop", name, address, eniId, node: "a", hostNetwork: false },
  ...(vlanId !== undefined && { branch: { vlanId, mac: "0a:11", subnetCidr: "10.0.1.0/24" } }),
});
const NORMAL = pathPod("normal", "10.0.1.11", "eni-0");
const FIRST = pathPod("first", "10.0.1.81", "eni-b1", 1);
const SECOND = pathPod("second", "10.0.1.82", "eni-b2", 2);
const view = (environment: Record<string, string>): HostView => ({
  environment: { ENABLE_IPv4: "true", ENABLE_POD_ENI: "true", ...environment },
  vpcCidrs: VPC.cidrs,
  enis: [0, 2].map((device) => ({
    ...{
      id: device === 0 ? "eni-0" : "eni-trunk",
      device,
      card: 0,
      mac: "02:00",
      primaryIp: `10.0.1.1${device}`,
      subnetCidr: "10.0.1.0/24",
    },
    isTrunk: device === 2,
  })),
  pods: [NORMAL, FIRST, SECOND].map((each) => ({ ...each, eniId: each.branch ? undefined : each.eniId })),
});
const passes = (from: PathPod, to: PathPod, port: number, mode: string) =>
  explainPath({
    ...{ pod: from, toPod: to, to: to.address, vpc: VPC, protocol: "tcp", port },
    host: view({ POD_SECURITY_GROUP_ENFORCING_MODE: mode }),
  }).passes;

conformance("M", {
  "M20 TCP probes in strict mode": async () => {
    assert.ok((await restarts({ DISABLE_TCP_EARLY_DEMUX: "false" })) > 0);
    assert.equal(await restarts({ DISABLE_TCP_EARLY_DEMUX: "true" }), 0);
  },
  "M21 between branch and ordinary pods: the open port and a closed one": () => {
    const ways = [
      [FIRST, NORMAL],
      [NORMAL, FIRST],
      [FIRST, SECOND],
      [SECOND, FIRST],
    ] as const;
    for (const [from, to] of ways) {
      assert.equal(passes(from, to, 80, "strict"), true, `${from.name} to ${to.name}`);
      if (to.branch) assert.equal(passes(from, to, 2271, "strict"), false, `${from.name} to ${to.name}, closed`);
      assert.equal(passes(from, to, 2271, "standard"), true, "on one node nobody asks the groups");
    }
  },
  "M22 the controller may open interfaces of its own to EKS, and no others": async () => {
    const world = createWorld();
    const ground = await makeGround(world);
    const PolicyArn = "arn:aws:iam::aws:policy/AmazonEKSVPCResourceController";
    await world.call("iam", "AttachRolePolicy", { RoleName: "cluster", PolicyArn });
    const caller = world.sts.issuer.callerFor(world.iam.directory.role(ground.clusterRole)!, "rc");
    const open = async (tags: Record<string, string>) => {
      const Tags = Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));
      const { NetworkInterface } = await world.ec2("CreateNetworkInterface", {
        SubnetId: ground.subnets[0],
        ...(Tags.length > 0 && { TagSpecifications: [{ ResourceType: "network-interface", Tags }] }),
      });
      const input = {
        NetworkInterfaceId: NetworkInterface!.NetworkInterfaceId,
        Permission: "INSTANCE-ATTACH",
        AwsAccountId: "602401143452",
      };
      return world.call("ec2", "CreateNetworkInterfacePermission", input as never, { caller });
    };
    await open({ "eks:eni:owner": "eks-vpc-resource-controller" });
    for (const tags of [{}, { "eks:eni:owner": "amazon-vpc-cni" }] as Record<string, string>[])
      assert.equal((await refusal(open(tags))).code, "UnauthorizedOperation");
    world.close();
  },
  "M25 without a slot the trunk waits until an interface is freed": async () => {
    const made = await started({ env: { ENABLE_POD_ENI: "true" }, instance: { maxEnis: 2, ipv4PerEni: 4 } });
    const warm = attached(made.ec2, 1, { "node.k8s.amazonaws.com/instance_id": "i-1" });
    await settle(made.clock, made.ipamd.findTrunk());
    const kube = new FakeKubeClient(made.clock);
    await kube.create(CNI_NODES, "", { apiVersion: "v1", kind: "CNINode", metadata: { name: "n1" }, spec: {} });
    const said: string[] = [];
    const log = { ...silentLog, info: (_fields: unknown, message: string) => void said.push(message) } as typeof silentLog;
    const request = new TrunkRequest({
      nodeName: "n1",
      client: kube,
      clock: made.clock,
      log,
      ipamd: () => made.ipamd,
      node: () => undefined,
    });
    request.look();
    await settled();
    assert.deepEqual(said, ["No slot available for a trunk ENI to be attached."]);
    assert.equal(kube.get(CNI_NODES, "", "n1")?.spec.features, undefined);
    made.ec2.drop(warm);
    made.ipamd.store.removeEni(warm, true);
    await made.clock.step(60_000);
    await settled();
    assert.deepEqual(kube.get(CNI_NODES, "", "n1")?.spec.features, [{ name: "SecurityGroupsForPods" }]);
    request.close();
    made.ipamd.close();
  },
});

conformance("I", {
  "I16 the internet from a private subnet, with and without EXTERNALSNAT": () => {
    for (const external of ["false", "true"]) {
      const host = view({ AWS_VPC_K8S_CNI_EXTERNALSNAT: external });
      const answer = explainPath({ pod: NORMAL, host, vpc: VPC, to: "192.0.2.1", protocol: "tcp", port: 443 });
      assert.equal(answer.passes, true, external);
      assert.equal(answer.source, "203.0.113.5");
    }
  },
  "I17 a new MTU is that of new pods": async () => {
    const world = await nodeWithTrunk();
    world.pods.push(pod("before"), pod("after"));
    await world.host.add(pod("before"));
    world.host.awsNodeChanged(withInit("2", { POD_MTU: "8000" }, {}), true);
    await settled();
    await world.host.add(pod("after"));
    const mtu = (name: string) => world.host.driver.of("default", name)[0]?.mtu;
    assert.deepEqual([mtu("before"), mtu("after")], [9001, 8000]);
    world.host.close();
  },
  "I18 a minute after a pod nothing of it is on the node": async () => {
    const world = await nodeWithTrunk();
    const branch = branchPod("branch", 7);
    world.pods.push(branch, pod("plain"));
    for (const each of [pod("plain"), branch]) await world.host.add(each);
    const before = podState(world, ["plain", "branch"]);
    assert.equal([...before.links.keys()].filter((name) => VETH.test(name)).length, 3, "two pairs and a VLAN");
    for (const { metadata } of [pod("plain"), branch])
      await world.host.delete({ namespace: "default", name: metadata.name, uid: metadata.uid });
    await world.clock.step(60_000);
    const after = podState(world, ["plain", "branch"]);
    assert.deepEqual([[...after.links.keys()], after.routes, after.rules], [[], [], []]);
    world.host.close();
  },
});

conformance("K", {
  "K7 ports that the ENIConfig's group opens, and does not": () => {
    const open = { ...all("sg-config", false), protocol: "tcp", fromPort: 80, toPort: 80 };
    const enis = [...VPC.enis, eni("eni-1", ["10.0.1.60", "10.0.1.61"], "sg-config")];
    const vpc = { ...VPC, enis, rules: [...VPC.rules, all("sg-config", true), open] };
    const target = pathPod("target", "10.0.1.61", "eni-1");
    const ask = (question: { pod: PathPod; to: string; port: number; protocol?: "udp" }) =>
      explainPath({ protocol: "tcp", host: view({ AWS_VPC_K8S_CNI_CUSTOM_NETWORK_CFG: "true" }), vpc, ...question }).passes;
    assert.equal(ask({ pod: NORMAL, to: target.address, port: 80 }), true);
    assert.equal(ask({ pod: NORMAL, to: target.address, port: 2271 }), false);
    assert.equal(ask({ pod: NORMAL, to: "1.1.1.1", port: 53, protocol: "udp" }), true);
    assert.equal(ask({ pod: NORMAL, to: "10.0.1.10", port: 443 }), true, "the API server's interface admits the node's group");
  },
});

test("pods on branches outlive a restart of Atoll", async () => {
  const world = cniWorld();
  Object.assign(world.ec2.get(attached(world.ec2, 2)), { type: "trunk" });
  world.pods.push(branchPod("held", 7), pod("plain", "10.0.0.99"));
  world.host.awsNodeChanged(withInit("1", { POD_SECURITY_GROUP_ENFORCING_MODE: "standard" }, {}), true);
  await settled();
  const [held] = world.host.driver.of("default", "held");
  assert.deepEqual([held?.vlanId, held?.address], [7, "10.0.3.7"]);
  assert.match(JSON.stringify(podState(world, ["held"]).rules), /"priority":1536,"from":"10\.0\.3\.7\/32","table":107/);
  await world.host.delete({ namespace: "default", name: "held", uid: "held" });
  assert.deepEqual(world.host.driver.of("default", "held"), []);
  world.host.close();
});
