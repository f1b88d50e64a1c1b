// A cluster of many nodes and pods in this process: nodes per second to Ready, pods per second to Running with an address, memory.
import { AssociateVpcCidrBlockCommand, CreateSubnetCommand, DescribeSubnetsCommand } from "@aws-sdk/client-ec2";
import { CreateClusterCommand, CreateNodegroupCommand, DescribeClusterCommand } from "@aws-sdk/client-eks";
import { waitFor } from "../src/cli/demo/wait.ts";
import type { KubeObject } from "../src/kubernetes/api/object.ts";
import type { KubeClient } from "../src/kubernetes/client/client.ts";
import type { Figure } from "./figure.ts";
import type { Installation } from "./installation.ts";

const CLUSTER = "scale";
const KEY = `111122223333/us-west-2/${CLUSTER}`;
/** A managed node group's quota is 450 nodes. */
const GROUP = 450;
const DEPLOYMENT = 1000;
const PER_NODE = 30;
/** Interfaces an account must be allowed for thousands of nodes with several each. */
export const QUOTA = 100_000;
/** What large clusters set: as many addresses as pods are expected, and a few more (EKS Best Practices Guide, Networking). */
const SETTINGS = { MINIMUM_IP_TARGET: String(PER_NODE), WARM_IP_TARGET: "2" };

/** Fills a cluster of `nodes` m5.xlarge with thirty pods each. */
export async function scale(installation: Installation, nodes: number): Promise<Figure[]> {
  const { clients, atoll, network, clusterRole, nodeRole } = installation;
  const { eks } = clients;
  const subnets = await roomFor(installation, nodes);
  await eks.send(
    new CreateClusterCommand({ name: CLUSTER, roleArn: clusterRole, resourcesVpcConfig: { subnetIds: [...network.privateSubnets] } }),
  );
  await waitFor("cluster", async () => {
    const { cluster } = await eks.send(new DescribeClusterCommand({ name: CLUSTER }));
    return cluster?.status === "ACTIVE" ? true : undefined;
  });
  const client = atoll.clusters.kube(KEY) as KubeClient;
  const env = Object.entries(SETTINGS).map(([name, value]) => ({ name, value }));
  const template = { spec: { containers: [{ name: "aws-node", env }] } };
  await client.patch("daemonsets.apps", "kube-system", "aws-node", "strategic", { spec: { template } });

  const before = process.memoryUsage().rss;
  let began = performance.now();
  const ready = all(client, "nodes", nodes, isReady);
  for (let made = 0; made < nodes; made += GROUP) {
    const size = Math.min(GROUP, nodes - made);
    const scalingConfig = { minSize: size, maxSize: size, desiredSize: size };
    const nodegroupName = `group-${made / GROUP}`;
    const group = { clusterName: CLUSTER, nodegroupName, nodeRole, subnets, instanceTypes: ["m5.xlarge"], scalingConfig };
    await eks.send(new CreateNodegroupCommand(group));
  }
  await ready;
  const nodeRate = nodes / ((performance.now() - began) / 1000);

  const pods = nodes * PER_NODE;
  const full = process.memoryUsage().rss;
  began = performance.now();
  const placed = all(client, "pods", pods, ({ metadata, status }) =>
    metadata.labels?.tier === "crowd" && status?.phase === "Running" ? status.podIP : undefined,
  );
  for (let made = 0; made < pods; made += DEPLOYMENT) {
    await client.create("deployments.apps", "default", deployment(`crowd-${made / DEPLOYMENT}`, Math.min(DEPLOYMENT, pods - made)));
  }
  const addresses = await placed;
  if (new Set(addresses).size !== pods) throw new Error("an address has two pods");
  const podRate = pods / ((performance.now() - began) / 1000);
  const rss = process.memoryUsage().rss;
  const label = `${nodes.toLocaleString("en")} nodes`;
  return [
    { name: `${label} to Ready`, value: nodeRate, unit: "nodes/s" },
    { name: `${label}: pods to Running with an address`, value: podRate, unit: "pods/s" },
    { name: `${label}: resident memory`, value: rss / 2 ** 20, unit: "MB" },
    { name: `${label}: memory per node`, value: (full - before) / nodes / 1024, unit: "KB" },
    { name: `${label}: memory per pod`, value: (rss - full) / pods / 1024, unit: "KB" },
  ];
}

/** Resolves with what `find` gives for so many objects of a type, once it gives something for each. */
function all<T>(client: KubeClient, type: string, count: number, find: (object: KubeObject) => T | undefined): Promise<T[]> {
  return new Promise((resolve) => {
    const found = new Map<string, T>();
    const watch = client.watch(type, {}, ({ object }) => {
      const value = find(object);
      if (value === undefined || found.set(object.metadata.uid, value).size < count) return;
      setImmediate(() => {
        watch.close();
        resolve([...found.values()]);
      });
    });
  });
}

const isReady = ({ status }: KubeObject) =>
  status?.conditions?.some((each: { type: string; status: string }) => each.type === "Ready" && each.status === "True") || undefined;

/** Adds secondary CIDRs to the VPC, each with a subnet of its size, until the nodes' addresses fit; returns the subnets. */
async function roomFor({ clients: { ec2 }, network }: Installation, nodes: number): Promise<string[]> {
  const { Subnets = [] } = await ec2.send(new DescribeSubnetsCommand({ SubnetIds: [...network.privateSubnets] }));
  const zones = Subnets.map((subnet) => subnet.AvailabilityZone!);
  const wanted = Math.max(2, Math.ceil((nodes * (PER_NODE + 8)) / 65_000));
  return Promise.all(
    Array.from({ length: wanted }, async (_, i) => {
      const CidrBlock = `100.${64 + i}.0.0/16`;
      await ec2.send(new AssociateVpcCidrBlockCommand({ VpcId: network.vpcId, CidrBlock }));
      const AvailabilityZone = zones[i % zones.length]!;
      const { Subnet } = await ec2.send(new CreateSubnetCommand({ VpcId: network.vpcId, AvailabilityZone, CidrBlock }));
      return Subnet!.SubnetId!;
    }),
  );
}

function deployment(name: string, replicas: number) {
  const labels = { app: name, tier: "crowd" };
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name },
    spec: {
      replicas,
      selector: { matchLabels: { app: name } },
      template: { metadata: { labels }, spec: { containers: [{ name: "c", image: "registry.k8s.io/pause:3.10" }] } },
    },
  };
}
