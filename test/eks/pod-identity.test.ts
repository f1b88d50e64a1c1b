// AssumeRoleForPodIdentity over the real IAM, STS and EKS: order of refusals, six tags, lifetimes, target roles (spec identity §3.3, §3.4).
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { Call } from "../../src/aws/operation.ts";
import { associationFor } from "../../src/services/eks/pod-identity-associations.ts";
import { assumeRoleForPodIdentity } from "../../src/services/eks-auth/assume-role-for-pod-identity.ts";
import type { EksAuthDeps } from "../../src/services/eks-auth/deps.ts";
import { sessionName } from "../../src/services/eks-auth/session.ts";
import type { TokenVerdict } from "../../src/services/ports.ts";
import { type Control, control } from "./runtimes.ts";
import { ACCOUNT, clusterRequest, createWorld, makeGround, makeRole, REGION, ROOT, refusal, trust, type World } from "./world.ts";

const TOKEN = "aaa.bbb.ccc";
const CLUSTER = `arn:aws:eks:${REGION}:${ACCOUNT}:cluster/dev`;
const claims = { namespace: "shop", serviceAccount: "cart", serviceAccountUid: "u1", podName: "cart-5d4f8c-x7k2p", podUid: "u2" };

let world: World;
let running: Control;
let deps: EksAuthDeps;
let verdict: TokenVerdict;
let asked: string[];

before(async () => {
  world = createWorld();
  running = control(world);
  await world.eks("CreateCluster", clusterRequest(await makeGround(world)));
  await running.settle();
  deps = {
    random: world.random,
    sessions: world.sts.issuer,
    credentials: world.sts.credentials,
    associations: {
      cluster(account, region, name) {
        const key = `${account}/${region}/${name}`;
        const record = world.state.clusters.get(key);
        return record && { key, name, arn: record.arn };
      },
      association: (key, namespace, serviceAccount) => associationFor(world.state, key, namespace, serviceAccount),
    },
    tokens: {
      async verify(key, token, audience) {
        asked = [key, token, audience];
        return verdict;
      },
    },
  };
});
after(async () => {
  await running.close();
  world.close();
});

const call = (): Call => ({
  ...{ requestId: "r", partition: "aws", account: ACCOUNT, region: REGION, caller: ROOT, now: world.clock.now() },
  ...{ sourceIp: "10.0.0.1", userAgent: "agent", endpoint: "http://127.0.0.1" },
  async authorize() {},
});

const assume = async (clusterName = "dev", token = TOKEN) => assumeRoleForPodIdentity.run({ clusterName, token }, call(), deps);
const associate = (serviceAccount: string, roleArn: string, more: object = {}) =>
  world.eks("CreatePodIdentityAssociation", { clusterName: "dev", namespace: "shop", serviceAccount, roleArn, ...more });
const podTrust = trust("pods.eks.amazonaws.com", ["sts:AssumeRole", "sts:TagSession"]);

test("the cluster, then the token, then the association, then the role", async () => {
  verdict = { kind: "invalid", reason: "the signature does not match" };
  assert.equal((await refusal(assume("none"))).message, "No cluster found for name: none.");
  assert.equal((await refusal(assume("dev", "no token"))).code, "InvalidTokenException");
  assert.equal((await refusal(assume())).code, "InvalidTokenException");
  assert.deepEqual(asked, [`${ACCOUNT}/${REGION}/dev`, TOKEN, "pods.eks.amazonaws.com"]);
  verdict = { kind: "expired", expiredAt: Date.parse("2026-04-30T04:16:18Z") };
  const expired = await refusal(assume());
  assert.equal(expired.code, "ExpiredTokenException");
  assert.match(
    expired.message,
    /^The token included in the request is expired: current date\/time 2026-05-01T\S+Z must be before the expiration date\/time 2026-04-30T04:16:18Z\.$/,
  );
  verdict = { kind: "valid", claims };
  assert.equal((await refusal(assume())).code, "ResourceNotFoundException");
});

test("a pod gets its role for six hours, under a session that says who it is", async () => {
  const roleArn = await makeRole(world, "pod", podTrust);
  const { association } = await associate("cart", roleArn);
  verdict = { kind: "valid", claims };
  const output = await assume();
  assert.deepEqual(output.subject, { namespace: "shop", serviceAccount: "cart" });
  assert.equal(output.audience, "pods.eks.amazonaws.com");
  assert.equal(output.podIdentityAssociation.associationId, association!.associationId);
  assert.match(output.assumedRoleUser.arn, /:assumed-role\/pod\/eks-dev-cart-5d4f8-[0-9a-f-]{36}$/);
  assert.equal(output.credentials.expiration.getTime() - world.clock.now(), 6 * 3600_000);
  const caller = world.sts.credentials.credential(output.credentials.accessKeyId)!.caller;
  assert.ok(caller.kind === "role-session");
  assert.deepEqual(caller.session.tags, {
    "eks-cluster-arn": CLUSTER,
    "eks-cluster-name": "dev",
    "kubernetes-namespace": "shop",
    "kubernetes-service-account": "cart",
    "kubernetes-pod-name": claims.podName,
    "kubernetes-pod-uid": "u2",
  });
  assert.equal(caller.session.transitiveTagKeys.length, 6);
  const event = world.records.filter((record) => record.operation === "AssumeRole").pop();
  assert.equal(event?.sourceIp, "pods.eks.amazonaws.com");
});

test("a role that is pinned to another cluster, or gone, is refused in EKS's words", async () => {
  const pinned = trust("pods.eks.amazonaws.com", ["sts:AssumeRole", "sts:TagSession"], {
    ArnEquals: { "aws:SourceArn": `${CLUSTER}-other` },
  });
  await associate("pinned", await makeRole(world, "pinned", pinned));
  verdict = { kind: "valid", claims: { ...claims, serviceAccount: "pinned" } };
  const error = await refusal(assume());
  assert.equal(error.code, "AccessDeniedException");
  assert.equal(error.message, "Unauthorized Exception! EKS does not have permissions to assume the associated role.");
  await world.call("iam", "DeleteRole", { RoleName: "pinned" });
  assert.equal((await refusal(assume())).code, "AccessDeniedException");
});

test("with a target role: its credentials for 59 minutes, tags carried over", async () => {
  const roleArn = await makeRole(world, "first", podTrust);
  const statement = { Effect: "Allow", Action: ["sts:AssumeRole", "sts:TagSession"], Resource: "*" };
  await world.call("iam", "PutRolePolicy", {
    ...{ RoleName: "first", PolicyName: "go" },
    PolicyDocument: JSON.stringify({ Version: "2012-10-17", Statement: [statement] }),
  });
  const target = JSON.stringify({
    Version: "2012-10-17",
    Statement: [
      {
        Effect: "Allow",
        Principal: { AWS: `arn:aws:iam::${ACCOUNT}:root` },
        Action: ["sts:AssumeRole", "sts:TagSession"],
        Condition: {
          StringEquals: {
            "aws:RequestTag/eks-cluster-arn": CLUSTER,
            "aws:RequestTag/kubernetes-namespace": "shop",
            "aws:RequestTag/kubernetes-service-account": "far",
          },
          ArnEquals: { "aws:PrincipalARN": roleArn },
        },
      },
    ],
  });
  const targetRoleArn = await makeRole(world, "target", target);
  await associate("far", roleArn, { targetRoleArn });
  verdict = { kind: "valid", claims: { ...claims, serviceAccount: "far" } };
  const output = await assume();
  assert.match(output.assumedRoleUser.arn, /assumed-role\/target\/eks-dev-/);
  assert.equal(output.credentials.expiration.getTime() - world.clock.now(), 59 * 60_000);
});

test("without tags the target role is asked with the external id", async () => {
  const external = (id: string) =>
    JSON.stringify({
      Version: "2012-10-17",
      Statement: [
        {
          Effect: "Allow",
          Principal: { AWS: `arn:aws:iam::${ACCOUNT}:role/first` },
          Action: "sts:AssumeRole",
          Condition: { StringEquals: { "sts:ExternalId": id } },
        },
      ],
    });
  const roleArn = `arn:aws:iam::${ACCOUNT}:role/first`;
  const right = await makeRole(world, "right", external(`${REGION}/${ACCOUNT}/dev/shop/right`));
  await associate("right", roleArn, { targetRoleArn: right, disableSessionTags: true });
  verdict = { kind: "valid", claims: { ...claims, serviceAccount: "right" } };
  const { credentials } = await assume();
  const caller = world.sts.credentials.credential(credentials.accessKeyId)!.caller;
  assert.ok(caller.kind === "role-session");
  assert.deepEqual(caller.session.tags, {});
  const wrong = await makeRole(world, "wrong", external("something else"));
  await associate("wrong", roleArn, { targetRoleArn: wrong, disableSessionTags: true });
  verdict = { kind: "valid", claims: { ...claims, serviceAccount: "wrong" } };
  assert.equal((await refusal(assume())).code, "AccessDeniedException");
});

test("session names stay within 64 characters", () => {
  for (const [cluster, pod] of [
    ["a", "b"],
    ["c".repeat(100), "p".repeat(253)],
  ] as const) {
    const name = sessionName(cluster, pod, world.random);
    assert.ok(name.length <= 64 && /^[\w+=,.@-]{2,}$/.test(name), name);
  }
});
