// Definitions: what is refused when they are written, what may change later, and in which words.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { startServer, type TestServer } from "../server-support.ts";
import { definition, definitionCases } from "./definition-cases.ts";
import { ruleCases } from "./rule-cases.ts";
import { schemaCases } from "./schema-cases.ts";

const crds = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
const merge = { "content-type": "application/merge-patch+json" };
let api: TestServer;

before(async () => {
  api = await startServer();
});
after(() => api?.close());

const findings = (json: any): string[] => (json.details?.causes ?? []).map(({ field, message }: any) => `${field}: ${message}`);

for (const { title, definition: body, findings: expected } of [...definitionCases, ...schemaCases, ...ruleCases]) {
  test(`refused: ${title}`, async () => {
    const answer = await api.call("POST", `${crds}?dryRun=All`, "admin", body);
    assert.deepEqual(findings(answer.json), expected, answer.text);
    assert.equal(answer.status, 422);
    const name = JSON.stringify(body.metadata.name);
    const list = expected.length === 1 ? expected[0] : `[${expected.join(", ")}]`;
    assert.equal(answer.json.message, `CustomResourceDefinition.apiextensions.k8s.io ${name} is invalid: ${list}`);
  });
}

const text = { type: "string" };
const intOrText = { anyOf: [{ type: "integer" }, { type: "string" }], "x-kubernetes-int-or-string": true };
const taken: [string, object][] = [
  ["a number or a text", { type: "object", properties: { a: { ...intOrText, pattern: "^x" } } }],
  [
    "a number or a text in allOf",
    { type: "object", properties: { a: { allOf: [{ anyOf: intOrText.anyOf }], "x-kubernetes-int-or-string": true } } },
  ],
  ["the name's length", { type: "object", properties: { metadata: { type: "object", properties: { name: { ...text, maxLength: 10 } } } } }],
  [
    "values beside rules",
    { type: "object", properties: { a: { ...text, minLength: 1, "x-kubernetes-validations": [{ rule: "self != 'x'" }] } } },
  ],
  [
    "members and any others",
    { type: "object", properties: { a: { type: "object", properties: { b: text }, additionalProperties: true } } },
  ],
  [
    "items by a defaulted key",
    {
      type: "object",
      properties: {
        a: {
          type: "array",
          "x-kubernetes-list-type": "map",
          "x-kubernetes-list-map-keys": ["b"],
          items: {
            type: "object",
            properties: { b: { ...text, default: "x" }, c: { type: "integer", "x-kubernetes-validations": [{ rule: "self == oldSelf" }] } },
          },
        },
      },
    },
  ],
  [
    "a path in brackets",
    {
      type: "object",
      properties: { "a.b": { type: "object", additionalProperties: text } },
      "x-kubernetes-validations": [{ rule: "true", fieldPath: "['a.b'].x" }],
    },
  ],
];
for (const [title, schema] of taken) {
  test(`taken: ${title}`, async () => {
    const answer = await api.call("POST", `${crds}?dryRun=All`, "admin", definition(schema));
    assert.equal(answer.status, 201, answer.text);
  });
}

test("what an established definition may not change", async () => {
  assert.equal((await api.call("POST", crds, "admin", definition())).status, 201);
  const path = `${crds}/widgets.shop.example`;
  const change = (spec: object) => api.call("PATCH", path, "admin", { spec }, merge);
  const refused = await change({ scope: "Cluster", group: "other.example", names: { plural: "things", kind: "Thing" } });
  assert.deepEqual(findings(refused.json), [
    'spec.scope: Invalid value: "Cluster": field is immutable',
    'spec.names.kind: Invalid value: "Thing": field is immutable',
    'spec.group: Invalid value: "other.example": field is immutable',
    'spec.names.plural: Invalid value: "things": field is immutable',
  ]);
  assert.equal((await change({ names: { singular: "thing", listKind: "Things", shortNames: ["w"] } })).status, 200);
  const preserved = await change({ preserveUnknownFields: true });
  assert.match(preserved.json.message, /spec\.preserveUnknownFields: Invalid value: true: cannot set to true/);
});

test("a replacement names the version it replaces", async () => {
  const body = definition();
  const answer = await api.call("PUT", `${crds}/widgets.shop.example`, "admin", body);
  assert.equal(answer.status, 422);
  assert.equal(
    answer.json.message,
    'customresourcedefinitions.apiextensions.k8s.io "widgets.shop.example" is invalid: metadata.resourceVersion: Invalid value: 0: must be specified for an update',
  );
});

test("versions that were stored stay until they are said to be gone", async () => {
  const path = `${crds}/widgets.shop.example`;
  const { resourceVersion } = (await api.call("GET", path, "admin")).json.metadata;
  const put = (spec: object) =>
    api.call("PUT", path, "admin", { ...definition(), metadata: { name: "widgets.shop.example", resourceVersion }, spec });
  const version = (name: string, storage: boolean) => ({ ...definition().spec.versions[0], name, storage });
  const both = { ...definition().spec, versions: [version("v1", false), version("v2", true)] };
  const second = await put(both);
  assert.deepEqual(second.json.status.storedVersions, ["v1", "v2"]);
  const patch = (versions: object[]) => api.call("PATCH", path, "admin", { spec: { versions } }, merge);
  const refused = await patch([version("v2", true)]);
  assert.deepEqual(findings(refused.json), [
    'status.storedVersions[0]: Invalid value: "v1": missing from spec.versions; v1 was previously a storage version, and must remain in spec.versions until a storage migration ensures no data remains persisted in v1 and removes v1 from status.storedVersions',
  ]);
  const migrated = await api.call("PATCH", `${path}/status`, "admin", { status: { storedVersions: ["v2"] } }, merge);
  assert.deepEqual(migrated.json.status.storedVersions, ["v2"]);
  const last = await patch([version("v2", true)]);
  assert.deepEqual(last.json.status.storedVersions, ["v2"], last.text);
});

test("an approval once given may change in words, not be lost", async () => {
  const body = definition();
  body.spec.group = "apps.k8s.io";
  body.metadata = { name: "widgets.apps.k8s.io", annotations: { "api-approved.kubernetes.io": "unapproved, an experiment" } };
  const made = await api.call("POST", crds, "admin", body);
  assert.equal(made.status, 201, made.text);
  const conformant = (json: any) => json.status.conditions.find((each: any) => each.type === "KubernetesAPIApprovalPolicyConformant");
  const { status, reason, message } = conformant(made.json);
  assert.deepEqual([status, reason, message], ["False", "UnapprovedAnnotation", 'not approved: "unapproved, an experiment"']);
  const annotate = (text: string | null) =>
    api.call("PATCH", `${crds}/widgets.apps.k8s.io`, "admin", { metadata: { annotations: { "api-approved.kubernetes.io": text } } }, merge);
  const approved = await annotate("https://github.com/kubernetes/kubernetes/pull/1");
  assert.equal(conformant(approved.json).reason, "ApprovedAnnotation");
  assert.match((await annotate(null)).json.message, /Required value: protected groups must have approval annotation/);
});

const mistyped: [string, object, string][] = [
  [
    "below items",
    { type: "array", items: { type: 5 } },
    "json: cannot unmarshal number into Go struct field JSONSchemaProps.spec.versions.schema.openAPIV3Schema.properties.items of type string",
  ],
  [
    "below values",
    { type: "object", additionalProperties: { required: "x" } },
    "json: cannot unmarshal string into Go struct field JSONSchemaProps.spec.versions.schema.openAPIV3Schema.properties.additionalProperties of type []string",
  ],
];
for (const [title, schema, message] of mistyped) {
  test(`mistyped ${title}`, async () => {
    const answer = await api.call("POST", crds, "admin", definition({ type: "object", properties: { a: schema } }));
    assert.equal(answer.status, 400, answer.text);
    assert.ok(answer.json.message.endsWith(message), answer.json.message);
  });
}

const odd: readonly unknown[] = [
  null,
  5,
  [null],
  { type: "object", properties: null },
  { type: "object", properties: { a: null } },
  { type: "object", required: [1] },
  { type: "object", "x-kubernetes-validations": [null, {}, { rule: null }] },
  { type: "object", properties: { a: { type: "array", items: null } } },
  { type: "object", properties: { a: { type: "array", items: [null, 5] } } },
  { type: "object", allOf: [null, {}], not: [] },
  { type: "object", allOf: [null, {}] },
  { type: "object", properties: { a: { type: "string", pattern: "(?<a>x){1001}", default: null } } },
  {
    type: "object",
    properties: { a: { type: "object", "x-kubernetes-validations": [{ rule: "self.all(x, [x].map(y, y.z))", fieldPath: "[" }] } },
  },
  JSON.parse('{"type":"object","properties":{"__proto__":{"type":"string"},"constructor":{"type":"string","default":1}}}'),
];
for (const schema of odd) {
  test(`an odd schema is answered: ${JSON.stringify(schema)}`, async () => {
    const body = definition();
    body.metadata.name = "odds.shop.example";
    body.spec.names = { plural: "odds", kind: "Odd" };
    body.spec.versions[0].schema.openAPIV3Schema = schema;
    const { status } = await api.call("POST", `${crds}?dryRun=All`, "admin", body);
    assert.ok([201, 400, 422].includes(status), String(status));
  });
}
