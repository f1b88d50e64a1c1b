// A cluster as DescribeCluster shows it (spec eks-control-plane §5.4).
import type { Cluster, KubernetesNetworkConfigResponse } from "@aws-sdk/client-eks";
import { activeAuthority } from "./certificate-authority-state.ts";
import { compact } from "./checks.ts";
import { loggingView } from "./logging.ts";
import type { ClusterRecord } from "./records.ts";

/** The API's shape of a record. What provisioning produces stays hidden until the cluster has left CREATING. */
export function clusterView(record: ClusterRecord): Cluster {
  const ready = record.status !== "CREATING";
  return compact<Cluster>({
    name: record.name,
    arn: record.arn,
    createdAt: new Date(record.createdAt),
    version: record.version,
    platformVersion: record.platformVersion,
    status: record.status,
    endpoint: ready ? record.endpoint : undefined,
    roleArn: record.roleArn,
    resourcesVpcConfig: compact({
      subnetIds: [...record.subnetIds],
      securityGroupIds: [...record.securityGroupIds],
      clusterSecurityGroupId: ready ? record.clusterSecurityGroupId : undefined,
      vpcId: record.vpcId,
      endpointPublicAccess: record.endpointPublicAccess,
      endpointPrivateAccess: record.endpointPrivateAccess,
      publicAccessCidrs: [...record.publicAccessCidrs],
      controlPlaneEgressMode: record.controlPlaneEgressMode,
    }),
    kubernetesNetworkConfig: networkView(record),
    logging: loggingView(record.logTypes),
    identity: ready && record.oidcIssuer ? { oidc: { issuer: record.oidcIssuer } } : undefined,
    certificateAuthority:
      ready && record.certificateAuthority ? { data: record.certificateAuthority, active: activeAuthority(record) } : {},
    clientRequestToken: record.clientRequestToken,
    tags: { ...record.tags },
    encryptionConfig: record.encryptionConfig ? [...record.encryptionConfig] : undefined,
    health: { issues: record.health.map((issue) => ({ ...issue, resourceIds: [...issue.resourceIds] })) },
    accessConfig: {
      bootstrapClusterCreatorAdminPermissions: record.bootstrapCreatorAdmin,
      authenticationMode: record.authenticationMode,
    },
    upgradePolicy: { supportType: record.supportType },
    // Clients that manage a cluster without these blocks would otherwise see a difference they did not make (Terraform).
    zonalShiftConfig: record.zonalShiftConfigured ? { enabled: record.zonalShiftEnabled } : undefined,
    remoteNetworkConfig: record.remoteNetworkConfig,
    computeConfig: record.autoModeConfigured
      ? compact({ enabled: record.autoMode, nodePools: [...record.nodePools], nodeRoleArn: record.autoModeNodeRoleArn })
      : undefined,
    storageConfig: record.autoModeConfigured ? { blockStorage: { enabled: record.autoMode } } : undefined,
    deletionProtection: record.deletionProtection,
    controlPlaneScalingConfig: { tier: record.tier },
    kubeApiServerConfig: record.kubeApiServerConfig,
    kubeSchedulerConfig: record.kubeSchedulerConfig,
    kubeControllerManagerConfig: record.kubeControllerManagerConfig,
  });
}

function networkView(record: ClusterRecord): KubernetesNetworkConfigResponse {
  return compact<KubernetesNetworkConfigResponse>({
    serviceIpv4Cidr: record.serviceIpv4Cidr,
    serviceIpv6Cidr: record.serviceIpv6Cidr,
    ipFamily: record.ipFamily,
    elasticLoadBalancing: compact({
      enabled: record.autoMode,
      gatewayApi: record.gatewayApiCrdsManaged === undefined ? undefined : { crds: { managed: record.gatewayApiCrdsManaged } },
    }),
  });
}
