// Every kind of update of a cluster (acceptance item 9).
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import {
  AssociateIdentityProviderConfigCommand,
  type Cluster,
  CreateClusterCommand,
  DeleteClusterCommand,
  DescribeUpdateCommand,
  ListIdentityProviderConfigsCommand,
  ListUpdatesCommand,
  UpdateClusterConfigCommand,
  type UpdateClusterConfigRequest,
  UpdateType,
} from "@aws-sdk/client-eks";
import { trust } from "../../support/policies.ts";
import { createRole } from "../../support/scenario.ts";
import { MINUTE, refused, type Stage, startStage } from "./stage.ts";

let stage: Stage;
const name = "nine";
let autoRole: string;
let nodeRole: string;
before(async () => {
  stage = await startStage({ timing: "realistic" });
  const tagging = trust({ Service: "eks.amazonaws.com" }, ["sts:AssumeRole", "sts:TagSession"]);
  autoRole = await createRole(stage.iam, "auto", tagging);
  nodeRole = stage.ground.nodeRole;
});
after(() => stage?.close());

type Change = Omit<UpdateClusterConfigRequest, "name">;

/** One kind of update: what is asked, the parameters shown, and where the cluster shows it afterwards. */
interface Kind {
  readonly type: UpdateType;
  readonly ask: () => Change;
  readonly params: () => Record<string, string>;
  readonly shows: (cluster: Cluster) => unknown;
  readonly value: () => unknown;
  /** Asking again is not "no change". */
  readonly repeatable?: boolean;
}

const json = JSON.stringify;
const on = {
  computeConfig: { enabled: true, nodePools: ["system"] },
  storageConfig: { blockStorage: { enabled: true } },
  kubernetesNetworkConfig: { elasticLoadBalancing: { enabled: true } },
};
const kinds: readonly Kind[] = [
  {
    type: "EndpointAccessUpdate",
    ask: () => ({ resourcesVpcConfig: { endpointPrivateAccess: true, publicAccessCidrs: ["203.0.113.5/32"] } }),
    params: () => ({ EndpointPublicAccess: "true", EndpointPrivateAccess: "true", PublicAccessCidrs: '["203.0.113.5/32"]' }),
    shows: ({ resourcesVpcConfig: vpc }) => [vpc?.endpointPrivateAccess, vpc?.publicAccessCidrs],
    value: () => [true, ["203.0.113.5/32"]],
  },
  {
    type: "VpcConfigUpdate",
    ask: () => ({ resourcesVpcConfig: { subnetIds: stage.ground.subnets.slice(2), securityGroupIds: [] } }),
    params: () => ({ Subnets: json(stage.ground.subnets.slice(2)), SecurityGroups: "[]" }),
    shows: ({ resourcesVpcConfig: vpc }) => vpc?.subnetIds,
    value: () => stage.ground.subnets.slice(2),
  },
  {
    type: "ControlPlaneEgressUpdate",
    ask: () => ({ resourcesVpcConfig: { controlPlaneEgressMode: "CUSTOMER_ROUTED" } }),
    params: () => ({ ControlPlaneEgressMode: "CUSTOMER_ROUTED" }),
    shows: ({ resourcesVpcConfig: vpc }) => vpc?.controlPlaneEgressMode,
    value: () => "CUSTOMER_ROUTED",
  },
  {
    type: "LoggingUpdate",
    ask: () => ({ logging: { clusterLogging: [{ types: ["scheduler", "api"], enabled: true }] } }),
    params: () => ({
      ClusterLogging: json({
        clusterLogging: [
          { types: ["api", "scheduler"], enabled: true },
          { types: ["audit", "authenticator", "controllerManager"], enabled: false },
        ],
      }),
    }),
    shows: ({ logging }) => logging?.clusterLogging,
    value: () => [
      { types: ["api", "scheduler"], enabled: true },
      { types: ["audit", "authenticator", "controllerManager"], enabled: false },
    ],
  },
  {
    type: "AccessConfigUpdate",
    ask: () => ({ accessConfig: { authenticationMode: "API" } }),
    params: () => ({ AuthenticationMode: "API" }),
    shows: ({ accessConfig }) => accessConfig?.authenticationMode,
    value: () => "API",
  },
  {
    type: "UpgradePolicyUpdate",
    ask: () => ({ upgradePolicy: { supportType: "STANDARD" } }),
    params: () => ({ UpgradePolicy: '{"supportType":"STANDARD"}' }),
    shows: ({ upgradePolicy }) => upgradePolicy?.supportType,
    value: () => "STANDARD",
  },
  {
    type: "ZonalShiftConfigUpdate",
    ask: () => ({ zonalShiftConfig: { enabled: true } }),
    params: () => ({ ZonalShiftConfig: '{"enabled":true}' }),
    shows: ({ zonalShiftConfig }) => zonalShiftConfig,
    value: () => ({ enabled: true }),
  },
  {
    type: "AutoModeUpdate",
    ask: () => ({ ...on, computeConfig: { ...on.computeConfig, nodeRoleArn: nodeRole } }),
    params: () => ({
      ComputeConfig: json({ enabled: true, nodePools: ["system"], nodeRoleArn: nodeRole }),
      StorageConfig: json(on.storageConfig),
      KubernetesNetworkConfig: json(on.kubernetesNetworkConfig),
    }),
    shows: (cluster) => [cluster.computeConfig, cluster.storageConfig, cluster.kubernetesNetworkConfig?.elasticLoadBalancing],
    value: () => [{ enabled: true, nodePools: ["system"], nodeRoleArn: nodeRole }, { blockStorage: { enabled: true } }, { enabled: true }],
  },
  {
    type: "RemoteNetworkConfigUpdate",
    ask: () => ({ remoteNetworkConfig: { remoteNodeNetworks: [{ cidrs: ["192.168.0.0/24"] }] } }),
    params: () => ({ RemoteNetworkConfig: '{"remoteNodeNetworks":[{"cidrs":["192.168.0.0/24"]}]}' }),
    shows: ({ remoteNetworkConfig }) => remoteNetworkConfig?.remoteNodeNetworks,
    value: () => [{ cidrs: ["192.168.0.0/24"] }],
  },
  {
    type: "ControlPlaneScalingConfigUpdate",
    ask: () => ({ controlPlaneScalingConfig: { tier: "tier-2xl" } }),
    params: () => ({ UpdatedTier: "tier-2xl", PreviousTier: "standard" }),
    shows: ({ controlPlaneScalingConfig }) => controlPlaneScalingConfig?.tier,
    value: () => "tier-2xl",
  },
  {
    type: "ControlPlaneComponentConfigUpdate",
    ask: () => ({ kubeApiServerConfig: { eventTtl: "30m" } }),
    params: () => ({ KubeApiServerConfig: '{"eventTtl":"30m"}' }),
    shows: ({ kubeApiServerConfig }) => kubeApiServerConfig,
    value: () => ({ eventTtl: "30m" }),
    repeatable: true,
  },
  {
    type: "DeletionProtectionUpdate",
    ask: () => ({ deletionProtection: true }),
    params: () => ({ DeletionProtection: "true" }),
    shows: ({ deletionProtection }) => deletionProtection,
    value: () => true,
  },
];

const change = (members: Change) => stage.eks.send(new UpdateClusterConfigCommand({ name, ...members }));

describe("9 Updates", () => {
  before(async () => {
    await stage.create(name, { roleArn: autoRole, version: "1.34" });
  });

  for (const { type, ask, params, shows, value, repeatable } of kinds) {
    test(`${type} is UPDATING with its parameters, refuses others, and ends ACTIVE as asked`, async () => {
      const { update } = await change(ask());
      assert.deepEqual([update?.type, update?.status, update?.errors], [type, "InProgress", []]);
      assert.deepEqual(Object.fromEntries(update!.params!.map((param) => [param.type, param.value])), params());
      assert.equal((await stage.cluster(name)).status, "UPDATING");
      const [other, otherType] =
        type === "DeletionProtectionUpdate"
          ? [{ zonalShiftConfig: { enabled: false } }, "ZonalShiftConfigUpdate"]
          : [{ deletionProtection: true }, "DeletionProtectionUpdate"];
      const busy = `Cannot ${otherType} because cluster ${name} currently has update ${update!.id} in progress`;
      await refused(change(other), "ResourceInUseException", busy);
      const held = `Cannot delete because cluster ${name} currently has an update in progress`;
      await refused(stage.eks.send(new DeleteClusterCommand({ name })), "ResourceInUseException", held);
      stage.time.step(3 * MINUTE);
      await stage.succeeded(name, update);
      const after = await stage.cluster(name);
      assert.equal(after.status, "ACTIVE");
      assert.deepEqual(shows(after), value());
      assert.equal((await stage.eks.send(new ListUpdatesCommand({ name }))).updateIds?.[0], update!.id);
      if (!repeatable) await refused(change(ask()), "InvalidParameterException", /already at the desired configuration|No changes needed/);
    });
  }

  test("every type the model knows is in the table, or belongs to another operation", () => {
    const elsewhere: UpdateType[] = [
      ...(["VersionUpdate", "VersionRollback", "ConfigUpdate", "AddonUpdate", "CapabilityUpdate", "CertificateAuthorityUpdate"] as const),
      ...(["AssociateIdentityProviderConfig", "DisassociateIdentityProviderConfig", "AssociateEncryptionConfig"] as const),
      // What starts this one is not public.
      "VendedLogsUpdate",
    ];
    assert.deepEqual([...kinds.map(({ type }) => type), ...elsewhere].sort(), Object.values(UpdateType).sort());
  });

  test("two kinds at once, and none", async () => {
    const one = "Only one type of update can be allowed.";
    await refused(change({}), "InvalidParameterException", "The type for cluster update was not provided.");
    await refused(change({ resourcesVpcConfig: {} }), "InvalidParameterException", "The type for cluster update was not provided.");
    await refused(change({ deletionProtection: false, zonalShiftConfig: { enabled: false } }), "InvalidParameterException", one);
    const vpc = { endpointPrivateAccess: true, subnetIds: stage.ground.subnets.slice(2) };
    await refused(change({ resourcesVpcConfig: vpc }), "InvalidParameterException", one);
    const nothing = change({ logging: { clusterLogging: [{ types: ["audit"], enabled: false }] } });
    await refused(nothing, "InvalidParameterException", "No changes needed for the logging config provided");
    assert.equal((await stage.cluster(name)).status, "ACTIVE");
  });

  test("one that fails leaves the cluster ACTIVE as it was, and says why", async () => {
    const before = await stage.cluster(name);
    const oidc = { identityProviderConfigName: "deaf", issuerUrl: "https://localhost:1/", clientId: "kubernetes" };
    const { update } = await stage.eks.send(new AssociateIdentityProviderConfigCommand({ clusterName: name, oidc }));
    assert.deepEqual([update?.type, update?.status], ["AssociateIdentityProviderConfig", "InProgress"]);
    const failed = await stage.ended(name, update);
    assert.equal(failed.status, "Failed");
    assert.equal(failed.errors?.length, 1);
    assert.match(failed.errors?.[0]?.errorMessage ?? "", /^The discovery document of https:\/\/localhost:1\/ could not be read: /);
    assert.deepEqual(await stage.active(name), before);
    const { identityProviderConfigs } = await stage.eks.send(new ListIdentityProviderConfigsCommand({ clusterName: name }));
    assert.deepEqual(identityProviderConfigs, []);
  });

  test("before the cluster is ACTIVE there are none", async () => {
    await stage.eks.send(new CreateClusterCommand(stage.request("young")));
    const early = stage.eks.send(new UpdateClusterConfigCommand({ name: "young", deletionProtection: true }));
    await refused(early, "InvalidRequestException", "Cluster 'young' is not in ACTIVE status");
    const unknown = stage.eks.send(new DescribeUpdateCommand({ name, updateId: "nothing" }));
    await refused(unknown, "ResourceNotFoundException", "No update found for ID: nothing");
  });
});
