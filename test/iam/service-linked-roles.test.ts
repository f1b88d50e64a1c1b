import assert from "node:assert/strict";
import { test } from "node:test";
import { ACCOUNT, allow, EC2_TRUST, testIam } from "./support.ts";

// Names clients rely on (spec identity §6.8).
const roles: [string, string, string][] = [
  ["eks.amazonaws.com", "AWSServiceRoleForAmazonEKS", "AmazonEKSServiceRolePolicy"],
  ["eks-nodegroup.amazonaws.com", "AWSServiceRoleForAmazonEKSNodegroup", "AWSServiceRoleForAmazonEKSNodegroup"],
  ["eks-fargate.amazonaws.com", "AWSServiceRoleForAmazonEKSForFargate", "AmazonEKSForFargateServiceRolePolicy"],
  ["eks-connector.amazonaws.com", "AWSServiceRoleForAmazonEKSConnector", "AmazonEKSConnectorServiceRolePolicy"],
  ["outposts.eks-local.amazonaws.com", "AWSServiceRoleForAmazonEKSLocalOutpost", "AmazonEKSLocalOutpostServiceRolePolicy"],
  ["autoscaling.amazonaws.com", "AWSServiceRoleForAutoScaling", "AutoScalingServiceRolePolicy"],
  ["dashboard.eks.amazonaws.com", "AWSServiceRoleForAmazonEKSDashboard", "AmazonEKSDashboardServiceRolePolicy"],
];

for (const [AWSServiceName, name, policy] of roles) {
  test(`the service-linked role of ${AWSServiceName}`, async () => {
    const { run, directory } = testIam();
    const { Role } = await run("CreateServiceLinkedRole", { AWSServiceName });
    assert.equal(Role?.Arn, `arn:aws:iam::${ACCOUNT}:role/aws-service-role/${AWSServiceName}/${name}`);
    const PolicyArn = `arn:aws:iam::aws:policy/aws-service-role/${policy}`;
    assert.deepEqual((await run("ListAttachedRolePolicies", { RoleName: name })).AttachedPolicies, [{ PolicyName: policy, PolicyArn }]);
    const facts = directory.ensureServiceLinkedRole(ACCOUNT, AWSServiceName);
    assert.deepEqual(
      [facts.arn, facts.serviceLinked, facts.trust.statements[0]?.principals],
      [Role?.Arn, true, { Service: [AWSServiceName] }],
    );
    await assert.rejects(run("CreateServiceLinkedRole", { AWSServiceName }), {
      code: "InvalidInput",
      message: `Service role name ${name} has been taken in this account, please try a different suffix.`,
    });
  });
}

test("the service describes its role; one made by the customer has the customer's words or none", async () => {
  const { run, directory } = testIam();
  directory.ensureServiceLinkedRole(ACCOUNT, "eks.amazonaws.com");
  assert.match((await run("GetRole", { RoleName: "AWSServiceRoleForAmazonEKS" })).Role?.Description ?? "", /Amazon EKS/);
  const { Role } = await run("CreateServiceLinkedRole", { AWSServiceName: "eks-nodegroup.amazonaws.com" });
  assert.equal(Role?.Description, undefined, "Terraform's second plan would take it away again");
  const described = await run("CreateServiceLinkedRole", { AWSServiceName: "eks-fargate.amazonaws.com", Description: "mine" });
  assert.equal(described.Role?.Description, "mine");
});

test("a service without one is refused by name", async () => {
  const { run, directory } = testIam();
  for (const AWSServiceName of ["lex.amazonaws.com", "constructor"]) {
    await assert.rejects(run("CreateServiceLinkedRole", { AWSServiceName }), { code: "InvalidInput", message: new RegExp(AWSServiceName) });
  }
  await assert.rejects(run("CreateServiceLinkedRole", { AWSServiceName: "eks.amazonaws.com", CustomSuffix: "x" }), {
    code: "InvalidInput",
  });
  assert.throws(() => directory.ensureServiceLinkedRole(ACCOUNT, "lex.amazonaws.com"));
});

test("only the service changes its role; the customer may edit the description", async () => {
  const { run } = testIam();
  await run("CreateServiceLinkedRole", { AWSServiceName: "eks.amazonaws.com" });
  const RoleName = "AWSServiceRoleForAmazonEKS";
  const PolicyArn = "arn:aws:iam::aws:policy/AmazonEKSClusterPolicy";
  const changes: Promise<unknown>[] = [
    run("DeleteRole", { RoleName }),
    run("UpdateAssumeRolePolicy", { RoleName, PolicyDocument: EC2_TRUST }),
    run("AttachRolePolicy", { RoleName, PolicyArn }),
    run("DetachRolePolicy", { RoleName, PolicyArn }),
    run("PutRolePolicy", { RoleName, PolicyName: "p", PolicyDocument: allow("*") }),
    run("UpdateRole", { RoleName, MaxSessionDuration: 7200 }),
    run("PutRolePermissionsBoundary", { RoleName, PermissionsBoundary: PolicyArn }),
    run("TagRole", { RoleName, Tags: [{ Key: "a", Value: "b" }] }),
  ];
  for (const change of changes) {
    await assert.rejects(change, {
      code: "UnmodifiableEntity",
      status: 400,
      message: `Cannot perform the operation on the protected role '${RoleName}' - this role is only modifiable by AWS`,
    });
  }
  await run("UpdateRole", { RoleName, Description: "mine" });
  assert.equal((await run("GetRole", { RoleName })).Role?.Description, "mine");
});

test("a service-linked role goes when nothing needs it", async () => {
  let usage = [{ region: "us-west-2", resources: [`arn:aws:eks:us-west-2:${ACCOUNT}:cluster/c`] }];
  const { run, directory } = testIam({ serviceRoleUsage: () => usage });
  directory.ensureServiceLinkedRole(ACCOUNT, "eks.amazonaws.com");
  const RoleName = "AWSServiceRoleForAmazonEKS";
  const first = await run("DeleteServiceLinkedRole", { RoleName });
  assert.match(first.DeletionTaskId ?? "", /^task\/aws-service-role\/eks\.amazonaws\.com\/AWSServiceRoleForAmazonEKS\/[0-9a-f-]{36}$/);
  const failed = await run("GetServiceLinkedRoleDeletionStatus", { DeletionTaskId: first.DeletionTaskId });
  assert.equal(failed.Status, "FAILED");
  assert.deepEqual(failed.Reason?.RoleUsageList, [{ Region: "us-west-2", Resources: usage[0]?.resources }]);
  assert.ok((await run("GetRole", { RoleName })).Role);
  usage = [];
  const second = await run("DeleteServiceLinkedRole", { RoleName });
  assert.deepEqual(await run("GetServiceLinkedRoleDeletionStatus", { DeletionTaskId: second.DeletionTaskId }), { Status: "SUCCEEDED" });
  await assert.rejects(run("GetRole", { RoleName }), { code: "NoSuchEntity" });
  await assert.rejects(run("GetServiceLinkedRoleDeletionStatus", { DeletionTaskId: "task/x" }), { code: "NoSuchEntity" });
  await run("CreateRole", { RoleName: "r", AssumeRolePolicyDocument: EC2_TRUST });
  await assert.rejects(run("DeleteServiceLinkedRole", { RoleName: "r" }), { code: "NoSuchEntity" });
});
