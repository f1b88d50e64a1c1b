// Which subnets may serve pods (spec vpc-cni §3.7; EKS User Guide, "Use alternate subnets with the Amazon VPC CNI").
import type { IpamSettings } from "../settings.ts";
import type { Ec2, SubnetFacts } from "./ec2.ts";
import { isDenied } from "./errors.ts";
import type { InstanceFacts } from "./instance.ts";

const ROLE_TAG = "kubernetes.io/role/cni";
const CLUSTER_TAG = "cni.networking.k8s.aws/cluster/";

/** Text of the failure when no subnet may be used. */
export const NO_VALID_SUBNETS =
  "no valid subnets available for ENI creation - all subnets are either not tagged or tagged with kubernetes.io/role/cni=0";

/** The subnets to try for a new interface, in order. Empty: {@link NO_VALID_SUBNETS}. Rejects with EC2's error if exclusion cannot be judged. */
export async function subnetsToTry(settings: IpamSettings, instance: InstanceFacts, ec2: Ec2): Promise<string[]> {
  try {
    const subnets = await ec2.subnets(instance.vpcId, instance.zone);
    if (settings.subnetDiscovery) return candidateSubnets(subnets, instance.subnetId, settings.clusterName);
    return isExcluded(subnets, instance.subnetId, settings.clusterName) ? [] : [instance.subnetId];
  } catch (error) {
    // Roles made before discovery existed lack ec2:DescribeSubnets; their nodes go on as before.
    if (isDenied(error)) return [instance.subnetId];
    throw error;
  }
}

/** The subnets a new interface may go to, most free addresses first. */
export function candidateSubnets(subnets: readonly SubnetFacts[], nodeSubnetId: string, clusterName: string | undefined): string[] {
  return subnets
    .filter((subnet) => isValidForNew(subnet, subnet.id === nodeSubnetId, clusterName))
    .sort((a, b) => b.available - a.available)
    .map((subnet) => subnet.id);
}

/** Whether a new interface may go to the subnet. */
export function isValidForNew(subnet: SubnetFacts, isNodeSubnet: boolean, clusterName: string | undefined): boolean {
  const role = subnet.tags[ROLE_TAG];
  if (role === undefined) return isNodeSubnet;
  return role !== "0" && fitsCluster(subnet.tags, clusterName);
}

/** Whether interfaces that are in the subnet already may serve no new pods. A subnet that is not listed is not excluded. */
export function isExcluded(subnets: readonly SubnetFacts[], subnetId: string, clusterName: string | undefined): boolean {
  const tags = subnets.find((subnet) => subnet.id === subnetId)?.tags ?? {};
  const role = tags[ROLE_TAG];
  if (role === undefined) return false;
  return role === "0" || !fitsCluster(tags, clusterName);
}

function fitsCluster(tags: Readonly<Record<string, string>>, clusterName: string | undefined): boolean {
  const clusters = Object.keys(tags).filter((key) => key.startsWith(CLUSTER_TAG));
  return clusters.length === 0 || !clusterName || clusters.includes(CLUSTER_TAG + clusterName);
}
