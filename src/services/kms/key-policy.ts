// Key policies: the default one, and the checks of a new one (AWS KMS API Reference, CreateKey and PutKeyPolicy).
import { AwsError } from "../../aws/errors.ts";
import type { Call } from "../../aws/operation.ts";
import { parsePolicy } from "../../policy/parse.ts";
import type { PolicyDocument } from "../../policy/types.ts";
import { requireAccess } from "./access.ts";
import type { KmsDeps } from "./deps.ts";
import { malformedPolicy } from "./errors.ts";
import type { KeyRecord } from "./records.ts";

const LARGEST_BYTES = 32 * 1024;

/** The policy of a key made without one: the account decides. */
export function defaultPolicy({ partition, account }: Pick<Call, "partition" | "account">): string {
  const statement = {
    Sid: "Enable IAM User Permissions",
    Effect: "Allow",
    Principal: { AWS: `arn:${partition}:iam::${account}:root` },
    Action: "kms:*",
    Resource: "*",
  };
  return JSON.stringify({ Version: "2012-10-17", Id: "key-default-1", Statement: [statement] }, null, 2);
}

/** Throws MalformedPolicyDocumentException, or LimitExceededException for its size. `bypass`: the caller may lock themselves out. */
export function checkPolicy(policy: string, key: KeyRecord, bypass: boolean, call: Call, deps: KmsDeps): void {
  if (Buffer.byteLength(policy) > LARGEST_BYTES) {
    throw new AwsError("LimitExceededException", `Key policies may be up to ${LARGEST_BYTES} bytes long.`);
  }
  const document = parse(policy);
  for (const { principals, notPrincipals } of document.statements) {
    if (!principals && !notPrincipals) throw malformedPolicy("Policy contains a statement with no principal.");
    if (principals && principals !== "*") {
      for (const arn of principals.AWS ?? []) {
        if (!exists(arn, call, deps)) throw malformedPolicy("Policy contains a statement with one or more invalid principals.");
      }
    }
  }
  if (bypass) return;
  try {
    requireAccess(call, { operation: "PutKeyPolicy", key: { ...key, policy }, policyOnly: true }, deps);
  } catch {
    throw malformedPolicy("The new key policy will not allow you to update the key policy in the future.");
  }
}

function parse(policy: string): PolicyDocument {
  try {
    return parsePolicy(policy, "resource");
  } catch (error) {
    if (error instanceof AwsError) throw malformedPolicy(error.message);
    throw error;
  }
}

/** A role or user of this account must exist; of other accounts nothing is known. */
function exists(arn: string, { account }: Call, { directory }: KmsDeps): boolean {
  const match = /^arn:[^:]+:iam::(\d{12}):(user|role)\/(.+)$/.exec(arn);
  if (match?.[1] !== account) return true;
  if (match[2] === "role") return directory.role(arn) !== undefined;
  return directory.user(account, match[3]!.split("/").at(-1)!) !== undefined;
}
