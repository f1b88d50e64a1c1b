// Section M, second part, with L12 and K8: the controller over the real EC2, from node to pod and back.
import assert from "node:assert/strict";
import { AwsError } from "../../src/aws/errors.ts";
import { CNI_NODES, POD_ENI } from "../../src/cni/branch/names.ts";
import { conformance } from "./conformance.ts";
import { type ControllerRig, controllerRig } from "./controller-rig.ts";
import { started } from "./rig.ts";

const FINALIZER = "networking.k8s.aws/resource-cleanup";

/** A rig with node `n1` under control and the group of a policy for `role: db`. */
async function withNode(type?: string): Promise<{ rig: ControllerRig; instanceId: string; group: string }> {
  const rig = await controllerRig();
  const instanceId = await rig.node("n1", type);
  const group = await rig.group("db");
  await rig.policy("db", "db", [group]);
  await rig.enable("n1");
  return { rig, instanceId, group };
}

const described = async (rig: ControllerRig, ...ids: string[]) =>
  (await rig.aws.run("DescribeNetworkInterfaces", { Filters: [{ Name: "network-interface-id", Values: ids }] })).NetworkInterfaces ?? [];
const groupsOf = async (rig: ControllerRig, id: string) => (await described(rig, id))[0]?.Groups?.map(({ GroupId }) => GroupId);
const ofType = async (rig: ControllerRig, type: string) =>
  (await rig.aws.run("DescribeNetworkInterfaces", { Filters: [{ Name: "interface-type", Values: [type] }] })).NetworkInterfaces ?? [];
const owned = async (rig: ControllerRig) =>
  (await rig.aws.run("DescribeNetworkInterfaces", { Filters: [{ Name: "tag-key", Values: ["eks:eni:owner"] }] })).NetworkInterfaces ?? [];
const told = (rig: ControllerRig, name: string, reason: string) => rig.events(name).filter((each) => each.startsWith(`${reason}: `));

conformance("M", {
  "M12 a pod that cannot be annotated costs no interface": async () => {
    const { rig } = await withNode();
    rig.kube.intercept = (verb, type) => {
      if (verb === "patch" && type === "pods") throw new Error("refused");
    };
    await rig.pod("p", "n1");
    assert.match(told(rig, "p", "BranchENIAnnotationFailed")[0]!, /failed to annotate pod with branch ENI details: refused/);
    rig.kube.intercept = () => {};
    await rig.pass(60);
    assert.equal(rig.branches("p")?.length, 1);
    assert.equal((await ofType(rig, "branch")).length, 1);
  },
  "M13 what a type can carry is advertised; one that cannot is told, once": async () => {
    const { rig } = await withNode();
    assert.equal(rig.kube.get("nodes", "", "n1")?.status.capacity[POD_ENI], "9");
    assert.deepEqual(told(rig, "n1", "NodeTrunkInitiated"), ["NodeTrunkInitiated: The node has trunk interface initialized successfully"]);
    const other = await withNode("t3.medium");
    await other.rig.pass(120);
    assert.equal(other.rig.kube.get("nodes", "", "n1")?.status?.capacity?.[POD_ENI], undefined);
    assert.deepEqual(told(other.rig, "n1", "Unsupported"), [
      "Unsupported: The instance type t3.medium is not supported for trunk interface (Security Group for Pods)",
    ]);
    assert.equal(other.rig.calls.filter((call) => call === "DescribeInstances").length, 1);
  },
  "M14 a CNINode gets back what it must have": async () => {
    const { rig, instanceId } = await withNode();
    const tags = { "cluster.k8s.amazonaws.com/name": "dev", "node.k8s.amazonaws.com/instance_id": instanceId };
    const cniNode = () => rig.kube.get(CNI_NODES, "", "n1")!;
    assert.deepEqual(cniNode().spec.tags, tags);
    await rig.kube.patch(CNI_NODES, "", "n1", "merge", { metadata: { labels: null }, spec: { tags: null } });
    await rig.settle();
    assert.equal(cniNode().metadata.labels?.["kubernetes.io/os"], "linux");
    assert.deepEqual(cniNode().spec.tags, tags);
    await rig.kube.patch(CNI_NODES, "", "n1", "merge", { metadata: { finalizers: null } });
    await rig.settle();
    assert.deepEqual(cniNode().metadata.finalizers, [FINALIZER]);
    assert.equal(cniNode().spec.features.length, 1, "features are the CNI's");
  },
  "M15 a CNINode's end: with the instance's id EC2 is cleaned, without it is not; the node's is made anew": async () => {
    const { rig } = await withNode();
    rig.calls.length = 0;
    await rig.kube.delete(CNI_NODES, "", "n1");
    await rig.settle();
    assert.deepEqual(rig.calls, ["DescribeNetworkInterfaces"]);
    assert.equal(rig.kube.get(CNI_NODES, "", "n1")?.metadata.deletionTimestamp, undefined);
    await rig.kube.create(CNI_NODES, "", {
      apiVersion: "v1",
      kind: "CNINode",
      metadata: { name: "stray", finalizers: [FINALIZER] },
      spec: {},
    });
    await rig.settle();
    rig.calls.length = 0;
    await rig.kube.delete(CNI_NODES, "", "stray");
    await rig.settle();
    assert.deepEqual(rig.calls, []);
    assert.equal(rig.kube.get(CNI_NODES, "", "stray"), undefined);
  },
  "M16 custom networking by CNINode and by label; a missing ENIConfig and a missing name": async () => {
    for (const way of ["feature", "label"]) {
      const rig = await controllerRig();
      const { Subnet } = await rig.aws.run("CreateSubnet", { VpcId: rig.vpcId, CidrBlock: "10.0.64.0/24", AvailabilityZone: "us-west-2a" });
      const group = await rig.group("pods");
      await rig.node("n1", "m5.large", way === "label" ? { labels: { "vpc.amazonaws.com/eniConfig": "az1" } } : {});
      const feature = way === "feature" ? [{ name: "CustomNetworking", value: "az1" }] : [];
      await rig.enable("n1", ...feature);
      assert.match(told(rig, "n1", "EniConfigNameNotFound")[0]!, /Failed to find the ENIConfig az1 of the node/);
      assert.match(told(rig, "n1", "NodeTrunkFailedInit")[0]!, /The node failed initializing trunk interface/);
      assert.equal((await ofType(rig, "trunk")).length, 0);
      const spec = { subnet: Subnet!.SubnetId, securityGroups: [group] };
      await rig.kube.create("eniconfigs.crd.k8s.amazonaws.com", "", {
        apiVersion: "v1",
        kind: "ENIConfig",
        metadata: { name: "az1" },
        spec,
      });
      await rig.pass(60);
      const [trunk] = await ofType(rig, "trunk");
      assert.equal(trunk?.SubnetId, Subnet!.SubnetId);
      assert.deepEqual(
        trunk?.Groups?.map(({ GroupId }) => GroupId),
        [group],
      );
    }
    const rig = await controllerRig();
    await rig.node("n1");
    await rig.enable("n1", { name: "CustomNetworking" });
    assert.match(told(rig, "n1", "EniConfigNameNotFound")[0]!, /without naming an ENIConfig/);
  },
  "M17 a job's branch goes when it completes, also over a restart of the controller": async () => {
    for (const restarts of [false, true]) {
      const { rig } = await withNode();
      await rig.pod("done", "n1");
      await rig.pod("runs", "n1");
      const done = rig.branches("done")![0]!.eniId;
      const runs = rig.branches("runs")![0]!.eniId;
      if (restarts) rig.restart();
      const pod = rig.kube.get("pods", "shop", "done")!;
      await rig.kube.updateStatus("pods", { ...pod, status: { ...pod.status, phase: "Succeeded" } });
      await rig.settle();
      await rig.pass(120);
      assert.deepEqual(
        (await described(rig, done, runs)).map(({ NetworkInterfaceId }) => NetworkInterfaceId),
        [runs],
      );
    }
  },
  "M18 a node becomes managed: pods that wait get their branches": async () => {
    const rig = await controllerRig();
    await rig.node("n1");
    await rig.policy("db", "db", [await rig.group("db")]);
    await rig.pod("early", "n1");
    assert.equal(rig.branches("early"), undefined);
    assert.deepEqual(await ofType(rig, "trunk"), []);
    await rig.enable("n1");
    await rig.settle();
    assert.equal(rig.branches("early")?.[0]?.vlanId, 1);
  },
  "M19 a thousand pods, three times": async () => {
    const rig = await controllerRig();
    const nodes = Array.from({ length: 19 }, (_, n) => `n${n}`);
    for (const name of nodes) {
      await rig.node(name, "m5.4xlarge");
      await rig.enable(name);
    }
    await rig.policy("db", "db", [await rig.group("db")]);
    const began = rig.clock.now();
    for (let round = 0; round < 3; round++) {
      const names = Array.from({ length: 1000 }, (_, n) => `p${round}-${n}`);
      await Promise.all(names.slice(0, -1).map((name, n) => create(rig, name, nodes[n % nodes.length]!)));
      await rig.pod(names.at(-1)!, nodes[999 % nodes.length]!);
      await rig.settle();
      const held = names.flatMap((name) => rig.branches(name) ?? []);
      assert.equal(held.length, 1000);
      assert.equal(new Set(held.map(({ privateIp }) => privateIp)).size, 1000);
      for (const name of names) await rig.kube.delete("pods", "shop", name, { gracePeriodSeconds: 0 });
      await rig.settle();
      await rig.pass(120);
      assert.deepEqual(await ofType(rig, "branch"), []);
    }
    assert.ok(rig.clock.now() - began < 3 * 330_000);
  },
  "M23 of a removed node's interfaces only the CNI's and the controller's go": async () => {
    const { rig, instanceId } = await withNode();
    await rig.pod("p", "n1");
    const foreign = (await rig.aws.run("CreateNetworkInterface", { SubnetId: rig.subnetId })).NetworkInterface!.NetworkInterfaceId!;
    const tags = { "eks:eni:owner": "amazon-vpc-cni", "node.k8s.amazonaws.com/instance_id": instanceId };
    const Tags = Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));
    await rig.aws.run("CreateNetworkInterface", {
      SubnetId: rig.subnetId,
      TagSpecifications: [{ ResourceType: "network-interface", Tags }],
    });
    const stranger = [{ Key: "node.k8s.amazonaws.com/instance_id", Value: instanceId }];
    const alike = (
      await rig.aws.run("CreateNetworkInterface", {
        SubnetId: rig.subnetId,
        TagSpecifications: [{ ResourceType: "network-interface", Tags: stranger }],
      })
    ).NetworkInterface!.NetworkInterfaceId!;
    await rig.aws.run("TerminateInstances", { InstanceIds: [instanceId] });
    await rig.clock.step(0);
    await rig.kube.delete("nodes", "", "n1");
    await rig.kube.delete("pods", "shop", "p");
    await rig.kube.delete(CNI_NODES, "", "n1");
    await rig.settle();
    assert.deepEqual(await owned(rig), []);
    assert.equal((await described(rig, foreign, alike)).length, 2);
    assert.equal(rig.kube.get(CNI_NODES, "", "n1"), undefined);
  },
  "M24 a type without a trunk keeps no slot for one": async () => {
    const instance = { maxEnis: 3, ipv4PerEni: 6, trunkCapable: false };
    const made = await started({ env: { ENABLE_POD_ENI: "true" }, instance, maxPods: 15 });
    for (let n = 0; n < 15; n++) {
      await made.assign(`p${n}`);
      await made.rest();
    }
    assert.equal(made.ipamd.store.stats(made.clock.now()).assigned, 15);
    made.ipamd.close();
  },
  "M26 more groups than the quota": async () => {
    const { rig } = await withNode();
    const groups = await Promise.all(Array.from({ length: 7 }, (_, n) => rig.group(`g${n}`)));
    await rig.policy("db", "db", groups);
    await rig.pod("p", "n1");
    assert.match(
      told(rig, "p", "BranchAllocationFailed")[0]!,
      /failed to allocate branch ENI to pod: creating network interface, InvalidParameterValue: user \d+ exceeded limit 5 on the number of interface security group memberships/,
    );
    assert.equal(rig.branches("p"), undefined);
    await rig.policy("db", "db", groups.slice(0, 5));
    await rig.pass(60);
    assert.equal(rig.branches("p")?.length, 1, "it is tried again");
  },
  "a pod whose groups vanished gets the instance's, with a warning": async () => {
    const { rig } = await withNode();
    await rig.kube.delete("securitygrouppolicies.vpcresources.k8s.aws", "shop", "db");
    await rig.pod("p", "n1");
    assert.deepEqual(told(rig, "p", "SecurityGroupRequested"), ["SecurityGroupRequested: Pod will get the following Security Groups []"]);
    assert.equal((await groupsOf(rig, rig.branches("p")![0]!.eniId))?.length, 1);
  },
  "a full node serves a pod once a branch has cooled down": async () => {
    const { rig } = await withNode();
    for (let n = 0; n < 10; n++) await rig.pod(`p${n}`, "n1");
    assert.equal(rig.branches("p9"), undefined);
    assert.deepEqual(told(rig, "p9", "BranchAllocationFailed"), []);
    await rig.kube.delete("pods", "shop", "p0", { gracePeriodSeconds: 0 });
    await rig.pass(30);
    assert.equal(rig.branches("p9"), undefined, "p0's branch cools down");
    await rig.pass(60);
    assert.equal(rig.branches("p9")?.[0]?.vlanId, 1);
  },
  "the cool-down follows the ConfigMap": async () => {
    const { rig } = await withNode();
    const map = { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "amazon-vpc-cni", namespace: "kube-system" } };
    await rig.kube.create("configmaps", "kube-system", { ...map, data: { "branch-eni-cooldown": "30" } });
    await rig.pod("p", "n1");
    assert.deepEqual(told(rig, "n1", "BranchENICoolDownPeriodUpdated").length, 1);
    await rig.kube.delete("pods", "shop", "p", { gracePeriodSeconds: 0 });
    await rig.settle();
    await rig.pass(30);
    assert.deepEqual(await ofType(rig, "branch"), []);
  },
  "without rights the node says so, and is served once they are there": async () => {
    const rig = await controllerRig();
    rig.fail = (operation) => {
      if (operation === "CreateNetworkInterface")
        throw new AwsError("UnauthorizedOperation", "You are not authorized to perform this operation.");
    };
    await rig.node("n1");
    await rig.enable("n1");
    const [failure] = told(rig, "n1", "TrunkENICreationFailed");
    assert.equal(failure, "TrunkENICreationFailed: Insufficient permissions: Unable to create Elastic Network Interface.");
    rig.fail = () => {};
    await rig.pass(60);
    assert.equal((await ofType(rig, "trunk")).length, 1);
  },
  "rights lost later are told to the pod": async () => {
    const { rig } = await withNode();
    for (const [operation, step] of [
      ["CreateNetworkInterface", "creating network interface"],
      ["CreateNetworkInterfacePermission", "creating network interface"],
      ["AssociateTrunkInterface", "associating branch to trunk"],
    ] as const) {
      rig.fail = (each) => {
        if (each === operation) throw new AwsError("UnauthorizedOperation", "You are not authorized to perform this operation.");
      };
      await rig.pod(operation, "n1");
      const [failure] = told(rig, operation, "BranchAllocationFailed");
      assert.match(failure!, new RegExp(`failed to allocate branch ENI to pod: ${step}, UnauthorizedOperation: You are not authorized`));
      assert.equal(rig.branches(operation), undefined);
    }
    rig.fail = () => {};
    await rig.pass(90);
    assert.equal(rig.branches("CreateNetworkInterface")?.length, 1);
    assert.equal((await ofType(rig, "branch")).length, 3, "nothing is left of the failures");
    assert.equal((await owned(rig)).length, 4);
  },
  "Auto Mode, Fargate and hybrid nodes, and Windows, are not touched": async () => {
    const rig = await controllerRig();
    for (const type of ["auto", "fargate", "hybrid"])
      await rig.node(type, "m5.large", { labels: { "eks.amazonaws.com/compute-type": type } });
    assert.deepEqual(rig.kube.list(CNI_NODES), []);
    await rig.node("win", "m5.large", { labels: { "kubernetes.io/os": "windows" } });
    assert.equal(rig.kube.get(CNI_NODES, "", "win")?.metadata.labels?.["kubernetes.io/os"], "windows");
    await rig.enable("win");
    assert.deepEqual(await ofType(rig, "trunk"), []);
  },
  "interfaces that nobody used in two rounds are swept": async () => {
    const { rig } = await withNode();
    const tags = { "eks:eni:owner": "amazon-vpc-cni", "cluster.k8s.amazonaws.com/name": "dev" };
    const Tags = Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));
    const leaked = { SubnetId: rig.subnetId, TagSpecifications: [{ ResourceType: "network-interface" as const, Tags }] };
    const id = (await rig.aws.run("CreateNetworkInterface", leaked)).NetworkInterface!.NetworkInterfaceId!;
    await rig.pass(30 * 60);
    assert.equal((await described(rig, id)).length, 1);
    await rig.pass(30 * 60);
    assert.equal((await described(rig, id)).length, 0);
    assert.equal((await ofType(rig, "trunk")).length, 1);
  },
});

async function create(rig: ControllerRig, name: string, nodeName: string): Promise<void> {
  const resources = { limits: { [POD_ENI]: "1" } };
  await rig.kube.create("pods", "shop", {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name, namespace: "shop", labels: { role: "db" } },
    spec: { nodeName, containers: [{ name: "main", resources }] },
  });
}

conformance("L", {
  "L12 a policy's new group reaches new pods only": async () => {
    const { rig, group } = await withNode();
    await rig.pod("before", "n1");
    const more = await rig.group("more");
    await rig.policy("db", "db", [group, more]);
    await rig.pod("after", "n1");
    assert.deepEqual(await groupsOf(rig, rig.branches("before")![0]!.eniId), [group]);
    assert.deepEqual((await groupsOf(rig, rig.branches("after")![0]!.eniId))?.sort(), [group, more].sort());
  },
});

conformance("K", {
  "K8 the trunk carries the ENIConfig's groups, branches the policy's": async () => {
    const rig = await controllerRig();
    const [config, db] = [await rig.group("config"), await rig.group("db")];
    const { Subnet } = await rig.aws.run("CreateSubnet", { VpcId: rig.vpcId, CidrBlock: "10.0.64.0/24", AvailabilityZone: "us-west-2a" });
    const spec = { subnet: Subnet!.SubnetId, securityGroups: [config] };
    await rig.kube.create("eniconfigs.crd.k8s.amazonaws.com", "", { apiVersion: "v1", kind: "ENIConfig", metadata: { name: "az1" }, spec });
    await rig.policy("db", "db", [db]);
    await rig.node("n1");
    await rig.enable("n1", { name: "CustomNetworking", value: "az1" });
    await rig.pod("p", "n1");
    assert.deepEqual(
      (await ofType(rig, "trunk"))[0]?.Groups?.map(({ GroupId }) => GroupId),
      [config],
    );
    const [branch] = rig.branches("p")!;
    assert.deepEqual(await groupsOf(rig, branch!.eniId), [db]);
    assert.match(branch!.privateIp, /^10\.0\.64\./);
  },
});
