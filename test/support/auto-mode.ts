// A cluster with EKS Auto Mode, made through the public APIs only.
import { type Cluster, CreateClusterCommand, DescribeClusterCommand } from "@aws-sdk/client-eks";
import type { Clock } from "../../src/base/clock.ts";
import { startTestAtoll, type TestAtoll } from "./atoll.ts";
import { trust } from "./policies.ts";
import { createNetwork, createRole, type Network } from "./scenario.ts";
import { eventually } from "./wait.ts";

/** Managed policies of the cluster role (EKS User Guide, "Amazon EKS Auto Mode cluster IAM role"). */
const CLUSTER_POLICIES = ["Cluster", "Compute", "BlockStorage", "LoadBalancing", "Networking"].map((part) => `AmazonEKS${part}Policy`);

export interface AutoModeCluster {
  readonly test: TestAtoll;
  readonly network: Network;
  readonly cluster: Cluster;
  readonly clusterRole: string;
  readonly nodeRole: string;
}

/** What may differ. */
export interface AutoModeOptions {
  readonly clock?: Clock;
  readonly policies?: readonly string[];
  readonly nodePools?: readonly string[];
  /** Keep the state on disk, for restarts. */
  readonly durable?: boolean;
}

/** Waits until a cluster is ACTIVE. */
export const active = (test: TestAtoll, name: string): Promise<Cluster> =>
  eventually(`cluster ${name} ACTIVE`, async () => {
    const { cluster } = await test.clients.eks.send(new DescribeClusterCommand({ name }));
    if (cluster?.status === "FAILED") throw new Error(`cluster ${name} failed: ${JSON.stringify(cluster.health)}`);
    return cluster?.status === "ACTIVE" && cluster;
  });

/** Starts Atoll and makes a cluster `auto` with Auto Mode. */
export async function startAutoMode(options: AutoModeOptions = {}): Promise<AutoModeCluster> {
  const { clock, policies = CLUSTER_POLICIES, nodePools = ["general-purpose", "system"] } = options;
  const test = await startTestAtoll(clock && { clock }, options.durable ? { ephemeral: false } : {});
  const { ec2, eks, iam } = test.clients;
  const network = await createNetwork(ec2);
  const clusterRole = await createRole(iam, "auto-cluster", trust({ Service: "eks.amazonaws.com" }, ["sts:AssumeRole", "sts:TagSession"]), {
    managed: policies,
  });
  const nodeRole = await createRole(iam, "auto-node", trust({ Service: "ec2.amazonaws.com" }), {
    managed: ["AmazonEKSWorkerNodeMinimalPolicy", "AmazonEC2ContainerRegistryPullOnly"],
  });
  await eks.send(
    new CreateClusterCommand({
      name: "auto",
      roleArn: clusterRole,
      resourcesVpcConfig: { subnetIds: [...network.subnets] },
      accessConfig: { authenticationMode: "API" },
      bootstrapSelfManagedAddons: false,
      computeConfig: { enabled: true, nodePools: [...nodePools], ...(nodePools.length > 0 ? { nodeRoleArn: nodeRole } : {}) },
      storageConfig: { blockStorage: { enabled: true } },
      kubernetesNetworkConfig: { elasticLoadBalancing: { enabled: true } },
    }),
  );
  return { test, network, cluster: await active(test, "auto"), clusterRole, nodeRole };
}
