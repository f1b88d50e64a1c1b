// Nodes of the customer's own: instances join by their user data or the console says why not; over a restart, and until they end.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { promisify } from "node:util";
import {
  AutoScalingClient,
  CreateAutoScalingGroupCommand,
  DeleteAutoScalingGroupCommand,
  DescribeAutoScalingGroupsCommand,
  SetDesiredCapacityCommand,
} from "@aws-sdk/client-auto-scaling";
import {
  CreateLaunchTemplateCommand,
  CreateSecurityGroupCommand,
  CreateSubnetCommand,
  GetConsoleOutputCommand,
  RevokeSecurityGroupEgressCommand,
  RunInstancesCommand,
  type RunInstancesCommandInput,
  TerminateInstancesCommand,
} from "@aws-sdk/client-ec2";
import { type Cluster, CreateAccessEntryCommand } from "@aws-sdk/client-eks";
import { AddRoleToInstanceProfileCommand, CreateInstanceProfileCommand, PutRolePolicyCommand } from "@aws-sdk/client-iam";
import { type Atoll, startAtoll } from "../../src/atoll.ts";
import { createLog } from "../../src/base/log.ts";
import { readConfig } from "../../src/config.ts";
import { imageId, nodeImages } from "../../src/services/node-images.ts";
import { ACCOUNT, type Clients, REGION, sdkClients } from "../support/atoll.ts";
import { writeKubeconfig } from "../support/kube.ts";
import { kubectl } from "../support/kubectl.ts";
import { trust } from "../support/policies.ts";
import { createCluster, createNetwork, createRole, type Network } from "../support/scenario.ts";
import { eventually } from "../support/wait.ts";

const dataDir = mkdtempSync(join(tmpdir(), "atoll-self-managed-"));
const config = readConfig({ dataDir, port: 0, tlsPort: 0, account: ACCOUNT, region: REGION }, {});
const CNI = ["AmazonEKSWorkerNodePolicy", "AmazonEKS_CNI_Policy", "AmazonEC2ContainerRegistryReadOnly"];

let atoll: Atoll;
let clients: Clients;
let scaling: AutoScalingClient;
let network: Network;
let cluster: Cluster;

async function start(): Promise<void> {
  atoll = await startAtoll(config, { log: createLog("error") });
  clients = sdkClients(atoll.endpoint, atoll.rootKey);
  scaling = new AutoScalingClient({ endpoint: atoll.endpoint, region: REGION, credentials: atoll.rootKey, maxAttempts: 1 });
}
async function stop(): Promise<void> {
  for (const client of [...(Object.values(clients) as { destroy(): void }[]), scaling]) client.destroy();
  await atoll.close();
}

const nodes = () => atoll.clusters.kube(`${ACCOUNT}/${REGION}/main`)!.list("nodes");
const nodeOf = (instanceId: string) => nodes().find(({ spec }) => String(spec?.providerID).endsWith(`/${instanceId}`));
const readyNode = (instanceId: string) =>
  eventually(`the node of ${instanceId} is ready`, async () => {
    const node = nodeOf(instanceId);
    const ready = node?.status?.conditions?.find(({ type }: { type: string }) => type === "Ready")?.status === "True";
    return ready && node;
  });
const image = (type: string) => imageId(REGION, nodeImages().findLast((each) => each.type === type && each.version === cluster.version)!);
const base64 = (text: string) => Buffer.from(text).toString("base64");

/** A NodeConfig for the cluster; what is given replaces a member. */
function nodeConfig(change: Readonly<Record<string, string>> = {}, kubelet = ""): string {
  const { name, endpoint, certificateAuthority } = cluster;
  const members = { name, apiServerEndpoint: endpoint, certificateAuthority: certificateAuthority!.data, cidr: "10.100.0.0/16", ...change };
  const lines = Object.entries(members).map(([key, value]) => `    ${key}: ${value}`);
  return ["apiVersion: node.eks.aws/v1alpha1", "kind: NodeConfig", "spec:", "  cluster:", ...lines, kubelet].join("\n");
}

async function run(userData: string, change: Partial<RunInstancesCommandInput> = {}): Promise<string> {
  const { Instances } = await clients.ec2.send(
    new RunInstancesCommand({
      ...{ MinCount: 1, MaxCount: 1, InstanceType: "m5.large", SubnetId: network.subnets[0] },
      ...{ ImageId: image("AL2023_x86_64_STANDARD"), IamInstanceProfile: { Name: "own" }, UserData: base64(userData) },
      ...change,
    }),
  );
  return Instances![0]!.InstanceId!;
}
const terminate = (...InstanceIds: string[]) => clients.ec2.send(new TerminateInstancesCommand({ InstanceIds }));
const consoleOf = async (InstanceId: string) => {
  const { Output = "" } = await clients.ec2.send(new GetConsoleOutputCommand({ InstanceId }));
  return Buffer.from(Output, "base64").toString();
};
const says = (instanceId: string, pattern: RegExp) =>
  eventually(`the console says ${pattern}`, async () => pattern.test(await consoleOf(instanceId)));

/** A role with an instance profile of the same name. */
async function profile(name: string, managed: readonly string[]): Promise<string> {
  const arn = await createRole(clients.iam, name, trust({ Service: "ec2.amazonaws.com" }), { managed });
  await clients.iam.send(new CreateInstanceProfileCommand({ InstanceProfileName: name }));
  await clients.iam.send(new AddRoleToInstanceProfileCommand({ InstanceProfileName: name, RoleName: name }));
  return arn;
}
const admit = (principalArn: string) =>
  clients.eks.send(new CreateAccessEntryCommand({ clusterName: "main", principalArn, type: "EC2_LINUX" }));

before(async () => {
  await start();
  network = await createNetwork(clients.ec2);
  const role = await createRole(clients.iam, "cluster", trust({ Service: "eks.amazonaws.com" }), { managed: ["AmazonEKSClusterPolicy"] });
  cluster = await createCluster(clients.eks, "main", role, network.subnets);
  await admit(await profile("own", CNI));
});
after(async () => {
  await stop();
  rmSync(dataDir, { recursive: true, force: true });
});

test("a group of Auto Scaling makes nodes with the kubelet's flags, and takes them away", async (t) => {
  const kubelet =
    "  kubelet:\n    config: {maxPods: 17}\n    flags: ['--node-labels=team=blue', '--register-with-taints=own=yes:PreferNoSchedule']";
  const data = { ImageId: image("AL2023_x86_64_STANDARD"), InstanceType: "m5.large", IamInstanceProfile: { Name: "own" } } as const;
  await clients.ec2.send(
    new CreateLaunchTemplateCommand({
      LaunchTemplateName: "own",
      LaunchTemplateData: { ...data, UserData: base64(nodeConfig({}, kubelet)) },
    }),
  );
  const AutoScalingGroupName = "own";
  await scaling.send(
    new CreateAutoScalingGroupCommand({
      ...{ AutoScalingGroupName, MinSize: 0, MaxSize: 2, DesiredCapacity: 2, VPCZoneIdentifier: network.subnets.join(",") },
      LaunchTemplate: { LaunchTemplateName: "own" },
    }),
  );
  const members = await eventually("two members", async () => {
    const { AutoScalingGroups } = await scaling.send(
      new DescribeAutoScalingGroupsCommand({ AutoScalingGroupNames: [AutoScalingGroupName] }),
    );
    const ids = AutoScalingGroups![0]!.Instances!.map(({ InstanceId }) => InstanceId!);
    return ids.length === 2 && ids;
  });
  for (const id of members) {
    const node = await readyNode(id);
    assert.equal(node.metadata.labels?.team, "blue");
    assert.equal(node.metadata.labels?.["eks.amazonaws.com/nodegroup"], undefined);
    const own = (node.spec!.taints as { key: string }[]).filter(({ key }) => key === "own");
    assert.deepEqual(own, [{ key: "own", value: "yes", effect: "PreferNoSchedule" }]);
    assert.equal(node.status?.capacity?.pods, "17");
    await says(id, /Successfully registered node/);
  }
  const binary = kubectl("35");
  if (binary) {
    const scenario = { test: { home: dataDir, root: atoll.rootKey, connection: { endpoint: atoll.endpoint } }, cluster, name: "main" };
    const path = await writeKubeconfig(scenario as never);
    const { stdout: seen } = await promisify(execFile)(binary, ["--kubeconfig", path, "get", "nodes", "-l", "team=blue", "--no-headers"]);
    assert.equal(
      seen
        .trim()
        .split("\n")
        .filter((line) => / Ready /.test(line)).length,
      2,
      seen,
    );
  } else t.diagnostic("needs kubectl for its view");
  await scaling.send(new SetDesiredCapacityCommand({ AutoScalingGroupName, DesiredCapacity: 1 }));
  await eventually("one node left", async () => nodes().length === 1);
  await scaling.send(new DeleteAutoScalingGroupCommand({ AutoScalingGroupName, ForceDelete: true }));
  await eventually("no node left", async () => nodes().length === 0);
});

test("Bottlerocket joins by its settings", async () => {
  const { endpoint, certificateAuthority } = cluster;
  const toml = `[settings.kubernetes]\ncluster-name = "main"\napi-server = "${endpoint}"\ncluster-certificate = "${certificateAuthority!.data}"\n[settings.kubernetes.node-labels]\nteam = "green"\n`;
  const bottlerocket = await run(toml, { ImageId: image("BOTTLEROCKET_x86_64") });
  assert.equal((await readyNode(bottlerocket)).metadata.labels?.team, "green");
  await terminate(bottlerocket);
  await eventually("its node gone", async () => nodeOf(bottlerocket) === undefined);
});

test("an instance that may not come in keeps knocking, and comes in once it may", async () => {
  const late = await profile("late", CNI);
  const id = await run(nodeConfig(), { IamInstanceProfile: { Name: "late" } });
  await says(id, /Unauthorized .*access entry of type EC2_LINUX/);
  assert.equal(nodeOf(id), undefined);
  await admit(late);
  await readyNode(id);
  await terminate(id);
});

test("without rights for the CNI the node is there, and not ready", async () => {
  await admit(await profile("poor", ["AmazonEKSWorkerNodePolicy"]));
  const id = await run(nodeConfig(), { IamInstanceProfile: { Name: "poor" } });
  await says(id, /it is not ready/);
  await terminate(id);
});

test("whatever is wrong, no node appears and the console says what", async (t) => {
  const { subnets, vpcId } = network;
  const lonely = await clients.ec2.send(new CreateSubnetCommand({ VpcId: vpcId, CidrBlock: "10.20.9.0/24" }));
  const shut = await clients.ec2.send(new CreateSecurityGroupCommand({ GroupName: "shut", Description: "shut", VpcId: vpcId }));
  const IpPermissions = [{ IpProtocol: "-1", IpRanges: [{ CidrIp: "0.0.0.0/0" }] }];
  await clients.ec2.send(new RevokeSecurityGroupEgressCommand({ GroupId: shut.GroupId, IpPermissions }));
  const wrong: readonly [what: string, userData: string, change: Partial<RunInstancesCommandInput>, line: RegExp][] = [
    [
      "authority",
      nodeConfig({ certificateAuthority: base64("-----BEGIN CERTIFICATE-----\nQQ==\n-----END CERTIFICATE-----") }),
      {},
      /unknown authority/,
    ],
    ["endpoint", nodeConfig({ apiServerEndpoint: "https://127.0.0.1:1" }), {}, /no cluster answers/],
    ["cluster name", nodeConfig({ name: "other" }), {}, /Unauthorized .*token is for cluster other/],
    ["missing member", nodeConfig({ cidr: "" }), {}, /CIDR is missing/],
    ["label", nodeConfig({}, "  kubelet: {flags: ['--node-labels=kubernetes.io/role=x']}"), {}, /unknown 'kubernetes.io'/],
    ["no profile", nodeConfig(), { IamInstanceProfile: undefined }, /no instance profile/],
    ["subnet", nodeConfig(), { SubnetId: lonely.Subnet!.SubnetId }, /no route to the internet/],
    ["security group", nodeConfig(), { SecurityGroupIds: [shut.GroupId!], SubnetId: subnets[1] }, /do not let it connect/],
    ["Windows", "<powershell>", { ImageId: image("WINDOWS_CORE_2022_x86_64") }, /does not simulate Windows/],
    ["empty user data", "", { UserData: undefined }, /could not find NodeConfig/],
  ];
  const ids: string[] = [];
  for (const [what, userData, change, line] of wrong) {
    await t.test(what, async () => {
      const id = await run(userData, change);
      ids.push(id);
      await says(id, line);
      assert.equal(nodeOf(id), undefined);
    });
  }
  const other = await run(nodeConfig(), { ImageId: "ami-0123456789abcdef0" });
  await atoll.controllers.idle();
  assert.equal(await consoleOf(other), "");
  assert.equal(nodeOf(other), undefined);
  await terminate(...ids, other);
});

test("a restart keeps nodes, and takes away those whose instances have ended", async () => {
  const id = await run(nodeConfig());
  const { uid } = (await readyNode(id)).metadata;
  await stop();
  await start();
  await eventually("the cluster runs again", async () => atoll.clusters.kube(`${ACCOUNT}/${REGION}/main`) !== undefined);
  const again = await readyNode(id);
  assert.equal(again.metadata.uid, uid);
  await terminate(id);
  await eventually("its node gone", async () => nodeOf(id) === undefined);
});

test("bootstrap.sh without an endpoint describes the cluster, if the role may", async () => {
  const al2 = nodeImages().findLast(({ type }) => type === "AL2_x86_64")!;
  const old = { ImageId: imageId(REGION, al2), IamInstanceProfile: { Name: "plain" } };
  await admit(await profile("plain", ["AmazonEKS_CNI_Policy"]));
  const id = await run("#!/bin/bash\n/etc/eks/bootstrap.sh main --kubelet-extra-args '--node-labels=team=red'", old);
  await says(id, /AccessDenied.*DescribeCluster/);
  const allow = { Version: "2012-10-17", Statement: [{ Effect: "Allow", Action: "eks:DescribeCluster", Resource: "*" }] };
  await clients.iam.send(new PutRolePolicyCommand({ RoleName: "plain", PolicyName: "describe", PolicyDocument: JSON.stringify(allow) }));
  assert.equal((await readyNode(id)).metadata.labels?.team, "red");
  await terminate(id);
});
