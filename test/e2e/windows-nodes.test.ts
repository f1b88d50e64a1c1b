// A Windows node group as users make it, with the SDK and kubectl: who runs there, and where pods get their addresses from.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { CreateSubnetCidrReservationCommand, DescribeNetworkInterfacesCommand, DescribeSubnetsCommand } from "@aws-sdk/client-ec2";
import {
  CreateNodegroupCommand,
  type CreateNodegroupCommandInput,
  DescribeAccessEntryCommand,
  DescribeNodegroupCommand,
} from "@aws-sdk/client-eks";
import { AttachRolePolicyCommand, DetachRolePolicyCommand } from "@aws-sdk/client-iam";
import type { NetReport } from "../../src/base/net-report.ts";
import type { KubeObject } from "../../src/kubernetes/api/object.ts";
import { ACCOUNT } from "../support/atoll.ts";
import { writeKubeconfig } from "../support/kube.ts";
import { kubectl } from "../support/kubectl.ts";
import { trust } from "../support/policies.ts";
import { run } from "../support/run.ts";
import { createRole, type Scenario, startScenario } from "../support/scenario.ts";
import { eventually } from "../support/wait.ts";

const ADDRESS = "vpc.amazonaws.com/PrivateIPv4Address";
const CONTROLLER_POLICY = "arn:aws:iam::aws:policy/AmazonEKSVPCResourceController";
const tool = kubectl("35");
const skip = tool ? false : "needs kubectl";

let scenario: Scenario;
let config: string;

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

const client = () => scenario.test.atoll.clusters.cluster(`${ACCOUNT}/us-west-2/main`)!.client();
const windowsNode = () =>
  client()
    .list("nodes")
    .find(({ metadata }) => metadata.labels?.["kubernetes.io/os"] === "windows");
const podNow = (name: string) => client().get("pods", "default", name);
const windowsIpam = (data: Record<string, string | null>) =>
  kube("-n", "kube-system", "patch", "configmap", "amazon-vpc-cni", "--type", "merge", "-p", JSON.stringify({ data }));

const pod = (name: string, os: "windows" | "linux" = "windows") =>
  apply({
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name },
    spec: {
      nodeSelector: { "kubernetes.io/os": os },
      containers: [{ name: "main", image: "mcr.microsoft.com/windows/servercore:ltsc2022" }],
      terminationGracePeriodSeconds: 0,
    },
  });

const running = (name: string): Promise<KubeObject> =>
  eventually(`${name} Running`, async () => {
    const found = podNow(name);
    return found?.status?.phase === "Running" && found.status.podIP ? found : undefined;
  });

async function told(name: string, reason: string): Promise<string> {
  const found = await eventually(`event ${reason} of ${name}`, async () =>
    client()
      .list("events")
      .find((each) => each.involvedObject?.name === name && each.reason === reason),
  );
  return found.message;
}

/** The interfaces of the Windows instance. */
async function interfaces() {
  const id: string = windowsNode()!.spec.providerID.split("/").pop();
  const Filters = [{ Name: "attachment.instance-id", Values: [id] }];
  return (await scenario.test.clients.ec2.send(new DescribeNetworkInterfacesCommand({ Filters }))).NetworkInterfaces ?? [];
}

async function explain(name: string): Promise<NetReport> {
  const { endpoint, adminToken } = scenario.test.connection;
  const url = `${endpoint}/_atoll/clusters/${ACCOUNT}/us-west-2/main/net/default/${name}`;
  const response = await fetch(url, { headers: { authorization: `Bearer ${adminToken}` } });
  assert.equal(response.status, 200, await response.clone().text());
  return (await response.json()) as NetReport;
}

describe("Windows nodes", { skip }, () => {
  before(async () => {
    scenario = await startScenario({ nodes: 1 });
    // As AWS advises for prefixes: elsewhere in the subnet no /28 may be left without an address in it.
    const [SubnetId = ""] = scenario.network.subnets;
    const reserved = { SubnetId, Cidr: "10.20.0.192/26", ReservationType: "prefix" } as const;
    await scenario.test.clients.ec2.send(new CreateSubnetCidrReservationCommand(reserved));
    config = await writeKubeconfig(scenario);
  });
  after(() => scenario?.test.close());

  test("a node group of a Windows image joins: its own access entry, system and build, no daemon sets, no taints", async () => {
    const { eks, iam } = scenario.test.clients;
    const managed = ["AmazonEKSWorkerNodePolicy", "AmazonEKS_CNI_Policy", "AmazonEC2ContainerRegistryReadOnly"];
    const nodeRole = await createRole(iam, "windows-node", trust({ Service: "ec2.amazonaws.com" }), { managed });
    const group = { clusterName: "main", nodegroupName: "windows" };
    const machines: Pick<CreateNodegroupCommandInput, "amiType" | "instanceTypes" | "nodeRole"> = {
      amiType: "WINDOWS_CORE_2022_x86_64",
      instanceTypes: ["m5.large"],
      nodeRole,
    };
    const scalingConfig = { minSize: 0, maxSize: 2, desiredSize: 1 };
    await eks.send(new CreateNodegroupCommand({ ...group, ...machines, scalingConfig, subnets: [scenario.network.subnets[0]!] }));
    const { nodegroup } = await eventually("the node group", async () => {
      const found = await eks.send(new DescribeNodegroupCommand(group));
      assert.notEqual(found.nodegroup?.status, "CREATE_FAILED", JSON.stringify(found.nodegroup?.health));
      return found.nodegroup?.status === "ACTIVE" && found;
    });
    assert.equal(nodegroup?.diskSize, 50);
    const { accessEntry } = await eks.send(new DescribeAccessEntryCommand({ clusterName: "main", principalArn: nodeRole }));
    assert.equal(accessEntry?.type, "EC2_WINDOWS");
    const wide = await kube("get", "nodes", "-l", "kubernetes.io/os=windows", "-o", "wide", "--no-headers");
    assert.match(wide, / Ready .* Windows Server 2022 Datacenter .* 10\.0\.20348\.\d+ .*containerd:\/\//);
    const node = windowsNode()!;
    assert.equal(node.metadata.labels?.["node.kubernetes.io/windows-build"], "10.0.20348");
    assert.equal(node.status.capacity.pods, "9");
    assert.equal(node.spec.taints, undefined);
    const on = await kube("get", "pods", "-A", "-o", "name", "--field-selector", `spec.nodeName=${node.metadata.name}`);
    assert.equal(on.trim(), "");
  });

  test("as long as the ConfigMap does not say so, the resource controller gives no addresses", async () => {
    assert.equal(client().get("configmaps", "kube-system", "amazon-vpc-cni")?.data["enable-windows-ipam"], "false");
    await pod("early");
    const message = await told("early", "FailedCreatePodSandBox");
    assert.match(
      message,
      /plugin type="vpc-bridge" name="vpc" failed \(add\): failed to parse Kubernetes args: pod does not have label vpc\.amazonaws\.com\/PrivateIPv4Address$/,
    );
    assert.equal(podNow("early")?.spec.containers[0].resources?.limits, undefined);
    assert.equal(windowsNode()?.status.capacity[ADDRESS], undefined);
    assert.match((await explain("early")).answer, /enable-windows-ipam/);
    await kube("delete", "pod", "early");
  });

  test("without the right to assign addresses the node's events say it; with it pods run", async () => {
    const { iam } = scenario.test.clients;
    await windowsIpam({ "enable-windows-ipam": "true" });
    assert.match(await told(windowsNode()!.metadata.name, "NoPodAddress"), /UnauthorizedOperation/);
    await pod("first");
    assert.match(await told("first", "ResourceAllocationFailed"), /^Warm pool for resource .* is currently empty, will retry in 600ms$/);
    assert.match((await explain("first")).answer, /AmazonEKSVPCResourceController/);
    await iam.send(new AttachRolePolicyCommand({ RoleName: "cluster", PolicyArn: CONTROLLER_POLICY }));
    const first = await running("first");
    assert.equal(first.metadata.annotations?.[ADDRESS], `${first.status.podIP}/24`);
    assert.equal(windowsNode()?.status.allocatable[ADDRESS], "9");
  });

  test("addresses are secondary ones of the only interface, out of its subnet; Linux pods have none of it", async () => {
    await pod("second");
    await pod("other", "linux");
    const [first, second, other] = [await running("first"), await running("second"), await running("other")];
    const found = await eventually("three addresses", async () => {
      const now = await interfaces();
      assert.equal(now.length, 1);
      // Warm one, minimum three, as the add-on sets.
      return now[0]?.PrivateIpAddresses?.filter(({ Primary }) => !Primary).length === 3 && now[0];
    });
    const addresses = found.PrivateIpAddresses?.map(({ PrivateIpAddress }) => PrivateIpAddress);
    for (const { status } of [first, second]) assert.ok(addresses?.includes(status.podIP));
    const { Subnets = [] } = await scenario.test.clients.ec2.send(new DescribeSubnetsCommand({ SubnetIds: [found.SubnetId!] }));
    assert.equal(Subnets[0]?.CidrBlock, "10.20.0.0/24");
    assert.ok(!addresses?.includes(other.status.podIP));
    assert.equal(other.spec.containers[0].resources?.limits, undefined);
    assert.equal(other.metadata.annotations?.[ADDRESS], undefined);
    const report = await explain("first");
    assert.equal(report.passes, true, JSON.stringify(report));
    assert.match(report.answer, new RegExp(found.NetworkInterfaceId!));
  });

  test("prefixes instead of addresses: pods that run keep theirs, later ones are served from a /28", async () => {
    await windowsIpam({ "enable-windows-prefix-delegation": "true" });
    const prefix = await eventually("a prefix", async () => (await interfaces())[0]?.Ipv4Prefixes?.[0]?.Ipv4Prefix);
    await eventually("the node's capacity", async () => windowsNode()?.status.allocatable[ADDRESS] === "144");
    await pod("third");
    const third = await running("third");
    assert.match(prefix, /^10\.20\.0\.(192|208|224|240)\/28$/);
    assert.equal(third.metadata.annotations?.[ADDRESS], `${third.status.podIP}/32`);
    const { status } = await running("first");
    await eventually("the warm addresses given back", async () => (await interfaces())[0]?.PrivateIpAddresses?.length === 3);
    assert.ok((await interfaces())[0]?.PrivateIpAddresses?.some(({ PrivateIpAddress }) => PrivateIpAddress === status.podIP));
  });

  test("nobody but the controller writes the annotation, and rights that are taken away are missed", async () => {
    const env = { ...scenario.test.environment(), KUBECONFIG: config };
    const { code, stderr } = await run(tool!, ["annotate", "--overwrite", "pod", "first", `${ADDRESS}=10.20.0.99/24`], { env });
    assert.notEqual(code, 0);
    assert.match(stderr, /annotation is not set by vpc-resource-controller/);
    const refusals = () =>
      client()
        .list("events")
        .filter(({ reason }) => reason === "NoPodAddress")
        .reduce((sum, { count = 1 }) => sum + Number(count), 0);
    const before = refusals();
    await scenario.test.clients.iam.send(new DetachRolePolicyCommand({ RoleName: "cluster", PolicyArn: CONTROLLER_POLICY }));
    await windowsIpam({ "minimum-ip-target": "200" });
    await eventually("one more refusal", async () => refusals() > before);
  });
});
