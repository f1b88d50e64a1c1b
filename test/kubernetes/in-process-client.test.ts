// The client inside the process: its user's rights bound every verb, as they bind requests from outside.
import assert from "node:assert/strict";
import { test } from "node:test";
import { startServer, users } from "./server-support.ts";

test("a user without rights is refused every verb, and nothing changes", async () => {
  const api = await startServer();
  const stored = await api.client.create("configmaps", "default", {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name: "kept", namespace: "default" },
    data: { a: "1" },
  });
  const eve = api.server.client(users.eve!);
  const changed = { ...stored, data: { a: "2" } };
  const attempts: Record<string, () => unknown> = {
    get: () => eve.get("configmaps", "default", "kept"),
    list: () => eve.list("configmaps", { namespace: "default" }),
    watch: () => eve.watch("configmaps", { namespace: "default" }, () => {}),
    create: () => eve.create("configmaps", "default", { ...changed, metadata: { name: "new", namespace: "default" } }),
    update: () => eve.update("configmaps", changed),
    "merge patch": () => eve.patch("configmaps", "default", "kept", "merge", { data: { a: "2" } }),
    "dry patch": () => eve.patch("configmaps", "default", "kept", "merge", { data: { a: "2" } }, { dryRun: true }),
    apply: () => eve.apply("configmaps", { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "kept", namespace: "default" } }, "eve"),
    delete: () => eve.delete("configmaps", "default", "kept"),
  };
  for (const [verb, attempt] of Object.entries(attempts)) await assert.rejects(async () => attempt(), { code: 403 }, verb);
  assert.deepEqual(api.client.get("configmaps", "default", "kept"), stored);
  assert.equal(api.client.list("configmaps", { namespace: "default" }).filter(({ metadata }) => metadata.name === "new").length, 0);
  await api.close();
});

test("patches of many at a time are all applied, unless they name a revision", async () => {
  const api = await startServer();
  const object = { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "busy", namespace: "default" } };
  const { metadata } = await api.client.create("configmaps", "default", object);
  const keys = Array.from({ length: 40 }, (_, index) => `key-${index}`);
  const patch = (key: string, more: object = {}) =>
    api.client.patch("configmaps", "default", "busy", "merge", { ...more, data: { [key]: "here" } });
  await Promise.all(keys.map((key) => patch(key)));
  assert.deepEqual(Object.keys(api.client.get("configmaps", "default", "busy")!.data).sort(), keys.toSorted());
  const { resourceVersion } = metadata;
  await assert.rejects(patch("late", { metadata: { resourceVersion } }), { code: 409 });
  await api.close();
});
