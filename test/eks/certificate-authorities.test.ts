// Certificate authorities of a cluster: the first, a successor, activation, rollback, deletion, and what is refused on the way.
import assert from "node:assert/strict";
import { test } from "node:test";
import { createAuthority } from "../../src/clusters/pki.ts";
import type { AuthoritiesWanted } from "../../src/clusters/provider.ts";
import { control } from "./runtimes.ts";
import { ACCOUNT, clusterRequest, createWorld, makeGround, refusal, type World } from "./world.ts";

const KEY = `${ACCOUNT}/us-west-2/dev`;
const DAY = 24 * 3600 * 1000;
const YEAR = 365 * DAY;
const NONE = "11111111-2222-3333-4444-555555555555";

async function begin(timing = {}) {
  const world = createWorld();
  await world.eks("CreateCluster", clusterRequest(await makeGround(world)));
  const running = control(world, { timing });
  await running.settle();
  const { certificate } = await createAuthority("kubernetes", world.clock.now());
  const data = Buffer.from(certificate).toString("base64");
  world.state.clusters.put(KEY, { ...world.state.clusters.get(KEY)!, certificateAuthority: data });
  const finish = async () => {
    await running.close();
    world.close();
  };
  return { world, running, data, finish };
}

const list = async (world: World) => (await world.eks("ListCertificateAuthorities", { clusterName: "dev" })).certificateAuthorities!;
const named = (id: string | undefined) => ({ clusterName: "dev", certificateAuthorityId: id! });
const describe = async (world: World, id: string | undefined) =>
  (await world.eks("DescribeCertificateAuthority", named(id))).certificateAuthority!;
const statusOf = async (world: World, updateId: string | undefined) =>
  (await world.eks("DescribeUpdate", { name: "dev", updateId: updateId! })).update?.status;
const active = async (world: World) => (await world.eks("DescribeCluster", { name: "dev" })).cluster?.certificateAuthority?.active;

test("the authority a cluster was made with", async () => {
  const world = createWorld();
  await world.eks("CreateCluster", clusterRequest(await makeGround(world)));
  assert.deepEqual(await list(world), []);
  world.close();

  const { world: later, data, finish } = await begin();
  const [summary, ...others] = await list(later);
  assert.equal(others.length, 0);
  assert.equal(summary?.signingStatus, "IN_USE");
  assert.equal(summary.distributionStatus, "COMPLETE");
  const certificateAuthority = await describe(later, summary.id);
  assert.equal(certificateAuthority.data, data);
  assert.equal(certificateAuthority.rollbackAvailable, false);
  assert.deepEqual(await active(later), { id: summary.id, activatedBy: "EKS" });
  const { notBefore, notAfter } = certificateAuthority.validity!;
  const years = (notAfter!.getTime() - notBefore!.getTime()) / YEAR;
  assert.ok(years > 9.9 && years < 10.1);
  assert.equal((await refusal(later.eks("DescribeCertificateAuthority", named(NONE)))).code, "ResourceNotFoundException");
  assert.equal((await refusal(later.eks("ListCertificateAuthorities", { clusterName: "x" }))).code, "ResourceNotFoundException");
  await finish();
});

test("append, activate, roll back, activate again, delete", async () => {
  const { world, running, finish } = await begin({ clusterUpdate: 5000 });
  const [first] = await list(world);
  const made = await world.eks("CreateCertificateAuthority", { clusterName: "dev", clientRequestToken: "t" });
  const id = made.certificateAuthority?.id;
  assert.equal(made.update?.type, "CertificateAuthorityUpdate");
  assert.deepEqual(made.update.params, [
    { type: "CertificateAuthorityId", value: id },
    { type: "TrustedCertificateAuthorities", value: JSON.stringify([first?.id, id]) },
  ]);
  assert.deepEqual(
    [made.certificateAuthority?.createdBy, made.certificateAuthority?.signingStatus, made.certificateAuthority?.distributionStatus],
    ["CUSTOMER", "NOT_USED", "IN_PROGRESS"],
  );
  const again = await world.eks("CreateCertificateAuthority", { clusterName: "dev", clientRequestToken: "t" });
  assert.deepEqual([again.update?.id, again.certificateAuthority?.id], [made.update.id, id]);
  assert.equal((await refusal(world.eks("ActivateCertificateAuthority", named(id)))).code, "InvalidParameterException", "not distributed");
  assert.equal((await refusal(world.eks("DeleteCertificateAuthority", named(id)))).code, "ResourceInUseException", "under way");
  await running.settle(6);
  assert.equal(await statusOf(world, made.update.id), "Successful");
  assert.equal((await describe(world, id)).distributionStatus, "COMPLETE");
  assert.equal((await describe(world, id)).activatedAt, undefined);
  assert.equal((await refusal(world.eks("CreateCertificateAuthority", { clusterName: "dev" }))).code, "ResourceLimitExceededException");
  const page = await world.eks("ListCertificateAuthorities", { clusterName: "dev", maxResults: 1 });
  assert.equal(page.certificateAuthorities?.[0]?.id, first?.id);
  const rest = await world.eks("ListCertificateAuthorities", { clusterName: "dev", maxResults: 1, nextToken: page.nextToken! });
  assert.deepEqual([rest.certificateAuthorities?.[0]?.id, rest.nextToken], [id, undefined]);

  const { update, certificateAuthority } = await world.eks("ActivateCertificateAuthority", named(id));
  assert.equal(certificateAuthority?.signingStatus, "ACTIVATING");
  assert.deepEqual(update?.params?.map(({ type }) => type).sort(), [
    "ActiveCertificateAuthority",
    "CertificateAuthorityId",
    "SigningStatus",
  ]);
  assert.equal((await refusal(world.eks("UpdateClusterVersion", { name: "dev", version: "1.35" }))).code, "ResourceInUseException");
  await running.settle(6);
  assert.equal((await describe(world, id)).signingStatus, "IN_USE");
  assert.equal((await describe(world, id)).activatedBy, "CUSTOMER");
  assert.deepEqual(await active(world), { id, activatedBy: "CUSTOMER" });
  const outgoing = await describe(world, first?.id);
  assert.deepEqual([outgoing.signingStatus, outgoing.rollbackAvailable], ["NOT_USED", true]);
  assert.equal((await refusal(world.eks("ActivateCertificateAuthority", named(id)))).code, "InvalidParameterException", "in use already");
  assert.equal((await refusal(world.eks("DeleteCertificateAuthority", named(id)))).code, "ResourceInUseException", "in use");

  await world.eks("ActivateCertificateAuthority", named(first?.id));
  await running.settle(6);
  assert.deepEqual(await active(world), { id: first?.id, activatedBy: "CUSTOMER" });
  assert.equal((await describe(world, id)).rollbackAvailable, false);
  await world.eks("ActivateCertificateAuthority", named(id));
  await running.settle(6);
  assert.equal((await describe(world, first?.id)).rollbackAvailable, true);
  await world.clock.step(8 * DAY);
  assert.equal((await describe(world, first?.id)).rollbackAvailable, false);
  const late = await refusal(world.eks("ActivateCertificateAuthority", named(first?.id)));
  assert.match(late.message, /rollback is no longer available/);

  const gone = await world.eks("DeleteCertificateAuthority", { ...named(first?.id), clientRequestToken: "d" });
  assert.equal(gone.certificateAuthority?.distributionStatus, "DELETING");
  await running.settle(6);
  assert.deepEqual(
    (await list(world)).map((each) => each.id),
    [id],
  );
  const repeated = await world.eks("DeleteCertificateAuthority", { ...named(first?.id), clientRequestToken: "d" });
  assert.equal(repeated.update?.id, gone.update?.id);
  assert.equal(repeated.update?.status, "Successful");
  await world.eks("CreateCertificateAuthority", { clusterName: "dev" });
  await running.settle(6);
  assert.equal((await list(world)).length, 2, "the next rotation can begin");
  await world.eks("DeleteCluster", { name: "dev" });
  await running.settle(6);
  assert.equal(world.state.certificateAuthorities.count(""), 0);
  await finish();
});

test("a successor can be taken back, until the signer is two years from its end", async () => {
  const { world, running, finish } = await begin();
  const make = async () => (await world.eks("CreateCertificateAuthority", { clusterName: "dev" })).certificateAuthority?.id;
  const first = await make();
  await running.settle();
  await world.eks("DeleteCertificateAuthority", named(first));
  await running.settle();
  assert.equal((await list(world)).length, 1);
  const second = await make();
  await running.settle();
  const key = `${KEY}/${second}`;
  world.state.certificateAuthorities.put(key, { ...world.state.certificateAuthorities.get(key)!, createdBy: "EKS" });
  assert.equal((await refusal(world.eks("DeleteCertificateAuthority", named(second)))).code, "InvalidParameterException");
  world.state.certificateAuthorities.put(key, { ...world.state.certificateAuthorities.get(key)!, createdBy: "CUSTOMER" });
  await running.close();
  await world.clock.step(8 * YEAR + DAY);
  assert.equal((await refusal(world.eks("DeleteCertificateAuthority", named(second)))).code, "InvalidParameterException");
  await finish();
});

test("an authority that cannot be made is FAILED, and can be deleted", async () => {
  const { world, running, finish } = await begin();
  const { authorities } = running.clusters;
  const wanted: AuthoritiesWanted[] = [];
  running.clusters.authorities = async (_key, asked) => {
    wanted.push(asked);
    throw new Error("no entropy");
  };
  const { update, certificateAuthority } = await world.eks("CreateCertificateAuthority", { clusterName: "dev" });
  await running.settle(10, 5000);
  assert.equal(await statusOf(world, update?.id), "Failed");
  assert.equal((await describe(world, certificateAuthority?.id)).distributionStatus, "FAILED");
  assert.deepEqual(wanted.at(-1), { trusted: ["ca"], signer: "ca" }, "what had been arranged is taken back");
  assert.equal((await world.eks("DescribeCluster", { name: "dev" })).cluster?.status, "ACTIVE");
  assert.equal(
    (await refusal(world.eks("ActivateCertificateAuthority", named(certificateAuthority?.id)))).code,
    "InvalidParameterException",
  );
  running.clusters.authorities = authorities;
  await world.eks("DeleteCertificateAuthority", named(certificateAuthority?.id));
  await running.settle();
  assert.equal((await list(world)).length, 1);
  await finish();
});

test("what is refused whatever the authority", async () => {
  const { world, finish } = await begin();
  const operations = ["ActivateCertificateAuthority", "DeleteCertificateAuthority"] as const;
  for (const operation of operations) {
    assert.equal((await refusal(world.eks(operation, named(NONE)))).code, "ResourceNotFoundException", operation);
    const elsewhere = { clusterName: "other", certificateAuthorityId: (await list(world))[0]!.id! };
    assert.equal((await refusal(world.eks(operation, elsewhere))).message, "No cluster found for name: other.", operation);
  }
  assert.equal((await refusal(world.eks("CreateCertificateAuthority", { clusterName: "other" }))).code, "ResourceNotFoundException");
  world.state.clusters.put(KEY, { ...world.state.clusters.get(KEY)!, status: "FAILED" });
  assert.match((await refusal(world.eks("CreateCertificateAuthority", { clusterName: "dev" }))).message, /'dev' is not in ACTIVE status/);

  await world.call("iam", "CreateUser", { UserName: "ann" });
  const { arn, id: userId } = world.iam.directory.user(ACCOUNT, "ann")!;
  const caller = { kind: "user", partition: "aws", accountId: ACCOUNT, arn, userId, userName: "ann" } as const;
  const denied = await refusal(world.eks("CreateCertificateAuthority", { clusterName: "dev" }, { caller }));
  assert.equal(denied.code, "AccessDeniedException");
  assert.match(denied.message, /eks:CreateCertificateAuthority on resource: .*:cluster\/dev/);
  await finish();
});

test("a rotation goes on after a restart, whatever it was about to do", async () => {
  const { world, running, data, finish } = await begin({ clusterUpdate: 5000 });
  const first = (await list(world))[0]?.id;
  let controllers = running;
  const restart = async () => {
    await controllers.close();
    controllers = control(world, { clusters: running.clusters, timing: { clusterUpdate: 5000 } });
    // What pretends to run shows another certificate than the one this test has given the cluster.
    await controllers.settle(6);
    world.state.clusters.put(KEY, { ...world.state.clusters.get(KEY)!, certificateAuthority: data });
  };
  const { certificateAuthority } = await world.eks("CreateCertificateAuthority", { clusterName: "dev" });
  await controllers.settle(1);
  await restart();
  assert.equal((await describe(world, certificateAuthority?.id)).distributionStatus, "COMPLETE");
  await world.eks("ActivateCertificateAuthority", named(certificateAuthority?.id));
  await controllers.settle(1);
  await restart();
  assert.equal((await describe(world, certificateAuthority?.id)).signingStatus, "IN_USE");
  await world.eks("DeleteCertificateAuthority", named(first));
  await restart();
  assert.equal((await list(world)).length, 1);
  await controllers.close();
  await finish();
});
