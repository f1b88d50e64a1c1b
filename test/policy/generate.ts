// biome-ignore-all lint/suspicious/noTemplateCurlyInString: policy variables look like this
// Policies and requests by the thousand, out of words that often meet: repeatable from a seed.
import type { OpenQuestion } from "./second-opinion.ts";

/** A generator of numbers from 0 to below 1 (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

const A = "111122223333";
const B = "444455556666";
const ACTIONS = [
  "eks:DescribeCluster",
  "eks:ListClusters",
  "eks:CreateCluster",
  "s3:GetObject",
  "sts:AssumeRole",
  "sts:TagSession",
  "kms:Decrypt",
  "iam:PassRole",
];
const ACTION_PATTERNS = [
  "*",
  "eks:*",
  "eks:Describe*",
  "EKS:describecluster",
  "eks:*Cluster*",
  "eks:?escribeCluster",
  "s3:*",
  "s3:GetObject",
  "sts:Assume*",
  "sts:*",
  "kms:*",
  "iam:PassRole",
  "iam:*Role",
];
const RESOURCES = [
  `arn:aws:eks:us-west-2:${A}:cluster/dev`,
  `arn:aws:eks:us-west-2:${A}:cluster/prod`,
  `arn:aws:eks:eu-west-1:${B}:cluster/dev`,
  `arn:aws:iam::${A}:role/dev`,
  `arn:aws:iam::${B}:role/path/ops`,
  "arn:aws:s3:::bucket/alice/a:b/c",
  "arn:aws:s3:::bucket/red/x",
  "arn:aws:s3:::bucket/*/x",
  `arn:aws:kms:us-west-2:${A}:key/1234`,
  "*",
];
const RESOURCE_PATTERNS = [
  "*",
  "arn:aws:eks:*",
  `arn:aws:eks:*:${A}:cluster/*`,
  `arn:aws:eks:us-west-2:${A}:cluster/dev`,
  "arn:aws:eks:us-*-2:*:cluster/???",
  "arn:aws:iam::*:role/*",
  `arn:aws:iam::${A}:role/dev`,
  "arn:aws:s3:::bucket/*",
  "arn:aws:s3:::bucket/${aws:username}/*",
  "arn:aws:s3:::bucket/${aws:PrincipalTag/team}/*",
  "arn:aws:s3:::bucket/${aws:PrincipalTag/team, 'red'}/*",
  "arn:aws:s3:::bucket/${*}/x",
  "arn:aws:s3:::bucket/?${aws:nothing}*",
  "arn:aws:eks:${aws:RequestedRegion}:*:cluster/dev",
  "arn:aws:kms:*:*:key/*",
];
/** Condition keys: values requests have, and values policies ask for. */
const KEYS: readonly (readonly [key: string, operators: string, got: readonly unknown[], wanted: readonly unknown[]])[] = [
  ["aws:username", "String", ["alice", "bob"], ["alice", "ali*", "ALICE", "${aws:PrincipalTag/team}", "b?b", "*", ""]],
  ["aws:PrincipalTag/team", "String", ["red", "Red", "alice", ""], ["red", "r*", "${aws:username}", "${aws:none, 'red'}", "${*}", "*"]],
  ["aws:TagKeys", "String", [["env"], ["env", "team"], ["x"], []], ["env", "team", "e*", ["env", "team"]]],
  ["aws:RequestedRegion", "String", ["us-west-2", "eu-west-1"], ["us-west-2", "us-*", ["us-west-2", "eu-west-1"]]],
  ["s3:max-keys", "Numeric", [5, "10", "x", 1.5], [5, "10", "1e1", "x", [1, 10], "-1"]],
  [
    "aws:CurrentTime",
    "Date",
    ["2026-01-01T00:00:00Z", "2026-06-30T12:00:00Z"],
    ["2026-01-01T00:00:00Z", "2026-03-01", 1767225600, "2026-06-30T14:00:00+02:00"],
  ],
  ["aws:EpochTime", "Date", [1767225600, 1782820800], ["2026-01-01T00:00:00Z", 1767225600, "1767225601"]],
  ["aws:SecureTransport", "Bool", [true, false, "true"], [true, false, "true", "FALSE", "maybe"]],
  [
    "aws:SourceIp",
    "Ip",
    ["10.0.0.5", "10.1.0.5", "192.0.2.1", "2001:db8::1", "2001:db8:1::5"],
    ["10.0.0.0/16", "10.0.0.5", "0.0.0.0/0", "2001:db8::/32", "2001:db8::1", "::/0", ["10.0.0.0/8", "2001:db8::/48"], "10.0.0.5/31"],
  ],
  [
    "aws:SourceArn",
    "Arn",
    [`arn:aws:eks:us-west-2:${A}:cluster/dev`, `arn:aws:eks:us-west-2:${B}:cluster/dev`, "dev"],
    [
      `arn:aws:eks:*:${A}:*`,
      `arn:aws:eks:us-west-2:${A}:cluster/dev`,
      "arn:aws:eks:*:*:cluster/${aws:PrincipalTag/team}",
      "*",
      "arn:aws:eks:?s-west-2:*:cluster/*",
    ],
  ],
  ["x:blob", "Binary", ["aGk=", "aG8="], ["aGk=", "aGk", "aG8="]],
];
const OPERATORS: Readonly<Record<string, readonly string[]>> = {
  String: ["StringEquals", "StringNotEquals", "StringEqualsIgnoreCase", "StringNotEqualsIgnoreCase", "StringLike", "StringNotLike"],
  Numeric: ["", "Not", "LessThan", "LessThanEquals", "GreaterThan", "GreaterThanEquals"].map((each) => order("Numeric", each)),
  Date: ["", "Not", "LessThan", "LessThanEquals", "GreaterThan", "GreaterThanEquals"].map((each) => order("Date", each)),
  Bool: ["Bool"],
  Ip: ["IpAddress", "NotIpAddress"],
  Arn: ["ArnEquals", "ArnLike", "ArnNotEquals", "ArnNotLike"],
  Binary: ["BinaryEquals"],
};

function order(family: string, word: string): string {
  return word === "" ? `${family}Equals` : word === "Not" ? `${family}NotEquals` : family + word;
}

const PRINCIPALS: readonly OpenQuestion["principal"][] = [
  { kind: "user", accountId: A, arn: `arn:aws:iam::${A}:user/alice` },
  { kind: "user", accountId: B, arn: `arn:aws:iam::${B}:user/eve` },
  { kind: "role-session", accountId: A, arn: `arn:aws:sts::${A}:assumed-role/dev/s`, roleArn: `arn:aws:iam::${A}:role/dev` },
  {
    kind: "role-session",
    accountId: A,
    arn: `arn:aws:sts::${A}:assumed-role/AWSServiceRoleForAmazonEKS/EKS`,
    roleArn: `arn:aws:iam::${A}:role/aws-service-role/eks.amazonaws.com/AWSServiceRoleForAmazonEKS`,
  },
  { kind: "root", accountId: A, arn: `arn:aws:iam::${A}:root` },
  { kind: "root", accountId: B, arn: `arn:aws:iam::${B}:root` },
  { kind: "federated", accountId: A, arn: `arn:aws:sts::${A}:federated-user/fay` },
  { kind: "service", accountId: "", arn: "eks.amazonaws.com" },
  { kind: "web-identity", accountId: A, arn: `arn:aws:iam::${A}:oidc-provider/example.com` },
  { kind: "anonymous", accountId: "", arn: "" },
];
const PRINCIPAL_ELEMENTS = [
  "*",
  { AWS: "*" },
  { AWS: A },
  { AWS: [B, `arn:aws:iam::${A}:root`] },
  { AWS: `arn:aws:iam::${A}:user/alice` },
  { AWS: [`arn:aws:iam::${A}:role/dev`, `arn:aws:sts::${A}:assumed-role/dev/s`] },
  { AWS: [`arn:aws:iam::${A}:role/dev`, `arn:aws:sts::${A}:assumed-role/dev/s`, A] },
  { AWS: `arn:aws:iam::${A}:role/dev` },
  { AWS: `arn:aws:sts::${A}:federated-user/fay` },
  { Service: ["eks.amazonaws.com", "ec2.amazonaws.com"] },
  { Federated: `arn:aws:iam::${A}:oidc-provider/example.com` },
  { Service: "ec2.amazonaws.com", AWS: [A, `arn:aws:iam::${A}:user/alice`] },
];

/** Chance in words. */
export function dice(random: () => number) {
  const pick = <T>(from: readonly T[]): T => from[Math.floor(random() * from.length)] as T;
  const chance = (share: number) => random() < share;
  const some = <T>(from: readonly T[], most: number): T | T[] => {
    const one = pick(from);
    return chance(0.7) ? one : [one, ...Array.from({ length: Math.floor(random() * most) }, () => pick(from))];
  };
  return { pick, chance, some };
}

type Dice = ReturnType<typeof dice>;

function condition({ pick, chance }: Dice): object {
  const blocks: Record<string, Record<string, unknown>> = {};
  for (let i = chance(0.7) ? 1 : 2; i > 0; i--) {
    const [key, family, , wanted] = pick(KEYS);
    const typed = pick(OPERATORS[chance(0.93) ? family : "String"]!);
    const set = chance(0.25) ? pick(["ForAnyValue:", "ForAllValues:"]) : "";
    const operator = chance(0.08) ? "Null" : `${set}${typed}${chance(0.2) ? "IfExists" : ""}`;
    const cased = chance(0.15) ? key.toUpperCase() : key;
    blocks[operator] = { ...blocks[operator], [cased]: operator === "Null" ? pick(["true", "false", true]) : pick(wanted) };
  }
  return blocks;
}

function statement(roll: Dice, resourceBased: boolean): object {
  const { pick, chance, some } = roll;
  return {
    Effect: chance(0.78) ? "Allow" : "Deny",
    [chance(0.88) ? "Action" : "NotAction"]: some(ACTION_PATTERNS, 2),
    [chance(0.88) ? "Resource" : "NotResource"]: some(RESOURCE_PATTERNS, 2),
    ...(resourceBased && { [chance(0.88) ? "Principal" : "NotPrincipal"]: pick(PRINCIPAL_ELEMENTS) }),
    ...(chance(0.55) && { Condition: condition(roll) }),
  };
}

/** A policy document as JSON. */
export function document(roll: Dice, resourceBased = false): Record<string, unknown> {
  const count = roll.pick([1, 1, 2, 3]);
  const Statement = Array.from({ length: count }, () => statement(roll, resourceBased));
  return { Version: roll.chance(0.9) ? "2012-10-17" : "2008-10-17", Statement: count === 1 && roll.chance(0.5) ? Statement[0] : Statement };
}

/** Everything about a question but the request itself. */
export type Policies = Pick<OpenQuestion, "identity" | "boundary" | "session" | "serviceControl" | "resourcePolicy">;

export function policies(roll: Dice): Policies {
  const { chance, pick } = roll;
  const documents = (most: number, least = 0) => Array.from({ length: pick([least, 1, 1, most]) }, () => document(roll));
  return {
    identity: documents(3),
    ...(chance(0.2) && { boundary: document(roll) }),
    ...(chance(0.2) && { session: documents(2, 1) }),
    ...(chance(0.15) && { serviceControl: [documents(2, 1), ...(chance(0.4) ? [documents(1, 1)] : [])] }),
    ...(chance(0.45) && { resourcePolicy: document(roll, true) }),
  };
}

/** A request without policies. */
export function request(roll: Dice): Omit<OpenQuestion, keyof Policies> {
  const { pick, chance } = roll;
  const principal = pick(PRINCIPALS);
  const context = Object.fromEntries(KEYS.flatMap(([key, , got]) => (chance(0.65) ? [[key, pick(got)]] : []))) as OpenQuestion["context"];
  const trust = chance(0.2);
  const resource = pick(trust ? RESOURCES.filter((each) => each.includes(":role/")) : RESOURCES);
  const owner = /^\d{12}$/.exec(resource.split(":")[4] ?? "")?.[0];
  return {
    action: trust ? pick(["sts:AssumeRole", "STS:AssumeRole", "sts:TagSession"]) : pick(ACTIONS),
    resource,
    context,
    principal,
    resourceAccount: owner ?? (chance(0.8) ? principal.accountId || A : B),
  };
}
