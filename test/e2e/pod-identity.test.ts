// Pods with credentials, end to end: Pod Identity and IRSA, asked by unmodified programs that run as the pods.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { CreatePodIdentityAssociationCommand, DeletePodIdentityAssociationCommand } from "@aws-sdk/client-eks";
import { CreateOpenIDConnectProviderCommand } from "@aws-sdk/client-iam";
import { AssumeRoleWithWebIdentityCommand } from "@aws-sdk/client-sts";
import { ACCOUNT, REGION } from "../support/atoll.ts";
import { tokenOf } from "../support/kube.ts";
import { installAgent, PodMaker } from "../support/pod-identity.ts";
import { allow, irsaTrust, podIdentityTrust } from "../support/policies.ts";
import { hasBoto3, onPath } from "../support/run.ts";
import { createRole, type Scenario, startScenario } from "../support/scenario.ts";

const SDK_PROGRAM = fileURLToPath(new URL("../../examples/sdk/who-am-i.ts", import.meta.url));
const BOTO3_PROGRAM = fileURLToPath(new URL("../../examples/boto3/who-am-i.py", import.meta.url));
const PATTERN = {
  podIdentity: /^arn:aws:sts::111122223333:assumed-role\/pods\/eks-main-cart-[0-9a-f-]{36}$/,
  irsa: /^arn:aws:sts::111122223333:assumed-role\/irsa\/[\w.-]+$/,
  node: /^arn:aws:sts::111122223333:assumed-role\/node\/i-[0-9a-f]{17}$/,
};

/** What a pod's token file is called in its environment. */
const CAT = (variable: string) => ["sh", "-c", `cat "$${variable}"`];
const PRINT_ENVIRONMENT = ["env"];
/** Nobody tells these pods their region: without it the SDK would not get as far as looking for credentials. */
const WITH_REGION = ["env", `AWS_REGION=${REGION}`, process.execPath, SDK_PROGRAM];

let scenario: Scenario;
let pods: PodMaker;
let associationId: string;
let irsaRole: string;

before(async () => {
  scenario = await startScenario();
  const { eks, iam } = scenario.test.clients;
  await installAgent(scenario, await tokenOf(scenario));
  pods = await PodMaker.in(scenario, "shop");
  // Allowed only where the session carries the pod's namespace as a tag: EKS puts it there.
  const inShop = { Condition: { StringEquals: { "aws:PrincipalTag/kubernetes-namespace": "shop" } } };
  const podRole = await createRole(iam, "pods", podIdentityTrust(), { policy: allow("ec2:DescribeSubnets", inShop) });
  for (const namespace of ["shop", "other"]) {
    const association = { clusterName: scenario.name, namespace, serviceAccount: "cart", roleArn: podRole };
    const made = await eks.send(new CreatePodIdentityAssociationCommand(association));
    if (namespace === "shop") associationId = made.association!.associationId!;
  }
  const issuer = scenario.cluster.identity!.oidc!.issuer!;
  await iam.send(new CreateOpenIDConnectProviderCommand({ Url: issuer, ClientIDList: ["sts.amazonaws.com"] }));
  irsaRole = await createRole(iam, "irsa", irsaTrust(ACCOUNT, issuer, "shop:stock"), { policy: allow("ec2:DescribeSubnets") });
  await pods.serviceAccount("cart");
  await pods.serviceAccount("stock", { "eks.amazonaws.com/role-arn": irsaRole });
  await pods.serviceAccount("plain");
  await Promise.all([pods.pod("cart", "cart"), pods.pod("stock", "stock"), pods.pod("plain", "plain")]);
});
after(() => scenario?.test.close());

/** What a who-am-i program says when it runs as a pod. */
async function ask(maker: PodMaker, pod: string, command: readonly string[]): Promise<{ arn: string; subnets: string[] | string }> {
  const { code, stdout, stderr } = await maker.run(pod, command);
  assert.equal(code, 0, stderr);
  assert.equal(stderr, "");
  return JSON.parse(stdout);
}

const PROGRAMS = [
  { name: "SDK v3", command: [process.execPath, SDK_PROGRAM], skip: false },
  { name: "boto3", command: ["python3", BOTO3_PROGRAM], skip: !(await hasBoto3()) && "needs python3 with boto3" },
];

for (const { name, command, skip } of PROGRAMS) {
  test(`${name} as a pod with Pod Identity is the associated role, with the pod's tags`, { skip }, async () => {
    const { arn, subnets } = await ask(pods, "cart", command);
    assert.match(arn, PATTERN.podIdentity);
    assert.equal(subnets.length, 6, "two of the scenario, four of the default VPC");
  });

  test(`${name} as a pod with IRSA is the annotated role`, { skip }, async () => {
    const { arn, subnets } = await ask(pods, "stock", command);
    assert.match(arn, PATTERN.irsa);
    assert.equal(subnets.length, 6);
  });
}

test("AWS CLI as both pods", { skip: !onPath("aws") && "needs the AWS CLI (aws)" }, async () => {
  for (const [pod, pattern] of [
    ["cart", PATTERN.podIdentity],
    ["stock", PATTERN.irsa],
  ] as const) {
    const { code, stdout, stderr } = await pods.run(pod, ["aws", "sts", "get-caller-identity", "--query=Arn", "--output=text"]);
    assert.equal(code, 0, stderr);
    assert.match(stdout.trim(), pattern);
    assert.equal(stderr, "");
  }
});

test("a call the role does not allow is refused and says whom and what", {
  skip: !onPath("aws") && "needs the AWS CLI (aws)",
}, async () => {
  const { code, stderr } = await pods.run("cart", ["aws", "iam", "list-users"]);
  assert.notEqual(code, 0);
  assert.match(
    stderr,
    /\(AccessDenied\).*User: arn:aws:sts::111122223333:assumed-role\/pods\/eks-main-\S+ is not authorized to perform: iam:ListUsers on resource: \S+ because no identity-based policy allows the iam:ListUsers action/,
  );
});

test("the session tags decide: the same role does less from another namespace", async () => {
  const others = await PodMaker.in(scenario, "other");
  await others.serviceAccount("cart");
  await others.pod("cart", "cart");
  const { arn, subnets } = await ask(others, "cart", [process.execPath, SDK_PROGRAM]);
  assert.match(arn, PATTERN.podIdentity);
  assert.match(String(subnets), /^UnauthorizedOperation: You are not authorized to perform this operation\. .*ec2:DescribeSubnets/);
});

test("a pod without either falls back to its node's role, whatever its caller has", async () => {
  assert.match((await ask(pods, "plain", WITH_REGION)).arn, PATTERN.node);
  assert.doesNotMatch((await pods.run("plain", PRINT_ENVIRONMENT)).stdout, /AWS_(ACCESS_KEY_ID|SECRET_ACCESS_KEY|CONTAINER|ROLE_ARN|WEB)/);
});

test("pods see the variables the webhook sets, and only their own way in", async () => {
  const environmentOf = async (pod: string) =>
    Object.fromEntries(
      (await pods.run(pod, PRINT_ENVIRONMENT)).stdout
        .trim()
        .split("\n")
        .map((line) => line.split(/=(.*)/s, 2)),
    );
  const cart = await environmentOf("cart");
  assert.match(cart.AWS_CONTAINER_CREDENTIALS_FULL_URI, /^http:\/\/127\.0\.0\.1:\d+\/v1\/credentials$/);
  assert.match(
    cart.AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE,
    /\/var\/run\/secrets\/pods\.eks\.amazonaws\.com\/serviceaccount\/eks-pod-identity-token$/,
  );
  assert.equal(cart.AWS_ROLE_ARN, undefined);
  assert.equal(cart.AWS_STS_REGIONAL_ENDPOINTS, "regional");
  const stock = await environmentOf("stock");
  assert.equal(stock.AWS_ROLE_ARN, irsaRole);
  assert.match(stock.AWS_WEB_IDENTITY_TOKEN_FILE, /\/var\/run\/secrets\/eks\.amazonaws\.com\/serviceaccount\/token$/);
  assert.equal(stock.AWS_CONTAINER_CREDENTIALS_FULL_URI, undefined);
});

test("a deleted pod's Pod Identity token is refused", async () => {
  await pods.pod("short", "cart");
  const agent = (await pods.run("short", ["sh", "-c", "echo $AWS_CONTAINER_CREDENTIALS_FULL_URI"])).stdout.trim();
  const token = (await pods.run("short", CAT("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"))).stdout;
  await pods.deletePod("short");
  const answer = await fetch(agent, { headers: { authorization: token } });
  assert.equal(answer.status, 400);
  assert.match(await answer.text(), /InvalidTokenException/);
  const { code, stderr } = await pods.run("short", ["true"]);
  assert.equal(code, 1);
  assert.match(stderr, /There is no pod shop\/short in cluster main; list them with: kubectl get pods -A/);
});

test("the tokens of a pod open nothing but their own door", async () => {
  const podToken = (await pods.run("cart", CAT("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"))).stdout;
  const webToken = (await pods.run("stock", CAT("AWS_WEB_IDENTITY_TOKEN_FILE"))).stdout;
  const { sts } = scenario.test.clients;
  const assume = (WebIdentityToken: string) =>
    sts.send(new AssumeRoleWithWebIdentityCommand({ RoleArn: irsaRole, RoleSessionName: "pod", WebIdentityToken }));
  assert.match((await assume(webToken)).AssumedRoleUser!.Arn!, PATTERN.irsa);
  await assert.rejects(assume(podToken), { name: "InvalidIdentityTokenException" });
  const agent = (await pods.run("cart", ["sh", "-c", "echo $AWS_CONTAINER_CREDENTIALS_FULL_URI"])).stdout.trim();
  const answer = await fetch(agent, { headers: { authorization: webToken } });
  assert.equal(answer.status, 400);
});

test("without the association new pods have only their node's role", async () => {
  await scenario.test.clients.eks.send(new DeletePodIdentityAssociationCommand({ clusterName: scenario.name, associationId }));
  const fresh = await pods.pod("fresh", "cart");
  assert.deepEqual(
    (fresh.spec.containers[0].env ?? []).filter(({ name }: { name: string }) => name.startsWith("AWS_")),
    [],
  );
  assert.match((await ask(pods, "fresh", WITH_REGION)).arn, PATTERN.node);
});
