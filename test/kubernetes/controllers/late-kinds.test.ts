// Controllers of what people meet on the side: tokens in Secrets, ephemeral volumes, service addresses, resource claims, published ConfigMaps.
import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { systemClock } from "../../../src/base/clock.ts";
import { podTemplate } from "../../support/fake-cluster.ts";
import { runningCluster } from "../running-cluster.ts";

const ranges = "servicecidrs.networking.k8s.io";
const addresses = "ipaddresses.networking.k8s.io";
const tokenSecret = (name: string, account: string, more: object = {}) => ({
  apiVersion: "v1",
  kind: "Secret",
  metadata: { name, namespace: "default", annotations: { "kubernetes.io/service-account.name": account } },
  type: "kubernetes.io/service-account-token",
  ...more,
});
const account = (name: string) => ({ apiVersion: "v1", kind: "ServiceAccount", metadata: { name, namespace: "default" } });
const text = (value: string) => Buffer.from(value, "base64").toString();
const whoami = { apiVersion: "authentication.k8s.io/v1", kind: "SelfSubjectReview" };

async function withToken(t: TestContext) {
  const running = await runningCluster(t, 0);
  const { create, client, until } = running;
  await create("serviceaccounts", account("ci"));
  await create("secrets", tokenSecret("ci-token", "ci"));
  const secret = () => client.get("secrets", "default", "ci-token");
  await until("the token", () => !!secret()?.data?.token);
  return { ...running, secret, token: text(secret()!.data.token) };
}

test("a Secret of a service account gets its token, which opens the API as long as both exist", async (t) => {
  const { api, client, secret, token, until } = await withToken(t);
  const { uid } = client.get("serviceaccounts", "default", "ci")!.metadata;
  assert.equal(secret()!.metadata.annotations!["kubernetes.io/service-account.uid"], uid);
  assert.deepEqual([text(secret()!.data["ca.crt"]), text(secret()!.data.namespace)], ["PEM", "default"]);
  const claims = JSON.parse(Buffer.from(token.split(".")[1]!, "base64url").toString());
  assert.equal(claims.iss, "kubernetes/serviceaccount");
  assert.equal(claims.exp, undefined);
  const me = await api.call("POST", "/apis/authentication.k8s.io/v1/selfsubjectreviews", token, whoami);
  assert.deepEqual(me.json.status.userInfo, {
    username: "system:serviceaccount:default:ci",
    uid,
    groups: ["system:serviceaccounts", "system:serviceaccounts:default", "system:authenticated"],
  });
  assert.equal((await api.call("GET", "/api/v1/namespaces/default/secrets", token)).status, 403, "it may what its roles say");
  await client.delete("serviceaccounts", "default", "ci");
  assert.equal((await api.call("GET", "/version", token)).status, 401);
  await until("the Secret gone with its account", () => !secret());
});

test("tokens of Secrets that are gone, changed, invalidated or of another cluster are refused", async (t) => {
  const { api, client, create, secret, token, until } = await withToken(t);
  const status = async (value = token) => (await api.call("GET", "/version", value)).status;
  assert.equal(await status(), 200);
  const [head, , signature] = token.split(".");
  const forged = { ...JSON.parse(Buffer.from(token.split(".")[1]!, "base64url").toString()), sub: "system:serviceaccount:default:default" };
  const other = [head, Buffer.from(JSON.stringify(forged)).toString("base64url"), signature].join(".");
  assert.equal(await status(other), 401, "other claims under the signature");
  // Whoever may write Secrets cannot choose a token: it must be signed by the cluster.
  await client.patch("secrets", "default", "ci-token", "merge", { data: { token: Buffer.from(other).toString("base64") } });
  assert.equal(await status(other), 401, "in the Secret, but not signed");
  assert.equal(await status(), 401, "signed, but no longer in the Secret");
  await client.patch("secrets", "default", "ci-token", "merge", { data: { token: Buffer.from(token).toString("base64") } });
  assert.equal(await status(), 200);
  const label = (value: string | null) =>
    client.patch("secrets", "default", "ci-token", "merge", {
      metadata: { labels: { "kubernetes.io/legacy-token-invalid-since": value } },
    });
  await label("2026-01-01");
  assert.equal(await status(), 401);
  await label(null);
  const review = { apiVersion: "authentication.k8s.io/v1", kind: "TokenReview", spec: { token, audiences: ["sts.amazonaws.com"] } };
  assert.notEqual((await api.call("POST", "/apis/authentication.k8s.io/v1/tokenreviews", "admin", review)).json.status.authenticated, true);
  await client.delete("secrets", "default", "ci-token");
  assert.equal(await status(), 401);
  await create("secrets", tokenSecret("orphan", "nobody"));
  await until("a Secret of no account removed", () => !client.get("secrets", "default", "orphan"));
  await create("secrets", tokenSecret("ci-token", "ci"));
  await until("another token", () => !!secret()?.data?.token);
  assert.equal(await status(text(secret()!.data.token)), 200);
});

test("ephemeral volumes get claims of their pod, which are gone with it", async (t) => {
  const { client, create, until } = await runningCluster(t, 0);
  await until("the service account", () => !!client.get("serviceaccounts", "default", "default"));
  const volumeClaimTemplate = {
    metadata: { labels: { app: "scratch" } },
    spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1Gi" } } },
  };
  const { spec } = podTemplate({}) as any;
  const pod = (name: string) => ({
    ...{ apiVersion: "v1", kind: "Pod", metadata: { name, namespace: "default" } },
    spec: { ...spec, volumes: [{ name: "v", ephemeral: { volumeClaimTemplate } }] },
  });
  await create("pods", pod("p"));
  const claim = (name: string) => client.get("persistentvolumeclaims", "default", name);
  await until("the claim", () => !!claim("p-v"));
  assert.deepEqual(claim("p-v")!.metadata.labels, { app: "scratch" });
  assert.deepEqual(
    claim("p-v")!.metadata.ownerReferences!.map(({ kind, name, controller }) => [kind, name, controller]),
    [["Pod", "p", true]],
  );
  await client.delete("pods", "default", "p");
  await until("the claim gone", () => !claim("p-v"));
  await create("persistentvolumeclaims", {
    ...{ apiVersion: "v1", kind: "PersistentVolumeClaim", metadata: { name: "q-v" } },
    spec: volumeClaimTemplate.spec,
  });
  await create("pods", pod("q"));
  const told = () =>
    client
      .list("events", { namespace: "default" })
      .find(({ reason, source }) => reason === "FailedBinding" && source.component === "ephemeral-volume-controller");
  await until("a refusal", () => !!told());
  assert.equal(told()!.message, "ephemeral volume v: PVC default/q-v was not created for pod default/q (pod is not owner)");
});

const service = (name: string, spec: object = {}) => ({
  apiVersion: "v1",
  kind: "Service",
  metadata: { name, namespace: "default" },
  spec: { ports: [{ port: 80 }], ...spec },
});
const ready = (object: any) => object?.status?.conditions?.find((each: any) => each.type === "Ready");

test("services' addresses are objects, and further ranges give more of them", async (t) => {
  const { client, create, until, api } = await runningCluster(t, 0);
  await until("the default range", () => ready(client.get(ranges, "", "kubernetes"))?.status === "True");
  assert.deepEqual(client.get(ranges, "", "kubernetes")!.spec, { cidrs: ["10.100.0.0/16"] });
  assert.equal(ready(client.get(ranges, "", "kubernetes")).message, "Kubernetes default Service CIDR is ready");
  await until("the API's own address", () => !!client.get(addresses, "", "10.100.0.1"));
  await create("services", service("web"));
  const ip = client.get("services", "default", "web")!.spec.clusterIP as string;
  await until("its address", () => !!client.get(addresses, "", ip));
  const object = client.get(addresses, "", ip)!;
  assert.deepEqual(object.spec.parentRef, { resource: "services", namespace: "default", name: "web" });
  assert.deepEqual(object.metadata.labels, {
    "ipaddress.kubernetes.io/ip-family": "IPv4",
    "ipaddress.kubernetes.io/managed-by": "ipallocator.k8s.io",
  });
  await create("services", service("none", { clusterIP: "None" }));
  await client.delete("services", "default", "web");
  await until("the address given back", () => !client.get(addresses, "", ip));

  const wanted = service("chosen", { clusterIP: "10.200.0.7" });
  const refused = await api.call("POST", "/api/v1/namespaces/default/services", "admin", wanted);
  assert.equal(refused.status, 422);
  await client.create(ranges, "", {
    apiVersion: "networking.k8s.io/v1",
    kind: "ServiceCIDR",
    metadata: { name: "more" },
    spec: { cidrs: ["10.200.0.0/24"] },
  });
  await until("the range ready", () => ready(client.get(ranges, "", "more"))?.status === "True");
  await create("services", wanted);
  await until("its address", () => !!client.get(addresses, "", "10.200.0.7"));
  await client.delete(ranges, "", "more");
  await until("the range waiting", () => ready(client.get(ranges, "", "more"))?.reason === "Terminating");
  assert.equal(
    (await api.call("POST", "/api/v1/namespaces/default/services", "admin", service("late", { clusterIP: "10.200.0.8" }))).status,
    422,
  );
  await client.delete("services", "default", "chosen");
  await until("the range gone", () => !client.get(ranges, "", "more"));
});

test("an address that somebody took without a service is given to none", async (t) => {
  const { client, api } = await runningCluster(t, 0);
  const parentRef = { group: "example.com", resource: "gateways", name: "g", namespace: "default" };
  await client.create(addresses, "", {
    apiVersion: "networking.k8s.io/v1",
    kind: "IPAddress",
    metadata: { name: "10.100.7.7" },
    spec: { parentRef },
  });
  const answer = await api.call("POST", "/api/v1/namespaces/default/services", "admin", service("web", { clusterIP: "10.100.7.7" }));
  assert.equal(answer.status, 422);
  assert.match(answer.json.message, /provided IP is already allocated/);
});

test("kube-system holds what the API server publishes, and nodes what the TTL controller says", async (t) => {
  const { client, until } = await runningCluster(t, 1);
  const map = (name: string) => client.get("configmaps", "kube-system", name);
  await until(
    "the ConfigMaps",
    () => !!map("extension-apiserver-authentication") && !!map("kube-apiserver-legacy-service-account-token-tracking"),
  );
  assert.deepEqual(map("extension-apiserver-authentication")!.data, { "client-ca-file": "PEM" });
  assert.match(map("kube-apiserver-legacy-service-account-token-tracking")!.data.since, /^\d{4}-\d\d-\d\d$/);
  await until("the annotation", () => client.get("nodes", "", "n0")?.metadata.annotations?.["node.alpha.kubernetes.io/ttl"] === "0");
});

test("resource claims are made of templates, told in the pod's status, and keep it waiting for somebody to allocate them", async (t) => {
  const version = { major: "1", minor: "34", gitVersion: "v1.34.4-eks-a1b2c3d" };
  const { client, create, until } = await runningCluster(t, 1, systemClock, { version });
  await until("the service account", () => !!client.get("serviceaccounts", "default", "default"));
  const { spec } = podTemplate({}) as any;
  await create("pods", {
    ...{ apiVersion: "v1", kind: "Pod", metadata: { name: "p" } },
    spec: { ...spec, resourceClaims: [{ name: "gpu", resourceClaimTemplateName: "one-gpu" }] },
  });
  const events = (reason: string) => client.list("events", { namespace: "default" }).filter((each) => each.reason === reason);
  await until("a complaint", () => events("FailedResourceClaimCreation").length > 0);
  const devices = { requests: [{ name: "gpu", exactly: { deviceClassName: "gpu.example.com" } }] };
  await create("resourceclaimtemplates.resource.k8s.io", {
    ...{ apiVersion: "resource.k8s.io/v1", kind: "ResourceClaimTemplate", metadata: { name: "one-gpu" } },
    spec: { metadata: { labels: { team: "ml" } }, spec: { devices } },
  });
  const claims = () => client.list("resourceclaims.resource.k8s.io", { namespace: "default" });
  await until("the claim", () => claims().length === 1);
  const [claim] = claims();
  assert.match(claim!.metadata.name, /^p-gpu-[a-z0-9]{5}$/);
  assert.deepEqual(
    [claim!.metadata.labels, claim!.metadata.annotations],
    [{ team: "ml" }, { "resource.kubernetes.io/pod-claim-name": "gpu" }],
  );
  await until("the pod's status", () => !!client.get("pods", "default", "p")!.status.resourceClaimStatuses);
  assert.deepEqual(client.get("pods", "default", "p")!.status.resourceClaimStatuses, [
    { name: "gpu", resourceClaimName: claim!.metadata.name },
  ]);
  await until("the scheduler's word", () =>
    events("FailedScheduling").some(({ message }) => message.startsWith("0/1 nodes are available: 1 cannot allocate all claims.")),
  );
  assert.equal(client.get("pods", "default", "p")!.spec.nodeName, undefined);
  await client.delete("pods", "default", "p");
  await until("the claim gone", () => claims().length === 0);
});
