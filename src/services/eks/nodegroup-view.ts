// A node group as DescribeNodegroup shows it.
import type { Nodegroup } from "@aws-sdk/client-eks";
import { compact } from "./checks.ts";
import type { NodegroupRecord } from "./records.ts";

/** The API's shape of a record. The Auto Scaling group appears once it is made. */
export function nodegroupView(record: NodegroupRecord): Nodegroup {
  const made = record.status !== "CREATING" && record.status !== "CREATE_FAILED";
  return compact<Nodegroup>({
    nodegroupName: record.name,
    nodegroupArn: record.arn,
    clusterName: record.clusterName,
    version: record.version,
    releaseVersion: record.releaseVersion,
    createdAt: new Date(record.createdAt),
    modifiedAt: new Date(record.modifiedAt),
    status: record.status,
    capacityType: record.capacityType,
    scalingConfig: { ...record.scalingConfig },
    instanceTypes: record.instanceTypes ? [...record.instanceTypes] : undefined,
    subnets: [...record.subnets],
    remoteAccess: record.remoteAccess,
    amiType: record.amiType,
    nodeRole: record.nodeRole,
    labels: { ...record.labels },
    taints: record.taints.length > 0 ? record.taints.map((taint) => ({ ...taint })) : undefined,
    resources: made
      ? compact({ autoScalingGroups: [{ name: record.autoScalingGroupName }], remoteAccessSecurityGroup: record.remoteAccessSecurityGroup })
      : undefined,
    diskSize: record.diskSize,
    health: { issues: record.health.map((issue) => ({ ...issue, resourceIds: [...issue.resourceIds] })) },
    updateConfig: { ...record.updateConfig },
    nodeRepairConfig: record.nodeRepairConfig,
    launchTemplate: record.launchTemplate,
    tags: { ...record.tags },
    warmPoolConfig: record.warmPoolConfig,
  });
}
