// The policy engine: decisions per second over ten policies, beside a bare loop that compares as many strings.
import { evaluate } from "../src/policy/evaluate.ts";
import { parsePolicy } from "../src/policy/parse.ts";
import type { AttachedPolicy, DecisionRequest } from "../src/policy/types.ts";
import type { Figure } from "./figure.ts";

const POLICIES = 10;
const COUNT = 100_000;
const ACCOUNT = "111122223333";

export function decisions(): Figure[] {
  const identity = Array.from({ length: POLICIES }, (_, i) => policy(i));
  const requests = Array.from({ length: 100 }, (_, i) => request(identity, i % POLICIES));
  const patterns = identity.flatMap((_, i) => [`eks:Action${i}`, cluster(i), `team-${i}`]);
  let allowed = 0;
  const decide = (i: number) => {
    if (evaluate(requests[i % requests.length] as DecisionRequest).allowed) allowed++;
  };
  const value = perSecond(decide);
  // Warming up and measuring: every request is one that its policy allows.
  if (allowed !== COUNT + COUNT / 10) throw new Error(`only ${allowed} requests were allowed`);
  let equal = 0;
  const bare = perSecond((i) => {
    const { action, resource } = requests[i % requests.length] as DecisionRequest;
    for (const pattern of patterns) if (pattern === action || pattern === resource) equal++;
  });
  if (equal === 0) throw new Error("the bare loop compared nothing");
  const reference = "bare loop of string comparisons";
  return [{ name: `policy decisions (${POLICIES} policies)`, value, unit: "decisions/s", ratio: value / bare, reference }];
}

function perSecond(run: (index: number) => void): number {
  for (let i = 0; i < COUNT / 10; i++) run(i);
  const began = performance.now();
  for (let i = 0; i < COUNT; i++) run(i);
  return COUNT / ((performance.now() - began) / 1000);
}

const cluster = (i: number) => `arn:aws:eks:us-west-2:${ACCOUNT}:cluster/team-${i}-main`;

/** A team's: its clusters under a tag, and nothing without the right source address. */
function policy(i: number): AttachedPolicy {
  const document = {
    Version: "2012-10-17",
    Statement: [
      {
        Effect: "Allow",
        Action: ["eks:Describe*", `eks:Action${i}`],
        Resource: `arn:aws:eks:*:${ACCOUNT}:cluster/team-${i}-*`,
        Condition: { StringEquals: { "aws:PrincipalTag/team": `team-${i}` } },
      },
      { Effect: "Deny", Action: `eks:Action${i}`, Resource: "*", Condition: { NotIpAddress: { "aws:SourceIp": "10.0.0.0/8" } } },
    ],
  };
  return { name: `team-${i}`, document: parsePolicy(JSON.stringify(document), "identity") };
}

function request(identity: readonly AttachedPolicy[], i: number): DecisionRequest {
  return {
    action: `eks:Action${i}`,
    resource: cluster(i),
    context: { "aws:PrincipalTag/team": `team-${i}`, "aws:SourceIp": "10.1.2.3" },
    principal: { kind: "user", accountId: ACCOUNT, arn: `arn:aws:iam::${ACCOUNT}:user/alice` },
    policies: { identity },
  };
}
