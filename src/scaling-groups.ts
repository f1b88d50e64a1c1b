// Adapter: EKS's node groups as the Auto Scaling groups that clients see behind them.
import { clusterKey } from "./services/eks/arn.ts";
import type { NodegroupRecord } from "./services/eks/records.ts";
import type { EksState } from "./services/eks/state.ts";
import type { ScalingGroupFacts, ScalingGroups } from "./services/ports.ts";

/** The groups of all accounts, answered from and written to EKS's records; the node group controller does the rest. */
export function scalingGroups(state: EksState): ScalingGroups {
  const place = (account: string, region: string) => clusterKey({ partition: "", account, region }, "");
  const find = (account: string, region: string, name: string) =>
    state.nodegroups.entries(place(account, region)).find(([, { autoScalingGroupName }]) => autoScalingGroupName === name);
  /** The record of a group that may be changed now. */
  const changeable = (account: string, region: string, name: string) => {
    const found = find(account, region, name);
    return found && (found[1].status === "ACTIVE" || found[1].status === "DEGRADED") ? found : undefined;
  };
  return {
    list: (account, region) => state.nodegroups.list(place(account, region)).map(factsOf),
    resize(account, region, name, sizes) {
      const [key, nodegroup] = changeable(account, region, name) ?? [];
      if (key === undefined || !nodegroup) return false;
      const { scalingConfig } = nodegroup;
      const { minSize = scalingConfig.minSize, maxSize = scalingConfig.maxSize, desiredCapacity = scalingConfig.desiredSize } = sizes;
      state.nodegroups.put(key, { ...nodegroup, scalingConfig: { minSize, maxSize, desiredSize: desiredCapacity } });
      return true;
    },
    remove(account, region, name, instanceId, desiredSize) {
      const [key, nodegroup] = changeable(account, region, name) ?? [];
      if (key === undefined || !nodegroup) return false;
      const leaving = [...(nodegroup.leaving ?? []).filter((id) => id !== instanceId), instanceId];
      state.nodegroups.put(key, { ...nodegroup, leaving, scalingConfig: { ...nodegroup.scalingConfig, desiredSize } });
      return true;
    },
  };
}

function factsOf(nodegroup: Readonly<NodegroupRecord>): ScalingGroupFacts {
  const { clusterName, name, scalingConfig, ownTemplate } = nodegroup;
  return {
    name: nodegroup.autoScalingGroupName,
    uuid: nodegroup.uuid,
    createdAt: nodegroup.createdAt,
    minSize: scalingConfig.minSize,
    maxSize: scalingConfig.maxSize,
    desiredCapacity: nodegroup.status === "DELETING" ? 0 : scalingConfig.desiredSize,
    subnetIds: nodegroup.subnets,
    ...(ownTemplate && {
      launchTemplate: { id: ownTemplate.id, name: ownTemplate.name, version: String(ownTemplate.versions.at(-1)?.version ?? 1) },
    }),
    instanceTypes: nodegroup.instanceTypes ?? [],
    spot: nodegroup.capacityType === "SPOT",
    deleting: nodegroup.status === "DELETING",
    tags: {
      "eks:cluster-name": clusterName,
      "eks:nodegroup-name": name,
      "k8s.io/cluster-autoscaler/enabled": "true",
      [`k8s.io/cluster-autoscaler/${clusterName}`]: "owned",
      [`kubernetes.io/cluster/${clusterName}`]: "owned",
    },
  };
}
