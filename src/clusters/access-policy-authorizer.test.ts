import assert from "node:assert/strict";
import { test } from "node:test";
import type { Attributes } from "../kubernetes/auth/types.ts";
import type { PolicyAssociation } from "./access.ts";
import { accessPolicyAuthorizer } from "./access-policy-authorizer.ts";

const ARN = "arn:aws:iam::111122223333:role/dev";
const user = { username: "dev", groups: ["system:authenticated"], extra: { canonicalArn: [ARN], principalId: ["AROA1"] } };
const ask = (changes: Partial<Attributes>): Attributes => ({
  user,
  verb: "get",
  group: "",
  version: "v1",
  resource: "pods",
  subresource: "",
  namespace: "team-a",
  name: "x",
  ...changes,
});
const cluster = { type: "cluster" } as const;
const namespaces = (...names: string[]) => ({ type: "namespace", namespaces: names }) as const;

function decide(policy: string, scope: PolicyAssociation["scope"], attributes: Attributes): string {
  const policies = [{ policyArn: `arn:aws:eks::aws:cluster-access-policy/${policy}`, scope }];
  const entry = { principalArn: ARN, principalId: "AROA1", type: "STANDARD", username: "dev", groups: [], policies };
  return accessPolicyAuthorizer(() => ({ mode: "API", creatorArn: undefined, entries: () => [entry] })).authorize(attributes).decision;
}

const CASES: [policy: string, scope: PolicyAssociation["scope"], changes: Partial<Attributes>, decision: "allow" | "no-opinion"][] = [
  ["AmazonEKSClusterAdminPolicy", cluster, { verb: "delete", resource: "nodes", namespace: "" }, "allow"],
  ["AmazonEKSClusterAdminPolicy", cluster, { path: "/metrics", resource: "" }, "allow"],
  ["AmazonEKSClusterAdminPolicy", namespaces("team-a"), { verb: "delete" }, "allow"],
  ["AmazonEKSClusterAdminPolicy", namespaces("team-a"), { resource: "nodes", namespace: "" }, "no-opinion"],
  ["AmazonEKSClusterAdminPolicy", namespaces("team-a"), { path: "/metrics", resource: "", namespace: "" }, "no-opinion"],
  ["AmazonEKSAdminPolicy", cluster, { verb: "create", group: "rbac.authorization.k8s.io", resource: "roles" }, "allow"],
  [
    "AmazonEKSAdminPolicy",
    cluster,
    { verb: "create", group: "rbac.authorization.k8s.io", resource: "clusterroles", namespace: "" },
    "no-opinion",
  ],
  ["AmazonEKSEditPolicy", cluster, { verb: "create", group: "rbac.authorization.k8s.io", resource: "roles" }, "no-opinion"],
  ["AmazonEKSEditPolicy", cluster, { verb: "patch", group: "apps", resource: "deployments" }, "allow"],
  ["AmazonEKSEditPolicy", cluster, { verb: "get", resource: "secrets" }, "allow"],
  ["AmazonEKSViewPolicy", cluster, { verb: "list" }, "allow"],
  ["AmazonEKSViewPolicy", cluster, { verb: "get", resource: "secrets" }, "no-opinion"],
  ["AmazonEKSViewPolicy", cluster, { verb: "create" }, "no-opinion"],
  ["AmazonEKSViewPolicy", cluster, { verb: "get", subresource: "log" }, "allow"],
  ["AmazonEKSViewPolicy", cluster, { verb: "get", subresource: "exec" }, "no-opinion"],
  ["AmazonEKSViewPolicy", namespaces("team-*"), {}, "allow"],
  ["AmazonEKSViewPolicy", namespaces("dev-*", "team-b"), {}, "no-opinion"],
  ["AmazonEKSViewPolicy", namespaces("*-a"), {}, "allow"],
  ["AmazonEKSViewPolicy", namespaces("team-a"), { verb: "list", namespace: "" }, "no-opinion"],
  ["AmazonEKSAdminViewPolicy", cluster, { verb: "get", resource: "secrets" }, "allow"],
  ["AmazonEKSAdminViewPolicy", cluster, { path: "/metrics", resource: "" }, "no-opinion"],
  ["AmazonEKSSecretReaderPolicy", cluster, { resource: "secrets" }, "allow"],
  ["AmazonEKSSecretReaderPolicy", cluster, { resource: "configmaps" }, "no-opinion"],
  ["AmazonEKSACKPolicy", cluster, { verb: "create", group: "s3.services.k8s.aws", resource: "buckets" }, "allow"],
  ["AmazonEKSACKPolicy", cluster, { verb: "create", group: "evil.example", resource: "buckets" }, "no-opinion"],
  ["AmazonEKSACKPolicy", cluster, { verb: "get", resource: "secrets" }, "no-opinion"],
  ["AmazonEKSArgoCDClusterPolicy", cluster, { path: "/apis/apps/v1", resource: "" }, "allow"],
  ["AmazonEKSArgoCDClusterPolicy", cluster, { path: "/metrics", resource: "" }, "no-opinion"],
  [
    "AmazonEKSArgoCDClusterPolicy",
    cluster,
    {
      verb: "delete",
      group: "apiextensions.k8s.io",
      resource: "customresourcedefinitions",
      namespace: "",
      name: "applications.argoproj.io",
    },
    "allow",
  ],
  [
    "AmazonEKSArgoCDClusterPolicy",
    cluster,
    { verb: "delete", group: "apiextensions.k8s.io", resource: "customresourcedefinitions", namespace: "", name: "others.example" },
    "no-opinion",
  ],
  [
    "AmazonEKSArgoCDPolicy",
    namespaces("argocd"),
    { verb: "patch", group: "argoproj.io", resource: "applications", namespace: "argocd" },
    "allow",
  ],
  ["AmazonEKSArgoCDPolicy", namespaces("argocd"), { verb: "get", resource: "secrets", namespace: "default" }, "no-opinion"],
  ["AmazonEKSKROPolicy", cluster, { verb: "delete", group: "kro.run", resource: "resourcegraphdefinitions" }, "allow"],
  ["AmazonEKSComputePolicy", cluster, { verb: "update", group: "coordination.k8s.io", resource: "leases" }, "allow"],
  ["AmazonEKSComputePolicy", cluster, { verb: "delete", resource: "nodes", namespace: "" }, "no-opinion"],
  ["AmazonEKSComputeClusterPolicy", cluster, { verb: "delete", resource: "nodes", namespace: "" }, "allow"],
  ["AmazonEKSComputeClusterPolicy", cluster, { verb: "create", subresource: "eviction" }, "allow"],
  ["AmazonEKSBlockStorageClusterPolicy", cluster, { verb: "create", resource: "persistentvolumes", namespace: "" }, "allow"],
  ["AmazonEKSBlockStorageClusterPolicy", cluster, { verb: "delete", resource: "persistentvolumeclaims" }, "no-opinion"],
  ["AmazonEKSLoadBalancingClusterPolicy", cluster, { verb: "patch", resource: "services", subresource: "status" }, "allow"],
  ["AmazonEKSLoadBalancingClusterPolicy", cluster, { verb: "delete", resource: "pods" }, "no-opinion"],
  [
    "AmazonEKSNetworkingClusterPolicy",
    cluster,
    { verb: "patch", group: "eks.amazonaws.com", resource: "cninodes", namespace: "" },
    "allow",
  ],
  ["AmazonEKSNetworkingClusterPolicy", cluster, { verb: "patch", resource: "pods" }, "no-opinion"],
  ["NoSuchPolicy", cluster, {}, "no-opinion"],
];

for (const [policy, scope, changes, decision] of CASES) {
  test(`${policy} ${JSON.stringify(scope)} ${JSON.stringify(changes)}: ${decision}`, () => {
    assert.equal(decide(policy, scope, ask(changes)), decision);
  });
}

test("a user who is not the principal itself gains nothing: impersonated, other id, no extra", () => {
  const extras: (Record<string, string[]> | undefined)[] = [
    undefined,
    {},
    { canonicalArn: [ARN] },
    { canonicalArn: [ARN], principalId: ["AROA2"] },
  ];
  for (const extra of extras) {
    assert.equal(
      decide("AmazonEKSClusterAdminPolicy", cluster, ask({ user: { username: "dev", groups: [], ...(extra && { extra }) } })),
      "no-opinion",
    );
  }
});
