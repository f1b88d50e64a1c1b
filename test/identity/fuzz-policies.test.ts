// biome-ignore-all lint/suspicious/noTemplateCurlyInString: policy variables look like this
// Policies and trust documents under fire: only MalformedPolicyDocument comes out, what has a defect is refused, and deciding never throws.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { AwsError } from "../../src/aws/errors.ts";
import { evaluate } from "../../src/policy/evaluate.ts";
import { type PolicyKind, parsePolicy } from "../../src/policy/parse.ts";
import type { PolicyDocument } from "../../src/policy/types.ts";
import { dice, document, request, seeded } from "../policy/generate.ts";

const RUNS = 3000;
const KINDS: readonly PolicyKind[] = ["managed", "identity", "boundary", "trust", "resource", "session", "scp"];

/** The parsed document, or undefined if it was refused; anything but a refusal is rethrown. */
function parsed(text: string, kind: PolicyKind): PolicyDocument | undefined {
  try {
    return parsePolicy(text, kind);
  } catch (error) {
    if (error instanceof AwsError && error.code === "MalformedPolicyDocument") return undefined;
    throw error;
  }
}

const roll = dice(seeded(99));

function decideWith(policy: PolicyDocument): void {
  const question = request(roll);
  const attached = { name: "p", document: policy };
  const decision = evaluate({
    ...question,
    policies: { identity: [attached], boundary: attached, session: [attached] },
    resourcePolicy: attached,
  } as never);
  assert.equal(typeof decision.allowed, "boolean");
  assert.ok(decision.trace.length > 0 || policy.statements.length === 0);
}

const word = fc.constantFrom<unknown>(
  "*",
  "eks:*",
  "",
  "arn:aws:s3:::x",
  "Allow",
  "Deny",
  "allow",
  null,
  true,
  5,
  "${aws:username}",
  "${",
  "${}",
  "${a,'b'}",
  "__proto__",
  [],
  {},
  ["*"],
  [null],
  [["*"]],
  { AWS: "*" },
  { AWS: [] },
  { Foo: "x" },
);
const conditions = fc.dictionary(
  fc.constantFrom(
    "StringEquals",
    "StringLike",
    "Null",
    "Bool",
    "IpAddress",
    "NumericEquals",
    "DateLessThan",
    "ForAllValues:StringLike",
    "ForAnyValue:ArnLikeIfExists",
    "BinaryEquals",
    "Nope",
    "__proto__",
  ),
  fc.oneof(word, fc.dictionary(fc.constantFrom("aws:SourceIp", "aws:username", "x:y", "constructor"), fc.oneof(word, fc.string()))),
);
const statement = fc.record(
  {
    Sid: fc.oneof(word, fc.string()),
    Effect: fc.constantFrom<unknown>("Allow", "Deny", "Allow", "allow", null, 5),
    Action: fc.oneof(word, fc.string(), fc.array(word)),
    NotAction: word,
    Resource: fc.oneof(word, fc.string(), fc.array(word)),
    NotResource: word,
    Principal: word,
    NotPrincipal: word,
    Condition: fc.oneof(word, conditions),
    Extra: word,
  },
  { requiredKeys: ["Effect"] },
);
const anyDocument = fc.record(
  {
    Version: fc.constantFrom<unknown>("2012-10-17", "2012-10-17", "2008-10-17", "2020-01-01", null, 5),
    Id: word,
    Statement: fc.oneof(statement, fc.array(statement, { maxLength: 3 }), word),
    Extra: word,
  },
  { requiredKeys: ["Statement"] },
);

test(`${RUNS} documents of the right words in the wrong places`, () =>
  fc.assert(
    fc.property(anyDocument, fc.constantFrom(...KINDS), (json, kind) => {
      const policy = parsed(JSON.stringify(json), kind);
      if (policy) decideWith(policy);
    }),
    { numRuns: RUNS, seed: 10 },
  ));

test("any JSON and any text", () =>
  fc.assert(
    fc.property(fc.oneof(fc.json(), fc.string()), fc.constantFrom(...KINDS), (text, kind) => {
      assert.equal(parsed(text, kind), undefined);
    }),
    { numRuns: 1000, seed: 11 },
  ));

test("mutated texts of good documents", () =>
  fc.assert(
    fc.property(fc.nat(), fc.nat(2000), fc.constantFrom(...'"{}[]:,*\\ \u0000a'), fc.boolean(), (seed, where, char, insert) => {
      const text = JSON.stringify(document(dice(seeded(seed))));
      const at = where % text.length;
      const policy = parsed(text.slice(0, at) + char + text.slice(insert ? at : at + 1), "identity");
      if (policy) decideWith(policy);
    }),
    { numRuns: 2000, seed: 12 },
  ));

test("deep, wide and slow documents", () => {
  const before = performance.now();
  for (const text of ["[".repeat(100_000), '{"a":'.repeat(50_000), `{"Statement":${"[".repeat(5000)}${"]".repeat(5000)}}`])
    assert.equal(parsed(text, "identity"), undefined);
  const stars = `${"*a".repeat(2000)}b`;
  const slow = {
    Version: "2012-10-17",
    Statement: {
      Effect: "Allow",
      Action: `eks:${stars}`,
      Resource: `arn:aws:s3:::${stars}`,
      Condition: { StringLike: { "aws:username": stars } },
    },
  };
  const policy = parsed(JSON.stringify(slow), "identity");
  assert.ok(policy);
  const long = "a".repeat(20_000);
  const asked = {
    action: `eks:${long}`,
    resource: `arn:aws:s3:::${long}`,
    context: { "aws:username": long },
    principal: { kind: "user", accountId: "1", arn: "u" },
  };
  assert.equal(evaluate({ ...asked, policies: { identity: [{ name: "p", document: policy }] } } as never).allowed, false);
  assert.ok(performance.now() - before < 8000);
});

describe("a good trust document with one defect is refused", () => {
  const base = () => ({
    Version: "2012-10-17",
    Statement: {
      Sid: "One",
      Effect: "Allow",
      Principal: { Service: "pods.eks.amazonaws.com" } as unknown,
      Action: ["sts:AssumeRole", "sts:TagSession"] as unknown,
      Condition: { StringEquals: { "aws:SourceAccount": "111122223333" } } as unknown,
    },
  });
  type Base = ReturnType<typeof base> & { Statement: Record<string, unknown> };
  const defects: Record<string, (trust: Base) => unknown> = {
    "a resource": (trust) => (trust.Statement.Resource = "*"),
    "a NotResource": (trust) => (trust.Statement.NotResource = "*"),
    "no principal": (trust) => delete trust.Statement.Principal,
    "both principals": (trust) => (trust.Statement.NotPrincipal = "*"),
    "a principal of no kind": (trust) => (trust.Statement.Principal = { Robot: "x" }),
    "a principal that is a number": (trust) => (trust.Statement.Principal = 5),
    "a nested principal": (trust) => (trust.Statement.Principal = { AWS: [["111122223333"]] }),
    "an action of another service": (trust) => (trust.Statement.Action = "s3:GetObject"),
    "one action of another service": (trust) => (trust.Statement.Action = ["sts:AssumeRole", "iam:PassRole"]),
    "an action without service": (trust) => (trust.Statement.Action = "AssumeRole"),
    "no action": (trust) => delete trust.Statement.Action,
    "an empty action list": (trust) => (trust.Statement.Action = []),
    "both actions": (trust) => (trust.Statement.NotAction = "sts:GetCallerIdentity"),
    "an effect in other case": (trust) => (trust.Statement.Effect = "ALLOW"),
    "no effect": (trust) => delete (trust.Statement as Partial<Base["Statement"]>).Effect,
    "another version": (trust) => (trust.Version = "2013-10-17"),
    "an unknown operator": (trust) => (trust.Statement.Condition = { StringSame: { "aws:SourceAccount": "x" } }),
    "a condition that is a list": (trust) => (trust.Statement.Condition = ["StringEquals"]),
    "a set operator that is none": (trust) => (trust.Statement.Condition = { "ForSomeValues:StringEquals": { a: "b" } }),
    "a value that is an object": (trust) => (trust.Statement.Condition = { StringEquals: { "aws:SourceAccount": {} } }),
    "a date that is none": (trust) => (trust.Statement.Condition = { DateLessThan: { "aws:CurrentTime": "soon" } }),
    "an unknown member": (trust) => (trust.Statement.Allowed = true),
    "an unknown member at the top": (trust) => Object.assign(trust, { Statements: [] }),
    "no statement": (trust) => delete (trust as Partial<Base>).Statement,
    "a Sid that is a number": (trust) => ((trust.Statement as Record<string, unknown>).Sid = 5),
  };
  test("the good one is accepted", () => assert.ok(parsed(JSON.stringify(base()), "trust")));
  for (const [what, spoil] of Object.entries(defects)) {
    test(what, () => {
      const trust = base();
      spoil(trust as Base);
      assert.equal(parsed(JSON.stringify(trust), "trust"), undefined);
    });
  }
});
