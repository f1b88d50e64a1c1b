// Admission webhooks over HTTPS: reinvocation, equivalent versions, dry run, warnings and what the audit log says of them.
import assert from "node:assert/strict";
import { after, afterEach, before, test } from "node:test";
import type { RequestRecord } from "../../src/kubernetes/server/options.ts";
import { startServer, type TestServer } from "./server-support.ts";
import { type Answer, listenForWebhooks, type Review, type WebhookListener } from "./webhook-listener.ts";

let api: TestServer;
let listener: WebhookListener;
const audit: RequestRecord[] = [];
const configure: WebhookListener["configure"] = (...how) => listener.configure(...how);

before(async () => {
  api = await startServer({ audit: (record) => void audit.push(record) });
  listener = await listenForWebhooks(api);
  await api.client.create("serviceaccounts", "default", { apiVersion: "v1", kind: "ServiceAccount", metadata: { name: "default" } });
});
after(async () => {
  listener?.close();
  await api?.close();
});
afterEach(() => listener.clear());

const pod = (name: string) => ({ apiVersion: "v1", kind: "Pod", metadata: { name }, spec: { containers: [{ name: "a", image: "i" }] } });
const create = (name: string, query = "") => api.call("POST", `/api/v1/namespaces/default/pods${query}`, "admin", pod(name));
const sidecar = () => ({ patch: [{ op: "add", path: "/spec/containers/-", value: { name: "side", image: "i" } }] });
const addSidecarOnce = ({ object }: Review): Answer => (object.spec.containers.length > 1 ? {} : sidecar());
const count = ({ object }: Review): Answer => ({
  patch: [{ op: "add", path: "/metadata/labels", value: { containers: String(object.spec.containers.length) } }],
});
const paths = () => listener.asked.map(({ path }) => path);

test("a webhook that wants to is listener.asked again when a later one changed the object, and only once", async () => {
  await configure("Mutating", "a-count", { reinvocationPolicy: "IfNeeded" }, count);
  await configure("Mutating", "b-sidecar", { reinvocationPolicy: "IfNeeded" }, addSidecarOnce);
  const { json } = await create("again");
  assert.equal(json.metadata.labels.containers, "2");
  assert.deepEqual(paths(), ["/a-count", "/b-sidecar", "/a-count", "/b-sidecar"]);
});

test("others are not", async () => {
  await configure("Mutating", "a-count", {}, count);
  await configure("Mutating", "b-sidecar", {}, addSidecarOnce);
  const { json } = await create("never");
  assert.equal(json.metadata.labels.containers, "1");
  assert.deepEqual(paths(), ["/a-count", "/b-sidecar"]);
});

test("built-in plugins see what webhooks added", async () => {
  await configure("Mutating", "sidecar", {}, addSidecarOnce);
  const { json } = await create("mounted");
  assert.deepEqual(
    json.spec.containers.map((each: any) => each.volumeMounts?.length),
    [1, 1],
  );
});

test("nothing changed: nobody is listener.asked again", async () => {
  await configure("Mutating", "quiet", { reinvocationPolicy: "IfNeeded" }, () => ({ patch: [] }));
  assert.equal((await create("quiet")).status, 201);
  assert.deepEqual(paths(), ["/quiet"]);
});

const scaler = (version: string) => ({
  apiVersion: `autoscaling/${version}`,
  kind: "HorizontalPodAutoscaler",
  metadata: { name: `h-${version}` },
  spec: { maxReplicas: 3, scaleTargetRef: { apiVersion: "apps/v1", kind: "Deployment", name: "d" } },
});
const scalers = (version: string) => `/apis/autoscaling/${version}/namespaces/default/horizontalpodautoscalers`;
const onlyV2 = [{ operations: ["CREATE"], apiGroups: ["autoscaling"], apiVersions: ["v2"], resources: ["horizontalpodautoscalers"] }];
const cpu = { type: "Resource", resource: { name: "cpu", target: { type: "Utilization", averageUtilization: 70 } } };

test("a rule for one version chooses the others too, and sees the object in its own", async () => {
  await configure("Mutating", "equal", { rules: onlyV2 }, () => ({ patch: [{ op: "add", path: "/spec/metrics", value: [cpu] }] }));
  const made = await api.call("POST", scalers("v1"), "admin", scaler("v1"));
  assert.equal(made.status, 201, made.text);
  assert.equal(made.json.spec.targetCPUUtilizationPercentage, 70, made.text);
  const { request } = listener.asked[0]!;
  assert.equal(request.object.apiVersion, "autoscaling/v2");
  assert.deepEqual(request.kind, { group: "autoscaling", version: "v2", kind: "HorizontalPodAutoscaler" });
  assert.deepEqual(request.requestKind, { group: "autoscaling", version: "v1", kind: "HorizontalPodAutoscaler" });
  assert.deepEqual(request.requestResource, { group: "autoscaling", version: "v1", resource: "horizontalpodautoscalers" });
});

test("unless it asks for exactly that version", async () => {
  await configure("Validating", "exact", { rules: onlyV2, matchPolicy: "Exact" }, () => ({ allowed: false }));
  await api.call("DELETE", scalers("v2"), "admin");
  assert.equal((await api.call("POST", scalers("v1"), "admin", scaler("v1"))).status, 201);
  const refused = await api.call("POST", scalers("v2"), "admin", scaler("v2"));
  assert.equal(refused.json.message, 'admission webhook "exact.example.com" denied the request without explanation');
});

test("a dry run says so to the webhook and stores nothing", async () => {
  await configure("Mutating", "dry", { sideEffects: "NoneOnDryRun" }, count);
  const { json } = await create("dry", "?dryRun=All");
  assert.equal(json.metadata.labels.containers, "1");
  assert.equal(listener.asked[0]!.request.dryRun, true);
  assert.equal((await api.call("GET", "/api/v1/namespaces/default/pods/dry", "admin")).status, 404);
});

test("warnings reach the client, annotations the audit log", async () => {
  await configure("Mutating", "m", {}, (request) => ({ ...count(request), warnings: ["mind the gap"] }));
  await configure("Validating", "v", {}, () => ({ auditAnnotations: { seen: "yes" } }));
  const made = await create("warned");
  assert.equal(made.headers.warning, '299 - "mind the gap"');
  const { annotations } =
    audit.find(({ objectRef, verb }) => verb === "create" && objectRef?.resource === "pods" && objectRef.name === "warned") ??
    audit.at(-1)!;
  assert.equal(annotations["v.example.com/seen"], "yes");
  assert.deepEqual(JSON.parse(annotations["mutation.webhook.admission.k8s.io/round_0_index_0"]!), {
    configuration: "m",
    webhook: "m.example.com",
    mutated: true,
  });
});

test("a webhook that fails and may be ignored is noted", async () => {
  await configure("Validating", "gone", { failurePolicy: "Ignore", clientConfig: { url: "https://127.0.0.1:1/" } }, () => ({}));
  assert.equal((await create("open")).status, 201);
  const record = audit.at(-1)!;
  assert.equal(record.annotations["failed-open.validating.webhook.admission.k8s.io/round_0_index_0"], "gone.example.com");
});

test("writes answer in the version they were made in", async () => {
  const path = scalers("v1");
  await api.call("DELETE", path, "admin");
  const made = await api.call("POST", path, "admin", {
    ...scaler("v1"),
    spec: { ...scaler("v1").spec, targetCPUUtilizationPercentage: 40 },
  });
  const put = await api.call("PUT", `${path}/h-v1`, "admin", { ...made.json, spec: { ...made.json.spec, maxReplicas: 9 } });
  const patched = await api.call(
    "PATCH",
    `${path}/h-v1`,
    "admin",
    { spec: { minReplicas: 2 } },
    { "content-type": "application/merge-patch+json" },
  );
  for (const { json } of [made, put, patched]) {
    assert.equal(json.apiVersion, "autoscaling/v1");
    assert.equal(json.spec.targetCPUUtilizationPercentage, 40);
  }
});
