// Short ways to write requests and policies in the tests of the engine.
import type { Conditions } from "../../src/aws/operation.ts";
import { type PolicyKind, parsePolicy } from "../../src/policy/parse.ts";
import type { AttachedPolicy, DecisionRequest, PrincipalIdentity } from "../../src/policy/types.ts";

export const ACCOUNT = "111122223333";
export const OTHER = "444455556666";

type StatementJson = Record<string, unknown>;

export function policy(statements: StatementJson | StatementJson[], kind: PolicyKind = "identity", version = "2012-10-17"): AttachedPolicy {
  return { name: kind, document: parsePolicy(JSON.stringify({ Version: version, Statement: statements }), kind) };
}

export const allow = (Action: unknown, Resource: unknown = "*", Condition: object = {}) => ({
  Effect: "Allow",
  Action,
  Resource,
  Condition,
});
export const deny = (Action: unknown, Resource: unknown = "*", Condition: object = {}) => ({ Effect: "Deny", Action, Resource, Condition });
export const trust = (Principal: unknown, Action: unknown = "sts:AssumeRole", Condition: object = {}) =>
  policy({ Effect: "Allow", Principal, Action, Condition }, "trust");

export const user = (name = "alice", accountId = ACCOUNT): PrincipalIdentity => ({
  kind: "user",
  accountId,
  arn: `arn:aws:iam::${accountId}:user/${name}`,
});

export const session = (role = "dev", name = "s", accountId = ACCOUNT): PrincipalIdentity => ({
  kind: "role-session",
  accountId,
  arn: `arn:aws:sts::${accountId}:assumed-role/${role}/${name}`,
  roleArn: `arn:aws:iam::${accountId}:role/${role}`,
});

export const root = (accountId = ACCOUNT): PrincipalIdentity => ({ kind: "root", accountId, arn: `arn:aws:iam::${accountId}:root` });
export const aws = (service: string): PrincipalIdentity => ({ kind: "service", accountId: "", arn: service });
export const webIdentity = (arn: string): PrincipalIdentity => ({ kind: "web-identity", accountId: ACCOUNT, arn });
export const anonymous: PrincipalIdentity = { kind: "anonymous", accountId: "", arn: "" };

export const cluster = (name: string, account = ACCOUNT, region = "us-west-2") => `arn:aws:eks:${region}:${account}:cluster/${name}`;
export const role = (name: string, account = ACCOUNT) => `arn:aws:iam::${account}:role/${name}`;

/** A request by alice that nothing allows, changed as asked. */
export function request(
  action: string,
  resource: string,
  change: { context?: Conditions; identity?: AttachedPolicy[] } & Partial<Omit<DecisionRequest, "action" | "resource">> = {},
): DecisionRequest {
  const { identity = [], context = {}, policies, ...rest } = change;
  return { action, resource, context, principal: user(), policies: { identity, ...policies }, ...rest };
}
