import assert from "node:assert/strict";
import { test } from "node:test";
import { managedPolicies, managedPolicy } from "./managed-policies.ts";

test("every managed policy parses and has its ARN, path and version", () => {
  const all = managedPolicies("aws");
  assert.ok(all.length >= 37);
  for (const policy of all) {
    assert.ok(policy.document.statements.length > 0, policy.name);
    assert.match(policy.versionId, /^v\d+$/);
    assert.equal(policy.arn, `arn:aws:iam::aws:policy${policy.path}${policy.name}`);
    assert.ok(policy.createdAt > 0 && policy.updatedAt >= policy.createdAt);
  }
  assert.deepEqual(
    all.map(({ name }) => name),
    all.map(({ name }) => name).sort(),
  );
});

test("a policy is found by ARN, its document is parsed once", () => {
  const policy = managedPolicy("arn:aws:iam::aws:policy/AmazonEKSClusterPolicy")!;
  assert.equal(policy.versionId, "v10");
  assert.equal(policy.document, policy.document);
  assert.equal(managedPolicy("arn:aws:iam::aws:policy/service-role/AmazonEBSCSIDriverPolicy")?.path, "/service-role/");
  assert.equal(managedPolicy("arn:aws:iam::aws:policy/AmazonEBSCSIDriverPolicy"), undefined);
  assert.equal(managedPolicy("arn:aws:iam::111122223333:policy/AdministratorAccess"), undefined);
  assert.equal(managedPolicy("nonsense"), undefined);
});

test("policies of service-linked roles cannot be attached", () => {
  assert.equal(managedPolicy("arn:aws:iam::aws:policy/aws-service-role/AmazonEKSServiceRolePolicy")?.attachable, false);
  assert.equal(managedPolicy("arn:aws:iam::aws:policy/AdministratorAccess")?.attachable, true);
});

test("other partitions have their own ARNs, inside the documents too", () => {
  const policy = managedPolicy("arn:aws-cn:iam::aws:policy/AmazonEKS_CNI_Policy")!;
  assert.deepEqual(policy.document.statements[1]?.resources, ["arn:aws-cn:ec2:*:*:network-interface/*"]);
  assert.ok(!policy.documentText.includes("arn:aws:"));
});
