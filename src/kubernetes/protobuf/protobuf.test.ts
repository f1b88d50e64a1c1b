import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { decodeProtobuf, isKubernetesProtobuf } from "./decode.ts";
import { encodeProtobuf } from "./encode.ts";
import { ProtobufError, Reader } from "./reader.ts";
import { durationText, microTimeText, parseDuration, timeText } from "./time.ts";

/** `k8s\0`, then Unknown{typeMeta{v1, ConfigMap}, raw{metadata{name a}, data{k: v}}}, made by hand from the .proto files. */
const configMap = Buffer.from(
  "6b387300" + // magic
    "0a0f" +
    "0a027631" +
    "1209436f6e6669674d6170" + // typeMeta: apiVersion v1, kind ConfigMap
    "120d" +
    "0a03" +
    "0a0161" +
    "1206" +
    "0a016b" +
    "120176" + // raw: metadata.name a, data k=v
    "1a00" +
    "2200",
  "hex",
);

test("a message made by hand decodes", () => {
  assert.deepEqual(decodeProtobuf(configMap), { kind: "ConfigMap", apiVersion: "v1", metadata: { name: "a" }, data: { k: "v" } });
  assert.ok(isKubernetesProtobuf(configMap));
  assert.ok(!isKubernetesProtobuf(Buffer.from("{}")));
});

const objects: { apiVersion: string; kind: string; [name: string]: unknown }[] = [
  {
    apiVersion: "batch/v1",
    kind: "Job",
    metadata: { name: "j", creationTimestamp: "2026-01-02T03:04:05Z", labels: { a: "b", __proto__x: "c" } },
    spec: {
      backoffLimit: 0,
      suspend: false,
      template: {
        metadata: {},
        spec: {
          containers: [
            {
              name: "c",
              resources: { limits: { cpu: "1" } },
              ports: [{ containerPort: 80 }],
              env: [{ name: "E", valueFrom: { configMapKeyRef: { name: "m", key: "k", optional: false } } }],
            },
          ],
          volumes: [{ name: "v", secret: { secretName: "s", defaultMode: 420 } }],
          tolerations: [{ key: "t", tolerationSeconds: -1 }],
        },
      },
    },
    status: {},
  },
  {
    apiVersion: "v1",
    kind: "Service",
    metadata: { name: "s" },
    spec: {
      ports: [
        { port: 80, targetPort: "http" },
        { port: 81, targetPort: 8081 },
      ],
    },
    status: { loadBalancer: {} },
  },
  { apiVersion: "v1", kind: "Secret", metadata: { name: "s" }, data: { a: "AAEC", empty: "" }, type: "Opaque" },
  {
    apiVersion: "coordination.k8s.io/v1",
    kind: "Lease",
    metadata: { name: "l" },
    spec: { holderIdentity: "me", renewTime: "2026-01-02T03:04:05.000006Z" },
  },
  {
    apiVersion: "authorization.k8s.io/v1",
    kind: "SubjectAccessReview",
    metadata: {},
    spec: { user: "u", extra: { scope: ["a", "b"], none: [] } },
    status: { allowed: false },
  },
  { apiVersion: "v1", kind: "DeleteOptions", gracePeriodSeconds: 0, propagationPolicy: "Background", preconditions: { uid: "u" } },
  { apiVersion: "apps/v1", kind: "ControllerRevision", metadata: { name: "r" }, data: { spec: { any: [1, null] } }, revision: 3 },
  {
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: { name: "c" },
    spec: {
      group: "g",
      names: { plural: "p", kind: "K" },
      scope: "Cluster",
      versions: [
        {
          name: "v1",
          served: true,
          storage: true,
          schema: {
            openAPIV3Schema: {
              type: "object",
              maximum: 1.5,
              default: { a: 1 },
              enum: ["x", 1],
              items: { type: "string" },
              additionalProperties: { type: "integer" },
              properties: { p: { type: "array", items: [{ type: "string" }, { type: "integer" }], additionalProperties: false } },
              "x-kubernetes-validations": [{ rule: "true" }],
            },
          },
        },
      ],
    },
    status: { acceptedNames: { plural: "p", kind: "K" } },
  },
];

for (const object of objects)
  test(`${object.kind} survives the way there and back`, () => {
    assert.deepEqual(decodeProtobuf(encodeProtobuf(object)), object);
  });

test("zero values of plain fields are left out, those of pointers are kept", () => {
  const pod = {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: "p" },
    spec: { schedulerName: "", hostNetwork: false, priority: 0, containers: [] },
  };
  const { spec } = decodeProtobuf(encodeProtobuf(pod)) as any;
  assert.deepEqual(spec, { priority: 0 });
});

test("the envelope may leave the kind to the request", () => {
  const empty = Buffer.concat([Buffer.from("k8s\0"), Buffer.from("1200", "hex")]);
  assert.deepEqual(decodeProtobuf(empty, { apiVersion: "v1", kind: "Pod" }), { apiVersion: "v1", kind: "Pod" });
  assert.throws(() => decodeProtobuf(empty), ProtobufError);
});

test("what is not ours is refused", () => {
  assert.throws(() => decodeProtobuf(Buffer.from("{}")), /does not appear to be a protobuf message/);
  assert.throws(() => encodeProtobuf({ apiVersion: "example.com/v1", kind: "Widget" }), /no kind "Widget" is registered/);
  for (const name of ["__proto__", "constructor", "toString"])
    assert.throws(() => decodeProtobuf(configMap.subarray(0, 4), { apiVersion: name, kind: name }), ProtobufError);
});

test("keys that are special to JavaScript stay plain keys", () => {
  const object = { apiVersion: "v1", kind: "ConfigMap", metadata: {}, data: JSON.parse('{"__proto__":"x","constructor":"y"}') };
  const decoded: any = decodeProtobuf(encodeProtobuf(object));
  assert.deepEqual(Object.keys(decoded.data), ["__proto__", "constructor"]);
  assert.equal(Object.getPrototypeOf(decoded.data), Object.prototype);
});

test("broken bytes end in a ProtobufError or a SyntaxError, never otherwise", () => {
  const whole = objects.map((object) => encodeProtobuf(object));
  fc.assert(
    fc.property(fc.nat(whole.length - 1), fc.nat(400), fc.nat(255), fc.boolean(), (which, position, byte, cut) => {
      const body = Buffer.from(whole[which]!);
      const at = 4 + (position % (body.length - 4));
      const broken = cut ? body.subarray(0, at) : body;
      if (!cut) broken[at] = byte;
      try {
        decodeProtobuf(broken);
      } catch (error) {
        assert.ok(error instanceof ProtobufError || error instanceof SyntaxError, String(error));
      }
    }),
    { numRuns: 2000 },
  );
});

test("the wire format is read with care", () => {
  assert.throws(() => new Reader(Buffer.from("ff", "hex")).varint(), ProtobufError);
  assert.throws(() => new Reader(Buffer.from("ffffffffffffffffffffff01", "hex")).varint(), ProtobufError);
  assert.throws(() => new Reader(Buffer.from("05616263", "hex")).string(), ProtobufError);
  assert.throws(() => new Reader(Buffer.from("00", "hex")).tag(), ProtobufError);
  assert.throws(() => new Reader(Buffer.from("00", "hex")).skip(3), ProtobufError);
  assert.equal(new Reader(Buffer.from("ffffffffffffffffff01", "hex")).integer(), -1);
});

test("times and durations", () => {
  assert.equal(timeText(0), "1970-01-01T00:00:00Z");
  assert.equal(timeText(1e15), undefined);
  assert.equal(microTimeText(1, 1500), "1970-01-01T00:00:01.000001Z");
  const durations: [number, string][] = [
    [0, "0s"],
    [1, "1ns"],
    [1500, "1.5µs"],
    [250_000_000, "250ms"],
    [90_000_000_000, "1m30s"],
    [5_400_000_000_000, "1h30m0s"],
    [-1_500_000_000, "-1.5s"],
  ];
  for (const [nanos, text] of durations) {
    assert.equal(durationText(nanos), text);
    assert.equal(parseDuration(text), nanos);
  }
  for (const text of ["", "1", "1x", "s", "1h 2m"]) assert.equal(parseDuration(text), undefined, text);
});
