// The network policy controller over an API in memory: when PolicyEndpoints come, change and go.
import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { FakeClock } from "../../src/base/clock.ts";
import { createLog } from "../../src/base/log.ts";
import { seededRandom } from "../../src/base/random.ts";
import { FINALIZER, networkPolicyController } from "../../src/clusters/network-policy/controller.ts";
import { POLICIES, POLICY_ENDPOINTS } from "../../src/cni/network-policy/types.ts";
import type { KubeObject } from "../../src/kubernetes/api/object.ts";
import { Activity } from "../../src/kubernetes/runtime/activity.ts";
import { runController } from "../../src/kubernetes/runtime/controller.ts";
import { Stores } from "../../src/kubernetes/runtime/stores.ts";
import { FakeKubeClient } from "../support/fake-kube-client.ts";

let clock: FakeClock;
let client: FakeKubeClient;
let idle: () => Promise<void>;

const disposable = (running: { close(): void }) => ({ ...running, [Symbol.dispose]: () => running.close() });

/** Starts the controller; pods' changes are gathered for `podBatch` milliseconds. */
function start(podBatch = 0): { close(): void } {
  const activity = new Activity();
  const stores = new Stores(client);
  const deps = { client, stores, clock, podBatch };
  idle = () => activity.idle();
  return runController(networkPolicyController(deps), { ...deps, log: createLog("silent"), random: seededRandom(1) }, activity);
}

beforeEach(async () => {
  clock = new FakeClock();
  client = new FakeKubeClient(clock);
  for (const name of ["kube-system", "shop"])
    await client.create("namespaces", "", { apiVersion: "v1", kind: "Namespace", metadata: { name } });
  await client.create("configmaps", "kube-system", {
    ...{ apiVersion: "v1", kind: "ConfigMap", metadata: { name: "amazon-vpc-cni" } },
    data: { "enable-network-policy-controller": "true" },
  });
});

const turn = (on: boolean) =>
  client.patch("configmaps", "kube-system", "amazon-vpc-cni", "merge", { data: { "enable-network-policy-controller": String(on) } });
const addPolicy = (name: string, spec: object, namespace = "shop") =>
  client.create(POLICIES, namespace, { apiVersion: "networking.k8s.io/v1", kind: "NetworkPolicy", metadata: { name, namespace }, spec });
async function addPod(name: string, labels: Record<string, string>, podIP?: string, namespace = "shop"): Promise<void> {
  const spec = { containers: [{ name: "main" }] };
  await client.create("pods", namespace, { apiVersion: "v1", kind: "Pod", metadata: { name, namespace, labels }, spec });
  if (podIP) await giveAddress(name, podIP, namespace);
}
const giveAddress = (name: string, podIP: string, namespace = "shop") =>
  client.patch("pods", namespace, name, "merge", { status: { phase: "Running", podIP, hostIP: "10.0.0.1" } }, { subresource: "status" });
const endpoints = (): readonly KubeObject[] => client.list(POLICY_ENDPOINTS);
const web = {
  podSelector: { matchLabels: { app: "api" } },
  policyTypes: ["Ingress"],
  ingress: [{ from: [{ podSelector: { matchLabels: { app: "web" } } }] }],
};

test("an object per policy, owned by it, in the shape agents read", async () => {
  using _ = disposable(start());
  await addPod("api-1", { app: "api" }, "10.0.1.1");
  await addPod("web-1", { app: "web" }, "10.0.1.2");
  await addPod("other", { app: "other" }, "10.0.1.3");
  await addPolicy("allow-web", web);
  await idle();
  const [only, ...rest] = endpoints();
  assert.equal(rest.length, 0);
  const policy = client.get(POLICIES, "shop", "allow-web")!;
  assert.match(only!.metadata.name, /^allow-web-/);
  assert.deepEqual(
    only!.metadata.ownerReferences?.map(({ kind, uid, controller: is }) => [kind, uid, is]),
    [["NetworkPolicy", policy.metadata.uid, true]],
  );
  assert.match(only!.metadata.annotations?.["networking.k8s.aws/last-change-trigger-time"] ?? "", /^\d{4}-\d\d-\d\dT[\d:]{8}Z$/);
  assert.deepEqual(only!.spec, {
    policyRef: { name: "allow-web", namespace: "shop" },
    podSelector: web.podSelector,
    podIsolation: ["Ingress"],
    podSelectorEndpoints: [{ hostIP: "10.0.0.1", podIP: "10.0.1.1", name: "api-1", namespace: "shop" }],
    ingress: [{ cidr: "10.0.1.2" }],
  });
  assert.deepEqual(policy.metadata.finalizers, [FINALIZER]);
  assert.ok(client.get("customresourcedefinitions.apiextensions.k8s.io", "", "policyendpoints.networking.k8s.aws"));
});

test("objects follow pods, labels, namespaces and Services", async () => {
  using _ = disposable(start());
  await addPod("api-1", { app: "api" }, "10.0.1.1");
  await addPolicy("allow-web", web);
  await addPolicy("from-team", {
    ...{ podSelector: {}, policyTypes: ["Egress"] },
    egress: [{ to: [{ namespaceSelector: { matchLabels: { team: "red" } } }] }],
  });
  const listed = (policy: string, list: "ingress" | "egress") =>
    endpoints()
      .filter(({ spec }) => spec.policyRef.name === policy)
      .flatMap(({ spec }) => (spec[list] ?? []).map(({ cidr }: { cidr: string }) => cidr));
  await idle();
  assert.deepEqual(listed("allow-web", "ingress"), []);
  await addPod("web-1", { app: "web" });
  await idle();
  assert.deepEqual(listed("allow-web", "ingress"), [], "a pod without an address is not listed");
  await giveAddress("web-1", "10.0.1.2");
  await idle();
  assert.deepEqual(listed("allow-web", "ingress"), ["10.0.1.2"]);
  await client.patch("pods", "shop", "web-1", "merge", { metadata: { labels: { app: "gone" } } });
  await idle();
  assert.deepEqual(listed("allow-web", "ingress"), []);

  await client.create("namespaces", "", { apiVersion: "v1", kind: "Namespace", metadata: { name: "red" } });
  await addPod("db-1", {}, "10.0.2.1", "red");
  await idle();
  assert.deepEqual(listed("from-team", "egress"), []);
  await client.patch("namespaces", "", "red", "merge", { metadata: { labels: { team: "red" } } });
  await idle();
  assert.deepEqual(listed("from-team", "egress"), ["10.0.2.1"]);
  const spec = { clusterIP: "172.20.0.9", selector: { app: "db" }, ports: [{ port: 80 }] };
  await client.create("services", "red", { apiVersion: "v1", kind: "Service", metadata: { name: "db", namespace: "red" }, spec });
  await idle();
  assert.deepEqual(listed("from-team", "egress"), ["10.0.2.1", "172.20.0.9"]);
  await client.patch("namespaces", "", "red", "merge", { metadata: { labels: { team: null } } });
  await idle();
  assert.deepEqual(listed("from-team", "egress"), []);
});

test("what others change or delete is put right; nothing to do writes nothing", async () => {
  using _ = disposable(start());
  await addPod("api-1", { app: "api" }, "10.0.1.1");
  await addPod("web-1", { app: "web" }, "10.0.1.2");
  await addPolicy("allow-web", web);
  await idle();
  const [before] = endpoints();
  await client.patch(POLICY_ENDPOINTS, "shop", before!.metadata.name, "merge", { spec: { ingress: [{ cidr: "0.0.0.0/0" }] } });
  await idle();
  assert.deepEqual(endpoints()[0]!.spec, before!.spec);
  await client.delete(POLICY_ENDPOINTS, "shop", before!.metadata.name);
  await idle();
  assert.deepEqual(
    endpoints().map(({ spec }) => spec),
    [before!.spec],
  );
  const writes = client.writes.length;
  await client.patch("pods", "shop", "web-1", "merge", { metadata: { annotations: { note: "changed" } } });
  await idle();
  assert.deepEqual(
    client.writes.slice(writes).filter((write) => write.includes("policyendpoints")),
    [],
  );
});

test("switched off, objects and finalizers go; switched on, they come back", async () => {
  using _ = disposable(start());
  await turn(false);
  await addPod("api-1", { app: "api" }, "10.0.1.1");
  await addPolicy("allow-web", web);
  await idle();
  assert.deepEqual(endpoints(), []);
  assert.equal(client.get(POLICIES, "shop", "allow-web")!.metadata.finalizers, undefined);
  await turn(true);
  await idle();
  assert.equal(endpoints().length, 1);
  await turn(false);
  await idle();
  assert.deepEqual(endpoints(), []);
  assert.deepEqual(client.get(POLICIES, "shop", "allow-web")!.metadata.finalizers ?? [], []);
});

test("a deleted policy goes once its objects are gone, also while the switch is off", async () => {
  using _ = disposable(start());
  await addPolicy("allow-web", web);
  await addPolicy("second", web);
  await idle();
  await client.delete(POLICIES, "shop", "allow-web");
  await idle();
  assert.equal(client.get(POLICIES, "shop", "allow-web"), undefined);
  assert.deepEqual(
    endpoints().map(({ spec }) => spec.policyRef.name),
    ["second"],
  );
  await client.delete("configmaps", "kube-system", "amazon-vpc-cni");
  await client.delete(POLICIES, "shop", "second");
  await idle();
  assert.equal(client.get(POLICIES, "shop", "second"), undefined);
  assert.deepEqual(endpoints(), []);
});

test("450 pods make three objects; one pod less changes one of them", async () => {
  for (let i = 0; i < 450; i++) await addPod(`web-${i}`, { app: "web" }, `10.0.${1 + (i >> 8)}.${i & 255}`);
  using _ = disposable(start());
  await addPolicy("allow-web", web);
  await idle();
  assert.deepEqual(
    endpoints().map(({ spec }) => spec.ingress.length),
    [200, 200, 50],
  );
  const versions = new Map(endpoints().map(({ metadata }) => [metadata.name, metadata.resourceVersion]));
  await client.patch("pods", "shop", "web-7", "merge", { status: { phase: "Succeeded" } }, { subresource: "status" });
  await idle();
  const changed = endpoints().filter(({ metadata }) => versions.get(metadata.name) !== metadata.resourceVersion);
  assert.deepEqual(
    changed.map(({ spec }) => spec.ingress.length),
    [199],
  );
});

test("changes of pods are gathered", async () => {
  using _ = disposable(start(1000));
  await addPolicy("allow-web", web);
  await idle();
  await addPod("web-1", { app: "web" }, "10.0.1.2");
  await addPod("web-2", { app: "web" }, "10.0.1.3");
  await idle();
  assert.equal(endpoints()[0]!.spec.ingress, undefined);
  await clock.step(1000);
  await idle();
  assert.equal(endpoints()[0]!.spec.ingress.length, 2);
  assert.equal(client.writes.filter((write) => write.startsWith("update policyendpoints")).length, 1);
});

test("objects of other hands do no harm: without a specification, or in a policy's name", async () => {
  using _ = disposable(start());
  await addPolicy("allow-web", web);
  await idle();
  const kind = { apiVersion: "networking.k8s.aws/v1alpha1", kind: "PolicyEndpoint" };
  await client.create(POLICY_ENDPOINTS, "shop", { ...kind, metadata: { name: "empty", namespace: "shop" } });
  await client.patch(POLICY_ENDPOINTS, "shop", "empty", "merge", { metadata: { labels: { changed: "yes" } } });
  const spec = { policyRef: { name: "allow-web", namespace: "shop" }, podIsolation: ["Ingress"], ingress: [{ cidr: "0.0.0.0/0" }] };
  await client.create(POLICY_ENDPOINTS, "shop", { ...kind, metadata: { name: "forged", namespace: "shop" }, spec });
  await client.patch(POLICY_ENDPOINTS, "shop", "forged", "merge", { metadata: { labels: { changed: "yes" } } });
  await idle();
  assert.deepEqual(
    endpoints()
      .map(({ metadata }) => metadata.name.replace(/-\d+$/, ""))
      .sort(),
    ["allow-web", "empty"],
  );
});

test("a controller that starts over finds everything done, and makes up for what it missed", async () => {
  const first = start();
  await addPod("api-1", { app: "api" }, "10.0.1.1");
  await addPod("web-1", { app: "web" }, "10.0.1.2");
  await addPolicy("allow-web", web);
  await idle();
  first.close();
  const writes = client.writes.length;
  const second = start();
  await idle();
  second.close();
  assert.equal(client.writes.length, writes);
  await addPod("web-2", { app: "web" }, "10.0.1.3");
  using _ = disposable(start());
  await idle();
  assert.deepEqual(
    endpoints().map(({ spec }) => spec.ingress.map(({ cidr }: { cidr: string }) => cidr)),
    [["10.0.1.2", "10.0.1.3"]],
  );
});
