// The IAM link of a cluster's authentication chain: `aws eks get-token` tokens (spec identity §5.2–5.4).
import type { Clock } from "../base/clock.ts";
import type { Authenticator, UserInfo } from "../kubernetes/auth/types.ts";
import type { VerifiedIdentity } from "../services/ports.ts";
import { canonicalArn } from "./canonical-arn.ts";
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
  /** Takes the authenticator's log lines: every refusal with its reason, the client only learns 401. */
  tell(level: "info" | "warning", message: string, fields: Readonly<Record<string, string>>): void;
}

/** The webhook call that the log lines of the service tell of. */
const ENDPOINT = { method: "POST", path: "/authenticate" };

/** Accepts tokens of principals the cluster knows. */
export function iamAuthenticator(options: IamAuthenticatorOptions): Authenticator {
  return {
    name: "aws-iam-authenticator",
    async authenticate({ token }): Promise<UserInfo | undefined | "invalid"> {
      if (token === undefined || !isEksToken(token)) return undefined;
      try {
        const presigned = parseToken(token, options.rules(), options.clock.now());
        const { arn, accountId, userId, caller } = options.verify(presigned, options.clusterName);
        const user = await mapIdentity({ arn, accountId, userId, accessKeyId: caller.accessKeyId }, options);
        if (!user) {
          options.tell("warning", "access denied", { arn: canonicalArn(arn) ?? arn, ...ENDPOINT, error: "ARN is not mapped" });
          return "invalid";
        }
        const { username, uid = "", groups } = user;
        options.tell("info", "access granted", {
          arn: canonicalArn(arn) ?? arn,
          ...ENDPOINT,
          groups: `[${groups.join(" ")}]`,
          uid,
          username,
        });
        return user;
      } catch (error) {
        options.tell("warning", "access denied", { ...ENDPOINT, error: (error as Error).message });
        return "invalid";
      }
    },
  };
}
