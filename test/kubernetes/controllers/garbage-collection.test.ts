// What goes when owners go: background, foreground, orphan, absent and shared owners; and namespaces with all they hold.
import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import type { KubeObject, OwnerReference } from "../../../src/kubernetes/api/object.ts";
import { FakeCluster } from "../../support/fake-cluster.ts";

function cluster(t: TestContext): FakeCluster {
  const made = new FakeCluster();
  t.after(() => made.close());
  return made;
}

function owned(name: string, owners: OwnerReference[], finalizers?: string[], namespace = "default") {
  return {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name, namespace, ownerReferences: owners, ...(finalizers ? { finalizers } : {}) },
  };
}

const reference = (owner: KubeObject, blockOwnerDeletion = false): OwnerReference => ({
  apiVersion: owner.apiVersion,
  kind: owner.kind,
  name: owner.metadata.name,
  uid: owner.metadata.uid,
  blockOwnerDeletion,
});

const names = (c: FakeCluster) =>
  c.client
    .list("configmaps")
    .map((map) => map.metadata.name)
    .filter((name) => name !== "kube-root-ca.crt")
    .sort();

async function family(c: FakeCluster, blocking = false) {
  const root = await c.create("configmaps", owned("root", []));
  const child = await c.create("configmaps", owned("child", [reference(root, blocking)]));
  await c.create("configmaps", owned("grandchild", [reference(child, blocking)]));
  await c.settle();
  return { root, child };
}

test("background: the owner goes at once, dependents of all generations follow", async (t) => {
  const c = cluster(t);
  await family(c);
  await c.client.delete("configmaps", "default", "root", { propagationPolicy: "Background" });
  await c.settle();
  assert.deepEqual(names(c), []);
});

test("foreground: the owner waits for the dependents that block it", async (t) => {
  const c = cluster(t);
  const { child } = await family(c, true);
  await c.client.patch("configmaps", "default", "grandchild", "merge", { metadata: { finalizers: ["example.com/hold"] } });
  await c.client.delete("configmaps", "default", "root", { propagationPolicy: "Foreground" });
  await c.settle();
  assert.deepEqual(names(c), ["child", "grandchild", "root"]);
  assert.deepEqual(
    c.client.get("configmaps", "default", "child")!.metadata.finalizers,
    ["foregroundDeletion"],
    "a dependent with dependents of its own goes in the foreground too",
  );
  assert.ok(c.client.get("configmaps", "default", "grandchild")!.metadata.deletionTimestamp);
  assert.ok(child);
  await c.client.patch("configmaps", "default", "grandchild", "merge", { metadata: { finalizers: null } });
  await c.settle();
  assert.deepEqual(names(c), []);
});

test("foreground: a dependent that does not block is deleted but not waited for", async (t) => {
  const c = cluster(t);
  const root = await c.create("configmaps", owned("root", []));
  await c.create("configmaps", owned("child", [reference(root)], ["example.com/hold"]));
  await c.settle();
  await c.client.delete("configmaps", "default", "root", { propagationPolicy: "Foreground" });
  await c.settle();
  assert.deepEqual(names(c), ["child"]);
  assert.ok(c.client.get("configmaps", "default", "child")!.metadata.deletionTimestamp);
});

test("orphan: dependents stay and lose the reference", async (t) => {
  const c = cluster(t);
  await family(c);
  await c.client.delete("configmaps", "default", "root", { propagationPolicy: "Orphan" });
  await c.settle();
  assert.deepEqual(names(c), ["child", "grandchild"]);
  assert.equal(c.client.get("configmaps", "default", "child")!.metadata.ownerReferences, undefined);
  assert.equal(c.client.get("configmaps", "default", "grandchild")!.metadata.ownerReferences!.length, 1);
});

test("an owner that never was is treated as gone, judged by uid and not by name", async (t) => {
  const c = cluster(t);
  const root = await c.create("configmaps", owned("root", []));
  await c.create("configmaps", owned("impostor", [{ ...reference(root), uid: "other" }]));
  await c.create("configmaps", owned("stray", [{ apiVersion: "apps/v1", kind: "ReplicaSet", name: "never", uid: "x" }]));
  await c.settle();
  assert.deepEqual(names(c), ["root"]);
});

test("an owner in another namespace does not count", async (t) => {
  const c = cluster(t);
  const root = await c.create("configmaps", owned("root", [], undefined, "elsewhere"));
  await c.create("configmaps", owned("child", [reference(root)]));
  await c.settle();
  assert.deepEqual(names(c), ["root"]);
});

test("with one of two owners gone, only that reference goes", async (t) => {
  const c = cluster(t);
  const a = await c.create("configmaps", owned("a", []));
  const b = await c.create("configmaps", owned("b", []));
  await c.create("configmaps", owned("child", [reference(a), reference(b)]));
  await c.settle();
  await c.client.delete("configmaps", "default", "a");
  await c.settle();
  assert.deepEqual(names(c), ["b", "child"]);
  assert.deepEqual(
    c.client.get("configmaps", "default", "child")!.metadata.ownerReferences!.map((owner) => owner.name),
    ["b"],
  );
});

test("an owner of a kind nobody serves keeps its dependents", async (t) => {
  const c = cluster(t);
  await c.create("configmaps", owned("child", [{ apiVersion: "example.com/v1", kind: "Widget", name: "w", uid: "u" }]));
  await c.settle();
  assert.deepEqual(names(c), ["child"]);
});

test("what lost its owner while nobody looked goes after a restart", async (t) => {
  const c = cluster(t);
  await family(c);
  c.controllers.close();
  await c.client.delete("configmaps", "default", "root");
  c.restart();
  await c.settle();
  assert.deepEqual(names(c), []);
});

test("deleting a deployment takes its replica sets and pods along", async (t) => {
  const c = cluster(t);
  const { deployment } = await import("../../support/fake-cluster.ts");
  await c.create("deployments.apps", deployment("web", 3));
  await c.runPods();
  await c.client.delete("deployments.apps", "default", "web", { propagationPolicy: "Background" });
  await c.runPods();
  assert.deepEqual([c.client.list("replicasets.apps").length, c.pods().length], [0, 0]);
});

test("a namespace gets its service account and root CA, and takes everything along when it goes", async (t) => {
  const c = cluster(t);
  await c.create("namespaces", { apiVersion: "v1", kind: "Namespace", metadata: { name: "shop" } });
  await c.settle();
  assert.ok(c.client.get("serviceaccounts", "shop", "default"));
  assert.deepEqual(c.client.get("configmaps", "shop", "kube-root-ca.crt")!.data, { "ca.crt": "PEM" });
  await c.client.delete("serviceaccounts", "shop", "default");
  await c.client.patch("configmaps", "shop", "kube-root-ca.crt", "merge", { data: { "ca.crt": "tampered" } });
  await c.settle();
  assert.ok(c.client.get("serviceaccounts", "shop", "default"), "it is made again");
  assert.deepEqual(c.client.get("configmaps", "shop", "kube-root-ca.crt")!.data, { "ca.crt": "PEM" });
  await c.create("configmaps", owned("held", [], ["example.com/hold"], "shop"));
  await c.create("secrets", { apiVersion: "v1", kind: "Secret", metadata: { name: "s", namespace: "shop" } });
  await c.client.delete("namespaces", "", "shop");
  await c.settle();
  const conditions = Object.fromEntries(
    c.client.get("namespaces", "", "shop")!.status.conditions.map((each: any) => [each.type, [each.status, each.reason, each.message]]),
  );
  assert.deepEqual(conditions.NamespaceContentRemaining, [
    "True",
    "SomeResourcesRemain",
    "Some resources are remaining: configmaps. has 1 resource instances",
  ]);
  assert.deepEqual(conditions.NamespaceFinalizersRemaining, [
    "True",
    "SomeFinalizersRemain",
    "Some content in the namespace has finalizers remaining: example.com/hold in 1 resource instances",
  ]);
  assert.deepEqual(conditions.NamespaceDeletionContentFailure[1], "ContentDeleted");
  assert.equal(c.client.list("secrets", { namespace: "shop" }).length, 0);
  await c.client.patch("configmaps", "shop", "held", "merge", { metadata: { finalizers: null } });
  await c.settle(2000);
  assert.equal(c.client.get("namespaces", "", "shop"), undefined);
});

test("aggregated cluster roles hold the rules of the roles they select", async (t) => {
  const c = cluster(t);
  const type = "clusterroles.rbac.authorization.k8s.io";
  const role = (name: string, labels: object, more: object) =>
    ({ apiVersion: "rbac.authorization.k8s.io/v1", kind: "ClusterRole", metadata: { name, labels }, ...more }) as any;
  const rule = (resource: string) => ({ apiGroups: [""], resources: [resource], verbs: ["get"] });
  await c.create(type, role("all", {}, { aggregationRule: { clusterRoleSelectors: [{ matchLabels: { join: "all" } }] }, rules: [] }));
  await c.create(type, role("b", { join: "all" }, { rules: [rule("b"), rule("shared")] }));
  await c.create(type, role("a", { join: "all" }, { rules: [rule("a"), rule("shared")] }));
  await c.settle();
  assert.deepEqual(
    c.client.get(type, "", "all")!.rules.map((each: any) => each.resources[0]),
    ["a", "shared", "b"],
  );
  await c.client.delete(type, "", "a");
  await c.settle();
  assert.deepEqual(
    c.client.get(type, "", "all")!.rules.map((each: any) => each.resources[0]),
    ["b", "shared"],
  );
});
