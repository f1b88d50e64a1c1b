// AssumeRoleWithWebIdentity: a token of a trusted issuer for a session of a role (spec identity §2.4). IRSA lives on it.
import type { AnonymousCaller } from "../../aws/caller.ts";
import type { Conditions, Operations, Sdk } from "../../aws/operation.ts";
import type { PrincipalIdentity } from "../../policy/types.ts";
import { validate } from "../validation.ts";
import { roleAccount, withinMaximum } from "./assume.ts";
import { factsOf } from "./assume-role.ts";
import type { StsDeps } from "./deps.ts";
import { notAuthorizedWebIdentity, regionDisabled, validationError } from "./errors.ts";
import { credentialsView, issueRoleSession } from "./role-sessions.ts";
import { packedSize, sessionConstraints, sessionPolicies, sourceIdentityConstraint } from "./session-request.ts";
import { requestConditions, trustRefusal } from "./trust.ts";
import { verifyWebIdentity, type WebIdentity } from "./web-identity-token.ts";

/** Condition keys an issuer's token gives: `<issuer>:aud`, `:sub`, `:amr`, and `:oaud` when `azp` took the place of `aud`. */
function tokenConditions({ provider, subject, audience, originalAudience, amr }: WebIdentity): Conditions {
  return {
    "aws:FederatedProvider": provider.arn,
    [`${provider.url}:aud`]: audience,
    [`${provider.url}:sub`]: subject,
    [`${provider.url}:oaud`]: originalAudience,
    ...(amr.length > 0 ? { [`${provider.url}:amr`]: amr } : {}),
  };
}

export const webIdentityOperation = {
  AssumeRoleWithWebIdentity: {
    // Whoever holds a token may ask; the role's trust policy decides.
    action: "none",
    async run(input, call, deps) {
      const { RoleArn: roleArn = "", RoleSessionName: sessionName = "", WebIdentityToken: token = "" } = input;
      validate(
        ...sessionConstraints(input, 43200),
        { member: "webIdentityToken", value: token, min: 4, max: 20000, secret: true },
        { member: "providerId", value: input.ProviderId, min: 4, max: 2048 },
      );
      const account = roleAccount(roleArn);
      if (!deps.regionEnabled(account, call.region)) throw regionDisabled(account);
      // Only the OAuth 2.0 providers from before OpenID Connect go by an id, and they are not supported.
      if (input.ProviderId !== undefined) throw validationError("ProviderId must not be specified for OpenID Connect identity providers.");

      const identity = await verifyWebIdentity(token, { directory: deps.directory, keyring: deps.keyring, account, now: call.now });
      const { provider, subject, audience, tags, transitiveTagKeys, sourceIdentity } = identity;
      validate(sourceIdentityConstraint(sourceIdentity));

      const role = deps.directory.role(roleArn);
      const actions = ["sts:AssumeRoleWithWebIdentity"];
      if (Object.keys(tags).length > 0) actions.push("sts:TagSession");
      if (sourceIdentity !== undefined) actions.push("sts:SetSourceIdentity");
      const principal: PrincipalIdentity = { kind: "web-identity", accountId: account, arn: provider.arn };
      // An Authorization header that came along counts for nothing.
      const caller: AnonymousCaller = { kind: "anonymous", partition: call.partition, accountId: account, arn: provider.arn, userId: "" };
      const conditions = { ...tokenConditions(identity), ...requestConditions({ sessionName, tags, transitiveTagKeys, sourceIdentity }) };
      const refusal = trustRefusal({ caller, principal, roleArn, account, role, actions, conditions, facts: factsOf(call) }, deps);
      if (refusal !== undefined || !role) throw notAuthorizedWebIdentity();

      const policies = sessionPolicies(input, account, deps.directory);
      const durationSeconds = withinMaximum(input.DurationSeconds, role.maxSessionDurationSeconds);
      const packed = packedSize(policies, tags);
      const webIdentity = { provider: provider.arn, subject, audience };
      const grant = { role, sessionName, durationSeconds, now: call.now, tags, transitiveTagKeys, sourceIdentity, webIdentity };
      const issued = issueRoleSession({ ...grant, ...policies }, deps);
      return {
        Credentials: credentialsView(issued),
        SubjectFromWebIdentityToken: subject,
        AssumedRoleUser: { AssumedRoleId: issued.assumedRoleId, Arn: issued.assumedRoleArn },
        Provider: provider.arn,
        Audience: audience,
        ...(packed === undefined ? {} : { PackedPolicySize: packed }),
        ...(sourceIdentity === undefined ? {} : { SourceIdentity: sourceIdentity }),
      };
    },
  },
} satisfies Operations<Sdk["sts"], StsDeps>;
