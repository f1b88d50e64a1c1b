// Failures of the API server, by code and by word.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { startServer, type TestServer } from "./server-support.ts";

let s: TestServer;
const ns = "/api/v1/namespaces/default";
const apply = { "content-type": "application/apply-patch+yaml" };

const pod = (name: string) => ({ metadata: { name }, spec: { containers: [{ name: "c", image: "nginx" }] } });
const configMap = (name: string) => ({ metadata: { name } });
const deployment = (name: string) => ({
  metadata: { name },
  spec: {
    selector: { matchLabels: { app: name } },
    template: { metadata: { labels: { app: name } }, spec: { containers: [{ name: "c", image: "nginx" }] } },
  },
});

before(async () => {
  s = await startServer();
  await s.client.create("serviceaccounts", "default", { apiVersion: "v1", kind: "ServiceAccount", metadata: { name: "default" } });
});
after(() => s.close());

const errors: [
  name: string,
  method: string,
  path: string,
  body: unknown,
  headers: Record<string, string>,
  code: number,
  message: string | RegExp,
][] = [
  ["an unknown object", "GET", `${ns}/pods/x`, undefined, {}, 404, 'pods "x" not found'],
  [
    "an unknown object of a group",
    "GET",
    "/apis/apps/v1/namespaces/default/deployments/x",
    undefined,
    {},
    404,
    'deployments.apps "x" not found',
  ],
  ["an unknown resource", "GET", "/apis/nope/v1/things", undefined, {}, 404, "the server could not find the requested resource"],
  [
    "a method that is not served",
    "POST",
    `${ns}/pods/x`,
    pod("x"),
    {},
    405,
    "the server does not allow this method on the requested resource",
  ],
  [
    "a job without a name",
    "POST",
    "/apis/batch/v1/namespaces/default/jobs",
    { spec: { template: { spec: { restartPolicy: "Never", containers: [{ name: "c", image: "nginx" }] } } } },
    {},
    422,
    /metadata.name: Required value: name or generateName is required/,
  ],
  [
    "a pod without containers",
    "POST",
    `${ns}/pods`,
    { metadata: { name: "x" }, spec: {} },
    {},
    422,
    'Pod "x" is invalid: spec.containers: Required value',
  ],
  [
    "a bad name",
    "POST",
    `${ns}/configmaps`,
    configMap("Bad_Name"),
    {},
    422,
    /^ConfigMap "Bad_Name" is invalid: .*metadata.name: Invalid value: "Bad_Name": a lowercase RFC 1123 subdomain/,
  ],
  [
    "no name",
    "POST",
    `${ns}/configmaps`,
    { metadata: {} },
    {},
    422,
    'ConfigMap "" is invalid: metadata.name: Required value: name or generateName is required',
  ],
  [
    "another namespace in the body",
    "POST",
    `${ns}/configmaps`,
    { metadata: { name: "x", namespace: "other" } },
    {},
    400,
    "the namespace of the provided object does not match the namespace sent on the request",
  ],
  [
    "a namespace that is not there",
    "POST",
    "/api/v1/namespaces/nowhere/configmaps",
    configMap("x"),
    {},
    404,
    'namespaces "nowhere" not found',
  ],
  [
    "a mistyped value",
    "POST",
    `${ns}/pods`,
    { metadata: { name: "x" }, spec: { containers: "no" } },
    {},
    400,
    /^Pod in version "v1" cannot be handled as a Pod: json: cannot unmarshal string/,
  ],
  [
    "an unknown field, strictly",
    "POST",
    `${ns}/configmaps?fieldValidation=Strict`,
    { ...configMap("x"), foo: 1 },
    {},
    400,
    'ConfigMap in version "v1" cannot be handled as a ConfigMap: strict decoding error: unknown field "foo"',
  ],
  [
    "another kind",
    "POST",
    `${ns}/configmaps`,
    { kind: "Secret", apiVersion: "v1", metadata: { name: "x" } },
    {},
    400,
    /Secret in version "v1" cannot be handled as a ConfigMap/,
  ],
  ["a body that is not JSON", "POST", `${ns}/configmaps`, "{", {}, 400, /error decoding body/],
  [
    "a media type nobody speaks",
    "POST",
    `${ns}/configmaps`,
    "x",
    { "content-type": "text/csv" },
    415,
    /^the body of the request was in an unknown format/,
  ],
  [
    "a selector that does not match",
    "POST",
    "/apis/apps/v1/namespaces/default/deployments",
    { ...deployment("x"), spec: { ...deployment("x").spec, selector: { matchLabels: { app: "y" } } } },
    {},
    422,
    /`selector` does not match template `labels`/,
  ],
  ["a bad label selector", "GET", `${ns}/pods?labelSelector=a%3D%3D%3Db`, undefined, {}, 400, /^unable to parse requirement/],
  [
    "a field that cannot be selected",
    "GET",
    `${ns}/pods?fieldSelector=spec.foo%3Da`,
    undefined,
    {},
    400,
    "field label not supported: spec.foo",
  ],
  [
    "a revision of the future",
    "GET",
    `${ns}/pods?resourceVersion=99999999`,
    undefined,
    {},
    504,
    /^Timeout: Too large resource version: 99999999, current: \d+$/,
  ],
  [
    "apply without a manager",
    "PATCH",
    `${ns}/configmaps/x`,
    configMap("x"),
    apply,
    422,
    'PatchOptions.meta.k8s.io "" is invalid: fieldManager: Required value: is required for apply patch',
  ],
  [
    "an unknown dry run",
    "POST",
    `${ns}/configmaps?dryRun=Some`,
    configMap("x"),
    {},
    422,
    'CreateOptions.meta.k8s.io "" is invalid: dryRun: Unsupported value: "Some": supported values: "All"',
  ],
  [
    "the default namespace's deletion",
    "DELETE",
    "/api/v1/namespaces/default",
    undefined,
    {},
    403,
    'namespaces "default" is forbidden: this namespace may not be deleted',
  ],
  [
    "a missing service account",
    "POST",
    `${ns}/pods`,
    { metadata: { name: "x" }, spec: { serviceAccountName: "no", containers: [{ name: "c", image: "i" }] } },
    {},
    403,
    'pods "x" is forbidden: error looking up service account default/no: serviceaccount "no" not found',
  ],
  [
    "a taken service address",
    "POST",
    `${ns}/services`,
    { metadata: { name: "x" }, spec: { clusterIP: "10.100.0.1", ports: [{ port: 80 }] } },
    {},
    422,
    /failed to allocate IP 10.100.0.1: provided IP is already allocated/,
  ],
  [
    "a service address out of range",
    "POST",
    `${ns}/services`,
    { metadata: { name: "x" }, spec: { clusterIP: "10.1.0.1", ports: [{ port: 80 }] } },
    {},
    422,
    /is not in the valid range. The range of valid IPs is 10.100.0.0\/16/,
  ],
  ["exec on a simulated node", "GET", `${ns}/pods/keeper/exec?command=sh`, undefined, {}, 501, /simulated and run no containers/],
];

test("errors have Kubernetes' codes and words", async (t) => {
  await s.call("POST", `${ns}/pods`, "admin", pod("keeper"));
  for (const [name, method, path, body, headers, code, message] of errors) {
    await t.test(name, async () => {
      const answer = await s.call(method, path, "admin", body, headers);
      assert.equal(answer.status, code, answer.text);
      assert.equal(answer.json.kind, "Status");
      assert.equal(answer.json.code, code);
      if (typeof message === "string") assert.equal(answer.json.message, message);
      else assert.match(answer.json.message, message);
    });
  }
  assert.equal(s.client.get("configmaps", "default", "x"), undefined);
});

const hollow: [path: string, body: unknown][] = [
  [`${ns}/pods`, { metadata: { name: "a" }, spec: { containers: [null] } }],
  [
    `${ns}/pods`,
    {
      metadata: { name: "a" },
      spec: {
        containers: [{ name: "a", image: "b", ports: [null], env: [null], volumeMounts: [null] }],
        volumes: [null],
        tolerations: [null],
      },
    },
  ],
  [`${ns}/services`, { metadata: { name: "a" }, spec: { ports: [null] } }],
  ["/apis/rbac.authorization.k8s.io/v1/clusterroles", { metadata: { name: "a" }, rules: [null] }],
  ["/apis/rbac.authorization.k8s.io/v1/clusterrolebindings", { metadata: { name: "a" }, subjects: [null] }],
  ["/apis/apiextensions.k8s.io/v1/customresourcedefinitions", { metadata: { name: "a" }, spec: { versions: [null] } }],
  [`${ns}/configmaps`, { metadata: { name: "a", ownerReferences: [null], finalizers: [null] } }],
  ["/api/v1/nodes", { metadata: { name: "a" }, spec: { taints: [null] } }],
  ["/api/v1/namespaces", { metadata: null }],
];

test("hollow objects are invalid, never a crash", async () => {
  for (const [path, body] of hollow) {
    const answer = await s.call("POST", path, "admin", body);
    assert.equal(answer.status, 422, `${path} ${JSON.stringify(body)}: ${answer.text}`);
  }
});

test("members that stand twice are refused, warned of or ignored", async () => {
  const api = await startServer();
  try {
    const body = '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"twice"},"data":{"a":"1","a":"2"},"extra":1}';
    const path = "/api/v1/namespaces/default/configmaps?fieldValidation=";
    const strict = await api.call("POST", `${path}Strict`, "admin", body);
    assert.equal(strict.status, 400);
    assert.match(strict.json.message, /strict decoding error: duplicate field "data\.a", unknown field "extra"$/);
    const warned = await api.call("POST", `${path}Warn`, "admin", body);
    assert.equal(warned.status, 201);
    assert.match(String(warned.headers.warning), /duplicate field \\"data\.a\\"/);
    assert.equal(warned.json.data.a, "2");
    const ignored = await api.call("PUT", "/api/v1/namespaces/default/configmaps/twice?fieldValidation=Ignore", "admin", body);
    assert.equal(ignored.headers.warning, undefined);
  } finally {
    await api.close();
  }
});
