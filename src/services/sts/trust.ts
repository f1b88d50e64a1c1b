// The question whether a role may be assumed: its trust policy, and the caller's own policies where AWS asks for them.
import type { Caller, TagMap } from "../../aws/caller.ts";
import type { Conditions } from "../../aws/operation.ts";
import { denialMessage } from "../../policy/denial-message.ts";
import type { PolicyDocument, PrincipalIdentity } from "../../policy/types.ts";
import type { RequestFacts, RoleFacts } from "../ports.ts";
import type { StsDeps } from "./deps.ts";

/** A wish to assume a role. */
export interface TrustQuestion {
  readonly caller: Caller;
  /** How policies see the caller; default: from the caller. */
  readonly principal?: PrincipalIdentity;
  readonly roleArn: string;
  /** Account in the role's ARN. */
  readonly account: string;
  /** Absent: there is no such role. */
  readonly role: RoleFacts | undefined;
  /** All must be allowed. */
  readonly actions: readonly string[];
  readonly conditions: Conditions;
  readonly facts: RequestFacts;
}

const TRUSTS_NOBODY: PolicyDocument = { version: "2012-10-17", statements: [] };

/**
 * AWS's sentence about the first action that is refused, or undefined if the role may be assumed. A role that does not exist is refused in the
 * words of one that does not trust the caller.
 */
export function trustRefusal(question: TrustQuestion, { directory, evaluate, globalConditions, weighed }: StsDeps): string | undefined {
  const { caller, role, roleArn, account, facts } = question;
  const principal = question.principal ?? identityOf(caller);
  // A session of a role, or a key of a user, that has been deleted since is nobody's, even if the name was used again.
  const policies = isCurrent(caller, directory) ? directory.policies(caller) : undefined;
  const context = {
    ...globalConditions(caller, facts),
    ...resourceTags(role?.tags ?? {}),
    "aws:ResourceAccount": account,
    ...question.conditions,
  };
  const document = role && policies ? role.trust : TRUSTS_NOBODY;
  for (const action of question.actions) {
    const request = {
      action,
      resource: roleArn,
      context,
      principal,
      policies: policies ?? { identity: [] },
      resourcePolicy: { name: "trust policy", document },
      resourceAccount: account,
    };
    const decision = evaluate(request);
    const allowed = decision.allowed && role !== undefined;
    weighed?.(facts.requestId, request, decision, allowed);
    if (!allowed) return denialMessage(request, decision.allowed ? { explicit: false, decidedBy: "role trust policy" } : decision);
  }
  return undefined;
}

function isCurrent(caller: Caller, directory: StsDeps["directory"]): boolean {
  if (caller.kind === "role-session") return directory.role(caller.roleArn)?.id === caller.userId.split(":")[0];
  if (caller.kind === "user") return directory.user(caller.accountId, caller.userName)?.id === caller.userId;
  return true;
}

function identityOf(caller: Caller): PrincipalIdentity {
  const { kind, accountId } = caller;
  if (caller.kind === "service") return { kind, accountId, arn: caller.service };
  return { kind, accountId, arn: caller.arn, ...(caller.kind === "role-session" ? { roleArn: caller.roleArn } : {}) };
}

function resourceTags(tags: TagMap): Conditions {
  return Object.fromEntries(
    Object.entries(tags).flatMap(([key, value]) => [
      [`aws:ResourceTag/${key}`, value],
      [`iam:ResourceTag/${key}`, value],
    ]),
  );
}

/** Condition keys of what an AssumeRole request asks for. */
export function requestConditions(request: {
  readonly sessionName: string;
  readonly tags: TagMap;
  readonly transitiveTagKeys: readonly string[];
  readonly externalId?: string | undefined;
  readonly sourceIdentity?: string | undefined;
}): Conditions {
  const { sessionName, tags, transitiveTagKeys, externalId, sourceIdentity } = request;
  const keys = Object.keys(tags);
  return {
    "sts:RoleSessionName": sessionName,
    "sts:ExternalId": externalId,
    "sts:SourceIdentity": sourceIdentity,
    ...(keys.length > 0 ? { "aws:TagKeys": keys } : {}),
    ...(transitiveTagKeys.length > 0 ? { "sts:TransitiveTagKeys": transitiveTagKeys } : {}),
    ...Object.fromEntries(Object.entries(tags).map(([key, value]) => [`aws:RequestTag/${key}`, value])),
  };
}
