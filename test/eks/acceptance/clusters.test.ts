// Clusters from creation to deletion (acceptance items 2, 3, 17).
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { CreateClusterCommand, DeleteClusterCommand, EKSClient, waitUntilClusterActive } from "@aws-sdk/client-eks";
import { DAY, MINUTE, REGION, refused, type Stage, startStage } from "./stage.ts";

let stage: Stage;
before(async () => {
  stage = await startStage({ timing: "realistic" });
});
after(() => stage?.close());

test("2 Creation: an unconfigured client's waiter returns, and the cluster shows where it is and whose it is", async () => {
  const { endpoint } = stage.test.connection;
  const client = new EKSClient({ endpoint, region: REGION, credentials: stage.test.root, systemClockOffset: stage.time.offset });
  const { cluster: created } = await client.send(new CreateClusterCommand(stage.request("two")));
  assert.deepEqual([created?.status, created?.endpoint, created?.identity], ["CREATING", undefined, undefined]);
  assert.deepEqual(created?.certificateAuthority, {});
  assert.deepEqual(
    [created?.resourcesVpcConfig?.vpcId, created?.resourcesVpcConfig?.clusterSecurityGroupId],
    [stage.ground.vpcId, undefined],
  );
  const waiting = waitUntilClusterActive({ client, maxWaitTime: 20, minDelay: 0.1, maxDelay: 0.2 }, { name: "two" });
  stage.time.step(3 * MINUTE);
  assert.equal((await stage.cluster("two")).status, "CREATING");
  stage.time.step(7 * MINUTE);
  assert.equal((await waiting).state, "SUCCESS");
  const cluster = await stage.cluster("two");
  const record = stage.test.atoll.clusters.cluster(`111122223333/${REGION}/two`);
  assert.match(cluster.endpoint ?? "", /^https:\/\/127\.0\.0\.1:\d+$/);
  const pem = Buffer.from(cluster.certificateAuthority!.data!, "base64").toString();
  assert.match(pem, /^-----BEGIN CERTIFICATE-----/);
  assert.match(cluster.identity?.oidc?.issuer ?? "", /\/id\/[0-9A-F]{32}$/);
  assert.match(cluster.resourcesVpcConfig?.clusterSecurityGroupId ?? "", /^sg-[0-9a-f]{17}$/);
  assert.equal(cluster.resourcesVpcConfig?.vpcId, stage.ground.vpcId);
  assert.equal(cluster.arn, `arn:aws:eks:${REGION}:111122223333:cluster/two`);
  assert.ok(record, "the cluster runs");
  client.destroy();
});

test("3 Idempotency: a taken name is 409, the same request again the same cluster, the token with another request 400", async () => {
  const request = stage.request("three", { clientRequestToken: "token-3" });
  const first = (await stage.eks.send(new CreateClusterCommand(request))).cluster!;
  const again = (await stage.eks.send(new CreateClusterCommand(request))).cluster!;
  assert.deepEqual([again.arn, again.createdAt, again.clientRequestToken], [first.arn, first.createdAt, "token-3"]);
  const other = { ...request, clientRequestToken: "token-4" };
  const taken = "Cluster already exists with name: three";
  const error = await refused(stage.eks.send(new CreateClusterCommand(other)), "ResourceInUseException", taken);
  assert.equal(error.$metadata.httpStatusCode, 409);
  const changed = { ...request, tags: { changed: "yes" } };
  const mismatch = await refused(
    stage.eks.send(new CreateClusterCommand(changed)),
    "InvalidParameterException",
    "The clientRequestToken was already used with different parameters",
  );
  assert.equal(mismatch.$metadata.httpStatusCode, 400);
  // Tokens are letters, and letters have case.
  await refused(stage.eks.send(new CreateClusterCommand({ ...request, clientRequestToken: "TOKEN-3" })), "ResourceInUseException", taken);
  // A day later the token means nothing any more.
  stage.time.step(DAY + MINUTE);
  await refused(stage.eks.send(new CreateClusterCommand(request)), "ResourceInUseException", taken);
});

describe("17 Deletion protection", () => {
  const remove = (name: string) => stage.eks.send(new DeleteClusterCommand({ name }));

  test("holds an ACTIVE cluster", async () => {
    await stage.eks.send(new CreateClusterCommand(stage.request("held", { deletionProtection: true })));
    stage.time.step(10 * MINUTE);
    await stage.active("held");
    const error = await refused(
      remove("held"),
      "InvalidRequestException",
      "Cannot delete cluster held because deletion protection is enabled",
    );
    assert.equal(error.clusterName, "held");
    assert.equal((await stage.cluster("held")).status, "ACTIVE");
  });

  test("does not hold one that is still CREATING, nor one that goes already", async () => {
    await stage.eks.send(new CreateClusterCommand(stage.request("young", { deletionProtection: true })));
    assert.equal((await stage.cluster("young")).status, "CREATING");
    assert.equal((await remove("young")).cluster?.status, "DELETING");
    assert.equal((await remove("young")).cluster?.status, "DELETING");
  });

  test("does not hold one whose creation FAILED", async () => {
    await stage.failed("fails", { deletionProtection: true });
    assert.equal((await remove("fails")).cluster?.status, "DELETING");
  });
});
