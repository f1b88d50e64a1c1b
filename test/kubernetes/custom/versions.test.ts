// Several versions of one definition: conversion by name, stored versions, and the end.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { definitionResource } from "../../../src/kubernetes/server/custom/instances.ts";
import { ObjectStorage } from "../../../src/kubernetes/storage/objects.ts";
import { memoryStore } from "../../../src/store/memory.ts";
import { startServer, type TestServer } from "../server-support.ts";
import { definition } from "./definition-cases.ts";
import { expected, livesOf } from "./version-steps.ts";

let api: TestServer;
before(async () => {
  api = await startServer();
});
after(() => api?.close());

test("the life of a definition with several versions", async () => {
  // One thread: a few requests later everything has followed.
  const settled = async (holds: () => Promise<boolean>) => {
    for (let attempt = 0; attempt < 20; attempt++) if (await holds()) return;
    assert.fail("waited in vain");
  };
  const seen = await livesOf((method, path, body, headers) => api.call(method, path, "admin", body, headers), settled);
  assert.deepEqual(seen, expected);
});

test("an end that a stopped server had begun goes on", async () => {
  const store = memoryStore();
  const first = await startServer({ store });
  const crds = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
  await first.call("POST", crds, "admin", definition());
  const widget = { apiVersion: "shop.example/v1", kind: "Widget", metadata: { name: "w" } };
  await first.call("POST", "/apis/shop.example/v1/namespaces/default/widgets", "admin", widget);
  await first.close();
  const objects = new ObjectStorage(store);
  const kept = objects.get(definitionResource, "", "widgets.shop.example")!;
  objects.put(definitionResource, { ...kept, metadata: { ...kept.metadata, deletionTimestamp: "2026-01-01T00:00:00Z" } });
  const second = await startServer({ store });
  try {
    assert.equal((await second.call("GET", `${crds}/widgets.shop.example`, "admin")).status, 404);
    assert.equal(objects.count({ group: "shop.example", plural: "widgets" }), 0);
  } finally {
    await second.close();
  }
});

test("watches and selectors see objects as they are read", async () => {
  const text = { type: "string" };
  const schema = (spec: object) => ({ openAPIV3Schema: { type: "object", properties: { spec: { type: "object", properties: spec } } } });
  const body = definition();
  body.spec.versions[0].schema = schema({ a: text });
  const crds = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
  assert.equal((await api.call("POST", crds, "admin", body)).status, 201);
  const path = "/apis/shop.example/v1/namespaces/default/widgets";
  const widget = { apiVersion: "shop.example/v1", kind: "Widget", metadata: { name: "w" }, spec: { a: "x" } };
  assert.equal((await api.call("POST", path, "admin", widget)).status, 201);
  const spec = {
    versions: [
      { ...body.spec.versions[0], schema: schema({ color: { ...text, default: "red" } }), selectableFields: [{ jsonPath: ".spec.color" }] },
    ],
  };
  const merge = { "content-type": "application/merge-patch+json" };
  assert.equal((await api.call("PATCH", `${crds}/widgets.shop.example`, "admin", { spec }, merge)).status, 200);
  const items = async (color: string) => (await api.call("GET", `${path}?fieldSelector=spec.color%3D${color}`, "admin")).json.items;
  assert.deepEqual(
    (await items("red")).map((each: any) => each.spec),
    [{ color: "red" }],
  );
  assert.deepEqual(await items("blue"), []);
  const events = await api.call("GET", `${path}?watch=true&timeoutSeconds=0&sendInitialEvents=false&resourceVersion=0&limit=1`, "admin");
  if (events.status === 200) assert.deepEqual(JSON.parse(events.text.split("\n")[0] as string).object.spec, { color: "red" });
  const inProcess = api.client.get("widgets.shop.example" as never, "default", "w") as any;
  assert.deepEqual(inProcess?.spec, { color: "red" });
});
