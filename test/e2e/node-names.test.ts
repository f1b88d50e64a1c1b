// Nodes are named after their addresses, and EC2 gives addresses again: an instance that is replaced may leave its name to the next one.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import {
  CreateNetworkInterfaceCommand,
  CreateSubnetCommand,
  DescribeNetworkInterfacesCommand,
  TerminateInstancesCommand,
} from "@aws-sdk/client-ec2";
import type { KubeObject } from "../../src/kubernetes/api/object.ts";
import { createNodegroup, type Scenario, startScenario } from "../support/scenario.ts";
import { eventually } from "../support/wait.ts";

let scenario: Scenario;
before(async () => {
  scenario = await startScenario({ nodes: 0, flags: { addressChoice: "sequential" } });
  const { test: atoll, network, roles, name } = scenario;
  // One node's interface and an interface beside it take all of it: the next instance starts only when the node's is gone.
  const small = { VpcId: network.vpcId, AvailabilityZone: "us-west-2a", CidrBlock: "10.20.2.0/28" };
  const { Subnet } = await atoll.clients.ec2.send(new CreateSubnetCommand(small));
  await atoll.clients.ec2.send(new CreateNetworkInterfaceCommand({ SubnetId: Subnet!.SubnetId! }));
  await createNodegroup(atoll.clients.eks, name, roles.node, [Subnet!.SubnetId!], 1);
});
after(() => scenario.test.close());

const kube = () => scenario.test.atoll.clusters.kube("111122223333/us-west-2/main")!;
const instanceOf = (node: KubeObject): string => node.spec.providerID.split("/").pop();
const isReady = ({ status }: KubeObject) =>
  status?.conditions?.some((each: { type: string; status: string }) => each.type === "Ready" && each.status === "True");

/** Addresses of an instance's interfaces. */
async function addressesOf(instance: string): Promise<(string | undefined)[]> {
  const Filters = [{ Name: "attachment.instance-id", Values: [instance] }];
  const { NetworkInterfaces = [] } = await scenario.test.clients.ec2.send(new DescribeNetworkInterfacesCommand({ Filters }));
  return NetworkInterfaces.flatMap(({ PrivateIpAddresses = [] }) => PrivateIpAddresses.map((each) => each.PrivateIpAddress));
}

test("a node that comes under the name of a terminated one is a new node, and its pods have addresses of its instance", async () => {
  const [old] = kube().list("nodes");
  const name = old!.metadata.name;
  const spec = { containers: [{ name: "c", image: "nginx" }] };
  await kube().create("deployments.apps", "default", {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name: "web" },
    spec: { replicas: 3, selector: { matchLabels: { app: "web" } }, template: { metadata: { labels: { app: "web" } }, spec } },
  });
  const pods = () => kube().list("pods", { namespace: "default" });
  const allReady = () => pods().length === 3 && pods().every((pod) => isReady(pod) && pod.status.podIP);
  await eventually("pods ready", async () => allReady());
  await eventually("the subnet is full", async () => (await addressesOf(instanceOf(old!))).length === 10);

  await scenario.test.clients.ec2.send(new TerminateInstancesCommand({ InstanceIds: [instanceOf(old!)] }));
  const node = await eventually("a new node of that name", async () => {
    const found = kube().get("nodes", "", name);
    return found && found.metadata.uid !== old!.metadata.uid && isReady(found) && found;
  });
  assert.notEqual(instanceOf(node), instanceOf(old!));
  await eventually("pods ready on the new machine", async () => {
    const held = await addressesOf(instanceOf(node));
    return allReady() && pods().every(({ status }) => held.includes(status.podIP));
  });
  const addresses = pods().map(({ status }) => status.podIP);
  assert.equal(new Set(addresses).size, addresses.length);
});
