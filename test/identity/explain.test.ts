// `atoll explain` over a whole Atoll: decisions with their failing clauses, and pods' ways to their credentials.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { after, before, describe, test } from "node:test";
import { promisify } from "node:util";
import { CreateAddonCommand, CreatePodIdentityAssociationCommand } from "@aws-sdk/client-eks";
import { CreateOpenIDConnectProviderCommand, CreateRoleCommand, CreateUserCommand, PutUserPolicyCommand } from "@aws-sdk/client-iam";
import type { AccessReport, PodReport } from "../../src/base/access-report.ts";
import { accessText, podText } from "../../src/cli/commands/explain.ts";
import { ACCOUNT, ATOLL_COMMAND } from "../support/atoll.ts";
import { type Scenario, startScenario } from "../support/scenario.ts";
import { eventually } from "../support/wait.ts";

let scenario: Scenario;
before(async () => {
  scenario = await startScenario({ nodes: 1 });
});
after(() => scenario.test.close());

const ask = async <T>(path: string): Promise<{ status: number; body: T }> => {
  const { endpoint, adminToken } = scenario.test.connection;
  const response = await fetch(`${endpoint}/_atoll/${path}`, { headers: { authorization: `Bearer ${adminToken}` } });
  return { status: response.status, body: (await response.json()) as T };
};
const access = (as: string, action: string, resource: string, ...conditions: string[]) => {
  const query = new URLSearchParams({ as, action, resource });
  for (const condition of conditions) query.append("condition", condition);
  return ask<AccessReport>(`explain/access?${query}`);
};
const pod = (name: string) => ask<PodReport>(`clusters/${ACCOUNT}/us-west-2/main/explain/default/${name}`);
const document = (...Statement: object[]) => JSON.stringify({ Version: "2012-10-17", Statement });
const DEV = `arn:aws:eks:us-west-2:${ACCOUNT}:cluster/dev`;
const BOB = `arn:aws:iam::${ACCOUNT}:user/bob`;

describe("access", () => {
  before(async () => {
    const { iam } = scenario.test.clients;
    await iam.send(new CreateUserCommand({ UserName: "bob" }));
    const PolicyDocument = document(
      {
        Sid: "Tagged",
        Effect: "Allow",
        Action: "eks:DeleteCluster",
        Resource: "*",
        Condition: { StringEquals: { "aws:ResourceTag/env": "dev" } },
      },
      { Effect: "Allow", Action: "eks:Describe*", Resource: DEV },
      { Sid: "Never", Effect: "Deny", Action: "eks:DescribeAddon", Resource: "*" },
    );
    await iam.send(new PutUserPolicyCommand({ UserName: "bob", PolicyName: "mine", PolicyDocument }));
  });

  test("an allowed action names the statement that allows it", async () => {
    const { body } = await access(BOB, "eks:DescribeCluster", DEV);
    assert.equal(body.allowed, true);
    assert.deepEqual(
      body.statements.map(({ policy, statement, matched }) => [policy, statement, matched]),
      [["mine", 1, true]],
    );
    assert.equal(body.answer, undefined);
  });

  test("a missing condition key is named with what was wanted, and can be given", async () => {
    const { body } = await access(BOB, "eks:DeleteCluster", DEV);
    assert.equal(body.allowed, false);
    assert.equal(body.explicit, false);
    const [step] = body.statements;
    assert.equal(step?.failed, "Condition StringEquals aws:ResourceTag/env");
    assert.deepEqual([step?.wanted, step?.got], [["dev"], []]);
    assert.deepEqual(body.missingKeys, ["aws:ResourceTag/env"]);
    assert.equal(body.answer?.code, "AccessDeniedException");
    assert.equal(
      body.answer?.message,
      `User: ${BOB} is not authorized to perform: eks:DeleteCluster on resource: ${DEV} because no identity-based policy allows the eks:DeleteCluster action`,
    );
    assert.match(accessText(body), /DENIED: no identity-based policy allows eks:DeleteCluster\nAWS answers 403 AccessDeniedException/);
    assert.equal((await access(BOB, "eks:DeleteCluster", DEV, "aws:ResourceTag/env=dev")).body.allowed, true);
    assert.deepEqual((await access(BOB, "eks:DeleteCluster", DEV, "aws:ResourceTag/env=prod")).body.statements[0]?.got, ["prod"]);
  });

  test("an explicit deny wins and is named", async () => {
    const { body } = await access(BOB, "eks:DescribeAddon", DEV);
    assert.equal(body.explicit, true);
    assert.ok(body.statements.some(({ sid, matched, effect }) => sid === "Never" && matched && effect === "Deny"));
    assert.match(accessText(body), /DENIED explicitly by an identity-based policy/);
  });

  test("the trust policy of a role: services with and without their source, providers, users", async () => {
    const role = scenario.roles.cluster;
    assert.equal((await access("eks.amazonaws.com", "sts:AssumeRole", role)).body.allowed, true);
    const ec2 = (await access("ec2.amazonaws.com", "sts:AssumeRole", role)).body;
    assert.equal(ec2.allowed, false);
    assert.equal(ec2.statements[0]?.failed, "Principal");
    assert.deepEqual(ec2.statements[0]?.wanted, ["Service: eks.amazonaws.com"]);
    assert.equal((await access(BOB, "sts:AssumeRole", role)).body.answer?.code, "AccessDenied");
    const provider = `arn:aws:iam::${ACCOUNT}:oidc-provider/example.com`;
    const web = (await access(provider, "sts:AssumeRoleWithWebIdentity", role)).body;
    assert.equal(web.answer?.message, "Not authorized to perform sts:AssumeRoleWithWebIdentity");
  });

  for (const [why, as, action, resource] of [
    ["no such user", `${BOB}by`, "eks:DescribeCluster", DEV],
    ["no such role", `arn:aws:iam::${ACCOUNT}:role/none`, "eks:DescribeCluster", DEV],
    ["not a principal", "bob", "eks:DescribeCluster", DEV],
    ["not an action", BOB, "DescribeCluster", DEV],
    ["not a resource", BOB, "eks:DescribeCluster", "dev"],
    ["no such account", "999999999999", "eks:DescribeCluster", DEV],
  ] as const) {
    test(`refused: ${why}`, async () => {
      const { status, body } = await access(as, action, resource);
      assert.equal(status, 400);
      assert.ok((body as unknown as { message: string }).message.length > 10);
    });
  }

  test("the command prints both forms", async () => {
    const run = (...args: string[]) =>
      promisify(execFile)(process.execPath, [ATOLL_COMMAND, ...args], { env: scenario.test.environment() });
    const question = ["explain", "access", "--as", BOB, "eks:DeleteCluster", DEV, "--condition", "aws:ResourceTag/env=dev"];
    assert.match(
      (await run(...question)).stdout,
      /ALLOWED by identity-based policy\n\n\* Allow by identity-based policy mine, statement 0 \(Tagged\)/,
    );
    assert.equal((JSON.parse((await run("--output", "json", ...question)).stdout) as AccessReport).allowed, true);
  });
});

describe("pods", () => {
  const make = async (name: string, annotations: Record<string, string> = {}) => {
    const client = scenario.test.atoll.clusters.clusters()[0]!.client();
    await client.create("serviceaccounts", "default", { apiVersion: "v1", kind: "ServiceAccount", metadata: { name, annotations } });
    const spec = { serviceAccountName: name, containers: [{ name: "main", image: "x" }] };
    await client.create("pods", "default", { apiVersion: "v1", kind: "Pod", metadata: { name }, spec });
    await eventually(`pod ${name} runs`, async () => client.get("pods", "default", name)?.status?.phase === "Running");
  };
  const steps = ({ steps: all }: PodReport) => all.map(({ step, verdict }) => `${step} ${verdict}`);

  test("without anything: the node role, through instance metadata", async () => {
    await make("plain");
    const { body } = await pod("plain");
    assert.equal(body.method, "instance-metadata");
    assert.match(body.session ?? "", /:assumed-role\/node\/i-/);
    assert.deepEqual(steps(body), ["pod ok", "entitlement warns", "webhook ok", "credential chain ok", "instance metadata warns"]);
  });

  test("IRSA: first the provider is missing, then the role, then the trust does not fit", async () => {
    const { iam } = scenario.test.clients;
    const issuer = scenario.cluster.identity!.oidc!.issuer!;
    const path = issuer.slice("https://".length);
    await make("irsa", { "eks.amazonaws.com/role-arn": `arn:aws:iam::${ACCOUNT}:role/irsa` });
    const first = (await pod("irsa")).body;
    assert.equal(first.method, "irsa");
    assert.equal(first.answer?.message, `No OpenIDConnect provider found in your account for ${issuer}`);
    await iam.send(new CreateOpenIDConnectProviderCommand({ Url: issuer, ClientIDList: ["sts.amazonaws.com"] }));
    const second = (await pod("irsa")).body;
    assert.equal(second.answer?.message, "Not authorized to perform sts:AssumeRoleWithWebIdentity");
    assert.ok(second.steps.some(({ text }) => text.includes("there is no role")));
    const trustFor = (sub: string) =>
      document({
        Effect: "Allow",
        Principal: { Federated: `arn:aws:iam::${ACCOUNT}:oidc-provider/${path}` },
        Action: "sts:AssumeRoleWithWebIdentity",
        Condition: { StringEquals: { [`${path}:sub`]: sub } },
      });
    await iam.send(new CreateRoleCommand({ RoleName: "irsa", AssumeRolePolicyDocument: trustFor("system:serviceaccount:default:other") }));
    const third = (await pod("irsa")).body;
    const failing = third.steps.find(({ step }) => step === "trust policy")?.decisions?.[0]?.statements[0];
    assert.equal(failing?.failed, `Condition StringEquals ${path}:sub`);
    assert.deepEqual([failing?.wanted, failing?.got], [["system:serviceaccount:default:other"], ["system:serviceaccount:default:irsa"]]);
    assert.match(podText(third), /FAILS {2}trust policy/);
    await iam.send(new CreateRoleCommand({ RoleName: "fits", AssumeRolePolicyDocument: trustFor("system:serviceaccount:default:fits") }));
    await make("fits", { "eks.amazonaws.com/role-arn": `arn:aws:iam::${ACCOUNT}:role/fits` });
    const good = (await pod("fits")).body;
    assert.equal(good.session, `arn:aws:sts::${ACCOUNT}:assumed-role/fits/explain`);
    assert.equal(good.answer, undefined);
  });

  test("Pod Identity: agent, node role, tags and trust; an association made later does not reach the pod", async () => {
    const { eks, iam } = scenario.test.clients;
    const roleTrust = (Condition: object) =>
      document({
        Effect: "Allow",
        Principal: { Service: "pods.eks.amazonaws.com" },
        Action: ["sts:AssumeRole", "sts:TagSession"],
        Condition,
      });
    await iam.send(
      new CreateRoleCommand({ RoleName: "pinned", AssumeRolePolicyDocument: roleTrust({ StringEquals: { "aws:SourceArn": `${DEV}x` } }) }),
    );
    await iam.send(new CreateRoleCommand({ RoleName: "open", AssumeRolePolicyDocument: roleTrust({}) }));
    const associate = (serviceAccount: string, role: string) =>
      eks.send(
        new CreatePodIdentityAssociationCommand({
          ...{ clusterName: "main", namespace: "default", serviceAccount, roleArn: `arn:aws:iam::${ACCOUNT}:role/${role}` },
        }),
      );
    await associate("pinned", "pinned");
    await associate("open", "open");
    await make("pinned");
    await make("open");
    const noAgent = (await pod("open")).body;
    assert.equal(noAgent.steps.at(-1)?.step, "agent");
    assert.equal(noAgent.steps.at(-1)?.verdict, "fails");
    await eks.send(new CreateAddonCommand({ clusterName: "main", addonName: "eks-pod-identity-agent" }));
    const good = await eventually("the agent runs", async () => {
      const { body } = await pod("open");
      return body.session !== undefined && body;
    });
    assert.match(good.session!, /:assumed-role\/open\/eks-main-open-/);
    assert.match(good.steps.find(({ step }) => step === "session tags")!.text, /kubernetes-service-account=open/);
    const bad = (await pod("pinned")).body;
    assert.equal(bad.answer?.message, "Unauthorized Exception! EKS does not have permissions to assume the associated role.");
    const failing = bad.steps.find(({ step }) => step === "trust policy")?.decisions?.[0]?.statements[0];
    assert.deepEqual([failing?.wanted, failing?.got], [[`${DEV}x`], [`arn:aws:eks:us-west-2:${ACCOUNT}:cluster/main`]]);
    await associate("plain", "open");
    const late = (await pod("plain")).body;
    assert.match(late.steps.find(({ step }) => step === "webhook")!.text, /act on new pods only/);
  });

  test("a pod that does not exist: 400 with a hint", async () => assert.equal((await pod("none")).status, 400));
});
