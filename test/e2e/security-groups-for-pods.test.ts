// Security groups for pods as users set them up, with kubectl and the SDK: a policy, pods on branch interfaces, groups that decide.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import {
  AuthorizeSecurityGroupIngressCommand,
  CreateSecurityGroupCommand,
  DeleteSecurityGroupCommand,
  DescribeNetworkInterfacesCommand,
  DescribeTrunkInterfaceAssociationsCommand,
  type EC2Client,
  TerminateInstancesCommand,
} from "@aws-sdk/client-ec2";
import { AttachRolePolicyCommand } from "@aws-sdk/client-iam";
import type { NetReport } from "../../src/base/net-report.ts";
import { netExplainText } from "../../src/cli/commands/net-explain.ts";
import { ACCOUNT } from "../support/atoll.ts";
import { writeKubeconfig } from "../support/kube.ts";
import { kubectl } from "../support/kubectl.ts";
import { run } from "../support/run.ts";
import { type Scenario, startScenario } from "../support/scenario.ts";
import { ShiftedTime } from "../support/shifted-time.ts";
import { eventually } from "../support/wait.ts";

const POD_ENI = "vpc.amazonaws.com/pod-eni";
const tool = kubectl("35");
const skip = tool ? false : "needs kubectl";
const home = mkdtempSync(join(tmpdir(), "atoll-sgp-"));
const time = new ShiftedTime(join(home, "offset"));

let scenario: Scenario;
let ec2: EC2Client;
let config: string;
let dbGroup: string;
let clientGroup: string;

const client = () => scenario.test.atoll.clusters.cluster(`${ACCOUNT}/us-west-2/main`)!.client();

async function kube(...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await run(tool!, args, { env: { ...scenario.test.environment(), KUBECONFIG: config } });
  assert.equal(code, 0, stderr);
  return stdout;
}

async function apply(object: object): Promise<void> {
  const env = { ...scenario.test.environment(), KUBECONFIG: config };
  const { code, stderr } = await run(tool!, ["apply", "-f", "-"], { env, input: JSON.stringify(object) });
  assert.equal(code, 0, stderr);
}

const policy = (name: string, role: string, groupIds: string[]) =>
  apply({
    apiVersion: "vpcresources.k8s.aws/v1beta1",
    kind: "SecurityGroupPolicy",
    metadata: { name, namespace: "shop" },
    spec: { podSelector: { matchLabels: { role } }, securityGroups: { groupIds } },
  });

const pod = (name: string, role: string, more: object = {}) =>
  apply({
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name, namespace: "shop", labels: { role } },
    spec: { containers: [{ name: "main", image: "public.ecr.aws/nginx/nginx:latest" }], terminationGracePeriodSeconds: 0, ...more },
  });

const podNow = (name: string) => client().get("pods", "shop", name);
const running = (name: string) =>
  eventually(`${name} Running`, async () => {
    const found = podNow(name);
    return found?.status?.phase === "Running" && found.status.podIP ? found : undefined;
  });
const branchOf = (name: string) => JSON.parse(podNow(name)!.metadata.annotations![POD_ENI]!)[0];
const events = (name: string, reason: string) =>
  client()
    .list("events")
    .filter((each) => each.involvedObject?.name === name && each.reason === reason);
const told = (name: string, reason: string, message: RegExp) =>
  eventually(`event ${reason} of ${name}`, async () => events(name, reason).find((each) => message.test(each.message)));

async function interfaces(...ids: string[]) {
  const { NetworkInterfaces = [] } = await ec2.send(
    new DescribeNetworkInterfacesCommand({ Filters: [{ Name: "network-interface-id", Values: ids }] }),
  );
  return NetworkInterfaces;
}

async function group(name: string): Promise<string> {
  const { GroupId } = await ec2.send(new CreateSecurityGroupCommand({ GroupName: name, Description: name, VpcId: scenario.network.vpcId }));
  return GroupId!;
}

async function explain(from: string, to?: string, port = 80): Promise<NetReport> {
  const { endpoint, adminToken } = scenario.test.connection;
  const query = to === undefined ? "" : `?${new URLSearchParams({ to: `shop/${to}`, port: String(port) })}`;
  const url = `${endpoint}/_atoll/clusters/${ACCOUNT}/us-west-2/main/net/shop/${from}${query}`;
  const response = await fetch(url, { headers: { authorization: `Bearer ${adminToken}` } });
  assert.equal(response.status, 200, await response.clone().text());
  return (await response.json()) as NetReport;
}

describe("security groups for pods", { skip }, () => {
  before(async () => {
    scenario = await startScenario({ nodes: 2, clock: time });
    ec2 = scenario.test.clients.ec2;
    config = await writeKubeconfig(scenario);
    dbGroup = await group("db");
    clientGroup = await group("clients");
    const fromClients = { IpProtocol: "tcp", FromPort: 5432, ToPort: 5432, UserIdGroupPairs: [{ GroupId: clientGroup }] };
    await ec2.send(new AuthorizeSecurityGroupIngressCommand({ GroupId: dbGroup, IpPermissions: [fromClients] }));
    await kube("create", "namespace", "shop");
  });
  after(async () => {
    await scenario?.test.close();
    rmSync(home, { recursive: true, force: true });
  });

  test("the types are there from the start, and a CNINode for every node", async () => {
    assert.match(await kube("api-resources", "--api-group=vpcresources.k8s.aws"), /cninodes +cnd .*\n.*securitygrouppolicies +sgp /);
    const nodes = client().list("nodes");
    await eventually("CNINodes", async () => client().list("cninodes.vpcresources.k8s.aws").length === nodes.length);
    const [cniNode] = client().list("cninodes.vpcresources.k8s.aws");
    assert.equal(cniNode?.metadata.ownerReferences?.[0]?.kind, "Node");
    assert.deepEqual(cniNode?.metadata.finalizers, ["networking.k8s.aws/resource-cleanup"]);
    assert.equal(cniNode?.spec.tags["cluster.k8s.amazonaws.com/name"], "main");
    assert.equal(cniNode?.spec.features, undefined);
  });

  test("what makes no sense is refused", async () => {
    const env = { ...scenario.test.environment(), KUBECONFIG: config };
    const refused = async (object: object, message: RegExp) => {
      const { code, stderr } = await run(tool!, ["apply", "-f", "-"], { env, input: JSON.stringify(object) });
      assert.notEqual(code, 0);
      assert.match(stderr, message);
    };
    const securityGroups = { groupIds: [] };
    const empty = {
      apiVersion: "vpcresources.k8s.aws/v1beta1",
      kind: "SecurityGroupPolicy",
      metadata: { name: "empty", namespace: "shop" },
    };
    await refused({ ...empty, spec: { podSelector: {}, securityGroups } }, /spec\.securityGroups\.groupIds.*should have at least 1 item/);
    const cniNode = { apiVersion: "vpcresources.k8s.aws/v1alpha1", kind: "CNINode", metadata: { name: "odd" } };
    await refused({ ...cniNode, spec: { features: [{ name: "Teleport" }] } }, /Unsupported value: "Teleport"/);
    const containers = [{ name: "main", image: "nginx" }];
    const forged = { apiVersion: "v1", kind: "Pod", metadata: { name: "forged", annotations: { [POD_ENI]: "[]" } }, spec: { containers } };
    await refused(forged, /pod cannot be created with vpc\.amazonaws\.com\/pod-eni annotation/);
  });

  test("without the policy on the cluster role there is no trunk, and the node says so", async () => {
    await kube("set", "env", "daemonset/aws-node", "-n", "kube-system", "ENABLE_POD_ENI=true");
    const [node] = client().list("nodes");
    await told(node!.metadata.name, "TrunkENICreationFailed", /Insufficient permissions: Unable to create Elastic Network Interface\./);
    await told(node!.metadata.name, "NodeTrunkFailedInit", /failed initializing trunk/);
    assert.equal(client().get("nodes", "", node!.metadata.name)?.status.capacity[POD_ENI], undefined);
    await policy("db", "db", [dbGroup]);
    await pod("db-1", "db");
    await told("db-1", "FailedScheduling", /2 Insufficient vpc\.amazonaws\.com\/pod-eni/);
  });

  test("with it every node gets a trunk and offers nine branches", async () => {
    const PolicyArn = "arn:aws:iam::aws:policy/AmazonEKSVPCResourceController";
    await scenario.test.clients.iam.send(new AttachRolePolicyCommand({ RoleName: "cluster", PolicyArn }));
    for (const { metadata } of client().list("nodes")) {
      await eventually("the capacity", async () => client().get("nodes", "", metadata.name)?.status.allocatable[POD_ENI] === "9");
      await told(metadata.name, "NodeTrunkInitiated", /The node has trunk interface initialized successfully/);
    }
    const Filters = [{ Name: "interface-type", Values: ["trunk"] }];
    const { NetworkInterfaces = [] } = await ec2.send(new DescribeNetworkInterfacesCommand({ Filters }));
    assert.equal(NetworkInterfaces.length, 2);
    for (const trunk of NetworkInterfaces) {
      assert.equal(trunk.Description, "aws-k8s-trunk-eni");
      assert.equal(trunk.Attachment?.DeviceIndex, 2);
      assert.equal(trunk.Attachment?.DeleteOnTermination, true);
      assert.equal(trunk.RequesterManaged, false);
    }
  });

  test("the waiting pod runs on a branch interface with the policy's groups", async () => {
    const db = await running("db-1");
    const branch = branchOf("db-1");
    assert.equal(db.status.podIP, branch.privateIp);
    const [eni] = await interfaces(branch.eniId);
    assert.equal(eni?.InterfaceType, "branch");
    assert.equal(eni?.Description, "aws-k8s-branch-eni");
    assert.deepEqual(
      eni?.Groups?.map(({ GroupId }) => GroupId),
      [dbGroup],
    );
    assert.equal(eni?.PrivateIpAddress, branch.privateIp);
    const tags = Object.fromEntries(eni!.TagSet!.map(({ Key, Value }) => [Key, Value]));
    assert.equal(tags["vpcresources.k8s.aws/vlan-id"], "1");
    assert.equal(tags["eks:eni:owner"], "eks-vpc-resource-controller");
    const { InterfaceAssociations = [] } = await ec2.send(new DescribeTrunkInterfaceAssociationsCommand({}));
    const association = InterfaceAssociations.find(({ BranchInterfaceId }) => BranchInterfaceId === branch.eniId);
    assert.equal(association?.VlanId, branch.vlanId);
    assert.equal(association?.AssociationId, branch.associationID);
    assert.equal(association?.TrunkInterfaceId, tags["vpcresources.k8s.aws/trunk-eni-id"]);
    await told("db-1", "SecurityGroupRequested", new RegExp(`Pod will get the following Security Groups \\[${dbGroup}\\]`));
    await told("db-1", "ResourceAllocated", /^Allocated \[\{"eniId":"eni-/);
    assert.match(await kube("describe", "pod", "-n", "shop", "db-1"), /vpc\.amazonaws\.com\/pod-eni: +1/);
    assert.match(await kube("get", "sgp", "-n", "shop"), new RegExp(`db +\\["${dbGroup}"\\]`));
  });

  test("nobody else may write the annotation", async () => {
    const env = { ...scenario.test.environment(), KUBECONFIG: config };
    const { code, stderr } = await run(tool!, ["annotate", "pod", "-n", "shop", "db-1", "--overwrite", `${POD_ENI}=[]`], { env });
    assert.notEqual(code, 0);
    assert.match(stderr, /admission webhook "vpod\.vpc\.k8s\.aws" denied the request: annotation is not set by vpc-resource-controller/);
  });

  test("groups decide the traffic, also between pods of one node", async () => {
    await policy("clients", "client", [clientGroup]);
    const nodeName = podNow("db-1")!.spec.nodeName;
    await pod("client", "client", { nodeName });
    await pod("stranger", "none", { nodeName });
    await running("client");
    await running("stranger");
    const good = await explain("client", "db-1", 5432);
    assert.equal(good.passes, true, netExplainText(good));
    assert.match(netExplainText(good), /rule 10: iif vlan[0-9a-f]{11} lookup 10\d/);
    const closed = await explain("client", "db-1", 2271);
    assert.equal(closed.passes, false);
    assert.match(closed.answer, new RegExp(`no rule of ${dbGroup} on ${branchOf("db-1").eniId}`));
    assert.equal((await explain("stranger", "db-1", 5432)).passes, false);
    assert.equal((await explain("db-1", "stranger", 80)).passes, false, "the node's group admits only itself");
  });

  test("a group that EC2 does not know is told", async () => {
    await policy("unknown", "unknown", ["sg-00000000000000000"]);
    await pod("unknown", "unknown");
    await told(
      "unknown",
      "BranchAllocationFailed",
      /failed to allocate branch ENI to pod: creating network interface, InvalidSecurityGroupID\.NotFound: The security group/,
    );
    assert.equal(podNow("unknown")?.status?.podIP, undefined);
    assert.match((await explain("unknown")).answer, /waits for its branch interface .*InvalidSecurityGroupID\.NotFound/);
    await kube("delete", "pod", "-n", "shop", "unknown");
  });

  test("a policy's change bears on new pods only", async () => {
    await policy("db", "db", [dbGroup, clientGroup]);
    await pod("db-2", "db");
    await running("db-2");
    assert.equal((await interfaces(branchOf("db-1").eniId))[0]?.Groups?.length, 1);
    assert.equal((await interfaces(branchOf("db-2").eniId))[0]?.Groups?.length, 2);
  });

  test("what fails in strict mode is told and happens; in standard mode it works", async () => {
    const livenessProbe = { tcpSocket: { port: 8080 }, periodSeconds: 1, failureThreshold: 1 };
    const containers = [{ name: "main", image: "nginx", livenessProbe }];
    await apply({
      apiVersion: "v1",
      kind: "Service",
      metadata: { name: "web", namespace: "shop" },
      spec: { type: "NodePort", externalTrafficPolicy: "Local", selector: { role: "client" }, ports: [{ port: 80 }] },
    });
    await pod("strict", "client", { containers });
    await running("strict");
    const warnings = netExplainText(await explain("strict"));
    assert.match(warnings, /TCP probes of port 8080 fail in strict mode: set DISABLE_TCP_EARLY_DEMUX=true/);
    assert.match(warnings, new RegExp(`no rule of ${clientGroup} admits the node .* to port 8080`));
    assert.match(warnings, /shop\/web has externalTrafficPolicy Local/);
    await told("strict", "Unhealthy", /Liveness probe failed: dial tcp [\d.]+:8080: i\/o timeout/);
    await eventually("a restart", async () => podNow("strict")?.status.containerStatuses[0].restartCount > 0);

    await kube("set", "env", "daemonset/aws-node", "-n", "kube-system", "-c", "aws-node", "POD_SECURITY_GROUP_ENFORCING_MODE=standard");
    await kube("rollout", "status", "daemonset/aws-node", "-n", "kube-system", "--timeout=20s");
    await eventually("the new mode", async () => {
      await pod("standard", "client", { containers, nodeName: podNow("strict")!.spec.nodeName });
      await running("standard");
      if (/rule 1536: from/.test(netExplainText(await explain("standard", "strict")))) return true;
      await kube("delete", "pod", "-n", "shop", "standard");
      return false;
    });
    assert.doesNotMatch(netExplainText(await explain("standard")), /strict mode/);
    assert.equal(podNow("standard")?.status.containerStatuses[0].restartCount, 0);
    assert.match(netExplainText(await explain("strict", "standard")), /rule 10: iif vlan/, "pods keep the mode they were set up in");
    await kube("delete", "pod", "-n", "shop", "strict", "standard");
  });

  test("a deleted pod's interface cools down, then goes; its group can be deleted", async () => {
    const ids = ["db-1", "db-2", "client"].map((name) => branchOf(name).eniId as string);
    await kube("delete", "pod", "-n", "shop", "db-1", "db-2", "client");
    assert.equal((await interfaces(...ids)).length, 3);
    await assert.rejects(ec2.send(new DeleteSecurityGroupCommand({ GroupId: dbGroup })), { name: "DependencyViolation" });
    time.step(31_000);
    await new Promise((resolve) => setTimeout(resolve, 200));
    assert.equal((await interfaces(...ids)).length, 3, "they rest for 60 s");
    time.step(60_000);
    await eventually("the interfaces are gone", async () => (await interfaces(...ids)).length === 0);
    const { InterfaceAssociations = [] } = await ec2.send(new DescribeTrunkInterfaceAssociationsCommand({}));
    assert.deepEqual(InterfaceAssociations, []);
    await ec2.send(new DeleteSecurityGroupCommand({ GroupId: dbGroup }));
  });

  test("a node takes its trunk and its branches with it", async () => {
    await pod("last", "client");
    const { spec } = await running("last");
    const { eniId } = branchOf("last");
    const InstanceIds = [client().get("nodes", "", spec.nodeName)!.spec.providerID.split("/").pop() as string];
    await ec2.send(new TerminateInstancesCommand({ InstanceIds }));
    await eventually("the CNINode is gone", async () => !client().get("cninodes.vpcresources.k8s.aws", "", spec.nodeName));
    assert.deepEqual(await interfaces(eniId), []);
    const Filters = [{ Name: "tag:node.k8s.amazonaws.com/instance_id", Values: InstanceIds }];
    assert.deepEqual((await ec2.send(new DescribeNetworkInterfacesCommand({ Filters }))).NetworkInterfaces, []);
  });
});
