// The policy of a key: read and replaced (AWS KMS API Reference).
import type { Operations, Sdk } from "../../aws/operation.ts";
import type { KmsDeps } from "./deps.ts";
import { notFound } from "./errors.ts";
import { checkPolicy } from "./key-policy.ts";
import { onKey } from "./on-key.ts";

const NAME = "default";

function requireName(name = NAME): void {
  if (name !== NAME) throw notFound("No such policy exists");
}

export const policies = {
  GetKeyPolicy: onKey("GetKeyPolicy", { noAlias: true, policyOnly: true }, ({ key }, { PolicyName }) => {
    requireName(PolicyName);
    return { Policy: key.policy, PolicyName: NAME };
  }),

  PutKeyPolicy: onKey("PutKeyPolicy", { state: "kept", noAlias: true, policyOnly: true }, ({ key }, input, call, deps) => {
    requireName(input.PolicyName);
    const policy = input.Policy ?? "";
    checkPolicy(policy, key, input.BypassPolicyLockoutSafetyCheck ?? false, call, deps);
    deps.state.put(call, { ...key, policy });
    return {};
  }),

  ListKeyPolicies: onKey("ListKeyPolicies", { noAlias: true, policyOnly: true }, () => ({ PolicyNames: [NAME], Truncated: false })),
} satisfies Operations<Sdk["kms"], KmsDeps>;
