// CreateCluster: every rule in EKS's order, then one record in status CREATING (spec eks-control-plane §5.1, §5.2).
import type { CreateClusterRequest } from "@aws-sdk/client-eks";
import { clusterHexId } from "../../aws/ids.ts";
import type { Call, Operations, Sdk } from "../../aws/operation.ts";
import { clusterArn, clusterKey } from "./arn.ts";
import { autoModeSwitch, checkNodePools } from "./auto-mode.ts";
import { checkAutoModeNodeRole } from "./auto-mode-prerequisites.ts";
import { checkClusterName, checkTags, compact, distinct } from "./checks.ts";
import { createConditions } from "./cluster-conditions.ts";
import { clusterView } from "./cluster-view.ts";
import { checkComponents } from "./component-config.ts";
import type { EksDeps } from "./deps.ts";
import { checkEncryption, grantKey } from "./encryption.ts";
import { checkEndpointAccess, checkPublicCidrs, defaultPublicCidrs } from "./endpoint-access.ts";
import { invalidParameter, limitExceeded, resourceInUse } from "./errors.ts";
import { groupSuffix, serviceIpv6Cidr } from "./ids.ts";
import { enabledLogTypes } from "./logging.ts";
import { checkClusterSubnets, checkFreeAtCreate, checkSecurityGroups, readSubnets, readVpcCidrs, readZones } from "./network.ts";
import type { ClusterRecord } from "./records.ts";
import { checkRemoteNetworks, remoteCidrs, storedRemoteNetworks } from "./remote-network.ts";
import { checkServiceCidrForm, checkServiceCidrFree, defaultServiceCidr } from "./service-cidr.ts";
import { asService, canAssumeClusterRole, passRole, principalOf, serviceLinkedRequirement, tagOnCreate } from "./service-roles.ts";
import { earlierResult, rememberResult } from "./tokens.ts";
import { defaultVersion, supportedVersion, type VersionFacts } from "./versions.ts";

export const createCluster = {
  CreateCluster: {
    resource: ({ name }, call) => clusterArn(call, name ?? ""),
    conditions: (input) => createConditions(input),
    requires: (input, call, { directory }) => [
      ...passRole(input.roleArn, "eks.amazonaws.com", clusterArn(call, input.name ?? "")),
      ...passRole(input.computeConfig?.nodeRoleArn, "eks.amazonaws.com"),
      ...serviceLinkedRequirement(directory, call, "cluster"),
      ...tagOnCreate(input.tags, clusterArn(call, input.name ?? "")),
    ],
    async run(input, call, deps) {
      const { state, clock } = deps;
      const name = checkClusterName(input.name);
      const tags = checkTags(input.tags, { clusterName: name });
      const key = clusterKey(call, name);
      const use = { clusterKey: key, operation: "CreateCluster", token: input.clientRequestToken, input, now: clock.now() };
      const earlier = () => (earlierResult(state, use) === undefined ? undefined : state.clusters.get(key));
      const checkFree = () => {
        if (state.clusters.has(key) || state.connectedClusters.has(key))
          throw resourceInUse(`Cluster already exists with name: ${name}`, { clusterName: name });
        if (state.clusters.count(`${call.account}/${call.region}/`) >= deps.limits.clusters) {
          throw limitExceeded("Cluster limit exceeded for account.", { clusterName: name });
        }
      };

      const known = earlier();
      if (known) return { cluster: clusterView(known) };
      checkFree();
      const settings = checkSettings(input, deps, name);
      const network = await checkNetwork(input, call, deps, name, settings.ipFamily, settings.authenticationMode);
      await checkRole(input, call, deps, name, settings.autoMode);
      checkAutoModeNodeRole(settings.autoModeNodeRoleArn, call, deps, name);
      const encryptionConfig = checkEncryption(input.encryptionConfig, call, name);
      const encryptionGrantId = encryptionConfig && (await grantKey(encryptionConfig, input.roleArn ?? "", call, deps, name));

      const record = compact<ClusterRecord>({
        partition: call.partition,
        account: call.account,
        region: call.region,
        name,
        arn: clusterArn(call, name),
        createdAt: clock.now(),
        status: "CREATING",
        roleArn: input.roleArn ?? "",
        ...settings,
        ...network,
        ...(encryptionConfig && encryptionGrantId !== undefined ? { encryptionConfig, encryptionGrantId } : {}),
        bootstrapSelfManagedAddons: input.bootstrapSelfManagedAddons ?? !settings.autoMode,
        creator: principalOf(call.caller),
        ...(input.clientRequestToken ? { clientRequestToken: input.clientRequestToken } : {}),
        tags,
        health: [],
        hexId: clusterHexId(deps.random),
        securityGroupName: `eks-cluster-sg-${name}-${groupSuffix(deps.random)}`,
        versionHistory: [],
      });
      // The checks above waited for other services; somebody else may have taken the name meanwhile.
      const taken = earlier();
      if (taken) return { cluster: clusterView(taken) };
      checkFree();
      state.store.transact(() => {
        state.clusters.put(key, record);
        rememberResult(state, use, name);
      });
      return { cluster: clusterView(record) };
    },
  },
} satisfies Operations<Sdk["eks"], EksDeps>;

/** Steps 4 to 9 of the check order: everything that needs no other service. */
function checkSettings(input: CreateClusterRequest, deps: EksDeps, name: string) {
  const subject = { clusterName: name };
  const facts = chooseVersion(input.version, deps, name);
  const authenticationMode = input.accessConfig?.authenticationMode ?? "CONFIG_MAP";
  const bootstrapCreatorAdmin = input.accessConfig?.bootstrapClusterCreatorAdminPermissions ?? true;
  if (authenticationMode === "CONFIG_MAP" && !bootstrapCreatorAdmin) {
    throw invalidParameter(
      "bootstrapClusterCreatorAdminPermissions must be true if cluster authentication mode is set to CONFIG_MAP",
      subject,
    );
  }
  const autoModeWanted = autoModeSwitch(input, name);
  const autoMode = autoModeWanted ?? false;
  checkNodePools(input.computeConfig, autoMode, name);
  if (autoMode && authenticationMode === "CONFIG_MAP") {
    throw invalidParameter("EKS Auto Mode requires the authentication mode to be API or API_AND_CONFIG_MAP", subject);
  }
  if (autoMode && input.bootstrapSelfManagedAddons !== false) {
    throw invalidParameter("bootstrapSelfManagedAddons must be false if EKS Auto Mode is enabled", subject);
  }
  if (input.outpostConfig) throw invalidParameter("Local clusters on AWS Outposts are not supported", subject);

  const ipFamily = input.kubernetesNetworkConfig?.ipFamily ?? "ipv4";
  const vpc = input.resourcesVpcConfig ?? {};
  const endpointPublicAccess = vpc.endpointPublicAccess ?? true;
  const endpointPrivateAccess = vpc.endpointPrivateAccess ?? false;
  checkEndpointAccess(endpointPublicAccess, endpointPrivateAccess, name);
  checkPublicCidrs(vpc.publicAccessCidrs ?? [], ipFamily, deps.limits.publicAccessCidrs, name);
  if (vpc.controlPlaneEgressMode === "CUSTOMER_ISOLATED")
    throw invalidParameter("controlPlaneEgressMode CUSTOMER_ISOLATED is not supported", subject);
  const serviceIpv4Cidr = input.kubernetesNetworkConfig?.serviceIpv4Cidr;
  if (serviceIpv4Cidr !== undefined) {
    if (ipFamily === "ipv6") throw invalidParameter("serviceIpv4Cidr cannot be specified if ipFamily is ipv6", subject);
    checkServiceCidrForm(serviceIpv4Cidr, name);
  }
  const tier = input.controlPlaneScalingConfig?.tier ?? "standard";
  return {
    version: facts.version,
    platformVersion: facts.platformVersion,
    endpointPublicAccess,
    endpointPrivateAccess,
    publicAccessCidrs: vpc.publicAccessCidrs?.length ? distinct(vpc.publicAccessCidrs) : defaultPublicCidrs(ipFamily),
    controlPlaneEgressMode: vpc.controlPlaneEgressMode ?? ("AWS_MANAGED" as const),
    logTypes: enabledLogTypes(input.logging, [], name),
    authenticationMode,
    bootstrapCreatorAdmin,
    supportType: input.upgradePolicy?.supportType ?? ("EXTENDED" as const),
    zonalShiftEnabled: input.zonalShiftConfig?.enabled ?? false,
    ...(input.zonalShiftConfig && { zonalShiftConfigured: true }),
    autoMode,
    ...(autoModeWanted !== undefined && { autoModeConfigured: true }),
    nodePools: input.computeConfig?.nodePools ?? [],
    ...(input.computeConfig?.nodeRoleArn ? { autoModeNodeRoleArn: input.computeConfig.nodeRoleArn } : {}),
    deletionProtection: input.deletionProtection ?? false,
    tier,
    ...checkComponents(input, facts.version, tier, name),
    ipFamily,
  };
}

function chooseVersion(version: string | undefined, { versions, clock }: EksDeps, clusterName: string): VersionFacts {
  const facts = version === undefined ? defaultVersion(versions, clock.now()) : supportedVersion(versions, version, clock.now());
  if (!facts) throw invalidParameter(`unsupported Kubernetes version ${version ?? ""}`.trim(), { clusterName });
  return facts;
}

/** Steps 9 to 12: subnets, security groups, and the blocks that must not overlap. */
async function checkNetwork(
  input: CreateClusterRequest,
  call: Call,
  deps: EksDeps,
  name: string,
  ipFamily: "ipv4" | "ipv6",
  authenticationMode: string,
) {
  const subject = { clusterName: name };
  const subnetIds = distinct(input.resourcesVpcConfig?.subnetIds ?? []);
  if (subnetIds.length === 0) throw invalidParameter("subnetIds is a required member of resourcesVpcConfig", subject);
  if (subnetIds.length > 16) throw invalidParameter("The number of subnets must not exceed 16", subject);
  const remote = input.remoteNetworkConfig;
  if (remote) checkRemoteNetworks(remote, { name, ipFamily, authenticationMode, taken: [] });

  const service = asService(deps, call);
  const subnets = await readSubnets(deps, subnetIds, service, name);
  const zones = await readZones(deps, service);
  checkClusterSubnets(subnets, name, { ipv6: ipFamily === "ipv6", excludedZoneIds: deps.limits.excludedZoneIds, zones });
  checkFreeAtCreate(subnets, name);
  const vpcId = subnets[0]!.vpcId;

  const securityGroupIds = distinct(input.resourcesVpcConfig?.securityGroupIds ?? []);
  if (securityGroupIds.length > deps.limits.securityGroupsPerCluster) {
    throw invalidParameter(`The number of security groups must not exceed ${deps.limits.securityGroupsPerCluster}`, subject);
  }
  await checkSecurityGroups(deps, securityGroupIds, vpcId, service, name);

  const vpcCidrs = await readVpcCidrs(deps, vpcId, service);
  const asked = input.kubernetesNetworkConfig?.serviceIpv4Cidr;
  const remotes = remoteCidrs(remote);
  if (asked !== undefined) checkServiceCidrFree(asked, [...vpcCidrs.ipv4, ...remotes], vpcId, name);
  const serviceIpv4Cidr = asked ?? (ipFamily === "ipv4" ? defaultServiceCidr(vpcCidrs.ipv4, remotes, vpcId, name) : undefined);
  if (remote) {
    checkRemoteNetworks(remote, {
      name,
      ipFamily,
      authenticationMode,
      taken: [...vpcCidrs.ipv4, ...(serviceIpv4Cidr ? [serviceIpv4Cidr] : [])],
    });
  }
  const stored = storedRemoteNetworks(remote);
  return {
    subnetIds,
    securityGroupIds,
    vpcId,
    availabilityZones: distinct(subnets.map((subnet) => subnet.zone)),
    ...(serviceIpv4Cidr ? { serviceIpv4Cidr } : { serviceIpv6Cidr: serviceIpv6Cidr(deps.random) }),
    ...(stored ? { remoteNetworkConfig: stored } : {}),
  };
}

/** Step 13: EKS really assumes the role, with the cluster as source; Auto Mode needs to tag the session as well. */
async function checkRole(input: CreateClusterRequest, call: Call, deps: EksDeps, name: string, autoMode: boolean): Promise<void> {
  const roleArn = input.roleArn ?? "";
  const sessionTags = autoMode ? { "eks:eks-cluster-name": name } : undefined;
  if (!(await canAssumeClusterRole(deps, call, roleArn, clusterArn(call, name), `${call.now}`, sessionTags))) {
    throw invalidParameter(
      `Role with arn: ${roleArn}, could not be assumed because it does not exist or the trusted entity is not correct`,
      { clusterName: name },
    );
  }
}
