// Applied configurations that do not fit their type: Kubernetes' code and words, for built-in and custom kinds.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { startServer, type TestServer } from "../server-support.ts";
import { definition } from "./definition-cases.ts";

const applyType = { "content-type": "application/apply-patch+yaml" };
const widgets = "/apis/shop.example/v1/namespaces/default/widgets";
const deployments = "/apis/apps/v1/namespaces/default/deployments";
let api: TestServer;

const text = { type: "string" };
const keyed = {
  type: "array",
  "x-kubernetes-list-type": "map",
  "x-kubernetes-list-map-keys": ["k"],
  items: { type: "object", required: ["k"], properties: { k: text, b: { type: "boolean" } } },
};
const spec = {
  type: "object",
  properties: {
    a: text,
    n: { type: "integer" },
    o: { type: "object" },
    any: { "x-kubernetes-preserve-unknown-fields": true },
    open: { type: "object", "x-kubernetes-preserve-unknown-fields": true, properties: { a: text } },
    map: { type: "object", additionalProperties: { type: "object", properties: { a: text } } },
    l: { type: "array", items: text, "x-kubernetes-list-type": "set" },
    plain: { type: "array", items: { type: "object", properties: { a: text } } },
    m: keyed,
    is: { "x-kubernetes-int-or-string": true },
    object: { type: "object", "x-kubernetes-embedded-resource": true, properties: { spec: { type: "object", properties: { a: text } } } },
  },
};

before(async () => {
  api = await startServer();
  const body = definition({ type: "object", properties: { spec, status: { type: "object", properties: { ready: { type: "boolean" } } } } });
  const made = await api.call("POST", "/apis/apiextensions.k8s.io/v1/customresourcedefinitions", "admin", body);
  assert.equal(made.status, 201, made.text);
});
after(() => api?.close());

const unknown = "field not declared in schema";
const widgetCases: [object, string | undefined][] = [
  [{ x: 1 }, `.spec.x: ${unknown}`],
  [{ a: 1 }, ".spec.a: expected string, got &value.valueUnstructured{Value:1}"],
  [{ a: [1] }, ".spec.a: expected string, got &value.valueUnstructured{Value:[]interface {}{1}}"],
  [
    { a: { c: 1, b: [true, null, "x"] } },
    '.spec.a: expected string, got &value.valueUnstructured{Value:map[string]interface {}{"b":[]interface {}{true, interface {}(nil), "x"}, "c":1}}',
  ],
  [{ n: "x" }, ".spec.n: expected numeric (int or float), got string"],
  [{ n: [] }, ".spec.n: expected numeric (int or float), got []interface {}"],
  [{ n: true }, ".spec.n: expected numeric (int or float), got bool"],
  [{ n: {} }, ".spec.n: expected numeric (int or float), got map[string]interface {}"],
  [
    { a: 1, n: "x" },
    "errors:\n  .spec.a: expected string, got &value.valueUnstructured{Value:1}\n  .spec.n: expected numeric (int or float), got string",
  ],
  [{ o: { z: 1 } }, undefined],
  [{ o: 5 }, ".spec.o: expected map, got &{5}"],
  [{ o: [1, "a", { b: null }] }, ".spec.o: expected map, got &{[1 a map[b:<nil>]]}"],
  [{ any: 5, open: { z: 1 }, is: 5 }, undefined],
  [{ any: { z: 1 }, is: "5" }, undefined],
  [{ map: { x: { b: 1 } } }, `.spec.map.x.b: ${unknown}`],
  [{ l: "a" }, ".spec.l: expected list, got &{a}"],
  [{ l: ["a", "b", "a"] }, '.spec.l: duplicate entries for key [="a"]'],
  [{ l: [{ a: 1 }] }, ".spec.l: element 0: associative list without keys has an element that's a map type"],
  [{ l: [["a"]] }, ".spec.l: element 0: not supported: associative list with lists as elements"],
  [{ plain: [{}, { b: 1 }] }, `.spec.plain[1].b: ${unknown}`],
  [{ m: [{ k: "a" }, { k: "a" }] }, '.spec.m: duplicate entries for key [k="a"]'],
  [
    { m: [{ b: true }] },
    '.spec.m: element 0: associative list with keys has an element that omits all key fields ["k"] (and doesn\'t have default values for any key fields)',
  ],
  [{ m: ["x"] }, ".spec.m: element 0: associative list with keys may not have non-map elements"],
  [{ m: [null] }, ".spec.m: element 0: associative list with keys may not have a null element"],
  [{ m: [{ k: "a", b: 1 }] }, '.spec.m[k="a"].b: expected boolean, got &{1}'],
  [{ m: [{ k: "a", c: 1 }] }, `.spec.m[k="a"].c: ${unknown}`],
  [{ object: { apiVersion: "v1", kind: "X", metadata: { name: "x", nam: "y" } } }, `.spec.object.metadata.nam: ${unknown}`],
  [{ object: { apiVersion: "v1", kind: "X", metadata: { name: "x" }, spec: { a: "b" } } }, undefined],
];
for (const validation of ["Strict", "Warn", "Ignore"]) {
  for (const [index, [fields, problem]] of widgetCases.entries()) {
    test(`Widget ${JSON.stringify(fields)} with ${validation}`, async () => {
      const name = `w${index}`;
      const config = { apiVersion: "shop.example/v1", kind: "Widget", metadata: { name, namespace: "default" }, spec: fields };
      const answer = await api.call(
        "PATCH",
        `${widgets}/${name}?fieldManager=m&dryRun=All&fieldValidation=${validation}`,
        "admin",
        config,
        applyType,
      );
      if (problem === undefined) return assert.equal(answer.status, 201, answer.text);
      const message = `failed to create typed patch object (default/${name}; shop.example/v1, Kind=Widget): ${problem}`;
      assert.deepEqual(answer.json, { kind: "Status", apiVersion: "v1", metadata: {}, status: "Failure", message, code: 500 });
      assert.equal(answer.status, 500);
    });
  }
}

const container = { name: "c", image: "i" };
const deployment = (more: object = {}, containers: object[] = [container]) => ({
  apiVersion: "apps/v1",
  kind: "Deployment",
  metadata: { name: "d" },
  spec: { selector: { matchLabels: { a: "b" } }, template: { metadata: { labels: { a: "b" } }, spec: { containers } }, ...more },
});
const deploymentCases: [object, string][] = [
  [deployment({ foo: 1 }), `.spec.foo: ${unknown}`],
  [deployment({}, [{ ...container, imag: "x" }]), `.spec.template.spec.containers[name="c"].imag: ${unknown}`],
  [deployment({ replicas: "x" }), ".spec.replicas: expected numeric (int or float), got string"],
  [deployment({}, [container, container]), '.spec.template.spec.containers: duplicate entries for key [name="c"]'],
  [
    deployment({}, [
      {
        ...container,
        env: [
          { name: "A", value: "1" },
          { name: "A", value: "2" },
        ],
      },
    ]),
    '.spec.template.spec.containers[name="c"].env: duplicate entries for key [name="A"]',
  ],
  [
    deployment({}, [{ ...container, ports: [{ containerPort: 80 }, { containerPort: 80, protocol: "TCP" }] }]),
    '.spec.template.spec.containers[name="c"].ports: duplicate entries for key [containerPort=80,protocol="TCP"]',
  ],
  [{ ...deployment(), metadata: { name: "d", foo: "x" } }, `.metadata.foo: ${unknown}`],
  [{ ...deployment(), foo: {} }, `.foo: ${unknown}`],
  [{ ...deployment(), spec: [1] }, ".spec: expected map, got &{[1]}"],
];
for (const [config, problem] of deploymentCases) {
  test(`Deployment ${JSON.stringify(config).slice(50, 300)}`, async () => {
    const answer = await api.call("PATCH", `${deployments}/d?fieldManager=m&fieldValidation=Strict`, "admin", config, applyType);
    assert.equal(answer.status, 500, answer.text);
    assert.equal(answer.json.message, `failed to create typed patch object (/d; apps/v1, Kind=Deployment): ${problem}`);
    assert.equal((await api.call("GET", `${deployments}/d`, "admin")).status, 404);
  });
}

test("what a type leaves open is taken", async () => {
  const resources = { limits: { cpu: 2, memory: "1Gi" } };
  const rolling = { strategy: { rollingUpdate: { maxSurge: 1, maxUnavailable: "25%" } }, replicas: null };
  const answer = await api.call(
    "PATCH",
    `${deployments}/open?fieldManager=m`,
    "admin",
    { ...deployment(rolling, [{ ...container, resources }]), metadata: { name: "open" } },
    applyType,
  );
  assert.equal(answer.status, 201, answer.text);
  const named = await api.call("PATCH", `${deployments}/d?fieldManager=m`, "admin", deployment({}, [{ image: "i" }]), applyType);
  assert.match(named.json.message, /spec\.template\.spec\.containers\[0\]\.name: Required value/);
});

test("a configuration in another version", async () => {
  const answer = await api.call(
    "PATCH",
    `${deployments}/d?fieldManager=m`,
    "admin",
    { ...deployment(), apiVersion: "apps/v1beta1" },
    applyType,
  );
  assert.equal(answer.status, 400);
  assert.equal(answer.json.message, "Incorrect version specified in apply patch. Specified patch version: apps/v1beta1, expected: apps/v1");
});

test("kubectl's configurations of an existing object", async () => {
  const config = { apiVersion: "shop.example/v1", kind: "Widget", metadata: { name: "kept", namespace: "default" }, spec: { a: "x" } };
  assert.equal((await api.call("PATCH", `${widgets}/kept?fieldManager=kubectl`, "admin", config, applyType)).status, 201);
  const refused = await api.call(
    "PATCH",
    `${widgets}/kept?fieldManager=kubectl&force=true`,
    "admin",
    { ...config, spec: { a: "y", b: 1 } },
    applyType,
  );
  assert.equal(refused.status, 500);
  assert.equal((await api.call("GET", `${widgets}/kept`, "admin")).json.spec.a, "x");
});
