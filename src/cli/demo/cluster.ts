// The demo's cluster, node group, add-on and Pod Identity association.
import {
  type Cluster,
  CreateAddonCommand,
  CreateClusterCommand,
  CreateNodegroupCommand,
  CreatePodIdentityAssociationCommand,
  DescribeAddonCommand,
  DescribeClusterCommand,
  DescribeNodegroupCommand,
  type EKSClient,
} from "@aws-sdk/client-eks";
import { waitFor } from "./wait.ts";

/** Name of the demo's cluster. */
export const CLUSTER = "atoll-demo";

/** Creates the cluster and waits until it is ACTIVE. */
export async function createCluster(eks: EKSClient, roleArn: string, subnetIds: readonly string[]): Promise<Cluster> {
  await eks.send(
    new CreateClusterCommand({
      name: CLUSTER,
      roleArn,
      resourcesVpcConfig: { subnetIds: [...subnetIds], endpointPrivateAccess: true },
      accessConfig: { authenticationMode: "API_AND_CONFIG_MAP" },
    }),
  );
  return waitFor(`cluster ${CLUSTER} ACTIVE`, async () => {
    const { cluster } = await eks.send(new DescribeClusterCommand({ name: CLUSTER }));
    if (cluster?.status === "FAILED") throw new Error(`the cluster failed: ${JSON.stringify(cluster.health)}`);
    return cluster?.status === "ACTIVE" ? cluster : undefined;
  });
}

/** Creates two m5.large in the private subnets and waits until the group is ACTIVE. */
export async function createNodegroup(eks: EKSClient, nodeRole: string, subnets: readonly string[]): Promise<void> {
  const key = { clusterName: CLUSTER, nodegroupName: "workers" };
  await eks.send(
    new CreateNodegroupCommand({
      ...key,
      nodeRole,
      subnets: [...subnets],
      instanceTypes: ["m5.large"],
      scalingConfig: { minSize: 2, maxSize: 2, desiredSize: 2 },
    }),
  );
  await waitFor("node group workers ACTIVE", async () => {
    const { nodegroup } = await eks.send(new DescribeNodegroupCommand(key));
    if (nodegroup?.status === "CREATE_FAILED") throw new Error(`the node group failed: ${JSON.stringify(nodegroup.health)}`);
    return nodegroup?.status === "ACTIVE" ? nodegroup : undefined;
  });
}

/** Installs the Pod Identity agent and associates a service account with a role. */
export async function enablePodIdentity(eks: EKSClient, namespace: string, serviceAccount: string, roleArn: string): Promise<void> {
  const addon = { clusterName: CLUSTER, addonName: "eks-pod-identity-agent" };
  await eks.send(new CreateAddonCommand(addon));
  await eks.send(new CreatePodIdentityAssociationCommand({ clusterName: CLUSTER, namespace, serviceAccount, roleArn }));
  await waitFor("add-on eks-pod-identity-agent ACTIVE", async () => {
    const { addon: state } = await eks.send(new DescribeAddonCommand(addon));
    return state?.status === "ACTIVE" ? state : undefined;
  });
}
