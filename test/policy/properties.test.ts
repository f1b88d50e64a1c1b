// What must hold for every set of policies.
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { evaluate } from "../../src/policy/evaluate.ts";
import { managedPolicy } from "../../src/policy/managed/managed-policies.ts";
import type { AttachedPolicy, DecisionRequest, Statement } from "../../src/policy/types.ts";
import { ACCOUNT, allow, cluster, OTHER, policy, request, role, root, session, user } from "./policies.ts";

const action = fc.constantFrom("eks:DescribeCluster", "eks:CreateCluster", "s3:GetObject", "sts:AssumeRole");
const resource = fc.constantFrom(cluster("dev"), cluster("prod"), role("r"), "*");
const actions = fc.array(fc.constantFrom("*", "eks:*", "eks:Describe*", "s3:GetObject", "sts:AssumeRole"), { minLength: 1, maxLength: 2 });
const resources = fc.array(fc.constantFrom("*", cluster("*"), cluster("dev"), role("*")), { minLength: 1, maxLength: 2 });
const conditions = fc.constantFrom<Statement["conditions"]>(
  {},
  {},
  { StringEquals: { "aws:tag": ["a"] } },
  { StringNotEquals: { "aws:tag": ["a"] } },
  { Null: { "aws:tag": ["true"] } },
);
const principals = fc.constantFrom<Statement["principals"]>(
  "*",
  { AWS: [ACCOUNT] },
  { AWS: [user().arn] },
  { AWS: [session().arn, role("dev")] },
  { AWS: [OTHER] },
  { Service: ["eks.amazonaws.com"] },
);

const statement = (effect: fc.Arbitrary<"Allow" | "Deny">, principal: boolean): fc.Arbitrary<Statement> =>
  fc
    .record({ effect, actions, resources, conditions, principals, notAction: fc.boolean(), notResource: fc.boolean() })
    .map(({ notAction, notResource, actions: names, resources: arns, principals: who, ...rest }) => ({
      ...rest,
      ...(notAction ? { notActions: names } : { actions: names }),
      ...(notResource ? { notResources: arns } : { resources: arns }),
      ...(principal && { principals: who }),
    }));

const anyEffect = fc.constantFrom<"Allow" | "Deny">("Allow", "Allow", "Deny");
const attached = (principal = false): fc.Arbitrary<AttachedPolicy> =>
  fc
    .array(statement(anyEffect, principal), { maxLength: 3 })
    .map((statements) => ({ name: "p", document: { version: "2012-10-17", statements } }));

const question: fc.Arbitrary<DecisionRequest> = fc
  .record(
    {
      action,
      resource,
      context: fc.constantFrom({}, { "aws:tag": "a" }, { "aws:tag": ["b", "c"] }),
      principal: fc.constantFrom(user(), session(), root(), user("x", OTHER)),
      resourceAccount: fc.constantFrom(ACCOUNT, OTHER),
      resourcePolicy: attached(true),
      identity: fc.array(attached(), { maxLength: 3 }),
      boundary: attached(),
      session: fc.array(attached(), { minLength: 1, maxLength: 2 }),
      serviceControl: fc.array(fc.array(attached(), { maxLength: 2 }), { maxLength: 2 }),
    },
    { requiredKeys: ["action", "resource", "context", "principal", "identity"] },
  )
  .map(({ identity, boundary, session: sessionPolicies, serviceControl, ...rest }) => ({
    ...rest,
    policies: {
      identity,
      ...(boundary && { boundary }),
      ...(sessionPolicies && { session: sessionPolicies }),
      ...(serviceControl && { serviceControl }),
    },
  }));

const check = (property: (asked: DecisionRequest, extra: Statement) => boolean, effect: "Allow" | "Deny" = "Allow") =>
  fc.assert(fc.property(question, statement(fc.constant(effect), false), property), { numRuns: 1500 });

const one = (extra: Statement): AttachedPolicy => ({ name: "extra", document: { version: "2012-10-17", statements: [extra] } });

test("a deny that matches always wins", () =>
  check((asked) => {
    const denyAll: Statement = { effect: "Deny", actions: ["*"], resources: ["*"], conditions: {} };
    const { policies } = asked;
    const decision = evaluate({ ...asked, policies: { ...policies, identity: [...policies.identity, one(denyAll)] } });
    return !decision.allowed && decision.explicit;
  }));

test("adding an Allow never takes away", () =>
  check((asked, extra) => {
    const { policies } = asked;
    const before = evaluate(asked);
    const after = evaluate({ ...asked, policies: { ...policies, identity: [...policies.identity, one(extra)] } });
    return (!before.allowed || after.allowed) && (!before.explicit || after.explicit);
  }));

test("adding a Deny never gives", () =>
  check((asked, extra) => {
    const { policies } = asked;
    return (
      !evaluate({ ...asked, policies: { ...policies, identity: [...policies.identity, one(extra)] } }).allowed || evaluate(asked).allowed
    );
  }, "Deny"));

test("boundary, session and organization only narrow", () =>
  check((asked) => {
    const { boundary: _, ...unbounded } = asked.policies;
    const { session: __, ...unlimited } = unbounded;
    const { serviceControl: ___, ...free } = unlimited;
    return !evaluate(asked).allowed || evaluate({ ...asked, policies: free }).allowed;
  }));

test("without policies nobody but root is allowed anything", () =>
  check((asked) => {
    const { resourcePolicy: _, ...bare } = asked;
    const decision = evaluate({ ...bare, policies: { identity: [] } });
    return asked.principal.kind === "root" ? true : !decision.allowed;
  }));

test("a refusal has a reason in the trace, a permission too", () =>
  check((asked) => {
    const { allowed, explicit, decidedBy, trace } = evaluate(asked);
    const matched = trace.filter((step) => step.matched && step.kind === decidedBy);
    if (explicit) return matched.some(({ effect }) => effect === "Deny");
    if (!allowed) return trace.every((step) => !step.matched || step.effect !== "Deny");
    return decidedBy === "root" || matched.some(({ effect }) => effect === "Allow");
  }));

test("a decision costs microseconds", () => {
  const administrator = managedPolicy("arn:aws:iam::aws:policy/AdministratorAccess")!;
  const names = [
    "AmazonEKSClusterPolicy",
    "AmazonEKS_CNI_Policy",
    "AmazonEKSComputePolicy",
    "AmazonEKSNetworkingPolicy",
    "AmazonEKSLoadBalancingPolicy",
  ];
  const ten = [...names, ...names.map((name) => name)].map((name) => managedPolicy(`arn:aws:iam::aws:policy/${name}`)!);
  const time = (identity: AttachedPolicy[]) => {
    const asked = request("eks:DescribeCluster", cluster("dev"), { identity, context: { "aws:username": "alice" } });
    for (let i = 0; i < 2000; i++) evaluate(asked);
    const started = performance.now();
    for (let i = 0; i < 5000; i++) evaluate(asked);
    return ((performance.now() - started) / 5000) * 1000;
  };
  const [single, many] = [time([administrator]), time(ten)];
  assert.ok(single < 50, `${single.toFixed(1)} µs with AdministratorAccess`);
  assert.ok(many < 500, `${many.toFixed(1)} µs with ten policies`);
});

test("hostile requests are decided quickly", () => {
  const statements = Array.from({ length: 300 }, (_, i) => allow(`s3:${"a*".repeat(20)}${i}`, `arn:aws:s3:::${"*a".repeat(40)}b`));
  const asked = request(`s3:${"a".repeat(200)}`, `arn:aws:s3:::${"a".repeat(2000)}`, { identity: [policy(statements)] });
  const started = performance.now();
  assert.equal(evaluate(asked).allowed, false);
  assert.ok(performance.now() - started < 1000);
});
