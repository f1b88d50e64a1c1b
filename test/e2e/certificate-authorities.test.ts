// A rotation as clients live through it: kubeconfigs made before, during and after, and client certificates of either authority.
import assert from "node:assert/strict";
import { type RequestOptions, request } from "node:https";
import { after, before, test } from "node:test";
import {
  ActivateCertificateAuthorityCommand,
  type Cluster,
  CreateCertificateAuthorityCommand,
  DeleteCertificateAuthorityCommand,
  DescribeClusterCommand,
  DescribeUpdateCommand,
  ListCertificateAuthoritiesCommand,
  type Update,
} from "@aws-sdk/client-eks";
import { issueClientCertificate, type KeyPair } from "../../src/clusters/pki.ts";
import { Collection } from "../../src/store/collection.ts";
import { eksToken } from "../support/eks-token.ts";
import { writeKubeconfig } from "../support/kube.ts";
import { kubectl } from "../support/kubectl.ts";
import { run } from "../support/run.ts";
import { type Scenario, startScenario } from "../support/scenario.ts";
import { eventually } from "../support/wait.ts";

let scenario: Scenario;
before(async () => {
  scenario = await startScenario({ nodes: 0 });
});
after(() => scenario.test.close());

const eks = () => scenario.test.clients.eks;
const clusterNow = async () => (await eks().send(new DescribeClusterCommand({ name: "main" }))).cluster!;

async function finished(update: Update | undefined): Promise<void> {
  await eventually("the update", async () => {
    const { update: now } = await eks().send(new DescribeUpdateCommand({ name: "main", updateId: update?.id }));
    assert.notEqual(now?.status, "Failed", JSON.stringify(now?.errors));
    return now?.status === "Successful";
  });
}

/** Asks in a connection of its own, trusting what `cluster` showed: who the API server takes the client for. */
function ask(cluster: Cluster, more: RequestOptions): Promise<string> {
  const ca = Buffer.from(cluster.certificateAuthority!.data!, "base64");
  const path = "/apis/authentication.k8s.io/v1/selfsubjectreviews";
  const headers = { "content-type": "application/json", ...more.headers };
  return new Promise((resolve, reject) => {
    const outgoing = request(cluster.endpoint + path, { method: "POST", ca, agent: false, ...more, headers }, (response) => {
      let text = "";
      response.on("data", (chunk) => {
        text += chunk;
      });
      response.on("end", () => resolve(JSON.parse(text).status?.userInfo?.username ?? `${response.statusCode}`));
    });
    outgoing.on("error", reject);
    outgoing.end(JSON.stringify({ apiVersion: "authentication.k8s.io/v1", kind: "SelfSubjectReview" }));
  });
}

/** What becomes of a user of IAM with the kubeconfig of that time: `in`, or the TLS error. */
async function reach(cluster: Cluster): Promise<string> {
  const token = await eksToken(scenario.test.connection.endpoint, "main", scenario.test.root);
  return ask(cluster, { headers: { authorization: `Bearer ${token}` } }).then(
    () => "in",
    (error: NodeJS.ErrnoException) => error.code ?? error.message,
  );
}

const whoIs = (cluster: Cluster, { certificate, privateKey }: KeyPair) => ask(cluster, { cert: certificate, key: privateKey });

/** A client certificate by an authority of the cluster, whose key only the cluster's own store has. */
async function clientOf(authority: string): Promise<KeyPair> {
  const running = scenario.test.atoll.clusters.clusters()[0]!;
  const pair = new Collection<KeyPair>(scenario.test.atoll.stores.open(running.facts), "atoll/authority").get(authority);
  assert.ok(pair, authority);
  return issueClientCertificate(pair, `client-of-${authority.slice(0, 4)}`, ["system:masters"], Date.now());
}

const rootCa = () =>
  scenario.test.atoll.clusters
    .clusters()[0]!
    .client()
    .list("configmaps")
    .filter(({ metadata }) => metadata.name === "kube-root-ca.crt")
    .map(({ data }) => Buffer.from(data["ca.crt"]).toString("base64"));

/** Whether kubectl, at `path`, gets in with a kubeconfig made from `cluster`. */
async function kubectlReaches(path: string, cluster: Cluster): Promise<boolean> {
  const config = await writeKubeconfig({ ...scenario, cluster });
  const { code } = await run(path, ["--kubeconfig", config, "get", "namespaces"], { env: { HOME: scenario.test.home } });
  return code === 0;
}

test("clients cross a rotation with both authorities, and are cut off with the old one alone", async () => {
  const old = await clusterNow();
  const oldClient = await clientOf("ca");
  assert.equal(await reach(old), "in");
  assert.equal(await whoIs(old, oldClient), "client-of-ca");

  const made = await eks().send(new CreateCertificateAuthorityCommand({ clusterName: "main" }));
  await finished(made.update);
  const successor = made.certificateAuthority!.id!;
  const both = await clusterNow();
  assert.equal(
    Buffer.from(both.certificateAuthority!.data!, "base64")
      .toString()
      .match(/BEGIN CERTIFICATE/g)?.length,
    2,
  );
  assert.ok(rootCa().length > 3);
  assert.deepEqual(new Set(rootCa()), new Set([both.certificateAuthority!.data!]), "pods trust both");
  const newClient = await clientOf(successor);
  assert.deepEqual([await reach(old), await reach(both)], ["in", "in"]);
  assert.deepEqual([await whoIs(both, oldClient), await whoIs(both, newClient)], ["client-of-ca", `client-of-${successor.slice(0, 4)}`]);

  await finished(
    (await eks().send(new ActivateCertificateAuthorityCommand({ clusterName: "main", certificateAuthorityId: successor }))).update,
  );
  const program = kubectl("33");
  if (program) assert.deepEqual([await kubectlReaches(program, old), await kubectlReaches(program, both)], [false, true]);
  assert.match(await reach(old), /SELF_SIGNED|UNABLE_TO/, "the old kubeconfig does not know the signer");
  assert.equal(await reach(both), "in");
  assert.equal(await whoIs(both, oldClient), "client-of-ca", "client certificates of the outgoing authority are good");

  const { certificateAuthorities = [] } = await eks().send(new ListCertificateAuthoritiesCommand({ clusterName: "main" }));
  const outgoing = certificateAuthorities.find(({ id }) => id !== successor)!.id!;
  await finished(
    (await eks().send(new ActivateCertificateAuthorityCommand({ clusterName: "main", certificateAuthorityId: outgoing }))).update,
  );
  assert.deepEqual([await reach(old), await reach(both)], ["in", "in"], "rolled back");

  await finished(
    (await eks().send(new ActivateCertificateAuthorityCommand({ clusterName: "main", certificateAuthorityId: successor }))).update,
  );
  await finished(
    (await eks().send(new DeleteCertificateAuthorityCommand({ clusterName: "main", certificateAuthorityId: outgoing }))).update,
  );
  const young = await clusterNow();
  assert.equal(
    Buffer.from(young.certificateAuthority!.data!, "base64")
      .toString()
      .match(/BEGIN CERTIFICATE/g)?.length,
    1,
  );
  assert.deepEqual([await reach(young), await reach(both)], ["in", "in"]);
  assert.equal(await whoIs(young, oldClient), "403", "anonymous: the old authority is no longer trusted");
  assert.equal(await whoIs(young, newClient), `client-of-${successor.slice(0, 4)}`);
  assert.deepEqual(new Set(rootCa()), new Set([young.certificateAuthority!.data!]));
});
