// Rotating a cluster's certificate authority (acceptance item 19).
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import {
  ActivateCertificateAuthorityCommand,
  CreateCertificateAuthorityCommand,
  DeleteCertificateAuthorityCommand,
  DescribeCertificateAuthorityCommand,
  ListCertificateAuthoritiesCommand,
  type Update,
} from "@aws-sdk/client-eks";
import { kubeRequest } from "../../support/kube.ts";
import { DAY, refused, type Stage, startStage } from "./stage.ts";

const clusterName = "nineteen";
let stage: Stage;
before(async () => {
  stage = await startStage();
  await stage.create(clusterName);
});
after(() => stage?.close());

const list = async (page: { maxResults?: number; nextToken?: string } = {}) =>
  stage.eks.send(new ListCertificateAuthoritiesCommand({ clusterName, ...page }));
const read = async (certificateAuthorityId: string) =>
  (await stage.eks.send(new DescribeCertificateAuthorityCommand({ clusterName, certificateAuthorityId }))).certificateAuthority!;
const activate = (certificateAuthorityId: string) =>
  stage.eks.send(new ActivateCertificateAuthorityCommand({ clusterName, certificateAuthorityId }));
const remove = (certificateAuthorityId: string) =>
  stage.eks.send(new DeleteCertificateAuthorityCommand({ clusterName, certificateAuthorityId }));
const certificates = (base64: string | undefined) =>
  Buffer.from(base64 ?? "", "base64")
    .toString()
    .match(/-----BEGIN CERTIFICATE-----/g)?.length;
async function done({ update }: { update?: Update }): Promise<void> {
  assert.equal(update?.type, "CertificateAuthorityUpdate");
  await stage.succeeded(clusterName, update);
  await stage.active(clusterName);
}

describe("19 Certificate authorities", () => {
  let first: string;
  let second: string;

  test("the first is the service's, for ten years, and the only one", async () => {
    const { certificateAuthorities: [only, ...others] = [] } = await list();
    assert.equal(others.length, 0);
    first = only!.id!;
    const { validity, ...facts } = await read(first);
    assert.deepEqual(
      [facts.createdBy, facts.signingStatus, facts.distributionStatus, facts.rollbackAvailable],
      ["EKS", "IN_USE", "COMPLETE", false],
    );
    const years = (validity!.notAfter!.getTime() - validity!.notBefore!.getTime()) / (365 * DAY);
    assert.ok(years > 9.9 && years < 10.1, `${years} years`);
    assert.equal(certificates((await stage.cluster(clusterName)).certificateAuthority?.data), 1);
    await refused(remove(first), "ResourceInUseException", /IN_USE/);
    await refused(activate(first), "InvalidParameterException", /IN_USE/);
  });

  test("a successor is appended, trusted beside it, and there is no third", async () => {
    const answer = await stage.eks.send(new CreateCertificateAuthorityCommand({ clusterName, clientRequestToken: "append" }));
    second = answer.certificateAuthority!.id!;
    assert.deepEqual(
      [answer.certificateAuthority?.createdBy, answer.certificateAuthority?.distributionStatus],
      ["CUSTOMER", "IN_PROGRESS"],
    );
    const again = await stage.eks.send(new CreateCertificateAuthorityCommand({ clusterName, clientRequestToken: "append" }));
    assert.deepEqual([again.update?.id, again.certificateAuthority?.id], [answer.update?.id, second]);
    await done(answer);
    assert.equal((await read(second)).distributionStatus, "COMPLETE");
    const cluster = await stage.cluster(clusterName);
    assert.equal(certificates(cluster.certificateAuthority?.data), 2);
    assert.equal((await kubeRequest(cluster, undefined, "/version")).status, 200);
    await refused(
      stage.eks.send(new CreateCertificateAuthorityCommand({ clusterName })),
      "ResourceLimitExceededException",
      /2 certificate authorities/,
    );
  });

  test("pages", async () => {
    const { certificateAuthorities: [one, ...more] = [], nextToken } = await list({ maxResults: 1 });
    assert.deepEqual([one?.id, more.length], [first, 0]);
    const rest = await list({ maxResults: 1, nextToken: nextToken! });
    assert.deepEqual([rest.certificateAuthorities?.map(({ id }) => id), rest.nextToken], [[second], undefined]);
  });

  test("it is promoted, and the way back is open for a while", async () => {
    await done(await activate(second));
    assert.equal((await read(second)).signingStatus, "IN_USE");
    const outgoing = await read(first);
    assert.deepEqual([outgoing.signingStatus, outgoing.rollbackAvailable], ["NOT_USED", true]);
    const cluster = await stage.cluster(clusterName);
    assert.deepEqual(cluster.certificateAuthority?.active, { id: second, activatedBy: "CUSTOMER" });
    assert.equal((await kubeRequest(cluster, undefined, "/version")).status, 200);
    await done(await activate(first));
    assert.equal((await read(first)).signingStatus, "IN_USE");
    await done(await activate(second));
    stage.time.step(8 * DAY);
    await refused(activate(first), "InvalidParameterException", /rollback is no longer available/);
  });

  test("the outgoing one is deleted, its token in the query, and clients that trust the new one only get in", async () => {
    await refused(remove(second), "ResourceInUseException", /IN_USE/);
    const path = `/clusters/${clusterName}/certificate-authorities/${first}?clientRequestToken=gone`;
    const answer = await stage.raw(path, "DELETE");
    assert.deepEqual([answer.status, answer.json.certificateAuthority.distributionStatus], [200, "DELETING"]);
    await done({ update: { id: answer.json.update.id, type: answer.json.update.type } });
    const repeated = await stage.raw(path, "DELETE");
    assert.equal(repeated.json.update.id, answer.json.update.id);
    assert.deepEqual(
      (await list()).certificateAuthorities?.map(({ id }) => id),
      [second],
    );
    const cluster = await stage.cluster(clusterName);
    assert.equal(certificates(cluster.certificateAuthority?.data), 1);
    assert.equal((await kubeRequest(cluster, undefined, "/version")).status, 200);
    await refused(read(first), "ResourceNotFoundException", /No certificate authority found/);
  });
});
