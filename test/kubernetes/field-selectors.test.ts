// Fields that objects of each kind can be selected by, and what is said of others.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { startServer, type TestServer } from "./server-support.ts";

let api: TestServer;
before(async () => {
  api = await startServer();
  const { client } = api;
  const make = (type: string, kind: string, apiVersion: string, name: string, more: object = {}) =>
    client.create(type, "default", { apiVersion, kind, metadata: { name }, ...more });
  await make("serviceaccounts", "ServiceAccount", "v1", "default");
  const containers = [{ name: "a", image: "i" }];
  await make("pods", "Pod", "v1", "plain", { spec: { containers } });
  await make("pods", "Pod", "v1", "host", { spec: { containers, hostNetwork: true, schedulerName: "mine", restartPolicy: "Never" } });
  await client.create("nodes", "", { apiVersion: "v1", kind: "Node", metadata: { name: "n1" } });
  await client.create("nodes", "", { apiVersion: "v1", kind: "Node", metadata: { name: "n2" }, spec: { unschedulable: true } });
  await make("secrets", "Secret", "v1", "s1", { type: "Opaque" });
  await make("secrets", "Secret", "v1", "s2", { type: "example.com/x" });
  await make("services", "Service", "v1", "headless", { spec: { clusterIP: "None" } });
});
after(() => api?.close());

const core = "/api/v1/namespaces/default";
const selections: [path: string, selector: string, names: string[]][] = [
  [`${core}/pods`, "spec.hostNetwork=true", ["host"]],
  [`${core}/pods`, "spec.hostNetwork=false", ["plain"]],
  [`${core}/pods`, "spec.schedulerName!=mine", ["plain"]],
  [`${core}/pods`, "spec.restartPolicy=Never", ["host"]],
  [`${core}/pods`, "spec.serviceAccountName=default,status.phase=Pending", ["host", "plain"]],
  [`${core}/pods`, "spec.nodeName=,status.nominatedNodeName=,status.podIP=", ["host", "plain"]],
  ["/api/v1/nodes", "spec.unschedulable=true", ["n2"]],
  [`${core}/secrets`, "type=example.com/x", ["s2"]],
  [`${core}/services`, "spec.clusterIP=None", ["headless"]],
  [`${core}/services`, "spec.type=ClusterIP,metadata.name!=kubernetes", ["headless"]],
  ["/api/v1/namespaces", "status.phase=Active,metadata.name=default", ["default"]],
];
for (const [path, selector, names] of selections) {
  test(`${path} ${selector}`, async () => {
    const { json } = await api.call("GET", `${path}?fieldSelector=${encodeURIComponent(selector)}`, "admin");
    assert.deepEqual(
      json.items?.map((each: any) => each.metadata.name),
      names,
      JSON.stringify(json).slice(0, 300),
    );
  });
}

const refusals: [path: string, field: string, message: string][] = [
  [`${core}/pods`, "spec.image", "field label not supported: spec.image"],
  ["/api/v1/nodes", "spec.providerID", "field label not supported: spec.providerID"],
  [`${core}/events`, "count", "field label not supported: count"],
  ["/apis/batch/v1/jobs", "status.failed", 'field label "status.failed" not supported for batchv1.Job'],
  ["/apis/certificates.k8s.io/v1/certificatesigningrequests", "spec.username", "field label not supported: spec.username"],
  [`${core}/configmaps`, "data.a", '"data.a" is not a known field selector: only "metadata.name", "metadata.namespace"'],
  [
    "/apis/apps/v1/deployments",
    "spec.replicas",
    '"spec.replicas" is not a known field selector: only "metadata.name", "metadata.namespace"',
  ],
];
for (const [path, field, message] of refusals) {
  test(`${path} cannot be selected by ${field}`, async () => {
    for (const more of ["", "&watch=true"]) {
      const answer = await api.call("GET", `${path}?fieldSelector=${encodeURIComponent(`${field}=x`)}${more}`, "admin");
      assert.equal(answer.status, 400);
      assert.equal(answer.json.message, message);
    }
  });
}
