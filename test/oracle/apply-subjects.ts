// The kinds on which server-side apply is compared: every sort of field that Kubernetes tells apart.
import fc from "fast-check";
import { keyed, type Subject, some } from "./apply-steps.ts";

const word = fc.constantFrom("x", "y", "z");
const partial = { requiredKeys: [] as never[] };
const labels = fc.record({ metadata: fc.record({ labels: some(["l", "m"], word), annotations: some(["a", "b"], word) }, partial) });

/** Granular maps of scalars. */
export const configMaps: Subject = {
  apiVersion: "v1",
  kind: "ConfigMap",
  path: "/api/v1/namespaces/default/configmaps",
  isBuiltIn: true,
  whole: withLabels(fc.record({ data: some(["a", "b", "c"], word) }, partial)),
  part: withLabels(fc.record({ data: some(["a", "b", "c"], word), binaryData: some(["d"], fc.constant("AA==")) }, partial)),
};

const container = (name: string) =>
  fc.record(
    {
      name: fc.constant(name),
      image: word,
      args: fc.array(word, { maxLength: 3 }),
      env: keyed(["A", "B", "C"], (key) => fc.record({ name: fc.constant(key), value: word })),
      ports: keyed(["80", "81"], (port) =>
        fc.record(
          { containerPort: fc.constant(Number(port)), protocol: fc.constantFrom("TCP", "UDP"), name: fc.constant(`p${port}`) },
          { requiredKeys: ["containerPort", "name"] },
        ),
      ),
      resources: fc.record({ limits: some(["cpu", "memory"], fc.constantFrom("1", "1000m", "2")) }, partial),
    },
    { requiredKeys: ["name", "image"] },
  );
const podSpec = (minContainers: number) =>
  fc.record(
    {
      containers: keyed(["c", "d"], container, minContainers),
      tolerations: fc.array(fc.record({ key: word, operator: fc.constant("Exists") }), { maxLength: 2 }),
      terminationGracePeriodSeconds: fc.constantFrom(5, 30),
      volumes: keyed(["v", "w"], (name) => fc.record({ name: fc.constant(name), emptyDir: fc.constant({ medium: "Memory" }) })),
    },
    { requiredKeys: ["containers"] },
  );
const deployment = (minContainers: number) =>
  fc.record(
    {
      replicas: fc.constantFrom(1, 2, 3),
      paused: fc.boolean(),
      selector: fc.constant({ matchLabels: { app: "a" } }),
      template: fc.record({ metadata: fc.constant({ labels: { app: "a" } }), spec: podSpec(minContainers) }),
    },
    { requiredKeys: ["selector", "template"] },
  );

/** Lists keyed by one and by two members, atomic lists, defaults, quantities. */
export const deployments: Subject = {
  apiVersion: "apps/v1",
  kind: "Deployment",
  path: "/apis/apps/v1/namespaces/default/deployments",
  isBuiltIn: true,
  whole: withLabels(fc.record({ spec: deployment(1) })),
  part: withLabels(fc.record({ spec: deployment(1) })),
};

const structure = fc.record(
  {
    scalar: word,
    number: fc.constantFrom(1, 2),
    granular: some(["a", "b"], word),
    atomicMap: some(["a", "b"], word),
    set: fc.shuffledSubarray(["a", "b", "c"]),
    atomicList: fc.array(word, { maxLength: 2 }),
    byName: keyed(["n", "o", "p"], (name) =>
      fc.record({ name: fc.constant(name), value: word, inner: some(["a", "b"], word) }, { requiredKeys: ["name"] }),
    ),
    byTwo: keyed(["1", "2"], (port) =>
      fc.record(
        { port: fc.constant(Number(port)), protocol: fc.constantFrom("TCP", "UDP"), value: word },
        { requiredKeys: ["port", "protocol"] },
      ),
    ),
    // What lies deeper in unknown fields was one value in the release compared with, and is several today.
    free: fc.record({ a: word, b: word }, partial),
    nested: fc.record({ left: word, right: fc.record({ leaf: word }, partial) }, partial),
  },
  partial,
);

/** The definition behind `widgets`: each kind of map and list that a structural schema can ask for. */
export const widgetDefinition = {
  apiVersion: "apiextensions.k8s.io/v1",
  kind: "CustomResourceDefinition",
  metadata: { name: "widgets.oracle.example" },
  spec: {
    group: "oracle.example",
    names: { plural: "widgets", singular: "widget", kind: "Widget", listKind: "WidgetList" },
    scope: "Namespaced",
    versions: [{ name: "v1", served: true, storage: true, schema: { openAPIV3Schema: widgetSchema() } }],
  },
};

export const widgets: Subject = {
  apiVersion: "oracle.example/v1",
  kind: "Widget",
  path: "/apis/oracle.example/v1/namespaces/default/widgets",
  isBuiltIn: false,
  whole: withLabels(fc.record({ spec: structure }, partial)),
  part: withLabels(fc.record({ spec: structure }, partial)),
};

function withLabels(body: fc.Arbitrary<object>): fc.Arbitrary<object> {
  return fc.tuple(body, fc.option(labels)).map(([members, named]) => (withoutEmpty({ ...members, ...named }) ?? {}) as object);
}

/** Empty maps and lists count as fields since a later release than the one compared with. */
function withoutEmpty(value: unknown): unknown {
  if (Array.isArray(value)) return value.length === 0 ? undefined : value.map((item) => withoutEmpty(item));
  if (typeof value !== "object" || value === null) return value;
  const members = Object.entries(value).map(([name, member]) => [name, withoutEmpty(member)] as const);
  const kept = members.filter(([, member]) => member !== undefined);
  return kept.length === 0 ? undefined : Object.fromEntries(kept);
}

function widgetSchema(): object {
  const text = { type: "string" };
  const object = (properties: object, more: object = {}) => ({ type: "object", properties, ...more });
  const map = (more: object = {}) => ({ type: "object", additionalProperties: text, ...more });
  const list = (items: object, type: string, more: object = {}) => ({ type: "array", items, "x-kubernetes-list-type": type, ...more });
  const named = object({ name: text, value: text, inner: map() }, { required: ["name"] });
  const port = object({ port: { type: "integer" }, protocol: text, value: text }, { required: ["port", "protocol"] });
  return object({
    spec: object({
      scalar: text,
      number: { type: "integer" },
      granular: map(),
      atomicMap: map({ "x-kubernetes-map-type": "atomic" }),
      set: list(text, "set"),
      atomicList: list(text, "atomic"),
      byName: list(named, "map", { "x-kubernetes-list-map-keys": ["name"] }),
      byTwo: list(port, "map", { "x-kubernetes-list-map-keys": ["port", "protocol"] }),
      free: { type: "object", "x-kubernetes-preserve-unknown-fields": true },
      nested: object({ left: text, right: object({ leaf: text }) }),
    }),
  });
}
