// Everything that must be refused, over the wire, with AWS's and Kubernetes' own codes.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { DescribeVpcsCommand, EC2Client } from "@aws-sdk/client-ec2";
import {
  CreateAccessEntryCommand,
  CreateClusterCommand,
  CreateNodegroupCommand,
  EKSClient,
  ListClustersCommand,
  TagResourceCommand,
} from "@aws-sdk/client-eks";
import {
  CreateOpenIDConnectProviderCommand,
  DeleteAccessKeyCommand,
  IAMClient,
  ListUsersCommand,
  UpdateAccessKeyCommand,
} from "@aws-sdk/client-iam";
import { AssumeRoleCommand, AssumeRoleWithWebIdentityCommand, GetCallerIdentityCommand, STSClient } from "@aws-sdk/client-sts";
import { ACCOUNT, type Keys, REGION } from "../support/atoll.ts";
import { afterSigning, tampered, UNKNOWN_KEYS, unsigned, wrongSecret } from "../support/broken-requests.ts";
import { eksToken, encodeToken } from "../support/eks-token.ts";
import { kubeRequest } from "../support/kube.ts";
import { allow, irsaTrust, trust } from "../support/policies.ts";
import { createCluster, createRole, createUser, type Scenario, startScenario } from "../support/scenario.ts";

const MINUTES = 60_000;

let scenario: Scenario;
let issuer: string;
/** A user who may create clusters but pass no role. */
let builder: Keys;
/** A user who may do everything in AWS and has no access entry. */
let stranger: Keys;
/** A user the cluster knows, without any right in it. */
let guest: Keys;
/** Keys that were valid. */
let deactivated: Keys;
let deleted: Keys;

before(async () => {
  scenario = await startScenario({ nodes: 0 });
  const { test: atoll, roles, network, cluster, name } = scenario;
  const { eks, iam } = atoll.clients;
  await createCluster(eks, "second", roles.cluster, network.subnets);
  issuer = cluster.identity!.oidc!.issuer!;
  await iam.send(new CreateOpenIDConnectProviderCommand({ Url: issuer, ClientIDList: ["sts.amazonaws.com"] }));
  await createRole(iam, "irsa", irsaTrust(ACCOUNT, issuer, "shop:stock"));
  await createRole(iam, "closed", trust({ Service: "ec2.amazonaws.com" }), { policy: allow("*") });
  builder = await createUser(iam, "builder", allow(["eks:*", "ec2:Describe*", "iam:GetRole"]));
  stranger = await createUser(iam, "stranger", allow("*"));
  guest = await createUser(iam, "guest");
  await eks.send(new CreateAccessEntryCommand({ clusterName: name, principalArn: `arn:aws:iam::${ACCOUNT}:user/guest` }));
  deactivated = await createUser(iam, "deactivated", allow("*"));
  await iam.send(new UpdateAccessKeyCommand({ UserName: "deactivated", AccessKeyId: deactivated.accessKeyId, Status: "Inactive" }));
  deleted = await createUser(iam, "deleted", allow("*"));
  await iam.send(new DeleteAccessKeyCommand({ UserName: "deleted", AccessKeyId: deleted.accessKeyId }));
});
after(() => scenario?.test.close());

/** How a client differs from a working one. */
interface Fault {
  readonly keys?: () => Keys;
  readonly systemClockOffset?: number;
  readonly change?: Parameters<typeof afterSigning>[1];
}

function client<C extends object>(Client: new (settings: never) => C, { keys, systemClockOffset = 0, change = () => {} }: Fault): C {
  const { connection, root } = scenario.test;
  const settings = { endpoint: connection.endpoint, region: REGION, credentials: keys?.() ?? root, systemClockOffset, maxAttempts: 1 };
  return afterSigning(new Client(settings as never), change);
}

const MISMATCH = /^The request signature we calculated does not match the signature you provided\. Check your AWS Secret Access Key/;
const INVALID_TOKEN = /^The security token included in the request is invalid\.?$/;
const EXPIRED = /^Signature expired: \d{8}T\d{6}Z is now earlier than \d{8}T\d{6}Z \(\d{8}T\d{6}Z - 5 min\.\)$/;
const EARLY = /^Signature not yet current: \d{8}T\d{6}Z is still later than \d{8}T\d{6}Z \(\d{8}T\d{6}Z \+ 5 min\.\)$/;

const calls = {
  eks: (fault: Fault) => client(EKSClient, fault).send(new ListClustersCommand({})),
  tag: (fault: Fault) =>
    client(EKSClient, fault).send(new TagResourceCommand({ resourceArn: scenario.cluster.arn, tags: { owner: "alice" } })),
  ec2: (fault: Fault) => client(EC2Client, fault).send(new DescribeVpcsCommand({ DryRun: false })),
  iam: (fault: Fault) => client(IAMClient, fault).send(new ListUsersCommand({ PathPrefix: "/alice/" })),
  sts: (fault: Fault) => client(STSClient, fault).send(new GetCallerIdentityCommand({})),
};

const wrong: Fault = { keys: () => wrongSecret(scenario.test.root) };
const nobody: Fault = { keys: () => UNKNOWN_KEYS };
const past: Fault = { systemClockOffset: -16 * MINUTES };
const future: Fault = { systemClockOffset: 16 * MINUTES };
const forged: Fault = { change: tampered("alice", "mallo") };
const bare: Fault = { change: unsigned };

const signatures: readonly [string, keyof typeof calls, Fault, string, number, RegExp][] = [
  ["wrong secret", "eks", wrong, "InvalidSignatureException", 403, MISMATCH],
  ["wrong secret", "ec2", wrong, "AuthFailure", 401, /^AWS was not able to validate the provided access credentials$/],
  ["wrong secret", "iam", wrong, "SignatureDoesNotMatch", 403, MISMATCH],
  ["wrong secret", "sts", wrong, "SignatureDoesNotMatch", 403, MISMATCH],
  ["unknown key", "eks", nobody, "UnrecognizedClientException", 403, INVALID_TOKEN],
  ["unknown key", "ec2", nobody, "AuthFailure", 401, /^AWS was not able to validate the provided access credentials$/],
  ["unknown key", "iam", nobody, "InvalidClientTokenId", 403, INVALID_TOKEN],
  ["unknown key", "sts", nobody, "InvalidClientTokenId", 403, INVALID_TOKEN],
  ["deactivated key", "sts", { keys: () => deactivated }, "InvalidClientTokenId", 403, INVALID_TOKEN],
  ["deleted key", "eks", { keys: () => deleted }, "UnrecognizedClientException", 403, INVALID_TOKEN],
  ["clock behind", "eks", past, "InvalidSignatureException", 403, EXPIRED],
  ["clock behind", "iam", past, "SignatureDoesNotMatch", 403, EXPIRED],
  ["clock behind", "ec2", past, "RequestExpired", 400, /expired/],
  ["clock ahead", "sts", future, "SignatureDoesNotMatch", 403, EARLY],
  ["tampered body", "tag", forged, "InvalidSignatureException", 403, MISMATCH],
  ["tampered body", "iam", forged, "SignatureDoesNotMatch", 403, MISMATCH],
  ["no signature", "eks", bare, "MissingAuthenticationTokenException", 403, /^Missing Authentication Token$/],
  ["no signature", "sts", bare, "MissingAuthenticationToken", 403, /^Request is missing Authentication Token$/],
  ["no signature", "iam", bare, "MissingAuthenticationToken", 403, /^Request is missing Authentication Token$/],
];

for (const [fault, call, how, name, status, message] of signatures) {
  test(`${fault} on ${call}: ${status} ${name}`, async () => {
    await rejects(calls[call](how), name, status, message);
  });
}

test("the calls of the table succeed without the fault", async () => {
  for (const call of Object.values(calls)) await call({});
});

test("a role that does not trust the caller is not assumed", async () => {
  const RoleArn = `arn:aws:iam::${ACCOUNT}:role/closed`;
  const attempt = scenario.test.clientsOf(stranger).sts.send(new AssumeRoleCommand({ RoleArn, RoleSessionName: "try" }));
  const message = `User: arn:aws:iam::${ACCOUNT}:user/stranger is not authorized to perform: sts:AssumeRole on resource: ${RoleArn} because no role trust policy allows the sts:AssumeRole action`;
  await rejects(attempt, "AccessDenied", 403, message);
});

test("who may not pass a role cannot create with it", async () => {
  const { eks } = scenario.test.clientsOf(builder);
  const { roles, network, name } = scenario;
  const refusal = (role: string) =>
    `User: arn:aws:iam::${ACCOUNT}:user/builder is not authorized to perform: iam:PassRole on resource: ${role} because no identity-based policy allows the iam:PassRole action`;
  const vpc = { subnetIds: [...network.subnets] };
  const cluster = eks.send(new CreateClusterCommand({ name: "mine", roleArn: roles.cluster, resourcesVpcConfig: vpc }));
  await rejects(cluster, "AccessDeniedException", 403, refusal(roles.cluster));
  const group = { clusterName: name, nodegroupName: "mine", nodeRole: roles.node, subnets: [...network.subnets] };
  await rejects(eks.send(new CreateNodegroupCommand(group)), "AccessDeniedException", 403, refusal(roles.node));
  const { clusters = [] } = await eks.send(new ListClustersCommand({}));
  assert.deepEqual(clusters.toSorted(), ["main", "second"]);
});

const second = (ms: number) => Math.floor(ms / 1000);
const NOW = () => second(Date.now());
const claims = (changes: object = {}) => ({
  ...{ iss: issuer, aud: ["sts.amazonaws.com"], sub: "system:serviceaccount:shop:stock" },
  ...{ iat: NOW(), nbf: NOW(), exp: NOW() + 3600 },
  ...changes,
});
const key = (cluster: string) => `${ACCOUNT}/${REGION}/${cluster}`;
/** Signs with a cluster's real key. */
const sign = (changes: object = {}, cluster = "main") =>
  scenario.test.atoll.clusters.cluster(key(cluster))!.keys.sign(claims(changes) as never);
const exchange = (WebIdentityToken: string) =>
  scenario.test.clients.sts.send(
    new AssumeRoleWithWebIdentityCommand({ RoleArn: `arn:aws:iam::${ACCOUNT}:role/irsa`, RoleSessionName: "pod", WebIdentityToken }),
  );
const cutSignature = (token: string) => `${token.slice(0, token.lastIndexOf(".") + 1)}${Buffer.alloc(256, 7).toString("base64url")}`;

const webIdentities: readonly [string, () => string | Promise<string>, string, number, RegExp][] = [
  [
    "wrong audience",
    () => sign({ aud: ["https://kubernetes.default.svc"] }),
    "InvalidIdentityTokenException",
    400,
    /^Incorrect token audience$/,
  ],
  [
    "wrong subject",
    () => sign({ sub: "system:serviceaccount:shop:cart" }),
    "AccessDenied",
    403,
    /^Not authorized to perform sts:AssumeRoleWithWebIdentity$/,
  ],
  [
    "unregistered issuer",
    () => sign({ iss: `${issuer}0` }, "second"),
    "InvalidIdentityTokenException",
    400,
    /^No OpenIDConnect provider found in your account for https:\/\//,
  ],
  ["another cluster's key", () => sign({}, "second"), "InvalidIdentityTokenException", 400, /verification key|could not be validated/],
  ["forged signature", async () => cutSignature(await sign()), "InvalidIdentityTokenException", 400, /could not be validated/],
  [
    "expired",
    () => sign({ iat: NOW() - 7200, nbf: NOW() - 7200, exp: NOW() - 3600 }),
    "ExpiredTokenException",
    400,
    /^Token expired: current date\/time \d+ must be before the expiration date\/time \d+$/,
  ],
  ["not a token", async () => "not.a.token", "InvalidIdentityTokenException", 400, /not a valid JWT/],
];

for (const [fault, token, name, status, message] of webIdentities) {
  test(`web identity token, ${fault}: ${status} ${name}`, async () => {
    await rejects(exchange(await token()), name, status, message);
  });
}

test("the web identity token of the table is exchanged without the fault", async () => {
  const { AssumedRoleUser } = await exchange(await sign());
  assert.equal(AssumedRoleUser?.Arn, `arn:aws:sts::${ACCOUNT}:assumed-role/irsa/pod`);
});

const forMain = (keys?: () => Keys, options = {}) =>
  eksToken(scenario.test.connection.endpoint, "main", keys?.() ?? scenario.test.root, options);
const session = async () => {
  const token = await forMain();
  return Buffer.from(token.slice("k8s-aws-v1.".length), "base64url").toString();
};

const bearers: readonly [string, () => string | Promise<string>][] = [
  ["nonsense", async () => "nonsense"],
  ["no base64", async () => "k8s-aws-v1.%%%"],
  ["expired", () => forMain(undefined, { signedAt: new Date(Date.now() - 16 * MINUTES) })],
  ["of another cluster", () => eksToken(scenario.test.connection.endpoint, "second", scenario.test.root)],
  ["cluster not signed", () => forMain(undefined, { signCluster: false })],
  ["over-long", async () => encodeToken(`${await session()}&X-Amz-Security-Token=${"x".repeat(4096)}`)],
  ["for more than fifteen minutes", () => forMain(undefined, { expires: 901 })],
  ["with a further parameter", () => forMain(undefined, { query: { Extra: "1" } })],
  ["for another action", () => forMain(undefined, { action: "GetSessionToken" })],
  ["for another host", async () => encodeToken((await session()).replace(/^http:\/\/[^/]+/, "https://sts.example.com"))],
  ["wrong secret", () => forMain(() => wrongSecret(scenario.test.root))],
  ["unknown key", () => forMain(() => UNKNOWN_KEYS)],
  ["deleted key", () => forMain(() => deleted)],
  ["no access entry", () => forMain(() => stranger)],
  [
    "service account token of another cluster",
    () => sign({ iss: issuer.replace(/[^/]+$/, "0".repeat(32)), aud: ["https://kubernetes.default.svc"] }, "second"),
  ],
  ["service account token for STS", () => sign()],
];

for (const [fault, token] of bearers) {
  test(`cluster token, ${fault}: 401`, async () => {
    const { status, body } = await kubeRequest(scenario.cluster, await token(), "/api/v1/namespaces");
    assert.equal(status, 401);
    assert.deepEqual([body.kind, body.reason, body.message], ["Status", "Unauthorized", "Unauthorized"]);
  });
}

test("the cluster token of the table opens the cluster without the fault", async () => {
  assert.equal((await kubeRequest(scenario.cluster, await forMain(), "/api/v1/namespaces")).status, 200);
});

test("a principal with an access entry and no rights is known and forbidden", async () => {
  const token = await forMain(() => guest);
  const { status, body } = await kubeRequest(scenario.cluster, token, "/api/v1/namespaces/default/pods");
  assert.equal(status, 403);
  assert.equal(
    body.message,
    `pods is forbidden: User "arn:aws:iam::${ACCOUNT}:user/guest" cannot list resource "pods" in API group "" in the namespace "default"`,
  );
});

test("anonymous requests to the cluster are forbidden", async () => {
  const { status, body } = await kubeRequest(scenario.cluster, undefined, "/api/v1/namespaces");
  assert.equal(status, 403);
  assert.equal(
    body.message,
    'namespaces is forbidden: User "system:anonymous" cannot list resource "namespaces" in API group "" at the cluster scope',
  );
});

const administration: readonly [string, Record<string, string>][] = [
  ["no token", {}],
  ["a wrong token", { authorization: "Bearer wrong" }],
  ["the token without its scheme", { authorization: "TOKEN" }],
];

for (const [fault, headers] of administration) {
  test(`administration with ${fault}: 401`, async () => {
    const { endpoint, adminToken } = scenario.test.connection;
    const given = headers.authorization === "TOKEN" ? { authorization: adminToken } : headers;
    for (const [method, path] of [
      ["GET", "status"],
      ["POST", "shutdown"],
      ["GET", `clusters/${key("main")}/token`],
    ] as const) {
      const answer = await fetch(`${endpoint}/_atoll/${path}`, { method, headers: given });
      assert.equal(answer.status, 401, path);
      assert.match(((await answer.json()) as { message: string }).message, /administration token is missing or wrong/);
    }
  });
}

async function rejects(attempt: Promise<unknown>, name: string, status: number, message: RegExp | string): Promise<void> {
  const error = await attempt.then(
    () => assert.fail("was not refused"),
    (refusal: Error & { $metadata?: { httpStatusCode?: number } }) => refusal,
  );
  assert.deepEqual([error.name, error.$metadata?.httpStatusCode], [name, status], error.message);
  if (typeof message === "string") assert.equal(error.message, message);
  else assert.match(error.message, message);
}
