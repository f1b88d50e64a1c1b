import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { seededRandom } from "../../base/random.ts";
import type { NewObject } from "../../kubernetes/api/object.ts";
import { AGENT_URI_V4 } from "./methods.ts";
import { identityWebhook } from "./plugin.ts";

const ROLE = "arn:aws:iam::111122223333:role/app";
const pod = (changes: { metadata?: object; spec?: object } = {}): NewObject => ({
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name: "p", namespace: "default", ...changes.metadata },
  spec: {
    serviceAccountName: "app",
    containers: [{ name: "main" }, { name: "side" }],
    initContainers: [{ name: "init" }],
    ...changes.spec,
  },
});

function admit(
  object: NewObject,
  { annotations, association = false, missing = false }: { annotations?: Record<string, string>; association?: boolean; missing?: boolean },
  request = {},
): NewObject {
  const plugin = identityWebhook({
    region: "us-west-2",
    agentUri: AGENT_URI_V4,
    random: seededRandom(1),
    serviceAccount: () => (missing ? undefined : { annotations }),
    hasAssociation: () => association,
  });
  void plugin.mutate?.({
    operation: "CREATE",
    user: { username: "x", groups: [] },
    group: "",
    version: "v1",
    kind: "Pod",
    resource: "pods",
    subresource: "",
    namespace: "default",
    name: "p",
    dryRun: false,
    object,
    oldObject: undefined,
    ...request,
  });
  return object;
}

const irsa = { annotations: { "eks.amazonaws.com/role-arn": ROLE } };
const envOf = (object: NewObject, index = 0): Record<string, string> =>
  Object.fromEntries(
    (object.spec.containers[index].env ?? []).map((variable: { name: string; value: string }) => [variable.name, variable.value]),
  );
const tokenOf = (object: NewObject) => object.spec.volumes[0].projected.sources[0].serviceAccountToken;

describe("IRSA", () => {
  test("adds volume, mount and variables to every container, in order", () => {
    const mutated = admit(pod(), irsa);
    assert.equal(mutated.spec.volumes[0].name, "aws-iam-token");
    assert.deepEqual(tokenOf(mutated), { audience: "sts.amazonaws.com", expirationSeconds: 86_400, path: "token" });
    assert.deepEqual(
      mutated.spec.containers[0].env.map((variable: { name: string }) => variable.name),
      ["AWS_STS_REGIONAL_ENDPOINTS", "AWS_DEFAULT_REGION", "AWS_REGION", "AWS_ROLE_ARN", "AWS_WEB_IDENTITY_TOKEN_FILE"],
    );
    assert.equal(envOf(mutated, 1).AWS_WEB_IDENTITY_TOKEN_FILE, "/var/run/secrets/eks.amazonaws.com/serviceaccount/token");
    assert.deepEqual(mutated.spec.initContainers[0].volumeMounts, [
      { name: "aws-iam-token", mountPath: "/var/run/secrets/eks.amazonaws.com/serviceaccount", readOnly: true },
    ]);
  });
  test("puts its volume first", () => {
    const mutated = admit(pod({ spec: { volumes: [{ name: "mine" }] } }), irsa);
    assert.deepEqual(
      mutated.spec.volumes.map((volume: { name: string }) => volume.name),
      ["aws-iam-token", "mine"],
    );
  });
  test("honours audience, STS endpoint and expiration annotations; the pod's expiration wins, 600 is the least", () => {
    const annotations = {
      ...irsa.annotations,
      "eks.amazonaws.com/audience": "aud",
      "eks.amazonaws.com/sts-regional-endpoints": "F",
      "eks.amazonaws.com/token-expiration": "7200",
    };
    const mutated = admit(pod(), { annotations });
    assert.deepEqual(tokenOf(mutated), { audience: "aud", expirationSeconds: 7200, path: "token" });
    assert.equal("AWS_STS_REGIONAL_ENDPOINTS" in envOf(mutated), false);
    const own = pod({ metadata: { annotations: { "eks.amazonaws.com/token-expiration": "60" } } });
    assert.equal(tokenOf(admit(own, { annotations })).expirationSeconds, 600);
    const invalid = pod({ metadata: { annotations: { "eks.amazonaws.com/token-expiration": "soon" } } });
    assert.equal(tokenOf(admit(invalid, { annotations })).expirationSeconds, 7200);
  });
  test("skips named containers", () => {
    const mutated = admit(pod({ metadata: { annotations: { "eks.amazonaws.com/skip-containers": " side , init" } } }), irsa);
    assert.ok(envOf(mutated).AWS_ROLE_ARN);
    assert.deepEqual(envOf(mutated, 1), {});
    assert.equal(mutated.spec.initContainers[0].env, undefined);
  });
  test("leaves what a container defines itself", () => {
    const env = [
      { name: "AWS_ROLE_ARN", value: "mine" },
      { name: "AWS_REGION", value: "eu-west-1" },
    ];
    const mutated = admit(pod({ spec: { containers: [{ name: "main", env }] } }), irsa);
    assert.deepEqual(envOf(mutated), { AWS_ROLE_ARN: "mine", AWS_REGION: "eu-west-1", AWS_STS_REGIONAL_ENDPOINTS: "regional" });
    const complete = [...env, { name: "AWS_STS_REGIONAL_ENDPOINTS", value: "legacy" }];
    assert.equal(admit(pod({ spec: { containers: [{ name: "main", env: complete }] } }), irsa).spec.containers[0].volumeMounts, undefined);
  });
  test("writes Windows paths for Windows pods", () => {
    const mutated = admit(pod({ spec: { nodeSelector: { "kubernetes.io/os": "windows" } } }), irsa);
    assert.equal(envOf(mutated).AWS_WEB_IDENTITY_TOKEN_FILE, "C:\\var\\run\\secrets\\eks.amazonaws.com\\serviceaccount\\token");
  });
});

describe("Pod Identity", () => {
  test("wins over the role annotation and labels the pod", () => {
    const mutated = admit(pod(), { ...irsa, association: true });
    const env = envOf(mutated);
    assert.equal(env.AWS_CONTAINER_CREDENTIALS_FULL_URI, "http://169.254.170.23/v1/credentials");
    assert.equal(
      env.AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE,
      "/var/run/secrets/pods.eks.amazonaws.com/serviceaccount/eks-pod-identity-token",
    );
    assert.equal("AWS_ROLE_ARN" in env, false);
    assert.deepEqual(mutated.metadata.labels, { "eks.amazonaws.com/pod-identity": "enabled" });
    assert.equal(tokenOf(mutated).audience, "pods.eks.amazonaws.com");
  });
  test("spreads the default token life, keeps an explicit one", () => {
    const { expirationSeconds } = tokenOf(admit(pod(), { association: true }));
    assert.ok(expirationSeconds >= 79_200 && expirationSeconds <= 86_400);
    const own = pod({ metadata: { annotations: { "eks.amazonaws.com/token-expiration": "3600" } } });
    assert.equal(tokenOf(admit(own, { association: true })).expirationSeconds, 3600);
  });
});

describe("nothing happens", () => {
  const untouched = (name: string, object: NewObject, sources: Parameters<typeof admit>[1], request = {}) =>
    test(name, () => assert.deepEqual(admit(structuredClone(object), sources, request), object));
  untouched("without association and annotation", pod(), {});
  untouched("for a service account that does not exist", pod(), { missing: true, association: true });
  untouched("with the skip label", pod({ metadata: { labels: { "eks.amazonaws.com/skip-pod-identity-webhook": "" } } }), irsa);
  untouched("on update", pod(), irsa, { operation: "UPDATE" });
  untouched("for subresources", pod(), irsa, { subresource: "eviction" });
  untouched("for other resources", pod(), irsa, { resource: "podtemplates" });
});
