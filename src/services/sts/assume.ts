// AssumeRole as such: for callers from outside and for AWS services alike (spec identity §2.5).
import type { AssumeRoleRequest } from "@aws-sdk/client-sts";
import { isAccountId, parseArn } from "../../aws/arn.ts";
import type { Caller, SessionFacts, TagMap } from "../../aws/caller.ts";
import type { IssuedCredentials, RequestFacts, RoleFacts } from "../ports.ts";
import { validate } from "../validation.ts";
import type { StsDeps } from "./deps.ts";
import { accessDenied, invalidParameter, regionDisabled, validationError } from "./errors.ts";
import { issueRoleSession } from "./role-sessions.ts";
import { packedSize, sessionConstraints, sessionPolicies, sessionTags, sourceIdentityConstraint } from "./session-request.ts";
import { requestConditions, trustRefusal } from "./trust.ts";

const CHAINED_SECONDS = 3600;

/** What came of it. */
export interface Assumed {
  readonly credentials: IssuedCredentials;
  readonly packedPolicySize?: number | undefined;
  readonly sourceIdentity?: string | undefined;
}

/** Account of a role ARN. Throws ValidationError. */
export function roleAccount(arn: string): string {
  const parsed = parseArn(arn);
  if (parsed?.service !== "iam" || parsed.region !== "" || !isAccountId(parsed.account) || !/^role\/./.test(parsed.resource)) {
    throw validationError("Request ARN is invalid");
  }
  return parsed.account;
}

/** Lets `caller` assume a role. Throws ValidationError, AccessDenied and the errors of the session's parts; then nothing was issued. */
export function assumeRole(caller: Caller, input: AssumeRoleRequest, facts: RequestFacts, deps: StsDeps): Assumed {
  const { RoleArn: roleArn = "", RoleSessionName: sessionName = "" } = input;
  checkShape(input);
  refuseUnable(caller, input);
  const account = roleAccount(roleArn);
  if (!deps.regionEnabled(account, facts.region)) throw regionDisabled(account);
  const parent = caller.kind === "role-session" ? caller.session : undefined;
  const { tags, transitiveTagKeys } = allTags(input, parent);
  const sourceIdentity = inheritedIdentity(input.SourceIdentity, "session" in caller ? caller.session : undefined);
  const role = deps.directory.role(roleArn);

  const actions = ["sts:AssumeRole"];
  if (Object.keys(tags).length > 0) actions.push("sts:TagSession");
  if (sourceIdentity !== undefined) actions.push("sts:SetSourceIdentity");
  const conditions = requestConditions({ sessionName, tags, transitiveTagKeys, externalId: input.ExternalId, sourceIdentity });
  const refusal = trustRefusal({ caller, roleArn, account, role, actions, conditions, facts }, deps);
  if (refusal !== undefined || !role) throw accessDenied(refusal ?? "");

  const policies = sessionPolicies(input, account, deps.directory);
  const durationSeconds = duration(input.DurationSeconds, role, caller);
  const packedPolicySize = packedSize(policies, tags);
  const grant = {
    role,
    sessionName,
    durationSeconds,
    now: facts.now,
    tags,
    transitiveTagKeys,
    sourceIdentity,
    chained: parent !== undefined,
  };
  const credentials = issueRoleSession({ ...grant, ...policies }, deps);
  return { credentials, packedPolicySize, sourceIdentity };
}

function checkShape(input: AssumeRoleRequest): void {
  validate(
    ...sessionConstraints(input, 43200),
    { member: "externalId", value: input.ExternalId, min: 2, max: 1224, pattern: "[\\w+=,.@:\\/-]*" },
    { member: "transitiveTagKeys", value: input.TransitiveTagKeys, max: 50 },
    { member: "serialNumber", value: input.SerialNumber, min: 9, max: 256 },
    { member: "tokenCode", value: input.TokenCode, min: 6, max: 6, pattern: "[\\d]*" },
    sourceIdentityConstraint(input.SourceIdentity),
  );
}

function refuseUnable(caller: Caller, { SerialNumber, TokenCode, ProvidedContexts }: AssumeRoleRequest): void {
  if (caller.kind === "root") throw accessDenied("Roles may not be assumed by root accounts.");
  if (caller.kind === "federated" || caller.kind === "anonymous")
    throw accessDenied("Cannot call AssumeRole with federated user credentials");
  // There are no MFA devices here, so no code can be right.
  if (SerialNumber !== undefined || TokenCode !== undefined) {
    throw accessDenied(
      "MultiFactorAuthentication failed, unable to validate MFA code. Please verify your MFA serial number is valid and associated with this user.",
    );
  }
  if (ProvidedContexts?.length) throw validationError("Provided contexts are not supported.");
}

/** Tags of the request and those that come down from the calling session, which nobody can override. */
function allTags(input: AssumeRoleRequest, parent: SessionFacts | undefined): { tags: TagMap; transitiveTagKeys: string[] } {
  const own = sessionTags(input.Tags);
  const transitive = input.TransitiveTagKeys ?? [];
  const inheritedKeys = parent?.transitiveTagKeys ?? [];
  const inherited = Object.entries(parent?.tags ?? {}).filter(([key]) => has(inheritedKeys, key));
  if ([...Object.keys(own), ...transitive].some((key) => has(inheritedKeys, key))) {
    throw invalidParameter(
      "One of the specified transitive tag keys can't be set because it conflicts with a transitive tag key from the calling session.",
    );
  }
  if (!transitive.every((key) => has(Object.keys(own), key))) {
    throw invalidParameter("The specified transitive tag key must be included in the requested tags.");
  }
  return { tags: { ...own, ...Object.fromEntries(inherited) }, transitiveTagKeys: [...transitive, ...inheritedKeys] };
}

const has = (keys: readonly string[], wanted: string) => keys.some((key) => key.toLowerCase() === wanted.toLowerCase());

/** A source identity, once set, stays with all sessions that follow. */
function inheritedIdentity(given: string | undefined, parent: SessionFacts | undefined): string | undefined {
  const inherited = parent?.sourceIdentity;
  if (given !== undefined && inherited !== undefined && given !== inherited) {
    throw accessDenied("The source identity of the calling session cannot be changed.");
  }
  return inherited ?? given;
}

/** Seconds the session lasts. AWS services are not bound by the role's maximum (spec identity §2.5). */
function duration(asked: number | undefined, role: RoleFacts, caller: Caller): number {
  if (caller.kind === "role-session" && (asked ?? 0) > CHAINED_SECONDS) {
    throw validationError("The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining.");
  }
  return withinMaximum(asked, caller.kind === "service" ? Number.POSITIVE_INFINITY : role.maxSessionDurationSeconds);
}

/** The asked-for duration, default one hour. Throws ValidationError if it exceeds the role's. */
export function withinMaximum(asked: number | undefined, maximum: number): number {
  if (asked !== undefined && asked > maximum) {
    throw validationError("The requested DurationSeconds exceeds the MaxSessionDuration set for this role.");
  }
  return asked ?? 3600;
}
