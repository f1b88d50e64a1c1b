import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { AwsError } from "../aws/errors.ts";
import { type PolicyKind, parsePolicy, policySize } from "./parse.ts";

const SYNTAX = "Syntax errors in policy.";
const VERSION = "Policy document must be version 2012-10-17 or greater.";
const LEGACY = "The policy failed legacy parsing";
const SIDS = "Statement IDs (SID) in a single policy must be unique.";
const ACTIONS = "Policy statement must contain actions.";
const RESOURCES = "Policy statement must contain resources.";
const VENDOR = "Resource vendor must be fully qualified and cannot contain regexes.";
const IAM_PATH =
  'IAM resource path must either be "*" or start with user/, federated-user/, role/, group/, instance-profile/, mfa/, server-certificate/, policy/, sms-mfa/, saml-provider/, oidc-provider/, report/, access-report/.';

const good = { Effect: "Allow", Action: "s3:ListBucket", Resource: "arn:aws:s3:::b" };
const text = (statement: unknown, rest: object = { Version: "2012-10-17" }) => JSON.stringify({ ...rest, Statement: statement });
const withResource = (Resource: unknown, rest: object = {}) => text({ ...good, Resource, ...rest });
const withCondition = (Condition: unknown) => text({ ...good, Condition });

function outcome(document: string, kind: PolicyKind): string {
  try {
    parsePolicy(document, kind);
    return "accepted";
  } catch (error) {
    assert.ok(error instanceof AwsError);
    assert.equal(error.code, "MalformedPolicyDocument");
    assert.equal(error.status, 400);
    return error.message;
  }
}

const notAFormat = (resource: string) => `Resource ${resource} must be in ARN format or "*".`;
const partition = (name: string, echoed: string) => `Partition "${name}" is not valid for resource "${echoed}".`;

const managedCases: [string, string, string][] = [
  ["good", text(good), "accepted"],
  ["list of statements", text([good, { ...good, Sid: "b" }]), "accepted"],
  ["not JSON", "this is not json", SYNTAX],
  ["empty", "", SYNTAX],
  ["JSON but no object", "[]", SYNTAX],
  ["null", "null", SYNTAX],
  ["no Statement", '{"Version":"2012-10-17"}', SYNTAX],
  ["empty Statement list", text([]), SYNTAX],
  ["statement is a string", text(["afd"]), SYNTAX],
  ["unknown top-level member", text(good, { Version: "2012-10-17", Extra: 1 }), SYNTAX],
  ["unknown statement member", text({ ...good, Extra: 1 }), SYNTAX],
  ["lower-case member", '{"version":"2012-10-17","statement":[]}', SYNTAX],
  ["Id not a string", text(good, { Version: "2012-10-17", Id: ["x"] }), SYNTAX],
  ["Id", text(good, { Version: "2012-10-17", Id: "x" }), "accepted"],
  ["Sid not a string", text({ ...good, Sid: {} }), SYNTAX],
  ["no Effect", text({ Action: "s3:*", Resource: "*" }), SYNTAX],
  ["Effect another word", text({ ...good, Effect: "Permit" }), SYNTAX],
  ["Version of another year", text(good, { Version: "2013-10-17" }), SYNTAX],
  ["Version a number", text(good, { Version: 2012 }), SYNTAX],
  ["Action and NotAction", text({ ...good, NotAction: "s3:x" }), SYNTAX],
  ["Resource and NotResource", text({ ...good, NotResource: "*" }), SYNTAX],
  ["nested Action list", text({ ...good, Action: [["s3:x"]] }), SYNTAX],
  ["Action object", text({ ...good, Action: {} }), SYNTAX],
  ["Resource object in list", withResource([{}]), SYNTAX],
  ["Condition a list", withCondition([]), SYNTAX],
  ["operator value a string", withCondition({ StringEquals: "x" }), SYNTAX],
  ["key value an object", withCondition({ StringEquals: { "aws:x": {} } }), SYNTAX],
  ["key value nested list", withCondition({ StringEquals: { "aws:x": [["y"]] } }), SYNTAX],
  ["unknown operator with content", withCondition({ StringIs: { "aws:x": "y" } }), SYNTAX],
  ["set prefix with two colons", withCondition({ "ForAnyValue::StringEquals": { "aws:x": "y" } }), SYNTAX],
  ["NullIfExists", withCondition({ NullIfExists: { "aws:x": "true" } }), SYNTAX],
  ["Condition {}", withCondition({}), "accepted"],
  ["known operator with {}", withCondition({ StringEquals: {} }), "accepted"],
  ["unknown operator with {}", withCondition({ StringIs: {} }), "accepted"],
  ["key with []", withCondition({ StringEquals: { "aws:x": [] } }), "accepted"],
  ["boolean operands", withCondition({ Bool: { "aws:x": true, "aws:y": [false] } }), "accepted"],
  ["set prefixes and IfExists", withCondition({ "ForAllValues:StringLikeIfExists": { "aws:x": "y" } }), "accepted"],
  ["null in a Resource list", withResource([null, "*"]), "accepted"],
  [
    "empty Sid twice",
    text([
      { ...good, Sid: "" },
      { ...good, Sid: "" },
    ]),
    "accepted",
  ],
  ["no Version", text(good, {}), VERSION],
  ["old Version", text(good, { Version: "2008-10-17" }), VERSION],
  ["old Version beats wrong-case Effect", text({ ...good, Effect: "allow" }, { Version: "2008-10-17" }), VERSION],
  ["old Version beats bad date", text({ ...good, Condition: { DateEquals: { a: "x" } } }, {}), VERSION],
  ["Effect denY", text({ ...good, Effect: "denY" }), LEGACY],
  ["Effect allow", text({ ...good, Effect: "allow" }), LEGACY],
  ["ARN of five parts", withResource("arn:aws:s3::bucket"), LEGACY],
  ["ARN without service", withResource("arn:aws::::x"), LEGACY],
  ["ARN without service, short", withResource("arn:aws::x"), LEGACY],
  ["legacy beats missing actions", text({ Effect: "Allow", Resource: "arn:aws::x" }), LEGACY],
  [
    "legacy beats equal Sids",
    text([
      { ...good, Sid: "a" },
      { ...good, Sid: "a", Resource: "arn:aws::x" },
    ]),
    LEGACY,
  ],
  [
    "equal Sids",
    text([
      { ...good, Sid: "a" },
      { ...good, Sid: "a" },
    ]),
    SIDS,
  ],
  [
    "equal Sids, second without Action",
    text([
      { ...good, Sid: "a" },
      { Sid: "a", Effect: "Allow", Resource: "*" },
    ]),
    SIDS,
  ],
  ["no Action", text({ Effect: "Allow", Resource: "*" }), ACTIONS],
  ["empty Action list in the second", text([good, { ...good, Action: [] }]), ACTIONS],
  ["empty Resource", withResource(""), notAFormat("")],
  ["Resource not an ARN", withResource("invalid resource"), notAFormat("invalid resource")],
  ["Resource list not an ARN, action bad too", withResource(["adf"], { Action: "invalid" }), notAFormat("adf")],
  ["a:b:c", withResource("a:b:c"), partition("b", "arn:b:c:*:*:*")],
  ["aws:s3:::x", withResource("aws:s3:::x"), partition("s3", "arn:s3:::x:*")],
  ["arn:error:s3:::x", withResource("arn:error:s3:::x"), partition("error", "arn:error:s3:::x")],
  ["another scheme", withResource("urn:aws:s3:::x"), notAFormat("urn:aws:s3:::x")],
  ["arn:aws", withResource("arn:aws"), VENDOR],
  ["IAM without path", withResource("arn:aws:iam:::example"), IAM_PATH],
  ["IAM everything", withResource("arn:aws:iam::111122223333:*"), "accepted"],
  [
    "IAM region",
    withResource("arn:aws:iam:us-east-1::user/x"),
    "IAM resource arn:aws:iam:us-east-1::user/x cannot contain region information.",
  ],
  ["S3 region", withResource("arn:aws:s3:us-east-1::b"), "Resource arn:aws:s3:us-east-1::b can not contain region information."],
  ["S3 access point", withResource("arn:aws:s3:us-east-1:111122223333:accesspoint/x"), "accepted"],
  ["unknown service", withResource("arn:aws:nosuch:::x"), "accepted"],
  ["short ARN", withResource("arn:aws:foo"), "accepted"],
  ["partition wildcard", withResource("arn:*:s3:::x"), "accepted"],
  ["any vendor", text({ ...good, Action: "ab.c-9:X" }), "accepted"],
  ["spaces after the colon", text({ ...good, Action: "s3: List Bucket" }), "accepted"],
  ["Action *", text({ ...good, Action: "*" }), "accepted"],
  ["Action invalid", text({ ...good, Action: "invalid" }), "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc."],
  ["Action empty", text({ ...good, Action: "" }), "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc."],
  ["two colons", text({ ...good, Action: "s3:List:Bucket" }), "Actions/Condition can contain only one colon."],
  ["vendor with a space", text({ ...good, Action: "a a:X" }), "Vendor a a is not valid"],
  ["no Resource", text({ Effect: "Allow", Action: "s3:x" }), RESOURCES],
  ["empty Resource list", withResource([]), RESOURCES],
  [
    "empty Resource list, action bad",
    withResource([], { Action: "x" }),
    "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.",
  ],
  ["Principal in an identity policy", text({ ...good, Principal: "*" }), "Policy document should not specify a principal."],
  [
    "Sid with a space",
    text({ ...good, Sid: "a b" }),
    "Statement IDs (SID) must be alpha-numeric. Check that your input satisfies the regular expression [0-9A-Za-z]*",
  ],
];

for (const [name, document, expected] of managedCases) {
  test(`managed policy: ${name}`, () => assert.equal(outcome(document, "managed"), expected));
}

const dates: [string, boolean][] = [
  ["2019-07-01T13:20:15Z", true],
  ["2019-07-01T13:20:37.593194+00:00", true],
  ["2019-07-01t2:00:00.593194+23", true],
  ["-292275054", true],
  ["01T", true],
  ["2019", true],
  ["1700000000", true],
  ["sdfdsf", false],
  ["234-13", false],
  ["2019-07-01T13:20:15+1", false],
  ["2019-07-01T13:20:15.1234567890Z", false],
  ["9223372036854775808", false],
  ["2019-07-32", false],
  ["2019-07-01T24:00:00Z", false],
  ["", false],
];

for (const [date, readable] of dates) {
  test(`date operand ${date || "(empty)"} is ${readable ? "accepted" : "refused"}`, () =>
    assert.equal(outcome(withCondition({ DateLessThan: { "aws:CurrentTime": date } }), "managed"), readable ? "accepted" : LEGACY));
}

const trust = { Effect: "Allow", Principal: { Service: "eks.amazonaws.com" }, Action: "sts:AssumeRole" };

const trustCases: [string, unknown, string][] = [
  ["good", trust, "accepted"],
  [
    "Pod Identity",
    { ...trust, Principal: { Service: "pods.eks.amazonaws.com" }, Action: ["sts:AssumeRole", "sts:TagSession"] },
    "accepted",
  ],
  [
    "IRSA",
    { ...trust, Principal: { Federated: "arn:aws:iam::111122223333:oidc-provider/oidc.eks.us-west-2.amazonaws.com/id/AB" } },
    "accepted",
  ],
  ["sts:*", { ...trust, Action: "sts:*" }, "accepted"],
  [
    "accounts, users, sessions",
    {
      ...trust,
      Principal: {
        AWS: [
          "111122223333",
          "arn:aws:iam::111122223333:root",
          "arn:aws:iam::111122223333:user/p/a",
          "arn:aws:sts::111122223333:assumed-role/r/s",
          "*",
        ],
      },
    },
    "accepted",
  ],
  ["Resource", { ...trust, Resource: "*" }, "Has prohibited field Resource."],
  ["NotResource", { ...trust, NotResource: "*" }, "Has prohibited field Resource."],
  ["no Principal", { Effect: "Allow", Action: "sts:AssumeRole" }, "Missing required field Principal"],
  ["other vendor", { ...trust, Action: "s3:GetObject" }, "AssumeRole policy may only specify STS AssumeRole actions."],
  [
    "other sts action",
    { ...trust, Action: "sts:GetSessionToken" },
    "Trust Policy statement actions can only be sts:AssumeRole, sts:AssumeRoleWithSAML,  and sts:AssumeRoleWithWebIdentity",
  ],
  [
    "wildcard in a principal ARN",
    { ...trust, Principal: { AWS: "arn:aws:iam::111122223333:role/*" } },
    'Invalid principal in policy: "AWS":"arn:aws:iam::111122223333:role/*"',
  ],
  ["nonsense AWS principal", { ...trust, Principal: { AWS: "bob" } }, 'Invalid principal in policy: "AWS":"bob"'],
  ["nonsense service", { ...trust, Principal: { Service: "eks" } }, 'Invalid principal in policy: "SERVICE":"eks"'],
  ["nonsense federated", { ...trust, Principal: { Federated: "*" } }, 'Invalid principal in policy: "FEDERATED":"*"'],
  ["unknown principal type", { ...trust, Principal: { Robot: "x" } }, SYNTAX],
  ["empty principal", { ...trust, Principal: {} }, SYNTAX],
  ["no action", { Effect: "Allow", Principal: "*" }, ACTIONS],
];

for (const [name, statement, expected] of trustCases) {
  test(`trust policy: ${name}`, () => {
    assert.equal(outcome(text(statement), "trust"), expected);
    assert.equal(outcome(text(statement, { Version: "2008-10-17" }), "trust"), expected);
  });
}

test("inline and session policies may have an old version or none; managed ones, boundaries and SCPs not", () => {
  for (const kind of ["identity", "session"] as const) {
    assert.equal(outcome(text(good, {}), kind), "accepted");
    assert.equal(parsePolicy(text(good, {}), kind).version, "2008-10-17");
  }
  for (const kind of ["managed", "boundary", "scp"] as const) assert.equal(outcome(text(good, {}), kind), VERSION);
});

test("a resource policy needs a principal and may leave the resource out", () => {
  assert.equal(outcome(text({ Effect: "Allow", Principal: "*", Action: "kms:*" }), "resource"), "accepted");
  assert.equal(outcome(text({ Effect: "Allow", Action: "kms:*", Resource: "*" }), "resource"), "Missing required field Principal");
});

test("single values become lists and only given members appear", () => {
  assert.deepEqual(parsePolicy(withCondition({ Bool: { "aws:x": true }, NumericEquals: { "aws:n": [1, "2"] } }), "managed"), {
    version: "2012-10-17",
    statements: [
      {
        effect: "Allow",
        actions: ["s3:ListBucket"],
        resources: ["arn:aws:s3:::b"],
        conditions: { Bool: { "aws:x": ["true"] }, NumericEquals: { "aws:n": ["1", "2"] } },
      },
    ],
  });
});

test("size counts all but white space", () => assert.equal(policySize(' { "a" :\n\t1 } '), 7));

test("hostile documents are refused as syntax errors, quickly", () => {
  const deep = "[".repeat(60_000);
  const hostile = [
    deep,
    `{"Statement":${"[".repeat(50_000)}${"]".repeat(50_000)}}`,
    "x".repeat(10_000_000),
    text({ ...good, ["__proto__" as string]: 1 }).replace('"Effect"', '"__proto__":{"Effect":"Allow"},"Effect"'),
    text({ ...good, constructor: 1 }),
    '{"Version":"2012-10-17","Statement":{"__proto__":{}}}',
  ];
  for (const document of hostile) assert.equal(outcome(document, "managed"), SYNTAX);
});

test("a condition key named __proto__ stays data", () => {
  const document = parsePolicy(
    '{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"StringEquals":{"__proto__":"x"}}}}',
    "managed",
  );
  assert.deepEqual(Object.entries(document.statements[0]!.conditions.StringEquals!), [["__proto__", ["x"]]]);
  assert.equal(({} as Record<string, unknown>)[0], undefined);
});

test("no text makes the parser throw anything but MalformedPolicyDocument", () => {
  const kinds: PolicyKind[] = ["managed", "identity", "boundary", "trust", "resource", "session", "scp"];
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.json(),
        fc.json().map((json) => `{"Statement":${json}}`),
      ),
      fc.constantFrom(...kinds),
      (document, kind) => {
        outcome(document, kind);
      },
    ),
    { numRuns: 500 },
  );
});
