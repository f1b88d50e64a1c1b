// The API contract of EKS Auto Mode (acceptance item 13).
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import {
  type Cluster,
  type ComputeConfigRequest,
  CreateAddonCommand,
  CreateClusterCommand,
  type CreateClusterRequest,
  DeleteAddonCommand,
  DescribeAddonCommand,
  UpdateClusterConfigCommand,
} from "@aws-sdk/client-eks";
import { UpdateAssumeRolePolicyCommand } from "@aws-sdk/client-iam";
import { trust } from "../../support/policies.ts";
import { createRole } from "../../support/scenario.ts";
import { eventually } from "../../support/wait.ts";
import { ACCOUNT, refused, type Stage, startStage } from "./stage.ts";

const PARTIAL =
  "For EKS Auto Mode, please ensure that all required configs, including computeConfig, kubernetesNetworkConfig, and blockStorage are all either fully enabled or fully disabled.";
const TAGGING = trust({ Service: "eks.amazonaws.com" }, ["sts:AssumeRole", "sts:TagSession"]);
const PLAIN = trust({ Service: "eks.amazonaws.com" });

let stage: Stage;
let roleArn: string;
before(async () => {
  stage = await startStage();
  roleArn = await createRole(stage.iam, "auto", TAGGING);
});
after(() => stage?.close());

/** The three switches, at `enabled`. */
const switches = (enabled: boolean, computeConfig: ComputeConfigRequest = {}) => ({
  computeConfig: { enabled, ...computeConfig },
  storageConfig: { blockStorage: { enabled } },
  kubernetesNetworkConfig: { elasticLoadBalancing: { enabled } },
});
const create = (name: string, more: Partial<CreateClusterRequest>) =>
  stage.eks.send(new CreateClusterCommand(stage.request(name, { roleArn, bootstrapSelfManagedAddons: false, ...more })));
const change = (name: string, more: object) => stage.eks.send(new UpdateClusterConfigCommand({ name, ...more }));
async function changed(name: string, more: object): Promise<Cluster> {
  const { update } = await change(name, more);
  assert.equal(update?.type, "AutoModeUpdate");
  await stage.succeeded(name, update);
  return stage.active(name);
}
const shown = ({ computeConfig, storageConfig, kubernetesNetworkConfig }: Cluster) => ({
  computeConfig,
  blockStorage: storageConfig?.blockStorage?.enabled,
  elasticLoadBalancing: kubernetesNetworkConfig?.elasticLoadBalancing?.enabled,
});

describe("13 Auto Mode", () => {
  test("partly switched on is refused in EKS's words, at creation and in updates", async () => {
    await stage.create("partial", { roleArn });
    const { computeConfig, storageConfig, kubernetesNetworkConfig } = switches(true);
    for (const part of [
      { computeConfig },
      { storageConfig },
      { kubernetesNetworkConfig },
      { computeConfig, storageConfig },
      { computeConfig, kubernetesNetworkConfig },
      { storageConfig, kubernetesNetworkConfig },
      { ...switches(true), storageConfig: { blockStorage: { enabled: false } } },
    ]) {
      await refused(create("half", part), "InvalidParameterException", PARTIAL);
      await refused(change("partial", part), "InvalidParameterException", PARTIAL);
    }
  });

  test("it needs an API mode, and does without the self-managed add-ons", async () => {
    const accessConfig = { authenticationMode: "CONFIG_MAP" as const };
    await refused(create("map", { ...switches(true), accessConfig }), "InvalidParameterException", /authentication mode/);
    for (const bootstrapSelfManagedAddons of [true, undefined])
      await refused(
        create("addons", { ...switches(true), bootstrapSelfManagedAddons }),
        "InvalidParameterException",
        /bootstrapSelfManagedAddons must be false/,
      );
    await stage.create("by-map", { roleArn, accessConfig });
    await refused(change("by-map", switches(true)), "InvalidParameterException", /authentication mode/);
  });

  test("pools are the two there are, and need the node role that is needed for nothing else", async () => {
    const { nodeRole: nodeRoleArn } = stage.ground;
    const pools = (computeConfig: ComputeConfigRequest) => create("pools", switches(true, computeConfig));
    await refused(pools({ nodePools: ["system", "gpu"], nodeRoleArn }), "InvalidParameterException", /^The node pool gpu is not valid/);
    await refused(pools({ nodePools: ["system"] }), "InvalidParameterException", "nodeRoleArn is required when nodePools are given");
    await refused(pools({ nodeRoleArn }), "InvalidParameterException", "nodeRoleArn can only be given with nodePools");
    const nobodys = `arn:aws:iam::${ACCOUNT}:role/nobodys`;
    await refused(
      pools({ nodePools: ["system"], nodeRoleArn: nobodys }),
      "InvalidParameterException",
      `The role with arn: ${nobodys} cannot be found`,
    );
    await pools({ nodePools: ["general-purpose", "system"], nodeRoleArn });
    assert.deepEqual(shown(await stage.active("pools")), {
      computeConfig: { enabled: true, nodePools: ["general-purpose", "system"], nodeRoleArn },
      ...{ blockStorage: true, elasticLoadBalancing: true },
    });
  });

  test("the node role stays; pools come and go", async () => {
    const { nodeRole: nodeRoleArn } = stage.ground;
    const other = await createRole(stage.iam, "other-node", trust({ Service: "ec2.amazonaws.com" }));
    await refused(
      change("pools", { computeConfig: { enabled: true, nodePools: ["system"], nodeRoleArn: other } }),
      "InvalidParameterException",
      "nodeRoleArn cannot be changed once it is set",
    );
    assert.deepEqual((await changed("pools", { computeConfig: { nodePools: [] } })).computeConfig?.nodePools, []);
    const again = { computeConfig: { enabled: true, nodePools: ["system"], nodeRoleArn } };
    assert.deepEqual((await changed("pools", again)).computeConfig?.nodePools, ["system"]);
    await refused(change("pools", again), "InvalidParameterException", /already at the desired configuration/);
  });

  test("switched on and off again, all three together", async () => {
    assert.deepEqual(shown(await changed("partial", switches(true))), {
      computeConfig: { enabled: true, nodePools: [] },
      ...{ blockStorage: true, elasticLoadBalancing: true },
    });
    await refused(change("partial", { computeConfig: { enabled: false } }), "InvalidParameterException", PARTIAL);
    assert.deepEqual(shown(await changed("partial", switches(false))), {
      computeConfig: { enabled: false, nodePools: [] },
      ...{ blockStorage: false, elasticLoadBalancing: false },
    });
    await refused(change("partial", switches(false)), "InvalidParameterException", /already at the desired configuration/);
  });

  test("a role whose sessions cannot be tagged will not do, at creation and in updates", async () => {
    const plain = await createRole(stage.iam, "plain", PLAIN);
    const cannot = `Role with arn: ${plain}, could not be assumed because it does not exist or the trusted entity is not correct`;
    await refused(create("untagged", { ...switches(true), roleArn: plain }), "InvalidParameterException", cannot);
    await stage.create("untagged", { roleArn: plain });
    await refused(change("untagged", switches(true)), "InvalidParameterException", cannot);
    await stage.iam.send(new UpdateAssumeRolePolicyCommand({ RoleName: "plain", PolicyDocument: TAGGING }));
    assert.equal((await changed("untagged", switches(true))).computeConfig?.enabled, true);
  });

  test("add-ons that are too old must be updated first", async () => {
    const key = { clusterName: "old", addonName: "vpc-cni" };
    await stage.create("old", { roleArn, version: "1.32", bootstrapSelfManagedAddons: false });
    await stage.eks.send(new CreateAddonCommand({ ...key, addonVersion: "v1.18.6-eksbuild.1" }));
    await eventually("vpc-cni ACTIVE", async () => (await stage.eks.send(new DescribeAddonCommand(key))).addon?.status === "ACTIVE");
    await refused(
      change("old", switches(true)),
      "InvalidParameterException",
      "EKS Auto Mode requires add-on vpc-cni to be at least v1.19.0-eksbuild.1: it is v1.18.6-eksbuild.1",
    );
    await stage.eks.send(new DeleteAddonCommand(key));
    await eventually("vpc-cni gone", () =>
      stage.eks.send(new DescribeAddonCommand(key)).then(
        () => false,
        () => true,
      ),
    );
    assert.equal((await changed("old", switches(true))).computeConfig?.enabled, true);
  });
});
