// Turning EKS Auto Mode on and off, and changing its built-in node pools (spec eks-control-plane §16.1).
import { autoModeSwitch, checkNodePools } from "./auto-mode.ts";
import { checkAutoModeNodeRole, checkAutoModePrerequisites } from "./auto-mode-prerequisites.ts";
import { type ChangeKind, noChange, sameList } from "./change-kind.ts";
import { invalidParameter } from "./errors.ts";
import { params } from "./updates.ts";

export const autoModeChange: ChangeKind = {
  type: "AutoModeUpdate",
  asks: (input) => Boolean(input.computeConfig ?? input.storageConfig ?? input.kubernetesNetworkConfig),
  async check(input, cluster, call, deps) {
    const subject = { clusterName: cluster.name };
    const { serviceIpv4Cidr, ipFamily } = input.kubernetesNetworkConfig ?? {};
    if (serviceIpv4Cidr !== undefined && serviceIpv4Cidr !== cluster.serviceIpv4Cidr) {
      throw invalidParameter("serviceIpv4Cidr cannot be changed after a cluster is created", subject);
    }
    if (ipFamily !== undefined && ipFamily !== cluster.ipFamily) {
      throw invalidParameter("ipFamily cannot be changed after a cluster is created", subject);
    }
    const poolsOnly = input.computeConfig && !input.storageConfig && !input.kubernetesNetworkConfig && cluster.autoMode;
    const autoMode = poolsOnly ? (input.computeConfig?.enabled ?? true) : (autoModeSwitch(input, cluster.name) ?? cluster.autoMode);
    if (poolsOnly && !autoMode) autoModeSwitch({ computeConfig: { enabled: true } }, cluster.name);
    if (autoMode && cluster.authenticationMode === "CONFIG_MAP") {
      throw invalidParameter("EKS Auto Mode requires the authentication mode to be API or API_AND_CONFIG_MAP", subject);
    }
    const nodeRoleArn = input.computeConfig?.nodeRoleArn;
    if (nodeRoleArn && cluster.autoModeNodeRoleArn && nodeRoleArn !== cluster.autoModeNodeRoleArn) {
      throw invalidParameter("nodeRoleArn cannot be changed once it is set", subject);
    }
    const nodePools = autoMode ? (input.computeConfig?.nodePools ?? cluster.nodePools) : [];
    if (input.computeConfig?.nodePools?.length) {
      const effective = nodeRoleArn ?? cluster.autoModeNodeRoleArn;
      checkNodePools({ ...input.computeConfig, ...(effective ? { nodeRoleArn: effective } : {}) }, autoMode, cluster.name);
    }
    const managed = input.kubernetesNetworkConfig?.elasticLoadBalancing?.gatewayApi?.crds?.managed;
    const same = autoMode === cluster.autoMode && sameList(nodePools, cluster.nodePools) && managed === undefined;
    if (same) throw noChange("the Auto Mode configuration provided", cluster);
    checkAutoModeNodeRole(nodeRoleArn, call, deps, cluster.name);
    if (autoMode && !cluster.autoMode) await checkAutoModePrerequisites(cluster, call, deps);
    return {
      params: params({
        ComputeConfig: input.computeConfig,
        StorageConfig: input.storageConfig,
        KubernetesNetworkConfig: input.kubernetesNetworkConfig,
      }),
      change: {
        autoMode,
        autoModeConfigured: true,
        nodePools,
        ...(nodeRoleArn ? { autoModeNodeRoleArn: nodeRoleArn } : {}),
        ...(managed === undefined ? {} : { gatewayApiCrdsManaged: managed }),
      },
    };
  },
};
