// Making sessions of roles.
import type { RoleSessionCaller, SessionFacts, TagMap } from "../../aws/caller.ts";
import type { IssuedCredentials, RoleFacts } from "../ports.ts";
import type { StsDeps } from "./deps.ts";
import type { SessionPolicies } from "./session-request.ts";

/** A session about to be made; every check has been passed. */
export interface Grant extends SessionPolicies {
  readonly role: RoleFacts;
  readonly sessionName: string;
  readonly durationSeconds: number;
  readonly now: number;
  readonly tags: TagMap;
  readonly transitiveTagKeys: readonly string[];
  readonly sourceIdentity?: string | undefined;
  readonly chained?: boolean;
  readonly webIdentity?: SessionFacts["webIdentity"];
}

/** The caller that a session of a role is. */
export function roleSessionCaller(role: RoleFacts, sessionName: string, session: SessionFacts): RoleSessionCaller {
  const partition = role.arn.split(":")[1] ?? "aws";
  return {
    kind: "role-session",
    partition,
    accountId: role.accountId,
    arn: `arn:${partition}:sts::${role.accountId}:assumed-role/${role.name}/${sessionName}`,
    userId: `${role.id}:${sessionName}`,
    roleName: role.name,
    roleArn: role.arn,
    sessionName,
    session,
  };
}

/** Issues the credentials of a granted session. */
export function issueRoleSession(grant: Grant, { sessions }: StsDeps): IssuedCredentials {
  const { role, sessionName, now, tags, transitiveTagKeys, policies, policyArns, sourceIdentity, webIdentity } = grant;
  // AWS counts in whole seconds.
  const issuedAt = Math.floor(now / 1000) * 1000;
  const expiresAt = issuedAt + grant.durationSeconds * 1000;
  const caller = roleSessionCaller(role, sessionName, {
    issuedAt,
    expiresAt,
    tags,
    transitiveTagKeys,
    policies,
    policyArns,
    ...(sourceIdentity === undefined ? {} : { sourceIdentity }),
    ...(grant.chained ? { chained: true } : {}),
    ...(webIdentity ? { webIdentity } : {}),
  });
  return { ...sessions.issue(caller, expiresAt), assumedRoleArn: caller.arn, assumedRoleId: caller.userId };
}

/** Credentials as operations answer them. */
export const credentialsView = (issued: Pick<IssuedCredentials, "accessKeyId" | "secretAccessKey" | "sessionToken" | "expiration">) => ({
  AccessKeyId: issued.accessKeyId,
  SecretAccessKey: issued.secretAccessKey,
  SessionToken: issued.sessionToken,
  Expiration: new Date(issued.expiration),
});
