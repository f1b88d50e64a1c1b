// A cluster record as its runtime sees it.
import type { ClusterRecord } from "../../services/eks/records.ts";
import type { ClusterFacts } from "../runtime.ts";

/** `interfaceAddresses` are those of the control-plane interfaces. */
export function clusterFacts(key: string, cluster: ClusterRecord, interfaceAddresses: readonly string[]): ClusterFacts {
  const { partition, account, region, name, arn, hexId, createdAt, version, platformVersion, ipFamily, vpcId } = cluster;
  return {
    key,
    partition,
    account,
    region,
    name,
    arn,
    hexId,
    createdAt,
    version,
    platformVersion,
    ipFamily,
    serviceCidr: cluster.serviceIpv4Cidr ?? cluster.serviceIpv6Cidr ?? "",
    vpcId,
    endpointPublicAccess: cluster.endpointPublicAccess,
    endpointPrivateAccess: cluster.endpointPrivateAccess,
    publicAccessCidrs: cluster.publicAccessCidrs,
    authenticationMode: cluster.authenticationMode,
    bootstrapSelfManagedAddons: cluster.bootstrapSelfManagedAddons,
    logTypes: cluster.logTypes,
    interfaceAddresses,
  };
}
