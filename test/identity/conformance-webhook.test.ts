// The identity webhook's upstream fixtures by name (spec identity §8.2, TestUpdatePodSpec and its kin), as what must come out.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { seededRandom } from "../../src/base/random.ts";
import { AGENT_URI_V4, AGENT_URI_V6 } from "../../src/clusters/identity-webhook/methods.ts";
import { identityWebhook } from "../../src/clusters/identity-webhook/plugin.ts";
import type { NewObject } from "../../src/kubernetes/api/object.ts";

const ROLE = "arn:aws:iam::111122223333:role/s3-reader";
const P = "eks.amazonaws.com";
const IRSA_TOKEN = "/var/run/secrets/eks.amazonaws.com/serviceaccount/token";
const POD_TOKEN = "/var/run/secrets/pods.eks.amazonaws.com/serviceaccount/eks-pod-identity-token";

interface Given {
  readonly annotations?: Record<string, string>;
  readonly association?: boolean;
  readonly agentUri?: string;
}

function mutate(
  spec: object,
  metadata: object = {},
  { annotations = { [`${P}/role-arn`]: ROLE }, association = false, agentUri = AGENT_URI_V4 }: Given = {},
): NewObject {
  const object: NewObject = {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: "balajilovesoreos", ...metadata },
    spec: { serviceAccountName: "default", ...spec },
  };
  const plugin = identityWebhook({
    region: "seattle",
    agentUri,
    random: seededRandom(7),
    serviceAccount: () => ({ annotations }),
    hasAssociation: () => association,
  });
  const request = {
    operation: "CREATE" as const,
    user: { username: "u", groups: [] },
    group: "",
    version: "v1",
    kind: "Pod",
    resource: "pods",
    subresource: "",
    namespace: "default",
    name: "",
    dryRun: false,
  };
  void plugin.mutate?.({ ...request, object, oldObject: undefined });
  return object;
}

const env = (variables: Record<string, string>) => Object.entries(variables).map(([name, value]) => ({ name, value }));
const STS = { AWS_STS_REGIONAL_ENDPOINTS: "regional" };
const REGION = { AWS_DEFAULT_REGION: "seattle", AWS_REGION: "seattle" };
const CREDENTIALS = { AWS_ROLE_ARN: ROLE, AWS_WEB_IDENTITY_TOKEN_FILE: IRSA_TOKEN };
const CONTAINER = { AWS_CONTAINER_CREDENTIALS_FULL_URI: AGENT_URI_V4, AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: POD_TOKEN };
const mount = { name: "aws-iam-token", mountPath: "/var/run/secrets/eks.amazonaws.com/serviceaccount", readOnly: true };
const podMount = { name: "eks-pod-identity-token", mountPath: "/var/run/secrets/pods.eks.amazonaws.com/serviceaccount", readOnly: true };
const one = (more: object = {}) => ({ containers: [{ name: "c", image: "amazonlinux", ...more }] });
const first = (pod: NewObject) => pod.spec.containers[0];
const token = (pod: NewObject) => pod.spec.volumes.find(({ projected }: any) => projected).projected.sources[0].serviceAccountToken;

describe("webhook fixtures, web identity", () => {
  const rows: [string, () => NewObject, (pod: NewObject) => void][] = [
    ["rawPodNeedsSTS", () => mutate(one()), (pod) => assert.deepEqual(first(pod).env, env({ ...STS, ...REGION, ...CREDENTIALS }))],
    [
      "rawPodHasSTS",
      () => mutate(one({ env: env({ AWS_STS_REGIONAL_ENDPOINTS: "legacy" }) })),
      (pod) => assert.deepEqual(first(pod).env, env({ AWS_STS_REGIONAL_ENDPOINTS: "legacy", ...REGION, ...CREDENTIALS })),
    ],
    [
      "rawPodNeedsRegion",
      () => mutate(one({ env: env({ A: "1" }) })),
      (pod) => assert.deepEqual(first(pod).env, env({ A: "1", ...STS, ...REGION, ...CREDENTIALS })),
    ],
    [
      "rawPodRegionPresent",
      () => mutate(one({ env: env({ AWS_REGION: "paris" }) })),
      (pod) => assert.deepEqual(first(pod).env, env({ AWS_REGION: "paris", ...STS, ...CREDENTIALS })),
    ],
    [
      "rawPodDefaultRegionPresent",
      () => mutate(one({ env: env({ AWS_DEFAULT_REGION: "paris" }) })),
      (pod) => assert.deepEqual(first(pod).env, env({ AWS_DEFAULT_REGION: "paris", ...STS, ...CREDENTIALS })),
    ],
    [
      "WithInitContainer",
      () => mutate({ ...one(), initContainers: [{ name: "i" }] }),
      (pod) => assert.deepEqual([pod.spec.initContainers[0].env, pod.spec.initContainers[0].volumeMounts], [first(pod).env, [mount]]),
    ],
    [
      "WithVolumes",
      () => mutate({ ...one(), volumes: [{ name: "my-volume" }] }),
      (pod) =>
        assert.deepEqual(
          pod.spec.volumes.map(({ name }: any) => name),
          ["aws-iam-token", "my-volume"],
        ),
    ],
    [
      "WithoutVolumes",
      () => mutate(one()),
      (pod) =>
        assert.deepEqual(
          pod.spec.volumes.map(({ name }: any) => name),
          ["aws-iam-token"],
        ),
    ],
    [
      "WithVolumesHasVolume",
      () => mutate({ ...one(), volumes: [{ name: "aws-iam-token", emptyDir: {} }] }),
      (pod) => assert.deepEqual(pod.spec.volumes, [{ name: "aws-iam-token", emptyDir: {} }]),
    ],
    [
      "HasVolumeMount",
      () => mutate(one({ volumeMounts: [{ name: "aws-iam-token", mountPath: "/mine" }] })),
      (pod) => assert.deepEqual(first(pod).volumeMounts, [{ name: "aws-iam-token", mountPath: "/mine" }]),
    ],
    [
      "HasOtherVolumeMount",
      () => mutate(one({ volumeMounts: [{ name: "x", mountPath: "/x" }] })),
      (pod) => assert.deepEqual(first(pod).volumeMounts, [{ name: "x", mountPath: "/x" }, mount]),
    ],
    [
      "HasTokenExpiration",
      () => mutate(one(), { annotations: { [`${P}/token-expiration`]: "10000" } }),
      (pod) => assert.equal(token(pod).expirationSeconds, 10000),
    ],
    [
      "MinTokenExpiration",
      () => mutate(one(), { annotations: { [`${P}/token-expiration`]: "1" } }),
      (pod) => assert.equal(token(pod).expirationSeconds, 600),
    ],
    [
      "InvalidTokenExpiration",
      () => mutate(one(), { annotations: { [`${P}/token-expiration`]: "soon" } }),
      (pod) => assert.equal(token(pod).expirationSeconds, 86400),
    ],
    [
      "ServiceAccountTokenExpiration",
      () => mutate(one(), {}, { annotations: { [`${P}/role-arn`]: ROLE, [`${P}/token-expiration`]: "7200" } }),
      (pod) => assert.equal(token(pod).expirationSeconds, 7200),
    ],
    [
      "Skip",
      () => mutate({ containers: [{ name: "c" }, { name: "skipped" }] }, { annotations: { [`${P}/skip-containers`]: " skipped ,other" } }),
      (pod) => assert.deepEqual([pod.spec.containers[1], first(pod).env.length], [{ name: "skipped" }, 5]),
    ],
    [
      "SkipLabel",
      () => mutate(one(), { labels: { [`${P}/skip-pod-identity-webhook`]: "" } }),
      (pod) => assert.deepEqual(pod.spec, { serviceAccountName: "default", ...one() }),
    ],
    [
      "NoSTSAnnotationOverride",
      () => mutate(one(), {}, { annotations: { [`${P}/role-arn`]: ROLE, [`${P}/sts-regional-endpoints`]: "false" } }),
      (pod) => assert.deepEqual(first(pod).env, env({ ...REGION, ...CREDENTIALS })),
    ],
    [
      "InvalidSTSAnnotation",
      () => mutate(one(), {}, { annotations: { [`${P}/role-arn`]: ROLE, [`${P}/sts-regional-endpoints`]: "maybe" } }),
      (pod) => assert.equal(first(pod).env[0].name, "AWS_STS_REGIONAL_ENDPOINTS"),
    ],
    [
      "Audience",
      () => mutate(one(), {}, { annotations: { [`${P}/role-arn`]: ROLE, [`${P}/audience`]: "mine" } }),
      (pod) => assert.deepEqual(token(pod), { audience: "mine", expirationSeconds: 86400, path: "token" }),
    ],
    [
      "HasRoleArn: the pair is skipped",
      () => mutate(one({ env: env({ AWS_ROLE_ARN: "other" }) })),
      (pod) => assert.deepEqual(first(pod).env, env({ AWS_ROLE_ARN: "other", ...STS, ...REGION })),
    ],
    [
      "HasEverything: left wholly alone",
      () => mutate(one({ env: env({ ...STS, ...REGION, ...CREDENTIALS }) })),
      (pod) => assert.deepEqual(first(pod).volumeMounts, undefined),
    ],
    [
      "secComp: a security context is kept",
      () => mutate({ ...one(), securityContext: { fsGroup: 1000 } }),
      (pod) => assert.deepEqual(pod.spec.securityContext, { fsGroup: 1000 }),
    ],
    [
      "WindowsNodeSelector stable",
      () => mutate({ ...one(), nodeSelector: { "kubernetes.io/os": "windows" } }),
      (pod) => assert.equal(first(pod).env.at(-1).value, `C:${IRSA_TOKEN.replaceAll("/", "\\")}`),
    ],
    [
      "WindowsNodeSelector beta",
      () => mutate({ ...one(), nodeSelector: { "beta.kubernetes.io/os": "windows" } }),
      (pod) => assert.deepEqual([first(pod).env.at(-1).value, first(pod).volumeMounts], [`C:${IRSA_TOKEN.replaceAll("/", "\\")}`, [mount]]),
    ],
    [
      "LinuxNodeSelector",
      () => mutate({ ...one(), nodeSelector: { "kubernetes.io/os": "linux" } }),
      (pod) => assert.equal(first(pod).env.at(-1).value, IRSA_TOKEN),
    ],
    [
      "MutationNotNeeded",
      () => mutate(one(), {}, { annotations: {} }),
      (pod) => assert.deepEqual(pod.spec, { serviceAccountName: "default", ...one() }),
    ],
  ];
  for (const [id, make, check] of rows) test(id, () => check(make()));
});

describe("webhook fixtures, container credentials", () => {
  const association = { association: true };
  const rows: [string, () => NewObject, (pod: NewObject) => void][] = [
    [
      "NeedsAll",
      () => mutate(one(), {}, association),
      (pod) =>
        assert.deepEqual(
          [first(pod).env, first(pod).volumeMounts, pod.metadata.labels],
          [env({ ...STS, ...REGION, ...CONTAINER }), [podMount], { [`${P}/pod-identity`]: "enabled" }],
        ),
    ],
    [
      "WithRoleArn: Pod Identity wins",
      () => mutate(one(), {}, association),
      (pod) => assert.ok(!first(pod).env.some(({ name }: any) => name === "AWS_ROLE_ARN")),
    ],
    [
      "Skip",
      () => mutate({ containers: [{ name: "skipped" }] }, { annotations: { [`${P}/skip-containers`]: "skipped" } }, association),
      (pod) => assert.deepEqual(first(pod), { name: "skipped" }),
    ],
    [
      "WithConflictingVolumeMount",
      () => mutate(one({ volumeMounts: [{ name: "eks-pod-identity-token", mountPath: "/mine" }] }), {}, association),
      (pod) => assert.deepEqual(first(pod).volumeMounts, [{ name: "eks-pod-identity-token", mountPath: "/mine" }]),
    ],
    [
      "WithVolumes",
      () => mutate({ ...one(), volumes: [{ name: "v" }] }, {}, association),
      (pod) =>
        assert.deepEqual(
          pod.spec.volumes.map(({ name }: any) => name),
          ["eks-pod-identity-token", "v"],
        ),
    ],
    [
      "default life: jittered between 22 and 24 hours",
      () => mutate(one(), {}, association),
      (pod) => assert.ok(token(pod).expirationSeconds >= 79200 && token(pod).expirationSeconds <= 86400),
    ],
    [
      "explicit life: exact",
      () => mutate(one(), { annotations: { [`${P}/token-expiration`]: "86399" } }, association),
      (pod) => assert.equal(token(pod).expirationSeconds, 86399),
    ],
    [
      "audience is always the service's",
      () => mutate(one(), {}, { ...association, annotations: { [`${P}/audience`]: "mine" } }),
      (pod) => assert.equal(token(pod).audience, "pods.eks.amazonaws.com"),
    ],
    [
      "labels are kept",
      () => mutate(one(), { labels: { a: "b" } }, association),
      (pod) => assert.deepEqual(pod.metadata.labels, { a: "b", [`${P}/pod-identity`]: "enabled" }),
    ],
    [
      "IPv6 clusters",
      () => mutate(one(), {}, { ...association, agentUri: AGENT_URI_V6 }),
      (pod) => assert.equal(first(pod).env[3].value, "http://[fd00:ec2::23]/v1/credentials"),
    ],
  ];
  for (const [id, make, check] of rows) test(id, () => check(make()));
});
