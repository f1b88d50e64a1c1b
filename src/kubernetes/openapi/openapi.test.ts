import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import { builtinRegistry, type Resource } from "../schema/registry.ts";
import { OpenApiV2, OpenApiV3 } from "./index.ts";

const { resources } = builtinRegistry(35);
const openApi = new OpenApiV3(resources, [], "v1.35.0");
const parse = (path: string) => JSON.parse(openApi.document(path)!.body.toString("utf8"));

const widgets: Resource = {
  ...resources.find(({ kind }) => kind === "ConfigMap")!,
  group: "example.com",
  kind: "Widget",
  listKind: "WidgetList",
  plural: "widgets",
  singular: "widget",
  storage: { group: "example.com", version: "v1" },
};
const schema = { type: "object", properties: { spec: { type: "object", properties: { size: { anyOf: [{ type: "integer" }] } } } } };
const custom = { group: "example.com", version: "v1", kind: "Widget", listKind: "WidgetList", schema };

test("the index names every group and version by its content", () => {
  const { paths } = openApi.index() as { paths: Record<string, { serverRelativeURL: string }> };
  assert.ok(paths["api/v1"]);
  for (const [path, { serverRelativeURL }] of Object.entries(paths)) {
    const { body, hash } = openApi.document(path)!;
    assert.equal(serverRelativeURL, `/openapi/v3/${path}?hash=${hash}`);
    assert.equal(hash, createHash("sha512").update(body).digest("hex").toUpperCase());
  }
  assert.equal(openApi.document("apis/none/v1"), undefined);
});

test("every reference leads somewhere and every operation has its own id", () => {
  const { paths } = openApi.index() as { paths: object };
  for (const path of Object.keys(paths)) {
    const document = parse(path);
    const text = JSON.stringify(document);
    for (const [, name] of text.matchAll(/"#\/components\/schemas\/([^"]+)"/g)) assert.ok(document.components.schemas[name!], name);
    const ids = [...text.matchAll(/"operationId":"([^"]+)"/g)].map((match) => match[1]);
    assert.equal(new Set(ids).size, ids.length, path);
  }
});

test("every write takes fieldValidation", () => {
  for (const path of ["api/v1", "apis/apps/v1", "apis/rbac.authorization.k8s.io/v1"]) {
    for (const [url, item] of Object.entries<any>(parse(path).paths)) {
      for (const method of ["post", "put", "patch"]) {
        if (!item[method] || item[method]["x-kubernetes-action"] === "connect") continue;
        assert.ok(
          item[method].parameters.some(({ name }: any) => name === "fieldValidation"),
          `${method} ${url}`,
        );
      }
    }
  }
});

test("schemas carry what merging and applying need", () => {
  const { schemas } = parse("apis/apps/v1").components;
  const { containers, volumes } = schemas["io.k8s.api.core.v1.PodSpec"].properties;
  assert.equal(containers["x-kubernetes-patch-merge-key"], "name");
  assert.equal(volumes["x-kubernetes-patch-strategy"], "merge,retainKeys");
  const { ports } = schemas["io.k8s.api.core.v1.Container"].properties;
  assert.deepEqual(ports["x-kubernetes-list-map-keys"], ["containerPort", "protocol"]);
  assert.deepEqual(schemas["io.k8s.api.apps.v1.Deployment"]["x-kubernetes-group-version-kind"], [
    { group: "apps", kind: "Deployment", version: "v1" },
  ]);
  assert.deepEqual(schemas["io.k8s.api.apps.v1.DeploymentSpec"].required, ["selector", "template"]);
  assert.equal(schemas["io.k8s.apimachinery.pkg.apis.meta.v1.LabelSelector"]["x-kubernetes-map-type"], "atomic");
  const options = schemas["io.k8s.apimachinery.pkg.apis.meta.v1.DeleteOptions"];
  assert.ok(options["x-kubernetes-group-version-kind"].some(({ group }: any) => group === "policy"));
});

test("custom resources stand beside the built-in ones and change only their own document", () => {
  const more = new OpenApiV3([...resources, widgets], [custom], "v1.35.0");
  assert.equal(more.document("apis/apps/v1"), openApi.document("apis/apps/v1"), "shared");
  const document = JSON.parse(more.document("apis/example.com/v1")!.body.toString("utf8"));
  const widget = document.components.schemas["com.example.v1.Widget"];
  assert.deepEqual(widget["x-kubernetes-group-version-kind"], [{ group: "example.com", kind: "Widget", version: "v1" }]);
  assert.deepEqual(widget.properties.spec, schema.properties.spec);
  assert.ok(document.paths["/apis/example.com/v1/namespaces/{namespace}/widgets"].post);
  assert.ok(document.components.schemas["com.example.v1.WidgetList"]);
});

test("a custom resource without a schema keeps everything", () => {
  const more = new OpenApiV3([widgets], [{ ...custom, schema: undefined }], "v1.35.0");
  const document = JSON.parse(more.document("apis/example.com/v1")!.body.toString("utf8"));
  assert.equal(document.components.schemas["com.example.v1.Widget"]["x-kubernetes-preserve-unknown-fields"], true);
});

test("v2 is one document whose references all lead somewhere", () => {
  const { body } = new OpenApiV2([...resources, widgets], [custom], "v1.35.0").json();
  const document = JSON.parse(body.toString("utf8"));
  assert.equal(document.swagger, "2.0");
  for (const [, name] of body.toString("utf8").matchAll(/"#\/definitions\/([^"]+)"/g)) assert.ok(document.definitions[name!], name);
  assert.deepEqual(document.definitions["com.example.v1.Widget"].properties.spec, { type: "object", properties: { size: {} } });
  assert.ok(!body.toString("utf8").includes("#/components/"));
});
