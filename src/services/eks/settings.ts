// Applying a successful update to the record it is about. Used by the controllers.
import { compact } from "./checks.ts";
import type { ClusterRecord, NodegroupRecord, UpdateRecord } from "./records.ts";
import { remoteCidrs } from "./remote-network.ts";

/** The cluster as it is once the update has succeeded: ACTIVE, with the new settings, the version change remembered. */
export function updatedCluster(cluster: ClusterRecord, update: UpdateRecord, now: number): ClusterRecord {
  const { activeUpdate: _, ...rest } = cluster;
  const changed = { ...rest, ...update.change, status: "ACTIVE" as const };
  const { remoteNetworkConfig, ...others } = changed;
  const rollback = update.type === "VersionRollback";
  const moved = update.type === "VersionUpdate" || rollback;
  return compact<ClusterRecord>({
    ...others,
    ...(remoteCidrs(remoteNetworkConfig).length > 0 ? { remoteNetworkConfig: remoteNetworkConfig! } : {}),
    versionHistory: moved ? [...cluster.versionHistory, { version: changed.version, at: now, rollback }] : cluster.versionHistory,
  });
}

/** The node group as it is once the update has succeeded. */
export function updatedNodegroup(nodegroup: NodegroupRecord, update: UpdateRecord, now: number): NodegroupRecord {
  const { activeUpdate: _, ...rest } = nodegroup;
  return { ...rest, ...update.change, status: "ACTIVE", modifiedAt: now };
}
