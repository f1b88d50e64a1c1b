// Amazon EKS. Constraints: EKS API Reference; spec eks §1.4 and Appendix A.
import type { Constraint, Constraints } from "../protocol/constraints.ts";
import { jsonWording } from "./json-wording.ts";
import type { Model } from "./model.ts";

const name: Constraint = { length: { min: 1, max: 100 }, pattern: "[0-9A-Za-z][A-Za-z0-9\\-_]*" };
const label: Constraint = { length: { min: 1, max: 63 } };
const percentage: Constraint = { range: { min: 1, max: 100 } };
const positive: Constraint = { range: { min: 1 } };
const natural: Constraint = { range: { min: 0 } };
const tags: Constraint = { length: { max: 50 }, key: { length: { min: 1, max: 128 } }, value: { length: { max: 256 } } };

const constraints: Constraints = {
  "*.clientRequestToken": { length: { max: 64 } },
  "*.maxResults": { range: { min: 1, max: 100 } },
  "*.tags": tags,
  "CreateClusterRequest.name": name,
  "RegisterClusterRequest.name": name,
  "CreateEksAnywhereSubscriptionRequest.name": name,
  "CreateEksAnywhereSubscriptionRequest.licenseType": { enum: "EksAnywhereSubscriptionLicenseType" },
  "EksAnywhereSubscriptionTerm.unit": { enum: "EksAnywhereSubscriptionTermUnit" },
  "CreateNodegroupRequest.nodegroupName": { length: { min: 1, max: 63 }, pattern: name.pattern as string },
  "CreateFargateProfileRequest.fargateProfileName": name,
  "CreateCapabilityRequest.capabilityName": name,
  "CreateCapabilityRequest.type": { enum: "CapabilityType" },
  "*.deletePropagationPolicy": { enum: "CapabilityDeletePropagationPolicy" },
  "OidcIdentityProviderConfigRequest.identityProviderConfigName": name,
  "OidcIdentityProviderConfigRequest.requiredClaims": { key: label, value: { length: { min: 1, max: 253 } } },
  "CreateAddonRequest.clusterName": name,
  "*.serviceAccountRoleArn": { length: { min: 1, max: 255 } },
  "*.resolveConflicts": { enum: "ResolveConflicts" },
  "AddonNamespaceConfigRequest.namespace": { length: { min: 1, max: 63 }, pattern: "[a-z0-9]([-a-z0-9]*[a-z0-9])?" },
  "CreateClusterRequest.encryptionConfig": { length: { max: 1 } },
  "AssociateEncryptionConfigRequest.encryptionConfig": { length: { max: 1 } },
  "CreateAccessConfigRequest.authenticationMode": { enum: "AuthenticationMode" },
  "UpdateAccessConfigRequest.authenticationMode": { enum: "AuthenticationMode" },
  "KubernetesNetworkConfigRequest.ipFamily": { enum: "IpFamily" },
  "UpgradePolicyRequest.supportType": { enum: "SupportType" },
  "LogSetup.types": { member: { enum: "LogType" } },
  "VpcConfigRequest.controlPlaneEgressMode": { enum: ["AWS_MANAGED", "CUSTOMER_ROUTED", "CUSTOMER_ISOLATED"] },
  "ControlPlaneScalingConfig.tier": { enum: "ProvisionedControlPlaneTier" },
  "RemoteNetworkConfigRequest.remoteNodeNetworks": { length: { max: 1 } },
  "RemoteNetworkConfigRequest.remotePodNetworks": { length: { max: 1 } },
  "ConnectorConfigRequest.provider": { enum: "ConnectorConfigProvider" },
  "AccessScope.type": { enum: "AccessScopeType" },
  "CreateNodegroupRequest.amiType": { enum: "AMITypes" },
  "CreateNodegroupRequest.capacityType": { enum: "CapacityTypes" },
  "CreateNodegroupRequest.labels": { key: label, value: label },
  "UpdateLabelsPayload.addOrUpdateLabels": { key: label, value: label },
  "Taint.key": label,
  "Taint.value": { length: { max: 63 } },
  "Taint.effect": { enum: "TaintEffect" },
  "NodegroupScalingConfig.minSize": natural,
  "NodegroupScalingConfig.maxSize": positive,
  "NodegroupScalingConfig.desiredSize": natural,
  "NodegroupUpdateConfig.maxUnavailable": positive,
  "NodegroupUpdateConfig.maxUnavailablePercentage": percentage,
  "NodegroupUpdateConfig.updateStrategy": { enum: "NodegroupUpdateStrategies" },
  "NodeRepairConfig.maxUnhealthyNodeThresholdCount": positive,
  "NodeRepairConfig.maxUnhealthyNodeThresholdPercentage": percentage,
  "NodeRepairConfig.maxParallelNodesRepairedCount": positive,
  "NodeRepairConfig.maxParallelNodesRepairedPercentage": percentage,
  "NodeRepairConfigOverrides.minRepairWaitTimeMins": positive,
  "NodeRepairConfigOverrides.repairAction": { enum: "RepairAction" },
  "WarmPoolConfig.minSize": natural,
  "WarmPoolConfig.poolState": { enum: "WarmPoolState" },
  "InsightsFilter.categories": { member: { enum: "Category" } },
  "InsightsFilter.statuses": { member: { enum: "InsightStatusValue" } },
  "DescribeClusterVersionsRequest.status": { enum: "ClusterVersionStatus" },
  "DescribeClusterVersionsRequest.versionStatus": { enum: "VersionStatus" },
  "ArgoCdRoleMapping.role": { enum: "ArgoCdRole" },
  "SsoIdentity.type": { enum: "SsoIdentityType" },
};

const TAG_OPERATIONS = new Set(["TagResource", "UntagResource", "ListTagsForResource"]);

export const eks: Model = {
  name: "eks",
  protocol: "restJson1",
  settings: { version: "2017-11-01" },
  signingName: "eks",
  eventSource: "eks.amazonaws.com",
  actionPrefix: "eks",
  global: false,
  unsigned: new Set(),
  mask: "HIDDEN_DUE_TO_SECURITY_REASONS",
  maskAlso: new Set(["ConnectorConfigResponse.activationCode"]),
  // Tag operations model BadRequestException only.
  wording: jsonWording((operation) => (TAG_OPERATIONS.has(operation) ? "BadRequestException" : "InvalidParameterException"), 404, 403),
  constraints,
  load: () => import("@aws-sdk/client-eks"),
};
