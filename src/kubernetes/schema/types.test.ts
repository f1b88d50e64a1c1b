import assert from "node:assert/strict";
import { test } from "node:test";
import { parseLine } from "./line.ts";
import { goTypeName, openApiName } from "./names.ts";
import { apiVersionOf, builtinRegistry, newestMinor, oldestMinor } from "./registry.ts";
import { table } from "./table.ts";
import { schemaOf, structNamed, typeRef } from "./types.ts";

test("every line of the table is in the grammar and every type it names is known", () => {
  for (const [name, entry] of Object.entries(table.types)) {
    if (typeof entry === "string") assert.ok(typeRef(name), name);
    else for (const field of structNamed(name)!.declared) assert.ok(field.type, name);
  }
});

test("no struct uses a protobuf number or a name twice", () => {
  for (const name of Object.keys(table.types)) {
    const struct = structNamed(name);
    if (!struct) continue;
    const numbers = struct.declared.map(({ number }) => number).filter((number) => number > 0);
    assert.equal(new Set(numbers).size, numbers.length, name);
    const names = struct.declared.filter(({ embedded }) => !embedded).map((field) => field.name);
    assert.equal(new Set(names).size, names.length, name);
  }
});

test("every served kind has a type, its list and its subresources too", () => {
  for (let minor = oldestMinor; minor <= newestMinor; minor++)
    for (const resource of builtinRegistry(minor).resources) {
      const apiVersion = apiVersionOf(resource);
      assert.ok(schemaOf(apiVersion, resource.kind), `${apiVersion} ${resource.kind}`);
      if (resource.verbs.includes("list")) assert.ok(schemaOf(apiVersion, resource.listKind), resource.listKind);
      for (const { kind, group = resource.group, version = resource.version } of resource.subresources)
        assert.ok(schemaOf(apiVersionOf({ group, version }), kind), kind);
    }
});

test("lists merged by key in apply have keys that their items have", () => {
  for (const name of Object.keys(table.types))
    for (const field of structNamed(name)?.declared ?? []) {
      if (field.list?.type !== "map" || field.type.kind !== "list" || field.type.item.kind !== "struct") continue;
      for (const key of field.list.keys) assert.ok(field.type.item.struct.fields.has(key), `${name}.${field.name} by ${key}`);
    }
});

test("fields say what patch, apply and JSON need", () => {
  const pod = schemaOf("v1", "Pod")!;
  const spec = pod.fields.get("spec")!;
  assert.equal(spec.type.kind, "struct");
  const podSpec = structNamed("core.v1.PodSpec")!;
  const containers = podSpec.fields.get("containers")!;
  assert.deepEqual(containers.patch, { strategies: ["merge"], mergeKey: "name" });
  assert.deepEqual(containers.list, { type: "map", keys: ["name"] });
  assert.equal(containers.optional, false);
  assert.deepEqual(podSpec.fields.get("volumes")!.patch?.strategies, ["merge", "retainKeys"]);
  const policy = structNamed("core.v1.Container")!.fields.get("imagePullPolicy")!;
  assert.deepEqual(policy.type, {
    kind: "scalar",
    scalar: "string",
    go: "v1.PullPolicy",
    alias: "core.v1.PullPolicy",
    values: ["Always", "IfNotPresent", "Never"],
  });
  assert.equal(structNamed("core.v1.ContainerPort")!.fields.get("protocol")!.initial, "TCP");
  assert.ok(structNamed("core.v1.Volume")!.fields.has("configMap"), "embedded members are members");
  assert.ok(!structNamed("core.v1.Volume")!.fields.has("-"));
  assert.ok(structNamed("meta.v1.LabelSelector")!.atomic);
});

test("options are known everywhere, nonsense nowhere", () => {
  assert.ok(schemaOf("policy/v1", "DeleteOptions"));
  for (const [apiVersion, kind] of [
    ["v1", "Widget"],
    ["v9", "Pod"],
    ["constructor", "name"],
    ["v1", "constructor"],
    ["__proto__", "toString"],
  ] as const)
    assert.equal(schemaOf(apiVersion, kind), undefined, `${apiVersion} ${kind}`);
});

test("names", () => {
  assert.equal(openApiName("core.v1.PodSpec"), "io.k8s.api.core.v1.PodSpec");
  assert.equal(openApiName("meta.v1.ObjectMeta"), "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta");
  assert.equal(openApiName("apiregistration.v1.APIService"), "io.k8s.kube-aggregator.pkg.apis.apiregistration.v1.APIService");
  assert.equal(goTypeName("[]core.v1.Container"), "[]v1.Container");
  assert.equal(goTypeName("{}[]string"), "map[string][]string");
  assert.equal(goTypeName("bytes"), "[]uint8");
});

test("lines", () => {
  assert.deepEqual(parseLine('a 3 *[]core.v1.X omit patch=merge,retainKeys:name list=map:a,b def={"x":"a b"}'), {
    name: "a",
    number: 3,
    type: "[]core.v1.X",
    pointer: true,
    omitEmpty: true,
    optional: true,
    nullable: false,
    since: 0,
    until: Number.POSITIVE_INFINITY,
    on: 0,
    patch: { strategies: ["merge", "retainKeys"], mergeKey: "name" },
    list: { type: "map", keys: ["a", "b"] },
    initial: { x: "a b" },
  });
  assert.throws(() => parseLine("a 1 string sometimes"), /unknown word sometimes/);
});

test("the registry finds resources by path, kind and type", () => {
  const registry = builtinRegistry(33);
  assert.equal(registry.find("apps", "v1", "deployments")?.kind, "Deployment");
  assert.equal(registry.find("", "v1", "pods"), registry.ofKind("v1", "Pod"));
  assert.equal(registry.ofType("horizontalpodautoscalers.autoscaling")?.version, "v2");
  assert.equal(registry.find("autoscaling", "v1", "horizontalpodautoscalers")?.storage.version, "v2");
  assert.deepEqual(registry.find("events.k8s.io", "v1", "events")?.storage, { group: "", version: "v1" });
  assert.equal(registry.find("apps", "v1", "pods"), undefined);
});
