// Rules in custom resource definitions: what they refuse, in which words, and when they are asked.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { startServer, type TestServer } from "./server-support.ts";

const crds = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
const widgets = "/apis/shop.example/v1/namespaces/default/widgets";
let api: TestServer;

const rule = (text: string, more: object = {}) => ({ rule: text, ...more });

function definition(spec: object, plural = "widgets", rules: object[] = []) {
  const kind = plural[0]!.toUpperCase() + plural.slice(1, -1);
  const openAPIV3Schema = {
    type: "object",
    properties: { spec, status: { type: "object", "x-kubernetes-preserve-unknown-fields": true } },
    "x-kubernetes-validations": rules,
  };
  return {
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: { name: `${plural}.shop.example` },
    spec: {
      group: "shop.example",
      names: { plural, kind },
      scope: "Namespaced",
      versions: [{ name: "v1", served: true, storage: true, schema: { openAPIV3Schema }, subresources: { status: {} } }],
    },
  };
}

const spec = {
  type: "object",
  "x-kubernetes-validations": [
    rule("self.minReplicas <= self.replicas", { message: "replicas must not be below minReplicas" }),
    rule("self.replicas < 100", { messageExpression: "'replicas ' + string(self.replicas) + ' is too much'", fieldPath: ".replicas" }),
    rule("!has(self.secret) || self.secret == ''", { reason: "FieldValueForbidden", message: "no secrets here" }),
    rule("!has(oldSelf.region) || has(self.region)", { message: "region may not be removed" }),
    rule("!has(self.block) || cidr(self.block).prefixLength() <= 24"),
    rule("!has(self.memory) || quantity(self.memory).isLessThan(quantity('1Gi'))", { message: "too much memory" }),
  ],
  properties: {
    replicas: { type: "integer", default: 1 },
    minReplicas: { type: "integer", default: 0 },
    secret: { type: "string" },
    region: { type: "string", "x-kubernetes-validations": [rule("self == oldSelf", { message: "region is immutable" })] },
    block: { type: "string" },
    memory: { type: "string" },
    name: { type: "string", pattern: "^(a+)+$" },
    namespace: { type: "string", "x-kubernetes-validations": [rule("self.matches('^(b+)+$')")] },
    ports: {
      type: "array",
      "x-kubernetes-list-type": "map",
      "x-kubernetes-list-map-keys": ["name"],
      items: {
        type: "object",
        required: ["name"],
        properties: {
          name: { type: "string" },
          port: { type: "integer", "x-kubernetes-validations": [rule("self >= oldSelf", { message: "ports only grow" })] },
        },
        "x-kubernetes-validations": [rule("self.port > 0 && self.port < 65536", { message: "not a port" })],
      },
    },
    limits: { type: "object", additionalProperties: { type: "integer", "x-kubernetes-validations": [rule("self > 0")] } },
    counted: {
      type: "integer",
      "x-kubernetes-validations": [
        rule("!oldSelf.hasValue() || self >= oldSelf.value()", { optionalOldSelf: true, message: "may not fall" }),
      ],
    },
  },
};

before(async () => {
  api = await startServer();
  const made = await api.call("POST", crds, "admin", definition(spec, "widgets", [rule("self.metadata.name.startsWith('w')")]));
  assert.equal(made.status, 201, made.text);
});
after(() => api?.close());

const widget = (name: string, fields: object) => ({ apiVersion: "shop.example/v1", kind: "Widget", metadata: { name }, spec: fields });

const refusals: [string, object, string][] = [
  ["rule over two members", { replicas: 1, minReplicas: 2 }, 'spec: Invalid value: "object": replicas must not be below minReplicas'],
  ["messageExpression and fieldPath", { replicas: 200 }, 'spec.replicas: Invalid value: "object": replicas 200 is too much'],
  ["reason", { secret: "x" }, "spec: Forbidden: no secrets here"],
  [
    "no message",
    { block: "10.0.0.0/28" },
    'spec: Invalid value: "object": failed rule: !has(self.block) || cidr(self.block).prefixLength() <= 24',
  ],
  ["quantities", { memory: "2Gi" }, 'spec: Invalid value: "object": too much memory'],
  [
    "items",
    {
      ports: [
        { name: "a", port: 1 },
        { name: "b", port: 70000 },
      ],
    },
    'spec.ports[1]: Invalid value: "object": not a port',
  ],
  ["missing member", { ports: [{ name: "a" }] }, 'spec.ports[0]: Invalid value: "object": no such key: port evaluating rule: not a port'],
  ["map values", { limits: { a: 1, b: 0 } }, 'spec.limits[b]: Invalid value: "integer": failed rule: self > 0'],
  ["failed conversion", { block: "x" }, "network address parse error"],
  ["slow patterns are not slow", { namespace: `${"b".repeat(4000)}!` }, "failed rule: self.matches('^(b+)+$')"],
  ["slow schema patterns are not slow", { name: `${"a".repeat(4000)}!` }, "should match '^(a+)+$'"],
];
for (const [title, fields, message] of refusals) {
  test(`refused: ${title}`, async () => {
    const answer = await api.call("POST", widgets, "admin", widget("w1", fields));
    assert.equal(answer.status, 422, answer.text);
    assert.ok(answer.json.message.includes(message), answer.json.message);
  });
}

test("rules on the root see the name", async () => {
  const answer = await api.call("POST", widgets, "admin", widget("x1", {}));
  assert.match(answer.json.message, /<nil>: Invalid value: "object": failed rule: self\.metadata\.name\.startsWith/);
});

test("rules wait until the schema holds", async () => {
  const answer = await api.call("POST", widgets, "admin", widget("w1", { replicas: "many" }));
  assert.match(answer.json.message, /must be of type integer/);
  assert.match(answer.json.message, /some validation rules were not checked because the object was invalid/);
});

const transitions: [string, object, object, string | undefined][] = [
  ["immutable", { region: "a" }, { region: "b" }, 'spec.region: Invalid value: "string": region is immutable'],
  ["removal", { region: "a" }, {}, "region may not be removed"],
  ["first setting", {}, { region: "a" }, undefined],
  [
    "items by key",
    { ports: [{ name: "a", port: 5 }] },
    {
      ports: [
        { name: "z", port: 1 },
        { name: "a", port: 4 },
      ],
    },
    "spec.ports[1].port",
  ],
  ["new items have no past", { ports: [{ name: "a", port: 5 }] }, { ports: [{ name: "b", port: 4 }] }, undefined],
  ["optional old value", { counted: 5 }, { counted: 4 }, "may not fall"],
];
for (const [index, [title, first, second, message]] of transitions.entries()) {
  test(`transition: ${title}`, async () => {
    const name = `wt${index}`;
    const made = await api.call("POST", widgets, "admin", widget(name, first));
    assert.equal(made.status, 201, made.text);
    const { resourceVersion } = made.json.metadata;
    const next = { ...widget(name, second), metadata: { name, resourceVersion } };
    const answer = await api.call("PUT", `${widgets}/${name}`, "admin", next);
    assert.equal(answer.status, message ? 422 : 200, answer.text);
    if (message) assert.ok(answer.json.message.includes(message), answer.json.message);
  });
}

test("what does not change is not judged by a narrowed schema", async () => {
  const loose = definition({ type: "object", properties: { a: { type: "string" }, b: { type: "string" } } }, "gadgets");
  await api.call("POST", crds, "admin", loose);
  const path = "/apis/shop.example/v1/namespaces/default/gadgets";
  const gadget = { apiVersion: "shop.example/v1", kind: "Gadget", metadata: { name: "g" }, spec: { a: "long enough", b: "x" } };
  assert.equal((await api.call("POST", path, "admin", gadget)).status, 201);
  const a = { type: "string", maxLength: 3, "x-kubernetes-validations": [rule("self == 'abc'")] };
  const narrow = definition({ type: "object", properties: { a, b: { type: "string" } } }, "gadgets").spec;
  const merge = { "content-type": "application/merge-patch+json" };
  assert.equal((await api.call("PATCH", `${crds}/gadgets.shop.example`, "admin", { spec: narrow }, merge)).status, 200);
  assert.equal((await api.call("PATCH", `${path}/g`, "admin", { spec: { b: "y" } }, merge)).status, 200);
  const refused = await api.call("PATCH", `${path}/g`, "admin", { spec: { a: "also too long" } }, merge);
  assert.equal(refused.status, 422);
});

const badRules: [object, string][] = [
  [rule("self.nope == 1"), "compilation failed: ERROR: <input>:1:5: undefined field 'nope'"],
  [rule("other == 1"), "undeclared reference to 'other'"],
  [rule("self.a +"), "Syntax error"],
  [rule("self.a"), "must evaluate to a bool"],
  [rule("self.a.shout()"), "undeclared reference to 'shout' (in container '')"],
  [rule(""), "x-kubernetes-validations[0].rule: Required value"],
  [rule("true", { messageExpression: "1" }), "must evaluate to a string"],
  [rule("true", { reason: "Wrong" }), 'reason: Unsupported value: "Wrong"'],
  [rule("true", { message: "a\nb" }), "must not contain line breaks"],
];
for (const [bad, message] of badRules) {
  test(`a definition with ${JSON.stringify(bad)} is refused`, async () => {
    const schema = { type: "object", properties: { a: { type: "string" } }, "x-kubernetes-validations": [bad] };
    const answer = await api.call("POST", crds, "admin", definition(schema, "badgers"));
    assert.equal(answer.status, 422, answer.text);
    assert.ok(answer.json.message.includes(message), answer.json.message);
  });
}
