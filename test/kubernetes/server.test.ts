// The API server over HTTP: objects, errors, lists, watches, patches, subresources, custom resources.
import assert from "node:assert/strict";
import { request } from "node:https";
import { after, before, test } from "node:test";
import { memoryStore } from "../../src/store/memory.ts";
import { startServer, type TestServer } from "./server-support.ts";

let s: TestServer;
const store = memoryStore();
const ns = "/api/v1/namespaces/default";
const merge = { "content-type": "application/merge-patch+json" };
const json = { "content-type": "application/json-patch+json" };
const strategic = { "content-type": "application/strategic-merge-patch+json" };
const apply = { "content-type": "application/apply-patch+yaml" };

const pod = (name: string, more: object = {}) => ({
  metadata: { name, labels: { app: "x" } },
  spec: { containers: [{ name: "c", image: "nginx" }] },
  ...more,
});
const configMap = (name: string, data: Record<string, string> = {}) => ({ metadata: { name, labels: { app: name } }, data });
const deployment = (name: string) => ({
  metadata: { name },
  spec: {
    selector: { matchLabels: { app: name } },
    template: { metadata: { labels: { app: name } }, spec: { containers: [{ name: "c", image: "nginx" }] } },
  },
});

before(async () => {
  s = await startServer({ store });
  await s.client.create("serviceaccounts", "default", { apiVersion: "v1", kind: "ServiceAccount", metadata: { name: "default" } });
});
after(() => s.close());

/** Opens a watch and collects events until `count` have come. */
function watch(path: string, count: number, during: () => Promise<unknown> = async () => {}): Promise<any[]> {
  return new Promise((resolve, reject) => {
    const url = new URL(s.url + path);
    const sent = request(url, { ca: s.authority.certificate, agent: false, headers: { authorization: "Bearer admin" } }, (answer) => {
      let text = "";
      const events: any[] = [];
      answer.on("data", (chunk) => {
        text += chunk;
        const lines = text.split("\n");
        text = lines.pop() as string;
        for (const line of lines) events.push(JSON.parse(line));
        if (events.length >= count) {
          sent.destroy();
          resolve(events);
        }
      });
      answer.on("end", () => resolve(events));
      during().catch(reject);
    });
    sent.on("error", (error) => reject(error));
    sent.end();
  });
}

test("create, read, conflict, update, delete", async () => {
  const made = await s.call("POST", `${ns}/configmaps`, "admin", configMap("crud", { a: "1" }));
  assert.equal(made.status, 201);
  const again = await s.call("POST", `${ns}/configmaps`, "admin", configMap("crud"));
  assert.equal(again.json.message, 'configmaps "crud" already exists');
  assert.equal(again.json.reason, "AlreadyExists");
  const next = { ...made.json, data: { a: "2" } };
  const put = await s.call("PUT", `${ns}/configmaps/crud`, "admin", next);
  assert.equal(put.status, 200);
  assert.ok(Number(put.json.metadata.resourceVersion) > Number(made.json.metadata.resourceVersion));
  const stale = await s.call("PUT", `${ns}/configmaps/crud`, "admin", next);
  assert.equal(stale.status, 409);
  assert.equal(
    stale.json.message,
    'Operation cannot be fulfilled on configmaps "crud": the object has been modified; please apply your changes to the latest version and try again',
  );
  const same = await s.call("PUT", `${ns}/configmaps/crud`, "admin", put.json);
  assert.equal(same.json.metadata.resourceVersion, put.json.metadata.resourceVersion, "a write that changes nothing is no write");
  const wrong = await s.call("DELETE", `${ns}/configmaps/crud`, "admin", { preconditions: { uid: "x" } });
  assert.equal(wrong.status, 409);
  const gone = await s.call("DELETE", `${ns}/configmaps/crud`, "admin");
  assert.deepEqual(gone.json.details, { name: "crud", kind: "configmaps", uid: made.json.metadata.uid });
});

test("dry runs leave no trace; generateName makes names", async () => {
  const dry = await s.call("POST", `${ns}/configmaps?dryRun=All`, "admin", configMap("dry"));
  assert.equal(dry.status, 201);
  assert.equal((await s.call("GET", `${ns}/configmaps/dry`, "admin")).status, 404);
  const named = await s.call("POST", `${ns}/configmaps`, "admin", { metadata: { generateName: "g-" } });
  assert.match(named.json.metadata.name, /^g-[bcdfghjklmnpqrstvwxz2456789]{5}$/);
});

test("pods: defaults, token volume, tolerations, immutability, graceful deletion", async () => {
  const { json: made } = await s.call("POST", `${ns}/pods`, "admin", pod("p"));
  assert.equal(made.status.phase, "Pending");
  assert.equal(made.status.qosClass, "BestEffort");
  assert.equal(made.spec.priority, 0);
  assert.match(made.spec.volumes[0].name, /^kube-api-access-/);
  assert.equal(made.spec.volumes[0].projected.sources[0].serviceAccountToken.expirationSeconds, 3607);
  assert.deepEqual(
    made.spec.tolerations.map((each: any) => each.key),
    ["node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable"],
  );
  const frozen = await s.call("PATCH", `${ns}/pods/p`, "admin", { spec: { hostNetwork: true } }, merge);
  assert.equal(frozen.status, 422);
  assert.match(frozen.json.message, /pod updates may not change fields other than/);
  const image = { spec: { containers: [{ name: "c", image: "nginx:2" }] } };
  assert.equal((await s.call("PATCH", `${ns}/pods/p`, "admin", image, strategic)).json.spec.containers[0].image, "nginx:2");
  await s.client.post("pods", "default", "p", "binding", {
    apiVersion: "v1",
    kind: "Binding",
    metadata: { name: "p" },
    target: { kind: "Node", name: "n" },
  });
  assert.equal(s.client.get("pods", "default", "p")?.spec.nodeName, "n");
  await assert.rejects(
    s.client.post("pods", "default", "p", "binding", { apiVersion: "v1", kind: "Binding", metadata: { name: "p" }, target: { name: "m" } }),
    /already assigned to node "n"/,
  );
  const { json: ending } = await s.call("DELETE", `${ns}/pods/p`, "admin", {});
  assert.equal(ending.metadata.deletionGracePeriodSeconds, 30);
  await s.client.delete("pods", "default", "p", { gracePeriodSeconds: 0 });
  assert.equal(s.client.get("pods", "default", "p"), undefined);
});

test("finalizers hold an object until the last is gone", async () => {
  await s.call("POST", `${ns}/configmaps`, "admin", { metadata: { name: "held", finalizers: ["example.com/a"] } });
  const { json: pending } = await s.call("DELETE", `${ns}/configmaps/held?propagationPolicy=Foreground`, "admin");
  assert.deepEqual(pending.metadata.finalizers, ["example.com/a", "foregroundDeletion"]);
  assert.ok(pending.metadata.deletionTimestamp);
  const more = await s.call("PATCH", `${ns}/configmaps/held`, "admin", { metadata: { finalizers: ["example.com/b"] } }, merge);
  assert.match(more.json.message, /no new finalizers can be added if the object is being deleted/);
  await s.call("PATCH", `${ns}/configmaps/held`, "admin", { metadata: { finalizers: null } }, merge);
  assert.equal((await s.call("GET", `${ns}/configmaps/held`, "admin")).status, 404);
});

test("lists: selectors, pages, tables, metadata only", async () => {
  for (const name of ["l1", "l2", "l3"]) await s.call("POST", `${ns}/configmaps`, "admin", { metadata: { name, labels: { group: "l" } } });
  const path = `${ns}/configmaps?labelSelector=group%20in%20(l,m)`;
  const first = (await s.call("GET", `${path}&limit=2`, "admin")).json;
  assert.deepEqual(
    first.items.map((each: any) => each.metadata.name),
    ["l1", "l2"],
  );
  const rest = (await s.call("GET", `${path}&limit=2&continue=${first.metadata.continue}`, "admin")).json;
  assert.deepEqual(
    rest.items.map((each: any) => each.metadata.name),
    ["l3"],
  );
  assert.equal(rest.metadata.continue, undefined);
  assert.equal((await s.call("GET", `${path}&continue=zzz`, "admin")).status, 400);
  const table = await s.call("GET", path, "admin", undefined, { accept: "application/json;as=Table;v=v1;g=meta.k8s.io,application/json" });
  assert.equal(table.json.kind, "Table");
  assert.equal(table.json.rows.length, 3);
  const partial = await s.call("GET", path, "admin", undefined, {
    accept: "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io",
  });
  assert.equal(partial.json.kind, "PartialObjectMetadataList");
  assert.equal(partial.json.items[0].kind, "PartialObjectMetadata");
});

test("watches: resume, selector transitions, initial events with their end, compaction", async () => {
  const path = `${ns}/configmaps?watch=1&labelSelector=watched%3Dyes`;
  const from = (await s.call("GET", `${ns}/configmaps`, "admin")).json.metadata.resourceVersion;
  const label = (value: string | null) =>
    s.call("PATCH", `${ns}/configmaps/w`, "admin", { metadata: { labels: { watched: value } } }, merge);
  const events = await watch(`${path}&resourceVersion=${from}`, 3, async () => {
    await s.call("POST", `${ns}/configmaps`, "admin", configMap("w"));
    await label("yes");
    await s.call("PATCH", `${ns}/configmaps/w`, "admin", { data: { a: "1" } }, merge);
    await label(null);
  });
  assert.deepEqual(
    events.map((each) => each.type),
    ["ADDED", "MODIFIED", "DELETED"],
  );
  const resumed = await watch(`${path}&resourceVersion=${events[0].object.metadata.resourceVersion}`, 2);
  assert.deepEqual(
    resumed.map((each) => each.type),
    ["MODIFIED", "DELETED"],
  );
  await label("yes");
  const initial = await watch(`${path}&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true`, 2);
  assert.deepEqual(
    initial.map((each) => each.type),
    ["ADDED", "BOOKMARK"],
  );
  assert.equal(initial[1].object.metadata.annotations["k8s.io/initial-events-end"], "true");
  store.compact(Number(from) + 1);
  const [old] = await watch(`${path}&resourceVersion=${from}`, 1);
  assert.deepEqual([old.type, old.object.code, old.object.reason], ["ERROR", 410, "Expired"]);
});

test("patches: JSON patch, merge patch, strategic merge, and their refusals", async () => {
  await s.call("POST", `${ns}/configmaps`, "admin", configMap("patched", { a: "1", b: "2" }));
  const path = `${ns}/configmaps/patched`;
  const tested = await s.call(
    "PATCH",
    path,
    "admin",
    [
      { op: "test", path: "/data/a", value: "9" },
      { op: "remove", path: "/data/a" },
    ],
    json,
  );
  assert.equal(tested.status, 422);
  const replaced = await s.call("PATCH", path, "admin", [{ op: "replace", path: "/data/a", value: "3" }], json);
  assert.equal(replaced.json.data.a, "3");
  assert.deepEqual((await s.call("PATCH", path, "admin", { data: { a: null } }, merge)).json.data, { b: "2" });
  assert.equal((await s.call("PATCH", path, "admin", { metadata: { uid: "other" } }, merge)).status, 409);
  assert.equal((await s.call("PATCH", path, "admin", { metadata: { name: "other" } }, merge)).status, 400);
  assert.equal((await s.call("PATCH", path, "admin", {}, {})).status, 415);
});

test("server-side apply: ownership, conflicts, force, removal, creation", async () => {
  const send = (manager: string, data: object, force = false) =>
    s.call(
      "PATCH",
      `${ns}/configmaps/ssa?fieldManager=${manager}&force=${force}`,
      "admin",
      { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "ssa" }, data },
      apply,
    );
  assert.equal((await send("one", { a: "1", b: "1" })).status, 201);
  const refused = await send("two", { a: "2" });
  assert.equal(refused.status, 409);
  assert.equal(refused.json.message, 'Apply failed with 1 conflict: conflict with "one": .data.a');
  assert.deepEqual(refused.json.details.causes, [{ reason: "FieldManagerConflict", message: 'conflict with "one"', field: ".data.a" }]);
  assert.equal((await send("two", { a: "1" })).status, 200, "equal values are shared");
  assert.equal((await send("two", { a: "2" }, true)).json.data.a, "2");
  const less = await send("one", {});
  assert.deepEqual(less.json.data, { a: "2" }, "what one no longer applies goes, unless another owns it");
  const same = await send("two", { a: "2" });
  assert.equal(same.json.metadata.resourceVersion, less.json.metadata.resourceVersion);
});

test("status and scale are their own doors; generation counts specs", async () => {
  const root = "/apis/apps/v1/namespaces/default/deployments";
  const made = await s.call("POST", root, "admin", { ...deployment("gen"), status: { replicas: 9 } });
  assert.deepEqual([made.json.metadata.generation, made.json.status], [1, {}]);
  const status = await s.call(
    "PATCH",
    `${root}/gen/status`,
    "admin",
    { spec: { replicas: 7 }, status: { replicas: 1, observedGeneration: 1 } },
    merge,
  );
  assert.deepEqual([status.json.spec.replicas, status.json.status.replicas, status.json.metadata.generation], [1, 1, 1]);
  const scale = await s.call("PATCH", `${root}/gen/scale`, "admin", { spec: { replicas: 4 } }, merge);
  assert.deepEqual([scale.json.kind, scale.json.spec.replicas, scale.json.status.selector], ["Scale", 4, "app=gen"]);
  const { json: after } = await s.call("GET", `${root}/gen`, "admin");
  assert.deepEqual([after.spec.replicas, after.metadata.generation, after.status.replicas], [4, 2, 1]);
  const selector = await s.call("PATCH", `${root}/gen`, "admin", { spec: { selector: { matchLabels: { app: "gen", b: "c" } } } }, merge);
  assert.match(selector.json.message, /field is immutable/);
});

test("eviction asks the budget", async () => {
  await s.call("POST", `${ns}/pods`, "admin", pod("evictee"));
  await s.call(
    "PATCH",
    `${ns}/pods/evictee/status`,
    "admin",
    { status: { phase: "Running", conditions: [{ type: "Ready", status: "True" }] } },
    merge,
  );
  const budget = { metadata: { name: "b" }, spec: { minAvailable: 1, selector: { matchLabels: { app: "x" } } } };
  await s.call("POST", "/apis/policy/v1/namespaces/default/poddisruptionbudgets", "admin", budget);
  const status = { status: { observedGeneration: 1, disruptionsAllowed: 0, currentHealthy: 1, desiredHealthy: 1, expectedPods: 1 } };
  await s.call("PATCH", "/apis/policy/v1/namespaces/default/poddisruptionbudgets/b/status", "admin", status, merge);
  const evict = () => s.call("POST", `${ns}/pods/evictee/eviction`, "admin", { metadata: { name: "evictee" } });
  const refused = await evict();
  assert.equal(refused.status, 429);
  assert.equal(refused.json.message, "Cannot evict pod as it would violate the pod's disruption budget.");
  assert.equal(refused.json.details.causes[0].message, "The disruption budget b needs 1 healthy pods and has 1 currently");
  await s.call(
    "PATCH",
    "/apis/policy/v1/namespaces/default/poddisruptionbudgets/b/status",
    "admin",
    { status: { disruptionsAllowed: 1 } },
    merge,
  );
  const tries = (path: string, deleteOptions?: object) =>
    s.call("POST", `${ns}/pods/evictee/eviction${path}`, "admin", { metadata: { name: "evictee" }, deleteOptions });
  assert.equal((await tries("?dryRun=All")).status, 201);
  assert.equal((await tries("", { dryRun: ["All"] })).status, 201);
  assert.equal((await tries("?dryRun=All", { dryRun: [] })).status, 400);
  assert.equal((await tries("", { gracePeriodSeconds: 0.5 })).status, 400);
  assert.equal((await s.call("GET", `${ns}/pods/evictee`, "admin")).status, 200, "a dry run evicts nobody");
  assert.equal((await evict()).status, 201);
  assert.equal((await s.call("GET", `${ns}/pods/evictee`, "admin")).status, 404);
});

test("custom resources: served at once, validated, pruned, defaulted, gone with their definition", async () => {
  const definition = {
    metadata: { name: "gadgets.example.com" },
    spec: {
      group: "example.com",
      scope: "Namespaced",
      names: { plural: "gadgets", kind: "Gadget" },
      versions: [
        {
          name: "v1",
          served: true,
          storage: true,
          schema: {
            openAPIV3Schema: {
              type: "object",
              properties: {
                spec: {
                  type: "object",
                  required: ["size"],
                  properties: { size: { type: "integer", minimum: 1 }, color: { type: "string", default: "red" } },
                },
              },
            },
          },
        },
      ],
    },
  };
  const root = "/apis/example.com/v1/namespaces/default/gadgets";
  assert.equal((await s.call("GET", root, "admin")).status, 404);
  const made = await s.call("POST", "/apis/apiextensions.k8s.io/v1/customresourcedefinitions", "admin", definition);
  assert.equal(made.json.status.conditions[1].type, "Established");
  const good = await s.call("POST", root, "admin", { metadata: { name: "g" }, spec: { size: 1, extra: true } });
  assert.deepEqual(good.json.spec, { size: 1, color: "red" });
  const bad = await s.call("POST", root, "admin", { metadata: { name: "h" }, spec: { size: 0 } });
  assert.equal(
    bad.json.message,
    'Gadget.example.com "h" is invalid: spec.size: Invalid value: 0: spec.size in body should be greater than or equal to 1',
  );
  assert.match(
    (await s.call("POST", root, "admin", { metadata: { name: "h" }, spec: { size: "x" } })).json.message,
    /spec.size in body must be of type integer: "string"/,
  );
  assert.match((await s.call("POST", root, "admin", { metadata: { name: "h" }, spec: {} })).json.message, /spec.size: Required value/);
  assert.equal((await s.call("PATCH", `${root}/g`, "admin", {}, strategic)).status, 415);
  const resources = await s.call("GET", "/apis/example.com/v1", "admin");
  assert.equal(resources.json.resources[0].name, "gadgets");
  await s.call("DELETE", "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/gadgets.example.com", "admin");
  await new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
  assert.equal((await s.call("GET", root, "admin")).status, 404);
});

test("other versions of the same objects: events and autoscalers", async () => {
  const event = {
    metadata: { name: "e" },
    involvedObject: { kind: "Pod", name: "p", namespace: "default" },
    reason: "R",
    message: "M",
    type: "Normal",
  };
  await s.call("POST", `${ns}/events`, "admin", event);
  const { json: modern } = await s.call("GET", "/apis/events.k8s.io/v1/namespaces/default/events/e", "admin");
  assert.deepEqual([modern.apiVersion, modern.note, modern.regarding.name], ["events.k8s.io/v1", "M", "p"]);
  const hpa = {
    metadata: { name: "h" },
    spec: { scaleTargetRef: { apiVersion: "apps/v1", kind: "Deployment", name: "d" }, maxReplicas: 3, targetCPUUtilizationPercentage: 70 },
  };
  await s.call("POST", "/apis/autoscaling/v1/namespaces/default/horizontalpodautoscalers", "admin", hpa);
  const { json: v2 } = await s.call("GET", "/apis/autoscaling/v2/namespaces/default/horizontalpodautoscalers/h", "admin");
  assert.equal(v2.spec.metrics[0].resource.target.averageUtilization, 70);
});
