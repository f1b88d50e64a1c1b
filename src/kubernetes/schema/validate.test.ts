import assert from "node:assert/strict";
import { test } from "node:test";
import { duplicateFields } from "./duplicates.ts";
import { checkFields, unknownFields } from "./validate.ts";

test("unknown fields are named by their path", () => {
  const deployment = {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name: "a", lables: {} },
    spec: {
      replica: 1,
      template: {
        spec: {
          containers: [
            { name: "a", img: "x" },
            { name: "b", env: [{ nam: "x" }] },
          ],
        },
      },
    },
    extra: true,
  };
  assert.deepEqual(unknownFields("apps/v1", "Deployment", deployment), [
    'unknown field "metadata.lables"',
    'unknown field "spec.replica"',
    'unknown field "spec.template.spec.containers[0].img"',
    'unknown field "spec.template.spec.containers[1].env[0].nam"',
    'unknown field "extra"',
  ]);
  assert.deepEqual(unknownFields("example.com/v1", "Widget", { anything: 1 }), []);
});

test("embedded structs lend their members to the surrounding object", () => {
  const pod = {
    spec: {
      volumes: [{ name: "v", secret: { secretName: "s" } }],
      containers: [{ name: "c", livenessProbe: { httpGet: { port: "http" }, periodSeconds: 3 } }],
      ephemeralContainers: [{ name: "e", image: "i", targetContainerName: "c" }],
    },
  };
  assert.deepEqual(checkFields("v1", "Pod", pod), { unknown: [] });
  assert.deepEqual(unknownFields("v1", "Pod", { spec: { volumes: [{ volumeSource: {} }] } }), [
    'unknown field "spec.volumes[0].volumeSource"',
  ]);
});

test("mistyped values are refused in the words of Go's decoder", () => {
  const cases: [string, string, unknown, string][] = [
    [
      "apps/v1",
      "Deployment",
      { spec: { replicas: "3" } },
      "json: cannot unmarshal string into Go struct field DeploymentSpec.spec.replicas of type int32",
    ],
    [
      "apps/v1",
      "Deployment",
      { spec: { replicas: 1.5 } },
      "json: cannot unmarshal number 1.5 into Go struct field DeploymentSpec.spec.replicas of type int32",
    ],
    [
      "apps/v1",
      "Deployment",
      { spec: { replicas: 2147483648 } },
      "json: cannot unmarshal number 2147483648 into Go struct field DeploymentSpec.spec.replicas of type int32",
    ],
    [
      "v1",
      "Pod",
      { spec: { containers: {} } },
      "json: cannot unmarshal object into Go struct field PodSpec.spec.containers of type []v1.Container",
    ],
    [
      "v1",
      "Pod",
      { metadata: { labels: { a: 1 } } },
      "json: cannot unmarshal number into Go struct field ObjectMeta.metadata.labels of type string",
    ],
    [
      "v1",
      "Pod",
      { metadata: { labels: [] } },
      "json: cannot unmarshal array into Go struct field ObjectMeta.metadata.labels of type map[string]string",
    ],
    ["v1", "Pod", { spec: [] }, "json: cannot unmarshal array into Go struct field Pod.spec of type v1.PodSpec"],
    [
      "v1",
      "Pod",
      { spec: { hostNetwork: "yes" } },
      "json: cannot unmarshal string into Go struct field PodSpec.spec.hostNetwork of type bool",
    ],
    [
      "v1",
      "Pod",
      { spec: { containers: [{ args: [1] }] } },
      "json: cannot unmarshal number into Go struct field Container.spec.containers.args of type string",
    ],
    [
      "v1",
      "Pod",
      { spec: { containers: [{ imagePullPolicy: true }] } },
      "json: cannot unmarshal bool into Go struct field Container.spec.containers.imagePullPolicy of type v1.PullPolicy",
    ],
    [
      "v1",
      "Service",
      { spec: { ports: [{ targetPort: true }] } },
      "json: cannot unmarshal bool into Go struct field ServicePort.spec.ports.targetPort of type int32",
    ],
    ["v1", "Secret", { data: { a: "not base64!" } }, "illegal base64 data at input byte 3"],
    [
      "v1",
      "Pod",
      { spec: { containers: [{ resources: { limits: { cpu: "lots" } } }] } },
      "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'",
    ],
  ];
  for (const [apiVersion, kind, object, text] of cases) assert.equal(checkFields(apiVersion, kind, object).mismatch, text);
  assert.match(checkFields("v1", "Pod", { metadata: { creationTimestamp: "soon" } }).mismatch!, /^parsing time "soon"/);
});

test("null is no mismatch", () => {
  assert.deepEqual(
    checkFields("apps/v1", "Deployment", { spec: { replicas: null, template: { metadata: { creationTimestamp: null } } } }),
    { unknown: [] },
  );
});

test("what JSON carries freely is not looked into", () => {
  const crd = {
    spec: {
      versions: [
        {
          name: "v1",
          served: true,
          storage: true,
          schema: { openAPIV3Schema: { type: "object", default: { any: [1] }, items: { type: "string" }, additionalProperties: false } },
        },
      ],
    },
  };
  assert.deepEqual(checkFields("apiextensions.k8s.io/v1", "CustomResourceDefinition", crd), { unknown: [] });
  assert.deepEqual(checkFields("apps/v1", "ControllerRevision", { data: { any: { thing: 1 } }, revision: 1 }), { unknown: [] });
});

test("repeated members are found where JSON.parse would forget them", () => {
  assert.deepEqual(duplicateFields('{"a":1,"b":{"c":[{"d":"}\\"","d":2}], "c":[]},"a":2}'), [
    'duplicate field "b.c[0].d"',
    'duplicate field "b.c"',
    'duplicate field "a"',
  ]);
  assert.deepEqual(duplicateFields(' { "a" : [ 1 , true , null , -1e5 ] , "b" : { } , "c":[] } '), []);
});
