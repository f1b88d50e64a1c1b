// userIdentity: who made a call, as CloudTrail tells it (spec audit §A.3).
import type { Caller, SessionFacts } from "../../aws/caller.ts";
import { eventTime, type UserIdentity } from "./event.ts";

/** What an AssumeRoleWithWebIdentity answer says about its caller. */
export interface WebIdentity {
  readonly provider: string;
  readonly audience: string;
  readonly subject: string;
}

/** Identity of a caller. `webIdentity` is known only for a successful exchange of a token. */
export function userIdentity(caller: Caller, webIdentity?: WebIdentity): UserIdentity {
  const { arn, accountId, userId, accessKeyId } = caller;
  const common = { principalId: userId, arn, accountId, ...(accessKeyId !== undefined && { accessKeyId }) };
  switch (caller.kind) {
    case "root":
      return { type: "Root", ...common };
    case "user":
      return { type: "IAMUser", ...common, userName: caller.userName, ...userSession(caller.session) };
    case "role-session":
      return {
        type: "AssumedRole",
        ...common,
        sessionContext: {
          sessionIssuer: {
            type: "Role",
            principalId: userId.split(":")[0],
            arn: caller.roleArn,
            accountId,
            userName: caller.roleName,
          },
          webIdFederationData: caller.session.webIdentity ? { federatedProvider: caller.session.webIdentity.provider, attributes: {} } : {},
          attributes: attributes(caller.session),
          // A session named for an instance came from its metadata service, which in Atoll is version 2.
          ...(/^i-[0-9a-f]{8,17}$/.test(caller.sessionName) && { ec2RoleDelivery: "2.0" }),
          ...(caller.session.sourceIdentity !== undefined && { sourceIdentity: caller.session.sourceIdentity }),
        },
        ...invokedBy(caller.session),
      };
    case "federated":
      return {
        type: "FederatedUser",
        ...common,
        sessionContext: {
          sessionIssuer: {
            type: "IAMUser",
            arn: `arn:${caller.partition}:iam::${accountId}:user/${caller.userName}`,
            accountId,
            userName: caller.userName,
          },
          attributes: attributes(caller.session),
        },
        ...invokedBy(caller.session),
      };
    case "service":
      return { type: "AWSService", invokedBy: caller.service };
    case "anonymous":
      return webIdentity ? webIdentityUser(webIdentity) : { type: "Unknown" };
  }
}

/** The caller in the copy that another account receives: no names of users or roles (spec audit §A.3). */
export function foreignIdentity({ userId, accountId }: Caller): UserIdentity {
  return { type: "AWSAccount", principalId: userId, accountId };
}

/** The service behind a call, if it was not made by the caller's own client. */
export function invoker(caller: Caller): string | undefined {
  if (caller.kind === "service") return caller.service;
  return "session" in caller ? caller.session?.invokedBy : undefined;
}

function webIdentityUser({ provider, audience, subject }: WebIdentity): UserIdentity {
  return { type: "WebIdentityUser", principalId: `${provider}:${audience}:${subject}`, userName: subject, identityProvider: provider };
}

function userSession(session: SessionFacts | undefined): object {
  return session ? { sessionContext: { attributes: attributes(session) }, ...invokedBy(session) } : {};
}

function attributes(session: SessionFacts): object {
  return { creationDate: eventTime(session.issuedAt), mfaAuthenticated: String(session.mfa ?? false) };
}

const invokedBy = (session: SessionFacts) => (session.invokedBy === undefined ? {} : { invokedBy: session.invokedBy });
