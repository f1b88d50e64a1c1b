// What callers need for Fargate profiles, identity providers, keys and registrations: actions, resources, roles to pass, condition keys.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { type Control, control } from "./runtimes.ts";
import { ACCOUNT, clusterRequest, createWorld, type Ground, makeGround, makeRole, refusal, trust, type World } from "./world.ts";

let world: World;
let ground: Ground;
let running: Control;
let pods: string;
let serial = 0;

before(async () => {
  world = createWorld();
  ground = await makeGround(world);
  await world.eks("CreateCluster", clusterRequest(ground));
  running = control(world);
  await running.settle();
  pods = await makeRole(world, "pods", trust("eks-fargate-pods.amazonaws.com"));
});
after(async () => {
  await running.close();
  world.close();
});

const allow = (Action: string | string[], Resource: string | string[] = "*", Condition: object = {}) => ({
  Effect: "Allow",
  Action,
  Resource,
  Condition,
});

/** Somebody with these statements, as call options. */
async function somebody(...Statement: object[]) {
  const UserName = `u${++serial}`;
  await world.call("iam", "CreateUser", { UserName });
  const PolicyDocument = JSON.stringify({ Version: "2012-10-17", Statement });
  await world.call("iam", "PutUserPolicy", { UserName, PolicyName: "p", PolicyDocument });
  const { AccessKey } = await world.call("iam", "CreateAccessKey", { UserName });
  return { caller: world.iam.credentials.credential(AccessKey!.AccessKeyId!)!.caller };
}

const denied = async (promise: Promise<unknown>, what: RegExp) => {
  const error = await refusal(promise);
  assert.equal(error.code, "AccessDeniedException");
  assert.match(error.message, what);
};

test("a Fargate profile takes the action on the cluster, the role, the linked role and tags", async () => {
  const profile = {
    clusterName: "dev",
    fargateProfileName: "fp",
    podExecutionRoleArn: pods,
    selectors: [{ namespace: "a" }],
    tags: { team: "a" },
  };
  const cluster = `arn:aws:eks:us-west-2:${ACCOUNT}:cluster/dev`;
  const steps: [statements: object[], missing: RegExp | undefined][] = [
    [[allow("eks:CreateFargateProfile", `${cluster}x`)], /perform: eks:CreateFargateProfile on resource: .*:cluster\/dev/],
    [[allow("eks:CreateFargateProfile", cluster)], /perform: iam:PassRole on resource: .*role\/pods/],
    [
      [
        allow("eks:CreateFargateProfile", cluster),
        allow("iam:PassRole", pods, { StringEquals: { "iam:PassedToService": "ec2.amazonaws.com" } }),
      ],
      /perform: iam:PassRole/,
    ],
    [[allow("eks:CreateFargateProfile", cluster), allow("iam:PassRole", pods)], /perform: iam:CreateServiceLinkedRole/],
    [[allow("eks:CreateFargateProfile", cluster), allow(["iam:PassRole", "iam:CreateServiceLinkedRole"])], /perform: eks:TagResource/],
    [[allow("eks:*", "*", { StringEquals: { "aws:RequestTag/team": "b" } }), allow("iam:*")], /perform: eks:CreateFargateProfile/],
    [
      [
        allow(["eks:CreateFargateProfile", "eks:TagResource"], cluster),
        allow("iam:PassRole", pods, { StringEquals: { "iam:PassedToService": "eks-fargate-pods.amazonaws.com" } }),
        allow("iam:CreateServiceLinkedRole", "*", { StringEquals: { "iam:AWSServiceName": "eks-fargate.amazonaws.com" } }),
      ],
      undefined,
    ],
  ];
  for (const [statements, missing] of steps) {
    const attempt = world.eks("CreateFargateProfile", profile, await somebody(...statements));
    if (missing) await denied(attempt, missing);
    else await attempt;
  }
  await running.settle();
  const name = { clusterName: "dev", fargateProfileName: "fp" };
  const other = await somebody(allow("eks:*", `arn:aws:eks:us-west-2:${ACCOUNT}:fargateprofile/dev/other/*`));
  await denied(world.eks("DescribeFargateProfile", name, other), /fargateprofile\/dev\/fp\//);
  const tagged = await somebody(allow("eks:*", "*", { StringEquals: { "aws:ResourceTag/team": "a" } }));
  await world.eks("DescribeFargateProfile", name, tagged);
  const untagged = await somebody(allow("eks:*", "*", { StringEquals: { "aws:ResourceTag/team": "b" } }));
  await denied(world.eks("DeleteFargateProfile", name, untagged), /eks:DeleteFargateProfile/);
});

test("issuer and client of an identity provider are condition keys, as the guards of the documentation expect", async () => {
  const oidc = (issuerUrl: string, clientId: string) => ({
    clusterName: "dev",
    oidc: { identityProviderConfigName: "a", issuerUrl, clientId },
  });
  const pool = "https://cognito-idp.us-west-2.amazonaws.com/us-west-2_abc";
  const guard = {
    Effect: "Deny",
    Action: "eks:AssociateIdentityProviderConfig",
    Resource: `arn:aws:eks:us-west-2:${ACCOUNT}:cluster/*`,
    Condition: { StringNotLikeIfExists: { "eks:issuerUrl": "https://cognito-idp.us-west-2.amazonaws.com/*" } },
  };
  const client = { ...guard, Condition: { StringNotEquals: { "eks:clientId": "kubernetes" } } };
  const as = await somebody(allow("eks:*"), guard, client);
  await denied(world.eks("AssociateIdentityProviderConfig", oidc("https://accounts.example.com", "kubernetes"), as), /explicit deny/);
  await denied(world.eks("AssociateIdentityProviderConfig", oidc(pool, "other"), as), /explicit deny/);
  await world.eks("AssociateIdentityProviderConfig", oidc(pool, "kubernetes"), as);
  await running.settle();
});

test("the key for Secrets is a condition key", async () => {
  const keyArn = `arn:aws:kms:us-west-2:${ACCOUNT}:key/11111111-2222-3333-4444-555555555555`;
  const input = { clusterName: "dev", encryptionConfig: [{ resources: ["secrets"], provider: { keyArn } }] };
  const only = { StringEquals: { "eks:encryptionConfigProviderKeyArns": [`${keyArn}x`] } };
  const limited = await somebody(allow("eks:*", "*", { "ForAllValues:StringEquals": only.StringEquals }), allow("kms:*"));
  await denied(world.eks("AssociateEncryptionConfig", input, limited), /eks:AssociateEncryptionConfig/);
});

test("registration takes an activation in Systems Manager", async () => {
  const roleArn = await makeRole(world, "connector", trust("ssm.amazonaws.com"));
  const input = { name: "outside", connectorConfig: { roleArn, provider: "OTHER" as const } };
  const base = allow(["eks:RegisterCluster", "iam:PassRole", "iam:CreateServiceLinkedRole"]);
  await denied(world.eks("RegisterCluster", input, await somebody(base)), /ssm:CreateActivation/);
  await world.eks("RegisterCluster", input, await somebody(base, allow("ssm:*Activation")));
});
