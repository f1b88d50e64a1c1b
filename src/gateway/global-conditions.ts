// Global condition keys of a request (IAM User Guide, "AWS global condition context keys"; spec identity §6.3).
import { isIP } from "node:net";
import type { Caller, SessionFacts, TagMap } from "../aws/caller.ts";
import type { Conditions, ConditionValue } from "../aws/operation.ts";
import type { IamDirectory, RequestFacts } from "../services/ports.ts";

/** Keys that describe the caller and the request. Those about the resource and the tags in the input are added elsewhere. */
export function globalConditions(caller: Caller, facts: RequestFacts, directory: IamDirectory): Conditions {
  return { ...requestKeys(facts), ...principalKeys(caller, directory), ...serviceKeys(caller), ...sessionKeys(sessionOf(caller)) };
}

function requestKeys({ now, secureTransport, sourceIp, userAgent, region }: RequestFacts): Conditions {
  return {
    "aws:CurrentTime": iso(now),
    "aws:EpochTime": Math.floor(now / 1000),
    "aws:SecureTransport": secureTransport,
    "aws:UserAgent": userAgent,
    "aws:RequestedRegion": region,
    ...(isIP(sourceIp) !== 0 && { "aws:SourceIp": sourceIp }),
  };
}

const PRINCIPAL_TYPES: Readonly<Record<Caller["kind"], string | undefined>> = {
  root: "Account",
  user: "User",
  "role-session": "AssumedRole",
  federated: "FederatedUser",
  service: undefined,
  anonymous: "Anonymous",
};

function principalKeys(caller: Caller, directory: IamDirectory): Conditions {
  if (caller.kind === "anonymous") return { "aws:PrincipalType": "Anonymous", "aws:PrincipalIsAWSService": false };
  if (caller.kind === "service") return {};
  const keys: Record<string, ConditionValue | undefined> = {
    "aws:PrincipalType": PRINCIPAL_TYPES[caller.kind],
    "aws:PrincipalAccount": caller.accountId,
    "aws:PrincipalArn": caller.kind === "role-session" ? caller.roleArn : caller.arn,
    "aws:PrincipalIsAWSService": false,
    "aws:userid": caller.userId,
    ...(caller.kind === "user" && { "aws:username": caller.userName }),
  };
  const tags = { ...principalTags(caller, directory), ...sessionOf(caller)?.tags };
  for (const [key, value] of Object.entries(tags)) keys[`aws:PrincipalTag/${key}`] = value;
  return keys;
}

function principalTags(caller: Caller, directory: IamDirectory): TagMap {
  if (caller.kind === "user") return directory.user(caller.accountId, caller.userName)?.tags ?? {};
  if (caller.kind === "role-session") return directory.role(caller.roleArn)?.tags ?? {};
  return {};
}

function serviceKeys(caller: Caller): Conditions {
  if (caller.kind !== "service") return {};
  return {
    "aws:PrincipalIsAWSService": true,
    "aws:PrincipalServiceName": caller.service,
    ...(caller.sourceArn !== undefined && { "aws:SourceArn": caller.sourceArn }),
    ...(caller.sourceAccount !== undefined && { "aws:SourceAccount": caller.sourceAccount }),
  };
}

function sessionOf(caller: Caller): SessionFacts | undefined {
  return "session" in caller ? caller.session : undefined;
}

// Long-term keys have none of these, so a policy can tell temporary credentials by their presence.
function sessionKeys(session: SessionFacts | undefined): Conditions {
  if (!session) return { "aws:ViaAWSService": false };
  const { issuedAt, mfa, sourceIdentity, webIdentity, invokedBy } = session;
  return {
    "aws:TokenIssueTime": iso(issuedAt),
    "aws:MultiFactorAuthPresent": mfa ?? false,
    "aws:ViaAWSService": invokedBy !== undefined,
    ...(invokedBy !== undefined && { "aws:CalledVia": [invokedBy], "aws:CalledViaFirst": invokedBy, "aws:CalledViaLast": invokedBy }),
    ...(sourceIdentity !== undefined && { "aws:SourceIdentity": sourceIdentity }),
    ...(webIdentity && webIdentityKeys(webIdentity)),
  };
}

// The issuer's own keys stay with the session: `oidc.eks.…/id/X:sub`.
function webIdentityKeys({ provider, subject, audience }: NonNullable<SessionFacts["webIdentity"]>): Conditions {
  const issuer = provider.slice(provider.indexOf("oidc-provider/") + "oidc-provider/".length);
  return { "aws:FederatedProvider": provider, [`${issuer}:sub`]: subject, [`${issuer}:aud`]: audience };
}

function iso(milliseconds: number): string {
  return new Date(milliseconds).toISOString().replace(/\.\d{3}Z$/, "Z");
}
