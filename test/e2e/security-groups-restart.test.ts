// Security groups for pods over a restart of Atoll: branches stay with their pods, on their nodes, and new ones get other VLAN ids.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { CreateSecurityGroupCommand, DescribeNetworkInterfacesCommand } from "@aws-sdk/client-ec2";
import { AttachRolePolicyCommand } from "@aws-sdk/client-iam";
import { type Atoll, startAtoll } from "../../src/atoll.ts";
import { createLog } from "../../src/base/log.ts";
import { readConfig } from "../../src/config.ts";
import { SimulatedNode } from "../../src/nodes/simulated-node.ts";
import { ACCOUNT, type Clients, REGION, sdkClients } from "../support/atoll.ts";
import { createCluster, createNetwork, createNodegroup, createRoles } from "../support/scenario.ts";
import { eventually } from "../support/wait.ts";

const KEY = `${ACCOUNT}/${REGION}/main`;
const POD_ENI = "vpc.amazonaws.com/pod-eni";
const dataDir = mkdtempSync(join(tmpdir(), "atoll-sgp-restart-"));
const config = readConfig({ dataDir, port: 0, tlsPort: 0, account: ACCOUNT, region: REGION }, {});

let atoll: Atoll;
let clients: Clients;
async function start(): Promise<void> {
  atoll = await startAtoll(config, { log: createLog("error") });
  clients = sdkClients(atoll.endpoint, atoll.rootKey);
}
async function stop(): Promise<void> {
  for (const client of Object.values(clients) as { destroy(): void }[]) client.destroy();
  await atoll.close();
}
after(async () => {
  await stop();
  rmSync(dataDir, { recursive: true, force: true });
});

const kube = () => atoll.clusters.kube(KEY)!;
const pod = (name: string) =>
  kube().create("pods", "default", {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name },
    spec: { containers: [{ name: "main", image: "nginx" }] },
  });

/** Address and VLAN id of a pod that runs. */
const placed = (name: string) =>
  eventually(`${name} runs`, async () => {
    const found = kube().get("pods", "default", name);
    const branch = JSON.parse(found?.metadata.annotations?.[POD_ENI] ?? "[{}]")[0];
    return found?.status?.phase === "Running" ? { address: found.status.podIP as string, vlan: branch.vlanId as number } : undefined;
  });
const branches = async () => {
  const Filters = [{ Name: "interface-type", Values: ["branch", "trunk"] }];
  const { NetworkInterfaces = [] } = await clients.ec2.send(new DescribeNetworkInterfacesCommand({ Filters }));
  return NetworkInterfaces.map((each) => each.NetworkInterfaceId).sort();
};

test("what pods have they keep", async () => {
  await start();
  const network = await createNetwork(clients.ec2);
  const roles = await createRoles(clients.iam);
  const PolicyArn = "arn:aws:iam::aws:policy/AmazonEKSVPCResourceController";
  await clients.iam.send(new AttachRolePolicyCommand({ RoleName: "cluster", PolicyArn }));
  await createCluster(clients.eks, "main", roles.cluster, network.subnets);
  await createNodegroup(clients.eks, "main", roles.node, network.subnets, 1);
  const env = [{ name: "ENABLE_POD_ENI", value: "true" }];
  const template = { spec: { containers: [{ name: "aws-node", env }] } };
  await kube().patch("daemonsets.apps", "kube-system", "aws-node", "strategic", { spec: { template } });
  const { GroupId } = await clients.ec2.send(new CreateSecurityGroupCommand({ GroupName: "db", Description: "db", VpcId: network.vpcId }));
  await kube().create("securitygrouppolicies.vpcresources.k8s.aws", "default", {
    apiVersion: "vpcresources.k8s.aws/v1beta1",
    kind: "SecurityGroupPolicy",
    metadata: { name: "all" },
    spec: { podSelector: {}, securityGroups: { groupIds: [GroupId] } },
  });
  await pod("one");
  await pod("two");
  const before = [await placed("one"), await placed("two")];
  const ids = await branches();
  assert.equal(ids.length, 3);

  await stop();
  await start();
  await eventually("the cluster", async () => kube() !== undefined);
  assert.deepEqual([await placed("one"), await placed("two")], before);
  assert.deepEqual(await branches(), ids);
  await pod("three");
  assert.equal((await placed("three")).vlan, 3);
  const [node] = kube().list("nodes");
  await eventually("their links on the node", async () => {
    const running = atoll.nodes.byName(KEY, node!.metadata.name);
    const driver = running instanceof SimulatedNode ? running.cni?.driver : undefined;
    return ["one", "two", "three"].every((name) => driver?.of("default", name)[0]?.vlanId !== undefined);
  });
});
