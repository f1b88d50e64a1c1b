// Every group and version that is served has its APIService: built-in ones from the start, custom ones as definitions come and go.
import assert from "node:assert/strict";
import { test } from "node:test";
import { builtInServices } from "../../../src/kubernetes/schema/local-services.ts";
import { memoryStore } from "../../../src/store/memory.ts";
import { runningCluster } from "../running-cluster.ts";
import { startServer } from "../server-support.ts";

const type = "apiservices.apiregistration.k8s.io";
const version = (minor: string) => ({ version: { major: "1", minor, gitVersion: `v1.${minor}.1-eks-3cfe0ce` } });

test("custom groups are registered, follow their definitions, and leave the services of others alone", async (t) => {
  const { api, client, until } = await runningCluster(t, 0);
  const names = () =>
    client.list(type, { labelSelector: "kube-aggregator.kubernetes.io/automanaged=true" }).map(({ metadata }) => metadata.name);
  const one = (name: string, served = true) => ({ name, served, storage: name === "v1", schema: { openAPIV3Schema: { type: "object" } } });
  const definition = {
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: { name: "widgets.shop.example" },
    spec: {
      group: "shop.example",
      scope: "Namespaced",
      names: { plural: "widgets", kind: "Widget" },
      versions: [one("v1"), one("v1beta1")],
    },
  };
  const definitions = "customresourcedefinitions.apiextensions.k8s.io";
  await client.create(definitions, "", definition);
  await until("both versions are registered", () => names().join() === "v1.shop.example,v1beta1.shop.example");
  await until("and available", () => client.get(type, "", "v1.shop.example")?.status?.conditions?.[0]?.reason === "Local");
  const shown = await api.call("GET", "/apis/apiregistration.k8s.io/v1/apiservices", "admin", undefined, {
    accept: "application/json;as=Table;v=v1;g=meta.k8s.io",
  });
  for (const name of ["v1.", "v1.apps", "v1.shop.example"]) {
    const row = shown.json.rows.find(({ cells }: any) => cells[0] === name);
    assert.deepEqual(row?.cells.slice(0, 3), [name, "Local", "True"], name);
  }
  await client.patch(definitions, "", "widgets.shop.example", "merge", { spec: { versions: [one("v1"), one("v1beta1", false)] } });
  await until("a version that is served no more goes", () => names().join() === "v1.shop.example");
  await client.delete(type, "", "v1.shop.example");
  await until("one that was deleted comes back", () => names().join() === "v1.shop.example");
  const spec = { group: "shop.example", version: "v2", groupPriorityMinimum: 1, versionPriority: 1 };
  await client.create(type, "", {
    apiVersion: "apiregistration.k8s.io/v1",
    kind: "APIService",
    metadata: { name: "v2.shop.example" },
    spec,
  });
  await client.delete(definitions, "", "widgets.shop.example");
  await until("with the definition its services go", () => names().length === 0);
  assert.ok(client.get(type, "", "v2.shop.example"));
});

test("a server of another minor registers what it serves, and drops what it does not", async () => {
  const store = memoryStore();
  for (const minor of ["31", "34", "31"]) {
    const api = await startServer({ store, ...version(minor) });
    const names = api.client.list(type).map(({ metadata }) => metadata.name);
    assert.deepEqual(
      names,
      builtInServices(Number(minor))
        .map(({ metadata }) => metadata.name)
        .sort(),
    );
    assert.equal(names.includes("v1beta3.flowcontrol.apiserver.k8s.io"), minor === "31");
    assert.equal(names.includes("v1.resource.k8s.io"), minor === "34");
    assert.deepEqual(api.client.get(type, "", "v1.")?.spec, { version: "v1", groupPriorityMinimum: 18_000, versionPriority: 1 });
    await api.close();
  }
});
