// What writers of APIServices are told.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { startServer, type TestServer } from "./server-support.ts";

let api: TestServer;
before(async () => {
  api = await startServer();
});
after(() => api?.close());

const path = "/apis/apiregistration.k8s.io/v1/apiservices";
const priorities = { groupPriorityMinimum: 100, versionPriority: 100 };
const service = { name: "s", namespace: "ns" };
const remote = { group: "a.example", version: "v1", service, ...priorities };
const caBundle = Buffer.from("PEM").toString("base64");

/** Name, spec, and the finding; undefined: the object is taken. */
const cases: [string, object, string | undefined][] = [
  ["v1.a.example", remote, undefined],
  ["v2.b.example", { ...priorities, group: "b.example", version: "v2" }, undefined],
  ["other", remote, 'metadata.name: Invalid value: "other": must be `spec.version+"."+spec.group`: "v1.a.example"'],
  [
    "v2.",
    { ...remote, group: "", version: "v2" },
    "spec.group: Required value: only v1 may have an empty group and it better be legacy kube",
  ],
  [
    "v1.a.example",
    { ...remote, groupPriorityMinimum: 20_001 },
    "spec.groupPriorityMinimum: Invalid value: 20001: must be positive and less than 20000",
  ],
  ["v1.a.example", { ...remote, versionPriority: 0 }, "spec.versionPriority: Invalid value: 0: must be positive and less than 1000"],
  ["v1.a.example", { ...remote, service: { name: "s" } }, "spec.service.namespace: Required value"],
  ["v1.a.example", { ...remote, service: { namespace: "ns" } }, "spec.service.name: Required value"],
  [
    "v1.a.example",
    { ...remote, service: { ...service, port: 0 } },
    "spec.service.port: Invalid value: 0: port is not valid: must be between 1 and 65535, inclusive",
  ],
  [
    "v1.a.example",
    { ...remote, caBundle, insecureSkipTLSVerify: true },
    "spec.insecureSkipTLSVerify: Invalid value: true: may not be true if caBundle is present",
  ],
  [
    "v2.b.example",
    { ...priorities, group: "b.example", version: "v2", caBundle },
    'spec.caBundle: Invalid value: "3 bytes": local APIServices may not have a caBundle',
  ],
];
for (const [name, spec, finding] of cases)
  test(`${name} ${JSON.stringify(spec)}`, async () => {
    const body = { apiVersion: "apiregistration.k8s.io/v1", kind: "APIService", metadata: { name }, spec };
    const answer = await api.call("POST", `${path}?dryRun=All`, "admin", body);
    assert.equal(answer.status, finding ? 422 : 201, answer.text);
    if (finding) assert.equal(answer.json.message.replace(/^.*? is invalid: /s, ""), finding);
  });

test("nobody makes an APIService that is available from the start", async () => {
  const status = { conditions: [{ type: "Available", status: "True", reason: "Passed" }] };
  const body = { apiVersion: "apiregistration.k8s.io/v1", kind: "APIService", metadata: { name: "v1beta1.metrics.k8s.io" }, status };
  const spec = { ...remote, group: "metrics.k8s.io", version: "v1beta1" };
  const made = await api.call("POST", path, "admin", { ...body, spec });
  assert.equal(made.status, 201, made.text);
  assert.equal(made.json.status.conditions, undefined);
  assert.equal((await api.call("GET", "/apis/metrics.k8s.io/v1beta1/nodes", "admin")).status, 503);
});
