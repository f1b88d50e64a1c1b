// OpenAPI v2 as protobuf: read by a decoder of its own it is the JSON document, custom resources included.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import protobuf from "protobufjs";
import { parse as parseYaml } from "yaml";
import { startServer, type TestServer } from "./server-support.ts";

const source = readFileSync(new URL("./openapi-v2.proto", import.meta.url), "utf8");
const Document = protobuf.parse(source, { keepCase: true }).root.lookupType("openapi.v2.Document");
const pb = "application/com.github.proto-openapi.spec.v2.v1.0+protobuf";
const path = "/openapi/v2";

type Json = Record<string, any>;

const camel = (name: string) => (name === "_ref" ? "$ref" : name.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase()));
const named = (list: Json[], value: (each: any) => unknown) => Object.fromEntries(list.map((each) => [each.name, value(each.value)]));
const yaml = (any: Json) => parseYaml(any.yaml);
/** Down to the member of a choice that is set. */
const chosen = (value: Json): any => Object.values(value)[0];
const parameter = (item: Json) => {
  const { body_parameter: body, non_body_parameter: other } = item.parameter;
  return plain(body ?? chosen(other));
};

/** What members mean whose messages do not look like their JSON. */
const special: Readonly<Record<string, (value: any) => unknown>> = {
  vendor_extension: () => undefined,
  paths: ({ path: list }) => named(list, plain),
  definitions: (value) => named(value.additional_properties, plain),
  properties: (value) => named(value.additional_properties, plain),
  security_definitions: (value) => named(value.additional_properties, (each) => plain(chosen(each))),
  security: (list: Json[]) => list.map((each) => named(each.additional_properties, (value) => value.value ?? [])),
  responses: (value) => named(value.response_code, (each) => plain(chosen(each))),
  parameters: (list: Json[]) => list.map(parameter),
  additional_properties: (value) => (value.schema ? plain(value.schema) : value.boolean),
  type: (value) => (typeof value === "string" ? value : value.value.length === 1 ? value.value[0] : value.value),
  items: (value) => plain(value.schema[0]),
  default: yaml,
  example: yaml,
  enum: (list: Json[]) => list.map(yaml),
};

function plain(message: Json): Json {
  const result: Json = {};
  for (const [name, value] of Object.entries(message)) {
    if (name === "vendor_extension") for (const each of value as Json[]) result[each.name] = yaml(each.value);
    else if (name === "schema" && "schema" in value) result.schema = plain(value.schema);
    else if (special[name]) result[camel(name)] = special[name](value);
    else result[camel(name)] = typeof value === "object" && !Array.isArray(value) ? plain(value) : value;
  }
  return result;
}

let api: TestServer;
before(async () => {
  api = await startServer();
});
after(() => api?.close());

const get = (accept: string, more: Record<string, string> = {}) => api.call("GET", path, "admin", undefined, { accept, ...more });

async function decoded(): Promise<Json> {
  const { bytes } = await get(pb);
  return plain(Document.toObject(Document.decode(bytes), { longs: Number }));
}

test("decoded, the protobuf document is the JSON document", async () => {
  const { json } = await get("application/json");
  assert.deepEqual(await decoded(), json);
  assert.ok(Object.keys(json.definitions).length > 500);
});

test("a custom resource is in it at once, with numbers, enumerations, defaults and open maps", async () => {
  const schema = {
    type: "object",
    required: ["spec"],
    properties: {
      spec: {
        type: "object",
        required: ["size", "maybe"],
        properties: {
          size: { type: "integer", format: "int32", minimum: 1, maximum: 9.5, exclusiveMaximum: true, default: 3, multipleOf: 0.5 },
          color: { type: "string", enum: ["red", "blue: light", "no"], pattern: "^[a-z]+$", minLength: 2, maxLength: 9, default: "no" },
          maybe: { type: "string", nullable: true },
          ratio: { "x-kubernetes-int-or-string": true, anyOf: [{ type: "integer" }, { type: "string" }] },
          names: { type: "array", items: { type: "string" }, minItems: 1, maxItems: 7, "x-kubernetes-list-type": "set" },
          open: { type: "object", "x-kubernetes-preserve-unknown-fields": true, properties: { a: { type: "string" } } },
          labels: { type: "object", additionalProperties: { type: "string" }, maxProperties: 4, description: "Übergröße — 寸法" },
          rest: { type: "object", additionalProperties: true },
        },
      },
    },
  };
  const definition = {
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: { name: "hats.example.com" },
    spec: {
      group: "example.com",
      scope: "Namespaced",
      names: { plural: "hats", kind: "Hat" },
      versions: [{ name: "v1", served: true, storage: true, schema: { openAPIV3Schema: schema } }],
    },
  };
  const before = await get(pb);
  const made = await api.call("POST", "/apis/apiextensions.k8s.io/v1/customresourcedefinitions", "admin", definition);
  assert.equal(made.status, 201, made.text);
  const after = await get(pb);
  assert.notEqual(after.headers.etag, before.headers.etag);
  const document = await decoded();
  assert.deepEqual(document, (await get("application/json")).json);
  const { spec } = document.definitions["com.example.v1.Hat"].properties;
  const { size, color, names, labels, rest } = schema.properties.spec.properties;
  assert.deepEqual(spec, {
    type: "object",
    required: ["size"],
    properties: {
      size,
      color,
      names,
      labels,
      rest,
      maybe: {},
      ratio: { "x-kubernetes-int-or-string": true },
      open: { "x-kubernetes-preserve-unknown-fields": true },
    },
  });
  assert.ok(document.paths["/apis/example.com/v1/namespaces/{namespace}/hats"].post);
});

const accepts: [accept: string, type: string | 406][] = [
  ["application/com.github.proto-openapi.spec.v2@v1.0+protobuf", pb],
  [pb, pb],
  [`${pb}, application/json`, pb],
  [`${pb};q=0.5, application/json`, "application/json"],
  [`application/json;q=0.1, ${pb};q=0.2`, pb],
  ["application/json", "application/json"],
  ["*/*", "application/json"],
  ["application/*", "application/json"],
  ["text/html, */*;q=0.1", "application/json"],
  ["application/com.github.proto-openapi.spec.v9+protobuf", 406],
  ["text/html", 406],
  ["constructor", 406],
  [`${pb};q=0`, 406],
];
for (const [accept, type] of accepts) {
  test(`Accept: ${accept} is answered with ${type}`, async () => {
    const answer = await get(accept);
    assert.equal(answer.status, type === 406 ? 406 : 200);
    if (type !== 406) assert.equal(answer.headers["content-type"], type);
  });
}

test("each form has its own entity tag, known again, and comes compressed", async () => {
  const [one, other] = [await get(pb), await get("application/json")];
  assert.match(String(one.headers.etag), /^"[0-9A-F]{128}"$/);
  assert.notEqual(one.headers.etag, other.headers.etag);
  assert.equal((await get(pb, { "if-none-match": String(one.headers.etag) })).status, 304);
  assert.equal((await get("application/json", { "if-none-match": String(one.headers.etag) })).status, 200);
  const packed = await get(pb, { "accept-encoding": "gzip" });
  assert.equal(packed.headers["content-encoding"], "gzip");
  assert.ok(packed.bytes.length < one.bytes.length / 5, `${packed.bytes.length} of ${one.bytes.length}`);
});
