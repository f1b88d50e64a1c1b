// Temporary credentials of the caller itself (GetSessionToken) and of a federated user (GetFederationToken).
import type { Caller, SessionFacts } from "../../aws/caller.ts";
import type { Operations, Sdk } from "../../aws/operation.ts";
import { validate } from "../validation.ts";
import type { StsDeps } from "./deps.ts";
import { accessDenied } from "./errors.ts";
import { credentialsView } from "./role-sessions.ts";
import { packedSize, sessionConstraints, sessionPolicies, sessionTags } from "./session-request.ts";

const HALF_DAY = 43200;
const LONGEST = 129600;
const LONGEST_OF_ROOT = 3600;

/** Both operations want the long-term key of a user or of root. Throws AccessDenied. */
function refuseSessions(caller: Caller, operation: string): void {
  const longTerm = (caller.kind === "user" && !caller.session) || (caller.kind === "root" && !caller.accessKeyId?.startsWith("ASIA"));
  if (!longTerm) throw accessDenied(`Cannot call ${operation} with session credentials`);
}

function factsFor(now: number, seconds: number, more: Partial<SessionFacts> = {}): SessionFacts {
  const issuedAt = Math.floor(now / 1000) * 1000;
  return { issuedAt, expiresAt: issuedAt + seconds * 1000, tags: {}, transitiveTagKeys: [], policies: [], policyArns: [], ...more };
}

export const userSessions = {
  GetSessionToken: {
    // Authentication operations are not subject to policies (STS API Reference, GetSessionToken).
    action: "none",
    run({ DurationSeconds, SerialNumber, TokenCode }, { caller, now }, { sessions }) {
      validate({ member: "durationSeconds", value: DurationSeconds, min: 900, max: LONGEST });
      refuseSessions(caller, "GetSessionToken");
      if (SerialNumber !== undefined || TokenCode !== undefined) {
        throw accessDenied(
          "MultiFactorAuthentication failed, unable to validate MFA code. Please verify your MFA serial number is valid and associated with this user.",
        );
      }
      const seconds =
        caller.kind === "root" ? Math.min(DurationSeconds ?? LONGEST_OF_ROOT, LONGEST_OF_ROOT) : (DurationSeconds ?? HALF_DAY);
      const session = factsFor(now, seconds);
      const issued = sessions.issue(caller.kind === "user" ? { ...caller, session } : caller, session.expiresAt);
      return { Credentials: credentialsView(issued) };
    },
  },

  GetFederationToken: {
    resource: ({ Name }, { partition, account }) => `arn:${partition}:sts::${account}:federated-user/${Name ?? ""}`,
    run(input, { caller, now, partition, account }, { sessions, directory }) {
      const { Name = "", DurationSeconds = HALF_DAY } = input;
      validate(
        { member: "name", value: Name, min: 2, max: 32, pattern: "[\\w+=,.@-]*" },
        ...sessionConstraints({ Policy: input.Policy, PolicyArns: input.PolicyArns, DurationSeconds }, LONGEST),
      );
      refuseSessions(caller, "GetFederationToken");
      if (caller.kind !== "user") throw accessDenied("Federation tokens of the root user are not supported.");
      const tags = sessionTags(input.Tags);
      const policies = sessionPolicies(input, account, directory);
      const packed = packedSize(policies, tags);
      const session = factsFor(now, DurationSeconds, { tags, ...policies });
      const federated: Caller = {
        kind: "federated",
        partition,
        accountId: account,
        arn: `arn:${partition}:sts::${account}:federated-user/${Name}`,
        userId: `${account}:${Name}`,
        userName: caller.userName,
        session,
      };
      const issued = sessions.issue(federated, session.expiresAt);
      return {
        Credentials: credentialsView(issued),
        FederatedUser: { FederatedUserId: federated.userId, Arn: federated.arn },
        ...(packed === undefined ? {} : { PackedPolicySize: packed }),
      };
    },
  },
} satisfies Operations<Sdk["sts"], StsDeps>;
