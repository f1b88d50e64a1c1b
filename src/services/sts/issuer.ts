// Sessions that AWS services make for customers: decided by the trust policy and recorded like any other AssumeRole.
import type { AssumeRoleRequest } from "@aws-sdk/client-sts";
import type { Caller } from "../../aws/caller.ts";
import type { AwsError } from "../../aws/errors.ts";
import { uuid } from "../../aws/ids.ts";
import type { CallRecorder, ServiceAssumeRole, SessionIssuer } from "../ports.ts";
import { type Assumed, assumeRole } from "./assume.ts";
import type { StsDeps } from "./deps.ts";
import { roleSessionCaller } from "./role-sessions.ts";

/** The {@link SessionIssuer} of an STS. Every attempt that names an account is recorded, granted or not. */
export function createIssuer(deps: StsDeps, recorder: CallRecorder): SessionIssuer {
  return {
    async assumeRole(request) {
      const { caller, region } = request;
      const input = inputOf(request);
      const now = deps.clock.now();
      const requestId = uuid(deps.random);
      const source = caller.kind === "service" ? caller.service : invokedBy(caller);
      const facts = { requestId: request.onBehalfOf ?? requestId, region, sourceIp: source, userAgent: source, now, secureTransport: true };
      const record = (outcome: { assumed?: Assumed; error?: AwsError }) =>
        recorder.record({
          ...{ eventId: uuid(deps.random), requestId, time: now, region, caller, sourceIp: source, userAgent: source },
          ...{ service: "sts", eventSource: "sts.amazonaws.com", operation: "AssumeRole", readOnly: true, external: false },
          account: request.roleArn.split(":")[4] || caller.accountId,
          request: input,
          response: outcome.assumed && recorded(outcome.assumed),
          ...(outcome.error ? { error: { code: outcome.error.code, message: outcome.error.message } } : {}),
        });
      let assumed: Assumed;
      try {
        assumed = assumeRole(caller, input, facts, deps);
      } catch (error) {
        record({ error: error as AwsError });
        throw error;
      }
      record({ assumed });
      return assumed.credentials;
    },

    callerFor(role, sessionName, facts = {}) {
      const issuedAt = facts.issuedAt ?? Math.floor(deps.clock.now() / 1000) * 1000;
      const session = { issuedAt, expiresAt: issuedAt + 3600_000, tags: {}, transitiveTagKeys: [], policies: [], policyArns: [] };
      return roleSessionCaller(role, sessionName, { ...session, ...facts });
    },
  };
}

const invokedBy = (caller: Caller) => ("session" in caller ? caller.session?.invokedBy : undefined) ?? "AWS Internal";

/** The AssumeRole request a service makes. */
export function inputOf(request: ServiceAssumeRole): AssumeRoleRequest {
  const { roleArn, sessionName, durationSeconds, tags, transitiveTagKeys, externalId, policy, sourceIdentity } = request;
  return {
    RoleArn: roleArn,
    RoleSessionName: sessionName,
    DurationSeconds: durationSeconds,
    ...(tags ? { Tags: Object.entries(tags).map(([Key, Value]) => ({ Key, Value })) } : {}),
    ...(transitiveTagKeys ? { TransitiveTagKeys: [...transitiveTagKeys] } : {}),
    ...(externalId === undefined ? {} : { ExternalId: externalId }),
    ...(policy === undefined ? {} : { Policy: policy }),
    ...(sourceIdentity === undefined ? {} : { SourceIdentity: sourceIdentity }),
  };
}

/** The answer as CloudTrail shows it: without the secret. */
function recorded({ credentials, packedPolicySize, sourceIdentity }: Assumed): object {
  const { accessKeyId, sessionToken, expiration, assumedRoleArn, assumedRoleId } = credentials;
  return {
    Credentials: { AccessKeyId: accessKeyId, SessionToken: sessionToken, Expiration: new Date(expiration) },
    AssumedRoleUser: { AssumedRoleId: assumedRoleId, Arn: assumedRoleArn },
    ...(packedPolicySize === undefined ? {} : { PackedPolicySize: packedPolicySize }),
    ...(sourceIdentity === undefined ? {} : { SourceIdentity: sourceIdentity }),
  };
}
