// The answer for what AWS has and Atoll has not.
import { AwsError } from "../aws/errors.ts";

/**
 * `NotImplemented` by name. The status is 400, not 501: clients retry server errors for minutes and give up at once on this
 * (Terraform, AWS CLI and SDKs).
 */
export function notImplemented(service: string, operation?: string): AwsError {
  const what = operation === undefined ? `the service ${service}` : `the operation ${operation} of ${service}`;
  return new AwsError("NotImplemented", `Atoll does not implement ${what}.`, {}, 400);
}
