// From create-cluster to ready nodes, and pods per second to Running with an address.
import { CreateClusterCommand, CreateNodegroupCommand, DescribeClusterCommand, DescribeNodegroupCommand } from "@aws-sdk/client-eks";
import { waitFor } from "../src/cli/demo/wait.ts";
import type { KubeClient } from "../src/kubernetes/client/client.ts";
import type { Figure } from "./figure.ts";
import type { Installation } from "./installation.ts";

const POD_NODES = 5;
const PODS = 500;

/** Creates a cluster with a node group of two m5.large and returns when the nodes are Ready. */
export async function clusterToReady({ clients: { eks }, network, clusterRole, nodeRole }: Installation, name: string): Promise<Figure[]> {
  const began = performance.now();
  const subnets = [...network.privateSubnets];
  await eks.send(new CreateClusterCommand({ name, roleArn: clusterRole, resourcesVpcConfig: { subnetIds: subnets } }));
  await waitFor("cluster", async () => {
    const { cluster } = await eks.send(new DescribeClusterCommand({ name }));
    return cluster?.status === "ACTIVE" ? true : undefined;
  });
  const active = performance.now();
  await nodegroup(eks, name, "small", nodeRole, subnets, "m5.large", 2);
  const ready = performance.now();
  return [
    { name: "create-cluster to ACTIVE", value: active - began, unit: "ms" },
    { name: "create-cluster to two nodes Ready", value: ready - began, unit: "ms" },
  ];
}

/** Adds large nodes and a deployment; measures until every pod is Running with an address. */
export async function podsToRunning(
  { clients: { eks }, nodeSubnets, nodeRole, atoll }: Installation,
  name: string,
  key: string,
): Promise<Figure[]> {
  await nodegroup(eks, name, "large", nodeRole, [...nodeSubnets], "m5.4xlarge", POD_NODES);
  const client = atoll.clusters.kube(key) as KubeClient;
  const labels = { app: "many" };
  const began = performance.now();
  await client.create("deployments.apps", "default", {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name: "many" },
    spec: {
      replicas: PODS,
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers: [{ name: "c", image: "busybox" }] } },
    },
  });
  await new Promise<void>((resolve) => {
    const running = new Set<string>();
    const watch = client.watch("pods", { namespace: "default", labelSelector: "app=many" }, ({ object }) => {
      if (object.status?.phase === "Running" && object.status.podIP) running.add(object.metadata.uid);
      if (running.size === PODS)
        setImmediate(() => {
          watch.close();
          resolve();
        });
    });
  });
  const seconds = (performance.now() - began) / 1000;
  return [{ name: `pods to Running with an address (${PODS})`, value: PODS / seconds, unit: "pods/s" }];
}

async function nodegroup(
  eks: Installation["clients"]["eks"],
  clusterName: string,
  nodegroupName: string,
  nodeRole: string,
  subnets: string[],
  instanceType: string,
  size: number,
): Promise<void> {
  const scalingConfig = { minSize: size, maxSize: size, desiredSize: size };
  await eks.send(
    new CreateNodegroupCommand({ clusterName, nodegroupName, nodeRole, subnets, instanceTypes: [instanceType], scalingConfig }),
  );
  await waitFor("node group", async () => {
    const { nodegroup } = await eks.send(new DescribeNodegroupCommand({ clusterName, nodegroupName }));
    if (nodegroup?.status === "CREATE_FAILED") throw new Error(JSON.stringify(nodegroup.health));
    return nodegroup?.status === "ACTIVE" ? true : undefined;
  });
}
