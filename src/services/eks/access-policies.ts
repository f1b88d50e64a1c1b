// The access policies EKS offers (EKS User Guide, Review access policy permissions; spec identity §5.7).
import type { Operations, Sdk } from "../../aws/operation.ts";
import { accessPolicyArn } from "./arn.ts";
import type { EksDeps } from "./deps.ts";
import { page } from "./page.ts";

/** Policies any principal may be given. */
const OPEN = [
  "AmazonAIOpsAssistantPolicy",
  "AmazonARCRegionSwitchScalingPolicy",
  "AWSBackupFullAccessPolicyForBackup",
  "AWSBackupFullAccessPolicyForRestore",
  "AmazonEKSACKPolicy",
  "AmazonEKSAdminPolicy",
  "AmazonEKSAdminViewPolicy",
  "AmazonEKSArgoCDClusterPolicy",
  "AmazonEKSArgoCDPolicy",
  "AmazonEKSAutoNodePolicy",
  "AmazonEKSClusterAdminPolicy",
  "AmazonEKSEditPolicy",
  "AmazonEKSEventPolicy",
  "AmazonEKSKROPolicy",
  "AmazonEKSLoadBalancingClusterPolicy",
  "AmazonEKSLoadBalancingPolicy",
  "AmazonEKSNetworkingClusterPolicy",
  "AmazonEKSNetworkingPolicy",
  "AmazonEKSSecretAdminPolicy",
  "AmazonEKSSecretReaderPolicy",
  "AmazonEKSViewPolicy",
  "AmazonEMRJobPolicy",
  "AmazonSagemakerHyperpodClusterPolicy",
  "AmazonSagemakerHyperpodControllerPolicy",
  "AmazonSagemakerHyperpodSpacePolicy",
  "AmazonSagemakerHyperpodSpaceTemplatePolicy",
  "AmazonSagemakerHyperpodSystemNamespacePolicy",
  "AmazonSagemakerHyperpodUserClusterPolicy",
];

/** Policies only EKS itself gives, to service-linked roles and the Auto Mode cluster role. */
const SERVICE_ONLY = [
  "AmazonEKSBlockStorageClusterPolicy",
  "AmazonEKSBlockStoragePolicy",
  "AmazonEKSClusterInsightsPolicy",
  "AmazonEKSComputeClusterPolicy",
  "AmazonEKSComputePolicy",
  "AmazonEKSHybridPolicy",
  "AmazonEKSPodIdentityPolicy",
];

const ALL = [...OPEN, ...SERVICE_ONLY].sort();

/** Name of the policy an ARN names in a partition, and who may have it; undefined if there is none. */
export function findAccessPolicy(partition: string, arn: string): { name: string; serviceOnly: boolean } | undefined {
  const name = ALL.find((candidate) => accessPolicyArn(partition, candidate) === arn);
  return name === undefined ? undefined : { name, serviceOnly: SERVICE_ONLY.includes(name) };
}

export const accessPolicies = {
  ListAccessPolicies: {
    run(input, call) {
      const policies = ALL.map((name) => ({ name, arn: accessPolicyArn(call.partition, name) }));
      const { page: found, nextToken } = page(policies, input, ["ListAccessPolicies"], (policy) => policy.name);
      return { accessPolicies: found, nextToken };
    },
  },
} satisfies Operations<Sdk["eks"], EksDeps>;
