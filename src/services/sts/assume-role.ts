// The AssumeRole operation.
import type { Call, Operations, Sdk } from "../../aws/operation.ts";
import type { RequestFacts } from "../ports.ts";
import { assumeRole } from "./assume.ts";
import type { StsDeps } from "./deps.ts";
import { credentialsView } from "./role-sessions.ts";

/** Facts of a call for the condition keys of a trust decision. */
export function factsOf({ requestId, region, sourceIp, userAgent, now, endpoint }: Call): RequestFacts {
  return { requestId, region, sourceIp, userAgent, now, secureTransport: endpoint.startsWith("https:") };
}

export const assumeRoleOperation = {
  AssumeRole: {
    // The trust policy and the caller's policies are weighed together in `run`: a trust policy that names a user needs no other permission.
    action: "none",
    run(input, call, deps) {
      const { credentials, packedPolicySize, sourceIdentity } = assumeRole(call.caller, input, factsOf(call), deps);
      return {
        Credentials: credentialsView(credentials),
        AssumedRoleUser: { AssumedRoleId: credentials.assumedRoleId, Arn: credentials.assumedRoleArn },
        ...(packedPolicySize === undefined ? {} : { PackedPolicySize: packedPolicySize }),
        ...(sourceIdentity === undefined ? {} : { SourceIdentity: sourceIdentity }),
      };
    },
  },
} satisfies Operations<Sdk["sts"], StsDeps>;
