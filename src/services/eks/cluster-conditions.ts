// Condition keys of requests about clusters (Service Authorization Reference, Amazon EKS; spec identity §6.5).
import type { CreateClusterRequest, UpdateClusterConfigRequest } from "@aws-sdk/client-eks";
import type { Conditions } from "../../aws/operation.ts";

/** `aws:RequestTag/…` and `aws:TagKeys` of a request's tags. */
export function tagConditions(tags: Readonly<Record<string, string>> | undefined): Conditions {
  if (!tags || Object.keys(tags).length === 0) return {};
  const entries = Object.entries(tags).map(([key, value]) => [`aws:RequestTag/${key}`, value] as const);
  return { ...Object.fromEntries(entries), "aws:TagKeys": Object.keys(tags) };
}

/** `aws:ResourceTag/…` of an existing resource. */
export function resourceTags(tags: Readonly<Record<string, string>> | undefined): Conditions {
  return Object.fromEntries(Object.entries(tags ?? {}).map(([key, value]) => [`aws:ResourceTag/${key}`, value]));
}

/** The keys that CreateCluster and UpdateClusterConfig share. */
export function settingConditions(input: Partial<CreateClusterRequest & UpdateClusterConfigRequest>): Conditions {
  const logging = (input.logging?.clusterLogging ?? []).flatMap((setup) =>
    (setup.types ?? []).map((type) => [`eks:loggingType/${type}`, setup.enabled === true] as const),
  );
  return {
    ...Object.fromEntries(logging),
    "eks:authenticationMode": input.accessConfig?.authenticationMode,
    "eks:supportType": input.upgradePolicy?.supportType,
    "eks:computeConfigEnabled": input.computeConfig?.enabled,
    "eks:elasticLoadBalancingEnabled": input.kubernetesNetworkConfig?.elasticLoadBalancing?.enabled,
    "eks:blockStorageEnabled": input.storageConfig?.blockStorage?.enabled,
    "eks:endpointPublicAccess": input.resourcesVpcConfig?.endpointPublicAccess,
    "eks:endpointPrivateAccess": input.resourcesVpcConfig?.endpointPrivateAccess,
    "eks:deletionProtection": input.deletionProtection,
    "eks:controlPlaneScalingTier": input.controlPlaneScalingConfig?.tier,
    "eks:controlPlaneEgressMode": input.resourcesVpcConfig?.controlPlaneEgressMode,
    "eks:zonalShiftEnabled": input.zonalShiftConfig?.enabled,
  };
}

/** The keys of CreateCluster. */
export function createConditions(input: CreateClusterRequest): Conditions {
  const keys = (input.encryptionConfig ?? []).map((config) => config.provider?.keyArn).filter((arn) => arn !== undefined);
  return {
    ...tagConditions(input.tags),
    ...settingConditions(input),
    "eks:kubernetesVersion": input.version,
    "eks:bootstrapClusterCreatorAdminPermissions": input.accessConfig?.bootstrapClusterCreatorAdminPermissions,
    "eks:bootstrapSelfManagedAddons": input.bootstrapSelfManagedAddons,
    "eks:encryptionConfigProviderKeyArns": keys.length > 0 ? keys : undefined,
  };
}
