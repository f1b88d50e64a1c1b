import assert from "node:assert/strict";
import { test } from "node:test";
import { builtinRegistry, type Resource } from "../schema/registry.ts";
import * as discovery from "./index.ts";

const resources = builtinRegistry(35).resources;

const widget = (version: string): Resource => ({
  group: "example.com",
  version,
  kind: "Widget",
  listKind: "WidgetList",
  plural: "widgets",
  singular: "widget",
  shortNames: ["wd"],
  categories: [],
  namespaced: true,
  verbs: ["get", "list"],
  subresources: [{ name: "status", kind: "Widget", verbs: ["get"] }],
  storage: { group: "example.com", version: "v1" },
  virtual: false,
});

test("groups stand in the API server's order, custom ones last", () => {
  const list = discovery.apiGroupList([widget("v1"), ...resources]) as any;
  assert.deepEqual(
    list.groups.map((group: any) => group.name),
    `apiregistration.k8s.io apps events.k8s.io authentication.k8s.io authorization.k8s.io autoscaling batch certificates.k8s.io
     networking.k8s.io policy rbac.authorization.k8s.io storage.k8s.io admissionregistration.k8s.io apiextensions.k8s.io
     scheduling.k8s.io coordination.k8s.io node.k8s.io discovery.k8s.io flowcontrol.apiserver.k8s.io resource.k8s.io example.com`.split(
      /\s+/,
    ),
  );
  assert.equal(list.groups.find((group: any) => group.name === "autoscaling").preferredVersion.groupVersion, "autoscaling/v2");
});

test("versions rank by stability, then number", () => {
  const mixed = ["foo10", "v1alpha1", "v11beta2", "v2", "foo1", "v10", "v12alpha1", "v3beta1", "v11alpha2", "v1", "v10beta3"];
  assert.deepEqual(mixed.toSorted(discovery.compareVersions), [
    "v10",
    "v2",
    "v1",
    "v11beta2",
    "v10beta3",
    "v3beta1",
    "v12alpha1",
    "v11alpha2",
    "v1alpha1",
    "foo1",
    "foo10",
  ]);
});

test("/api/v1 lists pods with their subresources and the storage hash every cluster shows", () => {
  const list = discovery.apiResourceList(resources, "", "v1") as any;
  const byName = new Map<string, any>(list.resources.map((entry: any) => [entry.name, entry]));
  assert.deepEqual(byName.get("pods"), {
    name: "pods",
    singularName: "pod",
    namespaced: true,
    kind: "Pod",
    verbs: ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"],
    shortNames: ["po"],
    categories: ["all"],
    storageVersionHash: "xPOwRZ+Yhw8=",
  });
  assert.deepEqual(byName.get("pods/eviction"), {
    name: "pods/eviction",
    singularName: "",
    namespaced: true,
    group: "policy",
    version: "v1",
    kind: "Eviction",
    verbs: ["create"],
  });
  assert.equal(byName.get("namespaces").verbs.includes("deletecollection"), false);
  assert.equal(byName.get("bindings").storageVersionHash, undefined);
  assert.equal(list.apiVersion, undefined);
  assert.equal(discovery.apiResourceList(resources, "apps", "v1beta9"), undefined);
});

test("what is served depends on the minor version", () => {
  const has = (minor: number, group: string, version: string, plural: string) =>
    builtinRegistry(minor).find(group, version, plural) !== undefined;
  assert.ok(!has(29, "admissionregistration.k8s.io", "v1", "validatingadmissionpolicies"));
  assert.ok(has(30, "admissionregistration.k8s.io", "v1", "validatingadmissionpolicies"));
  assert.ok(has(31, "flowcontrol.apiserver.k8s.io", "v1beta3", "flowschemas"));
  assert.ok(!has(32, "flowcontrol.apiserver.k8s.io", "v1beta3", "flowschemas"));
  assert.ok(!has(32, "networking.k8s.io", "v1", "servicecidrs"));
  assert.ok(has(33, "networking.k8s.io", "v1", "servicecidrs"));
  const pods = (minor: number) =>
    builtinRegistry(minor)
      .ofType("pods")!
      .subresources.map(({ name }) => name);
  assert.ok(!pods(32).includes("resize"));
  assert.ok(pods(33).includes("resize"));
});

test("the aggregated document carries every resource once", () => {
  const core = discovery.aggregatedDiscovery(resources, "api") as any;
  assert.equal(core.items.length, 1);
  assert.equal(core.items[0].metadata.name, undefined);
  const apps = (discovery.aggregatedDiscovery(resources, "apis") as any).items.find((item: any) => item.metadata.name === "apps");
  const scale = apps.versions[0].resources
    .find((entry: any) => entry.resource === "deployments")
    .subresources.find((entry: any) => entry.subresource === "scale");
  assert.deepEqual(scale, {
    subresource: "scale",
    responseKind: { group: "autoscaling", version: "v1", kind: "Scale" },
    verbs: ["get", "patch", "update"],
  });
});

test("the Accept header chooses the form", () => {
  const kubectl =
    "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList,application/json";
  const cases: [string | undefined, string | undefined][] = [
    [kubectl, "v2"],
    ["application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList,application/json", "v2beta1"],
    ["application/json", undefined],
    ["*/*", undefined],
    [undefined, undefined],
    ["application/json;g=apidiscovery.k8s.io;v=v9;as=APIGroupDiscoveryList,application/json", undefined],
  ];
  for (const [accept, expected] of cases) assert.equal(discovery.acceptedDiscovery(accept), expected, String(accept));
});

test("an entity tag follows the bytes", () => {
  assert.match(discovery.etagOf("a"), /^"[0-9A-F]{128}"$/);
  assert.notEqual(discovery.etagOf("a"), discovery.etagOf("b"));
});
