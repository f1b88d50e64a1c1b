// EKS Auto Mode: machines for pending pods, and none without.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import {
  DescribeInstancesCommand,
  DescribeNetworkInterfacesCommand,
  DescribeSecurityGroupsCommand,
  DescribeVolumesCommand,
  RebootInstancesCommand,
  StopInstancesCommand,
  TerminateInstancesCommand,
} from "@aws-sdk/client-ec2";
import {
  AssociateAccessPolicyCommand,
  CreateAccessEntryCommand,
  DeleteClusterCommand,
  DescribeAccessEntryCommand,
  ListAccessEntriesCommand,
  ListAssociatedAccessPoliciesCommand,
  UpdateClusterConfigCommand,
} from "@aws-sdk/client-eks";
import { ListInstanceProfilesCommand } from "@aws-sdk/client-iam";
import type { KubeObject } from "../../src/kubernetes/api/object.ts";
import type { KubeClient } from "../../src/kubernetes/client/client.ts";
import { ACCOUNT, REGION } from "../support/atoll.ts";
import { type AutoModeCluster, active, startAutoMode } from "../support/auto-mode.ts";
import { trust } from "../support/policies.ts";
import { createRole } from "../support/scenario.ts";
import { ShiftedTime } from "../support/shifted-time.ts";
import { eventually } from "../support/wait.ts";

const POOLS = "nodepools.karpenter.sh";
const CLAIMS = "nodeclaims.karpenter.sh";
const CLASSES = "nodeclasses.eks.amazonaws.com";
const MINUTE = 60_000;

let auto: AutoModeCluster;
let kube: KubeClient;
let time: ShiftedTime;
let directory: string;

before(async () => {
  directory = mkdtempSync(join(tmpdir(), "atoll-auto-"));
  time = new ShiftedTime(join(directory, "time"));
  auto = await startAutoMode({ clock: time });
  kube = auto.test.atoll.clusters.cluster(`${ACCOUNT}/${REGION}/auto`)!.client();
});
after(async () => {
  await auto?.test.close();
  rmSync(directory, { recursive: true, force: true });
});

const workload = (name: string, replicas: number, spec: object = {}) => ({
  apiVersion: "apps/v1",
  kind: "Deployment",
  metadata: { name, namespace: "default" },
  spec: {
    replicas,
    selector: { matchLabels: { app: name } },
    template: {
      metadata: { labels: { app: name } },
      spec: { containers: [{ name: "c", image: "nginx", resources: { requests: { cpu: "500m", memory: "256Mi" } } }], ...spec },
    },
  },
});

const deploy = (name: string, replicas: number, spec?: object) =>
  kube.create("deployments.apps", "default", workload(name, replicas, spec));
const scale = (name: string, replicas: number) => kube.patch("deployments.apps", "default", name, "merge", { spec: { replicas } });
const podsOf = (app: string) => kube.list("pods", { namespace: "default", labelSelector: `app=${app}` });
const runs = (app: string, count: number) =>
  eventually(`${count} pods of ${app} run`, async () => podsOf(app).filter((pod) => pod.status?.phase === "Running").length === count);
const condition = (object: KubeObject | undefined, type: string) =>
  object?.status?.conditions?.find((each: { type: string }) => each.type === type) as
    | { status: string; reason: string; message: string }
    | undefined;

async function instances() {
  const Filters = [
    { Name: "tag:eks:eks-cluster-name", Values: ["auto"] },
    { Name: "instance-state-name", Values: ["pending", "running"] },
  ];
  const { Reservations = [] } = await auto.test.clients.ec2.send(new DescribeInstancesCommand({ Filters }));
  return Reservations.flatMap(({ Instances = [] }) => Instances);
}

/** Moves time forward; clients sign with it, too. */
function pass(milliseconds: number): void {
  time.step(milliseconds);
  for (const client of Object.values(auto.test.clients)) client.config.systemClockOffset = time.offset;
}

/** Lets time pass in steps, so that what waits for it goes on, until something holds. */
const passing = (what: string, step: number, holds: () => Promise<boolean> | boolean) =>
  eventually(what, async () => {
    if (await holds()) return true;
    pass(step);
    return false;
  });

const goneNodes = (what: string, left: number) =>
  passing(what, 10_000, async () => (await instances()).length === left && kube.list(CLAIMS).length === left);

test("the built-in pools, their class and the access entries are there", async () => {
  const { eks } = auto.test.clients;
  assert.deepEqual(
    kube
      .list(POOLS)
      .map(({ metadata }) => metadata.name)
      .sort(),
    ["general-purpose", "system"],
  );
  await eventually("pools are ready", async () => kube.list(POOLS).every((pool) => condition(pool, "Ready")?.status === "True"));
  const nodeClass = kube.get(CLASSES, "", "default");
  assert.deepEqual(
    nodeClass!.spec.subnetSelectorTerms,
    [...auto.network.subnets].sort().map((id) => ({ id })),
  );
  assert.equal(nodeClass!.spec.role, "auto-node");
  const { accessEntries = [] } = await eks.send(new ListAccessEntriesCommand({ clusterName: "auto" }));
  assert.ok(accessEntries.includes(auto.clusterRole) && accessEntries.includes(auto.nodeRole));
  const { accessEntry } = await eks.send(new DescribeAccessEntryCommand({ clusterName: "auto", principalArn: auto.nodeRole }));
  assert.equal(accessEntry!.type, "EC2");
  const { associatedAccessPolicies = [] } = await eks.send(
    new ListAssociatedAccessPoliciesCommand({ clusterName: "auto", principalArn: auto.clusterRole }),
  );
  assert.equal(associatedAccessPolicies.length, 8);
});

test("a deployment brings a managed machine whose prefixes give pods their addresses", async () => {
  await deploy("web", 3);
  await runs("web", 3);
  const [instance, ...others] = await instances();
  assert.equal(others.length, 0);
  assert.deepEqual(instance!.Operator, { Managed: true, Principal: "eks.amazonaws.com" });
  assert.deepEqual([instance!.MetadataOptions?.HttpTokens, instance!.MetadataOptions?.HttpPutResponseHopLimit], ["required", 1]);
  const tags = Object.fromEntries(instance!.Tags!.map(({ Key, Value }) => [Key, Value]));
  assert.equal(tags["eks:kubernetes-node-pool-name"], "general-purpose");
  assert.equal(tags["eks:kubernetes-node-class-name"], "default");
  const Filters = [{ Name: "attachment.instance-id", Values: [instance!.InstanceId!] }];
  const { NetworkInterfaces = [] } = await auto.test.clients.ec2.send(new DescribeNetworkInterfacesCommand({ Filters }));
  const prefixes = NetworkInterfaces[0]!.Ipv4Prefixes!.map(({ Ipv4Prefix }) => Ipv4Prefix!);
  assert.ok(prefixes.length > 0 && prefixes.every((prefix) => prefix.endsWith("/28")));
  const inPrefix = (address: string) =>
    prefixes.some((prefix) => {
      const [base = "", last] = prefix.replace("/28", "").split(/\.(?=\d+$)/);
      const [own = "", low] = address.split(/\.(?=\d+$)/);
      return base === own && Number(low) >= Number(last) && Number(low) < Number(last) + 16;
    });
  for (const pod of podsOf("web")) assert.ok(inPrefix(pod.status.podIP), pod.status.podIP);
  const [claim] = kube.list(CLAIMS);
  for (const type of ["Launched", "Registered", "Initialized", "Ready"]) assert.equal(condition(claim, type)?.status, "True", type);
  const node = kube.get("nodes", "", claim!.status.nodeName)!;
  assert.equal(node.metadata.labels?.["eks.amazonaws.com/compute-type"], "auto");
  assert.equal(node.metadata.labels?.["karpenter.sh/initialized"], "true");
  assert.deepEqual(node.spec.taints ?? [], []);
  const nominated = kube
    .list("events", { namespace: "default" })
    .filter(({ reason }: KubeObject & { reason?: string }) => reason === "Nominated");
  assert.ok(nominated.length > 0);
});

test("nobody but EKS stops, reboots or terminates a managed machine", async () => {
  const InstanceIds = (await instances()).map(({ InstanceId }) => InstanceId!);
  const { ec2 } = auto.test.clients;
  const refused = { name: "OperationNotPermitted" };
  await assert.rejects(ec2.send(new TerminateInstancesCommand({ InstanceIds })), refused);
  await assert.rejects(ec2.send(new StopInstancesCommand({ InstanceIds })), refused);
  await assert.rejects(ec2.send(new RebootInstancesCommand({ InstanceIds })), refused);
  assert.equal((await instances()).length, InstanceIds.length);
});

test("what is edited or deleted of the built-ins comes back", async () => {
  await kube.patch(POOLS, "", "general-purpose", "merge", { spec: { limits: { cpu: "1" } } });
  await eventually("limits are gone", async () => kube.get(POOLS, "", "general-purpose")?.spec.limits === undefined);
  await kube.delete(POOLS, "", "system");
  await eventually("the pool is back", async () => kube.get(POOLS, "", "system") !== undefined);
});

test("a machine without pods goes after consolidateAfter, not before", async () => {
  await scale("web", 0);
  await eventually("pods are gone", async () => podsOf("web").length === 0);
  pass(10_000);
  await new Promise((resolve) => setTimeout(resolve, 100));
  assert.equal((await instances()).length, 1);
  await goneNodes("the machine goes", 0);
  assert.deepEqual(kube.list("nodes"), []);
});

test("a machine too large for its pods gives way to a smaller one", async () => {
  const cpus = () => kube.list(CLAIMS).map(({ status }) => Number(status?.capacity?.cpu));
  await deploy("big", 6);
  await runs("big", 6);
  const [before] = kube.list(CLAIMS);
  assert.deepEqual(cpus(), [4]);
  await scale("big", 1);
  await passing("a smaller machine", 5000, () => cpus().length === 1 && cpus()[0] === 2);
  await runs("big", 1);
  assert.notEqual(kube.list(CLAIMS)[0]!.metadata.name, before!.metadata.name);
  const reasons = kube.list("events").map((event: KubeObject & { reason?: string }) => event.reason);
  assert.ok(reasons.includes("DisruptionTerminating"));
  await kube.delete("deployments.apps", "default", "big");
  await goneNodes("the machine goes", 0);
});

test("pods of the system pool tolerate its taint; others wait with a reason", async () => {
  await deploy("lost", 1, { nodeSelector: { "kubernetes.io/arch": "arm64" } });
  await eventually("an event says why", async () =>
    kube
      .list("events", { namespace: "default" })
      .some((event: any) => event.reason === "FailedScheduling" && /incompatible with nodepool "system"/.test(event.message)),
  );
  assert.equal((await instances()).length, 0);
  await kube.delete("deployments.apps", "default", "lost");
  await deploy("addon", 1, {
    nodeSelector: { "kubernetes.io/arch": "arm64" },
    tolerations: [{ key: "CriticalAddonsOnly", operator: "Exists" }],
  });
  await runs("addon", 1);
  const [instance] = await instances();
  assert.equal(instance!.Architecture, "arm64");
  await kube.delete("deployments.apps", "default", "addon");
  await goneNodes("the machine goes", 0);
});

test("a pool and class of one's own need an access entry for their role", async () => {
  const { eks, iam } = auto.test.clients;
  const principalArn = await createRole(iam, "own-node", trust({ Service: "ec2.amazonaws.com" }), {
    managed: ["AmazonEKSWorkerNodeMinimalPolicy"],
  });
  const [subnet] = auto.network.subnets;
  await kube.create(CLASSES, "", {
    apiVersion: "eks.amazonaws.com/v1",
    kind: "NodeClass",
    metadata: { name: "own" },
    spec: {
      role: "own-node",
      subnetSelectorTerms: [{ id: subnet }],
      securityGroupSelectorTerms: [{ tags: { "aws:eks:cluster-name": "auto" } }],
      ephemeralStorage: { size: "100Gi" },
    },
  });
  await kube.create(POOLS, "", {
    apiVersion: "karpenter.sh/v1",
    kind: "NodePool",
    metadata: { name: "own" },
    spec: {
      disruption: { consolidateAfter: "1m", consolidationPolicy: "WhenEmpty", budgets: [{ nodes: "100%" }] },
      template: {
        metadata: { labels: { team: "blue" } },
        spec: {
          nodeClassRef: { group: "eks.amazonaws.com", kind: "NodeClass", name: "own" },
          requirements: [{ key: "eks.amazonaws.com/instance-family", operator: "In", values: ["m5"] }],
          startupTaints: [{ key: "example.com/agent", effect: "NoSchedule" }],
        },
      },
    },
  });
  await eventually(
    "the class says why it is not ready",
    async () => condition(kube.get(CLASSES, "", "own"), "InstanceProfileReady")?.reason === "UnauthorizedNodeRole",
  );
  await deploy("blue", 1, { nodeSelector: { team: "blue" } });
  await eventually("the pool is not ready", async () => condition(kube.get(POOLS, "", "own"), "NodeClassReady")?.status === "False");
  assert.equal((await instances()).length, 0);

  await eks.send(new CreateAccessEntryCommand({ clusterName: "auto", principalArn, type: "EC2" }));
  const policyArn = "arn:aws:eks::aws:cluster-access-policy/AmazonEKSAutoNodePolicy";
  await eks.send(new AssociateAccessPolicyCommand({ clusterName: "auto", principalArn, policyArn, accessScope: { type: "cluster" } }));
  const claim = await eventually("a node registers", async () =>
    kube.list(CLAIMS).find((each) => condition(each, "Registered")?.status === "True"),
  );
  await eventually(
    "it waits for its startup taint",
    async () => condition(kube.get(CLAIMS, "", claim.metadata.name), "Initialized")?.reason === "StartupTaintsExist",
  );
  const { taints } = kube.get("nodes", "", claim.status.nodeName)!.spec;
  const rest = taints.filter(({ key }: { key: string }) => key !== "example.com/agent");
  await kube.patch("nodes", "", claim.status.nodeName, "merge", { spec: { taints: rest } });
  await runs("blue", 1);
  const [instance] = await instances();
  assert.deepEqual([instance!.InstanceType?.split(".")[0], instance!.SubnetId], ["m5", subnet]);
  const { Volumes = [] } = await auto.test.clients.ec2.send(
    new DescribeVolumesCommand({ Filters: [{ Name: "attachment.instance-id", Values: [instance!.InstanceId!] }] }),
  );
  assert.deepEqual(Volumes.map(({ Size }) => Size).sort(), [100, 4].sort());
});

test("a node that drifts is replaced before it goes", async () => {
  const [before] = kube.list(CLAIMS);
  await kube.patch(POOLS, "", "own", "merge", {
    spec: { template: { metadata: { labels: { generation: "two" } }, spec: { startupTaints: null } } },
  });
  await passing("another node takes the pod", 1000, async () => {
    const [claim, ...more] = kube.list(CLAIMS);
    return (
      more.length === 0 &&
      claim !== undefined &&
      claim.metadata.name !== before!.metadata.name &&
      condition(claim, "Initialized")?.status === "True"
    );
  });
  await runs("blue", 1);
  assert.equal(kube.get("nodes", "", kube.list(CLAIMS)[0]!.status.nodeName)!.metadata.labels?.generation, "two");
});

test("a node deleted by hand is drained, as far as a disruption budget lets it", async () => {
  const [claim] = kube.list(CLAIMS);
  await kube.create("poddisruptionbudgets.policy", "default", {
    apiVersion: "policy/v1",
    kind: "PodDisruptionBudget",
    metadata: { name: "blue", namespace: "default" },
    spec: { minAvailable: 1, selector: { matchLabels: { app: "blue" } } },
  });
  await eventually(
    "the budget is known",
    async () => kube.get("poddisruptionbudgets.policy", "default", "blue")?.status?.currentHealthy === 1,
  );
  await kube.delete("nodes", "", claim!.status.nodeName);
  await eventually("the claim waits", async () => condition(kube.get(CLAIMS, "", claim!.metadata.name), "Drained")?.status === "False");
  assert.ok(podsOf("blue").some((pod) => pod.spec.nodeName === claim!.status.nodeName));
  await kube.delete("poddisruptionbudgets.policy", "default", "blue");
  await passing("the claim is gone", 500, () => kube.get(CLAIMS, "", claim!.metadata.name) === undefined);
  await runs("blue", 1);
});

test("nodes expire", async () => {
  const [claim] = kube.list(CLAIMS);
  await kube.patch(POOLS, "", "own", "merge", { spec: { template: { spec: { expireAfter: "720h" } } } });
  await passing("another node after at most 21 days", 24 * 60 * MINUTE, () => kube.get(CLAIMS, "", claim!.metadata.name) === undefined);
  await runs("blue", 1);
  await kube.delete("deployments.apps", "default", "blue");
  await goneNodes("nodes go", 0);
});

test("a static pool keeps its size", async () => {
  const { spec } = kube.get(POOLS, "", "general-purpose")!;
  await kube.create(POOLS, "", {
    apiVersion: "karpenter.sh/v1",
    kind: "NodePool",
    metadata: { name: "fixed" },
    spec: { replicas: 2, template: spec.template },
  });
  const ready = () => kube.list(CLAIMS).filter((claim) => condition(claim, "Ready")?.status === "True").length;
  await eventually("two nodes without pods", async () => ready() === 2);
  pass(5 * MINUTE);
  assert.equal(ready(), 2);
  await kube.patch(POOLS, "", "fixed", "merge", { spec: { replicas: 1 } });
  await goneNodes("one node goes", 1);
  await kube.delete(POOLS, "", "fixed");
  await goneNodes("the pool takes its node along", 0);
});

test("switching Auto Mode off ends its machines, and the cluster leaves nothing behind", async () => {
  const { eks, ec2, iam } = auto.test.clients;
  await deploy("last", 1);
  await runs("last", 1);
  const off = {
    computeConfig: { enabled: false },
    storageConfig: { blockStorage: { enabled: false } },
    kubernetesNetworkConfig: { elasticLoadBalancing: { enabled: false } },
  };
  await eks.send(new UpdateClusterConfigCommand({ name: "auto", ...off }));
  await active(auto.test, "auto");
  assert.equal((await instances()).length, 0);
  assert.deepEqual(kube.list("nodes"), []);
  assert.deepEqual(
    kube.list(POOLS).map(({ metadata }) => metadata.name),
    ["own"],
  );
  const on = {
    computeConfig: { enabled: true, nodePools: ["general-purpose"], nodeRoleArn: auto.nodeRole },
    storageConfig: { blockStorage: { enabled: true } },
    kubernetesNetworkConfig: { elasticLoadBalancing: { enabled: true } },
  };
  await eks.send(new UpdateClusterConfigCommand({ name: "auto", ...on }));
  await active(auto.test, "auto");
  await runs("last", 1);
  await eks.send(new DeleteClusterCommand({ name: "auto" }));
  await passing("everything is gone", 100, async () => {
    const { SecurityGroups = [] } = await ec2.send(
      new DescribeSecurityGroupsCommand({ Filters: [{ Name: "group-name", Values: ["eks-cluster-sg-auto-*"] }] }),
    );
    return SecurityGroups.length === 0 && (await instances()).length === 0;
  });
  const { NetworkInterfaces = [] } = await ec2.send(
    new DescribeNetworkInterfacesCommand({ Filters: [{ Name: "vpc-id", Values: [auto.network.vpcId] }] }),
  );
  assert.deepEqual(NetworkInterfaces, []);
  assert.deepEqual((await ec2.send(new DescribeVolumesCommand({}))).Volumes, []);
  assert.deepEqual((await iam.send(new ListInstanceProfilesCommand({}))).InstanceProfiles, []);
});
