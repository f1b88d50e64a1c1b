// The one error of policy parsing.
import { AwsError } from "../../aws/errors.ts";

/** `MalformedPolicyDocument`, HTTP 400 (IAM API Reference). */
export function malformed(message: string): AwsError {
  return new AwsError("MalformedPolicyDocument", message, {}, 400);
}

export const syntaxErrors = (): AwsError => malformed("Syntax errors in policy.");
