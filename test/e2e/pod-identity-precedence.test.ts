// Which credentials a program takes that runs as a pod, whatever the pod has: the order of the SDKs' default chains (spec identity §3.6, §9).
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { CreatePodIdentityAssociationCommand } from "@aws-sdk/client-eks";
import { CreateOpenIDConnectProviderCommand } from "@aws-sdk/client-iam";
import { ACCOUNT, type Keys, REGION } from "../support/atoll.ts";
import { tokenOf } from "../support/kube.ts";
import { installAgent, PodMaker } from "../support/pod-identity.ts";
import { irsaTrust, podIdentityTrust } from "../support/policies.ts";
import { hasBoto3 } from "../support/run.ts";
import { createRole, createUser, type Scenario, startScenario } from "../support/scenario.ts";

const program = (name: string) => fileURLToPath(new URL(`../support/${name}`, import.meta.url));
const TOKEN_DIRECTORY = "/var/run/secrets/own";
const STATIC = /^arn:aws:iam::111122223333:user\/static$/;
const WEB_IDENTITY = /^arn:aws:sts::111122223333:assumed-role\/irsa\//;
const CONTAINER = /^arn:aws:sts::111122223333:assumed-role\/pods\/eks-main-/;
const NODE = /^arn:aws:sts::111122223333:assumed-role\/node\/i-[0-9a-f]{17}$/;

/** What the pod has besides what its service account brings. */
interface Own {
  readonly keys?: boolean;
  /** A projected token and the variables for it, written into the pod by its author. */
  readonly webIdentity?: boolean;
}

const ASSOCIATED = "associated";
const ANNOTATED = "annotated";
const BOTH = "both";
const NEITHER = "neither";

const ROWS: readonly { name: string; account: string; own: Own; expected: RegExp }[] = [
  { name: "nothing: the node's role, from instance metadata", account: NEITHER, own: {}, expected: NODE },
  { name: "an association: the agent before instance metadata", account: ASSOCIATED, own: {}, expected: CONTAINER },
  { name: "an annotation: the web identity before instance metadata", account: ANNOTATED, own: {}, expected: WEB_IDENTITY },
  { name: "association and annotation: the webhook takes the association only", account: BOTH, own: {}, expected: CONTAINER },
  {
    name: "an association and a web identity of the pod's own: the web identity before the agent",
    account: ASSOCIATED,
    own: { webIdentity: true },
    expected: WEB_IDENTITY,
  },
  { name: "keys and nothing else: the keys", account: NEITHER, own: { keys: true }, expected: STATIC },
  { name: "keys and an association: the keys", account: ASSOCIATED, own: { keys: true }, expected: STATIC },
  { name: "keys and an annotation: the keys", account: ANNOTATED, own: { keys: true }, expected: STATIC },
  { name: "keys and everything: the keys", account: BOTH, own: { keys: true, webIdentity: true }, expected: STATIC },
];
const podOf = (row: number) => `row-${row}`;

let scenario: Scenario;
let pods: PodMaker;

before(async () => {
  scenario = await startScenario({ nodes: 1 });
  const { eks, iam } = scenario.test.clients;
  await installAgent(scenario, await tokenOf(scenario));
  pods = await PodMaker.in(scenario, "shop");
  const roleArn = await createRole(iam, "pods", podIdentityTrust());
  for (const serviceAccount of [ASSOCIATED, BOTH])
    await eks.send(new CreatePodIdentityAssociationCommand({ clusterName: scenario.name, namespace: "shop", serviceAccount, roleArn }));
  const issuer = scenario.cluster.identity!.oidc!.issuer!;
  await iam.send(new CreateOpenIDConnectProviderCommand({ Url: issuer, ClientIDList: ["sts.amazonaws.com"] }));
  const irsaRole = await createRole(iam, "irsa", irsaTrust(ACCOUNT, issuer, "shop:*").replace("StringEquals", "StringLike"));
  const annotations = { "eks.amazonaws.com/role-arn": irsaRole };
  for (const account of [NEITHER, ASSOCIATED]) await pods.serviceAccount(account);
  for (const account of [ANNOTATED, BOTH]) await pods.serviceAccount(account, annotations);
  const keys = await createUser(iam, "static");
  await Promise.all(ROWS.map(({ account, own }, i) => pods.pod(podOf(i), account, content(own, keys, irsaRole))));
});
after(() => scenario?.test.close());

function content({ keys, webIdentity }: Own, { accessKeyId, secretAccessKey }: Keys, roleArn: string): object {
  const env: Record<string, string> = {
    // Nobody tells the pods without credentials of EKS their region: SDK v3 reads the first, boto3 the second.
    AWS_REGION: REGION,
    AWS_DEFAULT_REGION: REGION,
    ...(keys && { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey }),
    ...(webIdentity && { AWS_ROLE_ARN: roleArn, AWS_WEB_IDENTITY_TOKEN_FILE: `${TOKEN_DIRECTORY}/token` }),
  };
  const serviceAccountToken = { audience: "sts.amazonaws.com", expirationSeconds: 3600, path: "token" };
  return {
    container: {
      env: Object.entries(env).map(([name, value]) => ({ name, value })),
      ...(webIdentity && { volumeMounts: [{ name: "own", mountPath: TOKEN_DIRECTORY }] }),
    },
    spec: webIdentity ? { volumes: [{ name: "own", projected: { sources: [{ serviceAccountToken }] } }] } : {},
  };
}

const PROGRAMS = [
  { name: "SDK v3", command: [process.execPath, program("who-am-i-again.ts")], skip: false },
  { name: "boto3", command: ["python3", program("who-am-i-again.py")], skip: !(await hasBoto3()) && "needs python3 with boto3" },
];

describe("the first that is there", { concurrency: 2 }, () => {
  for (const [row, { name, expected }] of ROWS.entries())
    for (const { name: sdk, command, skip } of PROGRAMS)
      test(`${sdk}, ${name}`, { skip }, async () => {
        const { code, stdout, stderr } = await pods.run(podOf(row), command, "who am I?\n");
        assert.equal(code, 0, stderr);
        assert.match(JSON.parse(stdout).arn, expected);
      });
});

test("where both sets are present, both are there to be chosen from", async () => {
  const row = ROWS.findIndex(({ account, own }) => account === ASSOCIATED && own.webIdentity);
  const { stdout } = await pods.run(podOf(row), ["env"]);
  for (const variable of ["AWS_CONTAINER_CREDENTIALS_FULL_URI", "AWS_ROLE_ARN", "AWS_WEB_IDENTITY_TOKEN_FILE"])
    assert.match(stdout, new RegExp(`^${variable}=.`, "m"));
});
