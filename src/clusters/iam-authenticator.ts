// The IAM link of a cluster's authentication chain: `aws eks get-token` tokens (spec identity §5.2–5.4).
import type { Clock } from "../base/clock.ts";
import type { Log } from "../base/log.ts";
import type { Authenticator, UserInfo } from "../kubernetes/auth/types.ts";
import type { VerifiedIdentity } from "../services/ports.ts";
import { isEksToken, type PresignedToken, parseToken, type TokenRules } from "./eks-token.ts";
import { type MappingSources, mapIdentity } from "./identity-mapping.ts";

/**
 * Proves the signature of a presigned GetCallerIdentity request that was signed with header `x-k8s-aws-id: clusterName`.
 * Throws Error with STS's message if the key is unknown, expired or the signature does not match.
 */
export type VerifyPresignedIdentity = (token: PresignedToken, clusterName: string) => VerifiedIdentity;

/** What the authenticator of one cluster needs. */
export interface IamAuthenticatorOptions extends MappingSources {
  readonly clusterName: string;
  readonly rules: () => TokenRules;
  readonly verify: VerifyPresignedIdentity;
  readonly clock: Clock;
  readonly log: Log;
}

/** Accepts tokens of principals the cluster knows; every refusal is logged with its reason, the client only learns 401. */
export function iamAuthenticator(options: IamAuthenticatorOptions): Authenticator {
  return {
    name: "aws-iam-authenticator",
    async authenticate({ token }): Promise<UserInfo | undefined | "invalid"> {
      if (token === undefined || !isEksToken(token)) return undefined;
      try {
        const presigned = parseToken(token, options.rules(), options.clock.now());
        const { arn, accountId, userId, caller } = options.verify(presigned, options.clusterName);
        const user = await mapIdentity({ arn, accountId, userId, accessKeyId: caller.accessKeyId }, options);
        if (!user) options.log.info({ arn }, "access denied: ARN is not mapped");
        return user ?? "invalid";
      } catch (error) {
        options.log.info({ reason: (error as Error).message }, "access denied");
        return "invalid";
      }
    },
  };
}
