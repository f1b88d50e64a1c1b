// Connected clusters (acceptance item 22).
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import {
  DeleteClusterCommand,
  DeregisterClusterCommand,
  ListClustersCommand,
  ListNodegroupsCommand,
  ListTagsForResourceCommand,
  RegisterClusterCommand,
  UpdateClusterConfigCommand,
} from "@aws-sdk/client-eks";
import { trust } from "../../support/policies.ts";
import { createRole } from "../../support/scenario.ts";
import { ACCOUNT, DAY, REGION, refused, type Stage, startStage } from "./stage.ts";

let stage: Stage;
before(async () => {
  stage = await startStage();
});
after(() => stage?.close());

test("22 Connected clusters are PENDING, keep their code three days, and leave when deregistered", async () => {
  const roleArn = await createRole(stage.iam, "connector", trust({ Service: "ssm.amazonaws.com" }));
  const register = (name: string, role = roleArn) =>
    stage.eks.send(new RegisterClusterCommand({ name, connectorConfig: { roleArn: role, provider: "OPENSHIFT" }, tags: { a: "1" } }));
  const began = stage.time.now();
  const { cluster } = await register("afar");
  assert.deepEqual([cluster?.status, cluster?.arn], ["PENDING", `arn:aws:eks:${REGION}:${ACCOUNT}:cluster/afar`]);
  const config = cluster!.connectorConfig!;
  assert.match(config.activationId ?? "", /^[0-9a-f]{8}-[0-9a-f-]{27}$/);
  assert.equal(config.activationCode?.length, 20);
  assert.deepEqual([config.provider, config.roleArn], ["OPENSHIFT", roleArn]);
  const left = config.activationExpiry!.getTime() - began;
  assert.ok(Math.abs(left - 3 * DAY) < 5000, `${left} ms`);

  await refused(register("afar"), "ResourceInUseException", "Cluster already exists with name: afar");
  await refused(register("wrong", stage.ground.nodeRole), "InvalidParameterException", /could not be assumed/);
  // Only what concerns the registration works on it.
  for (const call of [
    new DeleteClusterCommand({ name: "afar" }),
    new UpdateClusterConfigCommand({ name: "afar", deletionProtection: true }),
    new ListNodegroupsCommand({ clusterName: "afar" }),
  ]) {
    await refused(stage.eks.send(call as DeleteClusterCommand), "ResourceNotFoundException", "No cluster found for name: afar.");
  }
  assert.deepEqual((await stage.eks.send(new ListTagsForResourceCommand({ resourceArn: cluster!.arn! }))).tags, { a: "1" });

  // After the code has expired the record stays until somebody takes it away.
  stage.time.step(4 * DAY);
  assert.equal((await stage.cluster("afar")).status, "PENDING");
  assert.deepEqual((await stage.eks.send(new ListClustersCommand({}))).clusters, []);
  assert.deepEqual((await stage.eks.send(new ListClustersCommand({ include: ["all"] }))).clusters, ["afar"]);
  const { cluster: gone } = await stage.eks.send(new DeregisterClusterCommand({ name: "afar" }));
  assert.equal(gone?.name, "afar");
  await refused(stage.cluster("afar"), "ResourceNotFoundException", "No cluster found for name: afar.");
  await refused(
    stage.eks.send(new DeregisterClusterCommand({ name: "afar" })),
    "ResourceNotFoundException",
    "No cluster found for name: afar.",
  );

  await stage.create("near");
  await refused(stage.eks.send(new DeregisterClusterCommand({ name: "near" })), "ClientException", /not a connected cluster/);
  for (let index = 0; index < 10; index++) await register(`many-${index}`);
  await refused(register("eleventh"), "ResourceLimitExceededException", /Registered cluster limit/);
});
