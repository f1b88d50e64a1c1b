// biome-ignore-all lint/suspicious/noTemplateCurlyInString: policy variables look like this
// The EKS User Guide's policy examples and what they mean (spec identity §6.9), with the texts of §6.6.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Conditions } from "../../src/aws/operation.ts";
import { denialMessage } from "../../src/policy/denial-message.ts";
import { evaluate } from "../../src/policy/evaluate.ts";
import { parsePolicy } from "../../src/policy/parse.ts";
import type { AttachedPolicy, DecisionRequest } from "../../src/policy/types.ts";
import { ACCOUNT, allow, cluster, deny, policy, request, role, session } from "./policies.ts";

const OK = "allowed";
function outcome(asked: DecisionRequest): string {
  const decision = evaluate(asked);
  return decision.allowed ? OK : denialMessage(asked, decision).replace(/^.* on resource: \S+ ?/, "");
}
const noIdentity = (action: string) => `because no identity-based policy allows the ${action} action`;
const explicit = "with an explicit deny in an identity-based policy";

function example(name: string, policies: AttachedPolicy[], rows: [string, string, string, Conditions?][]): void {
  describe(name, () => {
    for (const [action, resource, expected, context = {}] of rows) {
      test(`${action} on ${resource} ${JSON.stringify(context)}`, () =>
        assert.equal(
          outcome(request(action, resource, { identity: policies, context })),
          expected === "no" ? noIdentity(action) : expected,
        ));
    }
  });
}

example(
  "P1 console",
  [policy([allow("eks:*"), allow("iam:PassRole", "*", { StringEquals: { "iam:PassedToService": "eks.amazonaws.com" } })])],
  [
    ["eks:CreateCluster", cluster("x"), OK],
    ["eks:ListClusters", cluster("*"), OK],
    ["iam:PassRole", role("r"), OK, { "iam:PassedToService": "eks.amazonaws.com" }],
    ["iam:PassRole", role("r"), "no", { "iam:PassedToService": "ec2.amazonaws.com" }],
    ["iam:PassRole", role("r"), "no", { "iam:PassedToService": "pods.eks.amazonaws.com" }],
    ["iam:GetRole", role("r"), "no"],
  ],
);

const self = [
  allow(["iam:GetUserPolicy", "iam:ListGroupsForUser", "iam:GetUser"], ["arn:aws:iam::*:user/${aws:username}"]),
  allow(["iam:ListUsers", "iam:GetPolicy"], "*"),
];
const alice = { "aws:username": "alice" };
example(
  "P2 self view",
  [policy(self)],
  [
    ["iam:GetUser", `arn:aws:iam::${ACCOUNT}:user/alice`, OK, alice],
    ["iam:GetUser", `arn:aws:iam::${ACCOUNT}:user/bob`, "no", alice],
    ["iam:GetUser", `arn:aws:iam::${ACCOUNT}:user/alice`, "no"],
    ["iam:ListUsers", "*", OK, alice],
  ],
);
example(
  "P2 in an old document",
  [policy(self, "identity", "2008-10-17")],
  [["iam:GetUser", `arn:aws:iam::${ACCOUNT}:user/alice`, "no", alice]],
);

const slr = role("aws-service-role/eks.amazonaws.com/AWSServiceRoleForAmazonEKS");
example(
  "P3 create",
  [
    policy([
      allow("eks:CreateCluster", cluster("my-cluster")),
      allow("iam:CreateServiceLinkedRole", slr, { "ForAnyValue:StringEquals": { "iam:AWSServiceName": "eks" } }),
      allow("iam:PassRole", role("cluster-role-name")),
    ]),
  ],
  [
    ["eks:CreateCluster", cluster("my-cluster"), OK],
    ["eks:CreateCluster", cluster("other"), "no"],
    ["eks:CreateCluster", cluster("my-cluster", ACCOUNT, "eu-west-1"), "no"],
    ["iam:PassRole", role("cluster-role-name"), OK],
    ["iam:PassRole", role("other"), "no"],
    ["iam:CreateServiceLinkedRole", slr, "no", { "iam:AWSServiceName": "eks.amazonaws.com" }],
    ["iam:CreateServiceLinkedRole", slr, OK, { "iam:AWSServiceName": "eks" }],
  ],
);

example(
  "P4 local cluster",
  [policy(allow(["iam:CreateInstanceProfile", "iam:GetInstanceProfile"], "arn:aws:iam::*:instance-profile/eks-local-*"))],
  [
    ["iam:CreateInstanceProfile", `arn:aws:iam::${ACCOUNT}:instance-profile/eks-local-x`, OK],
    ["iam:CreateInstanceProfile", `arn:aws:iam::${ACCOUNT}:instance-profile/web`, "no"],
  ],
);
test("P4 as published does not parse", () =>
  assert.throws(
    () => parsePolicy('{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["a:b",],"Resource":"*"}]}', "managed"),
    {
      code: "MalformedPolicyDocument",
    },
  ));

example(
  "P5 version update",
  [policy(allow("eks:UpdateClusterVersion", cluster("my-cluster")))],
  [
    ["eks:UpdateClusterVersion", cluster("my-cluster"), OK],
    ["eks:UpdateClusterConfig", cluster("my-cluster"), "no"],
    ["eks:UpdateClusterVersion", cluster("other"), "no"],
  ],
);

example(
  "P6 read",
  [policy(allow(["eks:DescribeCluster", "eks:ListClusters"]))],
  [
    ["eks:DescribeCluster", cluster("x"), OK],
    ["EKS:describecluster", cluster("x"), OK],
    ["eks:ListClusters", cluster("*"), OK],
    ["eks:DescribeNodegroup", `arn:aws:eks:us-west-2:${ACCOUNT}:nodegroup/a/b/c`, "no"],
  ],
);

example(
  "P7 OIDC guard",
  [policy([deny("eks:AssociateIdentityProviderConfig", cluster("*")), allow("eks:*")])],
  [
    ["eks:AssociateIdentityProviderConfig", cluster("x"), explicit],
    ["eks:DescribeCluster", cluster("x"), OK],
  ],
);
const cognito = "https://cognito-idp.us-west-2.amazonaws.com/";
const issuerGuard = [
  deny("eks:AssociateIdentityProviderConfig", cluster("*"), { StringNotLikeIfExists: { "eks:issuerUrl": `${cognito}*` } }),
  deny("eks:AssociateIdentityProviderConfig", cluster("*"), { StringNotEquals: { "eks:clientId": "kubernetes" } }),
  allow("eks:*"),
];
example(
  "P7 issuer and client guard",
  [policy(issuerGuard)],
  [
    ["eks:AssociateIdentityProviderConfig", cluster("x"), OK, { "eks:issuerUrl": `${cognito}p`, "eks:clientId": "kubernetes" }],
    ["eks:AssociateIdentityProviderConfig", cluster("x"), explicit, { "eks:issuerUrl": `${cognito}p`, "eks:clientId": "other" }],
    [
      "eks:AssociateIdentityProviderConfig",
      cluster("x"),
      explicit,
      { "eks:issuerUrl": "https://example.com", "eks:clientId": "kubernetes" },
    ],
  ],
);
example(
  "P7 as published",
  [policy([deny("eks:*", `arn:aws:eks:us-west-2.amazonaws.com:${ACCOUNT}:cluster/*`), allow("eks:*")])],
  [["eks:AssociateIdentityProviderConfig", cluster("x"), OK]],
);

test("P8 boundary, P9 session", () => {
  const identity = [policy(allow("*"))];
  const asked = request("eks:ListClusters", cluster("*"), { policies: { identity, boundary: policy(allow("s3:*")) } });
  assert.equal(outcome(asked), "because no permissions boundary allows the eks:ListClusters action");
  const narrowed = request("eks:ListClusters", cluster("*"), {
    principal: session(),
    policies: { identity, session: [policy(allow("eks:DescribeCluster"))] },
  });
  assert.equal(outcome(narrowed), "because no session policy allows the eks:ListClusters action");
});

const tagged = [
  allow("eks:DeleteCluster", "*", { StringEquals: { "aws:ResourceTag/env": "dev" } }),
  allow("eks:CreateCluster", "*", {
    StringLike: { "aws:RequestTag/env": "*" },
    "ForAllValues:StringEquals": { "aws:TagKeys": ["env"] },
  }),
];
example(
  "P10 tags",
  [policy(tagged)],
  [
    ["eks:DeleteCluster", cluster("x"), OK, { "aws:ResourceTag/env": "dev" }],
    ["eks:DeleteCluster", cluster("x"), "no", { "aws:ResourceTag/env": "prod" }],
    ["eks:DeleteCluster", cluster("x"), "no"],
    ["eks:CreateCluster", cluster("x"), OK, { "aws:RequestTag/env": "dev", "aws:TagKeys": ["env"] }],
    ["eks:CreateCluster", cluster("x"), "no", { "aws:RequestTag/env": "dev", "aws:TagKeys": ["env", "team"] }],
    ["eks:CreateCluster", cluster("x"), "no"],
  ],
);

const view = "arn:aws:eks::aws:cluster-access-policy/AmazonEKSViewPolicy";
const entry = `arn:aws:eks:us-west-2:${ACCOUNT}:access-entry/dev/role/${ACCOUNT}/r/1`;
const association = allow("eks:AssociateAccessPolicy", "*", {
  ArnLike: { "eks:policyArn": view },
  StringEquals: { "eks:accessScope": "namespace" },
  "ForAllValues:StringLike": { "eks:namespaces": "dev-*" },
});
example(
  "P11 access policies",
  [policy(association)],
  [
    ["eks:AssociateAccessPolicy", entry, OK, { "eks:policyArn": view, "eks:accessScope": "namespace", "eks:namespaces": ["dev-a"] }],
    [
      "eks:AssociateAccessPolicy",
      entry,
      "no",
      { "eks:policyArn": view, "eks:accessScope": "namespace", "eks:namespaces": ["dev-a", "prod"] },
    ],
    ["eks:AssociateAccessPolicy", entry, "no", { "eks:policyArn": view, "eks:accessScope": "cluster" }],
    [
      "eks:AssociateAccessPolicy",
      entry,
      "no",
      { "eks:policyArn": view.replace("View", "Edit"), "eks:accessScope": "namespace", "eks:namespaces": ["dev-a"] },
    ],
  ],
);

const strict = allow("eks:CreateCluster", "*", {
  Bool: { "eks:endpointPublicAccess": "false" },
  StringEquals: { "eks:kubernetesVersion": "1.33", "eks:authenticationMode": "API" },
});
const asked = { "eks:endpointPublicAccess": false, "eks:kubernetesVersion": "1.33", "eks:authenticationMode": "API" };
example(
  "P12 guarded creation",
  [policy(strict)],
  [
    ["eks:CreateCluster", cluster("x"), OK, asked],
    ["eks:CreateCluster", cluster("x"), "no", { ...asked, "eks:endpointPublicAccess": true }],
    ["eks:CreateCluster", cluster("x"), "no", { ...asked, "eks:endpointPublicAccess": undefined }],
    ["eks:CreateCluster", cluster("x"), "no", { ...asked, "eks:kubernetesVersion": "1.32" }],
    ["eks:CreateCluster", cluster("x"), "no", { ...asked, "eks:authenticationMode": undefined }],
  ],
);

example(
  "P13 deny all but reading",
  [policy([{ Effect: "Deny", NotAction: ["eks:Describe*", "eks:List*"], Resource: "*" }, allow("*")])],
  [
    ["eks:DescribeCluster", cluster("x"), OK],
    ["eks:DeleteCluster", cluster("x"), explicit],
  ],
);

test("the sentence of a refusal", () => {
  const asking = request("eks:CreateCluster", cluster("my-cluster"));
  assert.equal(
    denialMessage(asking, evaluate(asking)),
    "User: arn:aws:iam::111122223333:user/alice is not authorized to perform: eks:CreateCluster on resource: arn:aws:eks:us-west-2:111122223333:cluster/my-cluster because no identity-based policy allows the eks:CreateCluster action",
  );
});

test("kinds of policy and their wording", () => {
  const asking = request("sts:AssumeRole", role("r"));
  const suffix = (decidedBy: Parameters<typeof denialMessage>[1]["decidedBy"], isExplicit: boolean) =>
    denialMessage(asking, { explicit: isExplicit, decidedBy }).replace(/^.* on resource: \S+ /, "");
  assert.equal(suffix("role trust policy", false), "because no role trust policy allows the sts:AssumeRole action");
  assert.equal(suffix("role trust policy", true), "with an explicit deny in the role trust policy");
  assert.equal(suffix("permissions boundary", true), "with an explicit deny in a permissions boundary");
  assert.equal(suffix("service control policy", true), "with an explicit deny in a service control policy");
  assert.equal(suffix("resource-based policy", false), "because no resource-based policy allows the sts:AssumeRole action");
  assert.doesNotMatch(
    denialMessage({ ...asking, resourceAccount: "444455556666" }, { explicit: false, decidedBy: "role trust policy" }),
    /because/,
  );
});
