// Which subnets a new interface may go to (spec vpc-cni §3.7).
import type { SubnetFacts } from "./ec2.ts";

const ROLE_TAG = "kubernetes.io/role/cni";
const CLUSTER_TAG = "cni.networking.k8s.aws/cluster/";

/** Text of the failure when no subnet may be used. */
export const NO_VALID_SUBNETS =
  "no valid subnets available for ENI creation - all subnets are either not tagged or tagged with kubernetes.io/role/cni=0";

/** The subnets to try, most free addresses first. Empty: {@link NO_VALID_SUBNETS}. */
export function candidateSubnets(subnets: readonly SubnetFacts[], nodeSubnetId: string, clusterName: string | undefined): string[] {
  return subnets
    .filter((subnet) => isValid(subnet, subnet.id === nodeSubnetId, clusterName))
    .sort((a, b) => b.available - a.available)
    .map((subnet) => subnet.id);
}

function isValid(subnet: SubnetFacts, isNodeSubnet: boolean, clusterName: string | undefined): boolean {
  const role = subnet.tags[ROLE_TAG];
  if (role === undefined) return isNodeSubnet;
  return role !== "0" && fitsCluster(subnet.tags, clusterName);
}

function fitsCluster(tags: Readonly<Record<string, string>>, clusterName: string | undefined): boolean {
  const clusters = Object.keys(tags).filter((key) => key.startsWith(CLUSTER_TAG));
  return clusters.length === 0 || clusterName === undefined || clusters.includes(CLUSTER_TAG + clusterName);
}
