// The certificate authority of a cluster: shown as it is, listed by pages, absent until there is one.
import assert from "node:assert/strict";
import { test } from "node:test";
import { createAuthority } from "../../src/clusters/pki.ts";
import { control } from "./runtimes.ts";
import { ACCOUNT, clusterRequest, createWorld, makeGround, refusal } from "./world.ts";

test("the authority a cluster was made with", async () => {
  const world = createWorld();
  await world.eks("CreateCluster", clusterRequest(await makeGround(world)));
  const list = () => world.eks("ListCertificateAuthorities", { clusterName: "dev" });
  assert.deepEqual((await list()).certificateAuthorities, []);
  const running = control(world);
  await running.settle();
  const key = `${ACCOUNT}/us-west-2/dev`;
  const { certificate } = await createAuthority("kubernetes", world.clock.now());
  const data = Buffer.from(certificate).toString("base64");
  world.state.clusters.put(key, { ...world.state.clusters.get(key)!, certificateAuthority: data });

  const [summary, ...others] = (await list()).certificateAuthorities!;
  assert.equal(others.length, 0);
  assert.equal(summary?.signingStatus, "IN_USE");
  assert.equal(summary.distributionStatus, "COMPLETE");
  const { certificateAuthority } = await world.eks("DescribeCertificateAuthority", {
    clusterName: "dev",
    certificateAuthorityId: summary.id!,
  });
  assert.equal(certificateAuthority?.data, data);
  assert.equal(certificateAuthority.rollbackAvailable, false);
  const years =
    (certificateAuthority.validity!.notAfter!.getTime() - certificateAuthority.validity!.notBefore!.getTime()) / (365 * 24 * 3600e3);
  assert.ok(years > 9.9 && years < 10.1);

  const id = "11111111-2222-3333-4444-555555555555";
  assert.equal(
    (await refusal(world.eks("DescribeCertificateAuthority", { clusterName: "dev", certificateAuthorityId: id }))).code,
    "ResourceNotFoundException",
  );
  assert.equal((await refusal(world.eks("ListCertificateAuthorities", { clusterName: "x" }))).code, "ResourceNotFoundException");
  await running.close();
  world.close();
});
