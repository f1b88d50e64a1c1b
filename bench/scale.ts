// A cluster of many nodes and pods in this process: nodes per second to Ready, pods per second to Running with an address, memory.
import { AssociateVpcCidrBlockCommand, CreateSubnetCommand, DescribeSubnetsCommand } from "@aws-sdk/client-ec2";
import { CreateClusterCommand, CreateNodegroupCommand, DescribeClusterCommand } from "@aws-sdk/client-eks";
import { waitFor } from "../src/cli/demo/wait.ts";
import type { KubeObject } from "../src/kubernetes/api/object.ts";
import type { KubeClient } from "../src/kubernetes/client/client.ts";
import type { Figure } from "./figure.ts";
import type { Installation } from "./installation.ts";
import { liveBytes, residentBytes } from "./memory.ts";
import { audit, isCrowd } from "./scale-audit.ts";

const CLUSTER = "scale";
const KEY = `111122223333/us-west-2/${CLUSTER}`;
/** A managed node group's quota is 450 nodes. */
const GROUP = 450;
const DEPLOYMENT = 1000;
const PER_NODE = 30;
/** What 5,000 nodes with thirty pods each are to fit in (spec vpc-cni §13.3). */
const TARGET = 4 * 2 ** 30;
/** Interfaces an account must be allowed for thousands of nodes with several each. */
export const QUOTA = 100_000;
/** What large clusters set: as many addresses as pods are expected, and a few more (EKS Best Practices Guide, Networking). */
const SETTINGS = { MINIMUM_IP_TARGET: String(PER_NODE), WARM_IP_TARGET: "2" };

/** How fast a cluster filled, for comparison with another. */
export interface Pace {
  readonly nodes: number;
  readonly nodesPerSecond: number;
  readonly podsPerSecond: number;
}

/** Fills a cluster of `nodes` m5.xlarge with thirty pods each, and holds the books of EC2 and Kubernetes against each other. */
export async function scale(
  installation: Installation,
  nodes: number,
  { beside, progress }: { readonly beside?: Pace; readonly progress?: (text: string) => void } = {},
): Promise<{ figures: Figure[]; pace: Pace }> {
  const client = await newCluster(installation);
  const before = liveBytes();
  let began = performance.now();
  const ready = all(client, "nodes", nodes, (node) => isReady(node), progress);
  await addNodes(installation, nodes);
  await ready;
  const nodeSeconds = seconds(began);

  const empty = liveBytes();
  const pods = nodes * PER_NODE;
  began = performance.now();
  const starts = new Starts();
  const running = all(client, "pods", pods, (pod) => isCrowd(pod) && starts.see(pod), progress);
  for (let made = 0; made < pods; made += DEPLOYMENT) {
    await client.create("deployments.apps", "default", deployment(`crowd-${made / DEPLOYMENT}`, Math.min(DEPLOYMENT, pods - made)));
  }
  await running;
  const podSeconds = seconds(began);
  const resident = residentBytes();
  const full = liveBytes();
  const { addresses, interfaces } = await audit(installation, client, nodes, pods);

  const pace = { nodes, nodesPerSecond: nodes / nodeSeconds, podsPerSecond: pods / podSeconds };
  const label = `${nodes.toLocaleString("en")} nodes`;
  const than = (of: "nodesPerSecond" | "podsPerSecond") =>
    beside ? { ratio: pace[of] / beside[of], reference: `that with ${beside.nodes} nodes` } : {};
  const target = (bytes: number) => ({ value: bytes / 2 ** 20, unit: "MiB", ratio: bytes / TARGET, reference: "4 GiB" });
  return {
    pace,
    figures: [
      { name: `${label} to Ready`, value: nodeSeconds, unit: "s" },
      { name: `${label}: nodes to Ready`, value: pace.nodesPerSecond, unit: "nodes/s", ...than("nodesPerSecond") },
      { name: `${label}: pods to Running with an address`, value: pace.podsPerSecond, unit: "pods/s", ...than("podsPerSecond") },
      { name: `${label}: pod bound to Running, median`, value: starts.percentile(0.5), unit: "ms" },
      { name: `${label}: pod bound to Running, p99`, value: starts.percentile(0.99), unit: "ms" },
      { name: `${label}: resident memory when full`, ...target(resident.now) },
      { name: `${label}: resident memory at its highest`, ...target(resident.highest) },
      { name: `${label}: live memory`, ...target(full) },
      { name: `${label}: live memory per node`, value: (empty - before) / nodes / 1024, unit: "KB" },
      { name: `${label}: live memory per pod`, value: (full - empty) / pods / 1024, unit: "KB" },
      { name: `${label}: addresses, each held once`, value: addresses, unit: "addresses", ratio: addresses / pods, reference: "pods" },
      { name: `${label}: interfaces`, value: interfaces, unit: "interfaces", ratio: interfaces / nodes, reference: "nodes" },
    ],
  };
}

async function newCluster({ clients: { eks }, atoll, network, clusterRole }: Installation): Promise<KubeClient> {
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
  return client;
}

async function addNodes(installation: Installation, nodes: number): Promise<void> {
  const { clients, nodeRole } = installation;
  const subnets = await roomFor(installation, nodes);
  for (let made = 0; made < nodes; made += GROUP) {
    const size = Math.min(GROUP, nodes - made);
    const scalingConfig = { minSize: size, maxSize: size, desiredSize: size };
    const nodegroupName = `group-${made / GROUP}`;
    const group = { clusterName: CLUSTER, nodegroupName, nodeRole, subnets, instanceTypes: ["m5.xlarge"], scalingConfig };
    await clients.eks.send(new CreateNodegroupCommand(group));
  }
}

const seconds = (since: number) => (performance.now() - since) / 1000;

/** How long pods take from being bound to a node to Running, as a watch sees it. */
class Starts {
  readonly #bound = new Map<string, number>();
  readonly #took: number[] = [];

  /** Takes note of a pod; whether it runs with an address. */
  see({ metadata: { uid }, spec, status }: KubeObject): boolean {
    const running = status?.phase === "Running" && Boolean(status.podIP);
    const since = this.#bound.get(uid);
    if (spec.nodeName && since === undefined && !running) this.#bound.set(uid, performance.now());
    if (running && since !== undefined) {
      this.#took.push(performance.now() - since);
      this.#bound.delete(uid);
    }
    return running;
  }

  /** Milliseconds in which this part of the pods started. */
  percentile(part: number): number {
    const sorted = this.#took.sort((a, b) => a - b);
    return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? Number.NaN;
  }
}

/** Resolves once so many objects of a type are as they should be; tells every minute how many are. */
function all(
  client: KubeClient,
  type: string,
  count: number,
  isDone: (object: KubeObject) => boolean,
  progress?: (text: string) => void,
): Promise<void> {
  return new Promise((resolve) => {
    const done = new Set<string>();
    const tell = () => progress?.(`${done.size.toLocaleString("en")} of ${count.toLocaleString("en")} ${type}`);
    const timer = setInterval(tell, 60_000);
    const watch = client.watch(type, {}, ({ object }) => {
      if (!isDone(object) || done.add(object.metadata.uid).size < count) return;
      setImmediate(() => {
        clearInterval(timer);
        watch.close();
        resolve();
      });
    });
  });
}

const isReady = ({ status }: KubeObject): boolean =>
  status?.conditions?.some((each: { type: string; status: string }) => each.type === "Ready" && each.status === "True") ?? false;

/** Adds secondary CIDRs to the VPC, each with a subnet of its size, until every zone has room for its share of the nodes; returns the subnets. */
async function roomFor({ clients: { ec2 }, network }: Installation, nodes: number): Promise<string[]> {
  const { Subnets = [] } = await ec2.send(new DescribeSubnetsCommand({ SubnetIds: [...network.privateSubnets] }));
  const zones = Subnets.map((subnet) => subnet.AvailabilityZone!);
  const wanted = zones.length * Math.ceil((nodes * (PER_NODE + 8)) / zones.length / 65_000);
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
