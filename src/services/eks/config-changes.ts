// The kinds of change UpdateClusterConfig knows: when a request asks for one, and what it must satisfy (spec eks-control-plane §5.5).
import { autoModeChange } from "./auto-mode-change.ts";
import { type ChangeKind, noChange, sameList } from "./change-kind.ts";
import { checkComponents } from "./component-config.ts";
import { checkEndpointAccess, checkPublicCidrs, defaultPublicCidrs } from "./endpoint-access.ts";
import { invalidParameter } from "./errors.ts";
import { enabledLogTypes, loggingView } from "./logging.ts";
import { checkFreeAtUpdate, readSubnets, readVpcCidrs } from "./network.ts";
import { checkRemoteNetworks, storedRemoteNetworks } from "./remote-network.ts";
import { asService } from "./service-roles.ts";
import { params } from "./updates.ts";
import { findVersion, supportPhase } from "./versions.ts";
import { vpcConfigChange } from "./vpc-config-change.ts";

const endpointAccess: ChangeKind = {
  type: "EndpointAccessUpdate",
  asks: ({ resourcesVpcConfig: vpc }) =>
    vpc?.endpointPublicAccess !== undefined || vpc?.endpointPrivateAccess !== undefined || vpc?.publicAccessCidrs !== undefined,
  check({ resourcesVpcConfig: vpc = {} }, cluster, _call, deps) {
    const endpointPublicAccess = vpc.endpointPublicAccess ?? cluster.endpointPublicAccess;
    const endpointPrivateAccess = vpc.endpointPrivateAccess ?? cluster.endpointPrivateAccess;
    checkEndpointAccess(endpointPublicAccess, endpointPrivateAccess, cluster.name);
    const asked = vpc.publicAccessCidrs;
    if (asked) checkPublicCidrs(asked, cluster.ipFamily, deps.limits.publicAccessCidrs, cluster.name);
    const publicAccessCidrs = asked
      ? asked.length > 0
        ? [...new Set(asked)]
        : defaultPublicCidrs(cluster.ipFamily)
      : cluster.publicAccessCidrs;
    const same =
      endpointPublicAccess === cluster.endpointPublicAccess &&
      endpointPrivateAccess === cluster.endpointPrivateAccess &&
      sameList([...publicAccessCidrs].sort(), [...cluster.publicAccessCidrs].sort());
    if (same) {
      // The blank before the first comma is EKS's.
      throw noChange(
        `endpointPrivateAccess: ${endpointPrivateAccess} , endpointPublicAccess: ${endpointPublicAccess}, and Public Endpoint Restrictions: [${publicAccessCidrs.join(", ")}]`,
        cluster,
      );
    }
    return {
      params: params({
        EndpointPublicAccess: String(endpointPublicAccess),
        EndpointPrivateAccess: String(endpointPrivateAccess),
        PublicAccessCidrs: publicAccessCidrs,
      }),
      change: { endpointPublicAccess, endpointPrivateAccess, publicAccessCidrs },
    };
  },
};

const egressMode: ChangeKind = {
  type: "ControlPlaneEgressUpdate",
  asks: ({ resourcesVpcConfig: vpc }) => vpc?.controlPlaneEgressMode !== undefined,
  check({ resourcesVpcConfig: vpc }, cluster) {
    const mode = vpc?.controlPlaneEgressMode;
    if (mode === cluster.controlPlaneEgressMode) throw noChange(`controlPlaneEgressMode: ${mode}`, cluster);
    if (mode !== "CUSTOMER_ROUTED") {
      throw invalidParameter(`Unsupported controlPlaneEgressMode update from ${cluster.controlPlaneEgressMode} to ${mode}`, {
        clusterName: cluster.name,
      });
    }
    return { params: params({ ControlPlaneEgressMode: mode }), change: { controlPlaneEgressMode: mode } };
  },
};

const logging: ChangeKind = {
  type: "LoggingUpdate",
  asks: (input) => input.logging !== undefined,
  async check(input, cluster, call, deps) {
    const logTypes = enabledLogTypes(input.logging, cluster.logTypes, cluster.name);
    if (sameList(logTypes, cluster.logTypes)) {
      throw invalidParameter("No changes needed for the logging config provided", { clusterName: cluster.name });
    }
    checkFreeAtUpdate(await readSubnets(deps, cluster.subnetIds, asService(deps, call), cluster.name), cluster.name);
    return { params: params({ ClusterLogging: loggingView(logTypes) }), change: { logTypes } };
  },
};

const NEXT_MODE = { CONFIG_MAP: "API_AND_CONFIG_MAP", API_AND_CONFIG_MAP: "API", API: undefined } as const;

const accessConfig: ChangeKind = {
  type: "AccessConfigUpdate",
  asks: (input) => input.accessConfig?.authenticationMode !== undefined,
  check(input, cluster) {
    const mode = input.accessConfig!.authenticationMode!;
    if (mode === cluster.authenticationMode) throw noChange(`authenticationMode: ${mode}`, cluster);
    if (NEXT_MODE[cluster.authenticationMode] !== mode) {
      throw invalidParameter(`Unsupported authentication mode update from ${cluster.authenticationMode} to ${mode}`, {
        clusterName: cluster.name,
      });
    }
    return { params: params({ AuthenticationMode: mode }), change: { authenticationMode: mode } };
  },
};

const upgradePolicy: ChangeKind = {
  type: "UpgradePolicyUpdate",
  asks: (input) => input.upgradePolicy?.supportType !== undefined,
  check(input, cluster, _call, { versions, clock }) {
    const supportType = input.upgradePolicy!.supportType!;
    if (supportType === cluster.supportType) throw noChange(`supportType: ${supportType}`, cluster);
    const facts = findVersion(versions, cluster.version);
    if (facts && supportPhase(facts, clock.now()) !== "STANDARD_SUPPORT") {
      throw invalidParameter("The upgrade policy can only be changed while the cluster's version is in standard support", {
        clusterName: cluster.name,
      });
    }
    return { params: params({ UpgradePolicy: input.upgradePolicy }), change: { supportType } };
  },
};

const zonalShift: ChangeKind = {
  type: "ZonalShiftConfigUpdate",
  asks: (input) => input.zonalShiftConfig?.enabled !== undefined,
  check(input, cluster) {
    const zonalShiftEnabled = input.zonalShiftConfig!.enabled!;
    if (zonalShiftEnabled === cluster.zonalShiftEnabled) throw noChange(`zonalShiftConfig enabled: ${zonalShiftEnabled}`, cluster);
    return { params: params({ ZonalShiftConfig: input.zonalShiftConfig }), change: { zonalShiftEnabled, zonalShiftConfigured: true } };
  },
};

const remoteNetworks: ChangeKind = {
  type: "RemoteNetworkConfigUpdate",
  asks: (input) => input.remoteNetworkConfig !== undefined,
  async check({ remoteNetworkConfig: config = {} }, cluster, call, deps) {
    const vpc = await readVpcCidrs(deps, cluster.vpcId, asService(deps, call));
    const taken = [...vpc.ipv4, ...(cluster.serviceIpv4Cidr ? [cluster.serviceIpv4Cidr] : [])];
    checkRemoteNetworks(config, { ...cluster, taken });
    const stored = storedRemoteNetworks(config);
    if (JSON.stringify(stored) === JSON.stringify(cluster.remoteNetworkConfig)) throw noChange("the remoteNetworkConfig given", cluster);
    // An absent member in a change would be lost in storage; an empty object clears it.
    return { params: params({ RemoteNetworkConfig: config }), change: { remoteNetworkConfig: stored ?? {} } };
  },
};

const deletionProtection: ChangeKind = {
  type: "DeletionProtectionUpdate",
  asks: (input) => input.deletionProtection !== undefined,
  check({ deletionProtection: wanted }, cluster) {
    if (wanted === cluster.deletionProtection) throw noChange(`deletionProtection: ${wanted}`, cluster);
    return { params: params({ DeletionProtection: String(wanted) }), change: { deletionProtection: wanted! } };
  },
};

const scalingTier: ChangeKind = {
  type: "ControlPlaneScalingConfigUpdate",
  asks: (input) => input.controlPlaneScalingConfig?.tier !== undefined,
  check(input, cluster) {
    const tier = input.controlPlaneScalingConfig!.tier!;
    if (tier === cluster.tier) throw noChange(`controlPlaneScalingConfig tier: ${tier}`, cluster);
    checkComponents(cluster, cluster.version, tier, cluster.name);
    return { params: params({ UpdatedTier: tier, PreviousTier: cluster.tier }), change: { tier } };
  },
};

const components: ChangeKind = {
  type: "ControlPlaneComponentConfigUpdate",
  asks: (input) => Boolean(input.kubeApiServerConfig ?? input.kubeSchedulerConfig ?? input.kubeControllerManagerConfig),
  check(input, cluster) {
    const merged = {
      kubeApiServerConfig: merge(cluster.kubeApiServerConfig, input.kubeApiServerConfig),
      kubeSchedulerConfig: merge(cluster.kubeSchedulerConfig, input.kubeSchedulerConfig),
      kubeControllerManagerConfig: merge(cluster.kubeControllerManagerConfig, input.kubeControllerManagerConfig),
    };
    const change = checkComponents(merged, cluster.version, cluster.tier, cluster.name);
    const { kubeApiServerConfig: KubeApiServerConfig, kubeSchedulerConfig: KubeSchedulerConfig } = input;
    return {
      params: params({ KubeApiServerConfig, KubeSchedulerConfig, KubeControllerManagerConfig: input.kubeControllerManagerConfig }),
      change,
    };
  },
};

const merge = <T extends object>(now: T | undefined, change: T | undefined): T | undefined => (change ? { ...now, ...change } : now);

/** Every kind of change, in the order EKS's documentation lists them. */
export const CHANGES: readonly ChangeKind[] = [
  endpointAccess,
  vpcConfigChange,
  egressMode,
  logging,
  accessConfig,
  upgradePolicy,
  zonalShift,
  autoModeChange,
  remoteNetworks,
  deletionProtection,
  scalingTier,
  components,
];
