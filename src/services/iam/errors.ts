// IAM's errors, with the texts clients match (spec identity §6.7).
import { AwsError } from "../../aws/errors.ts";

export const noSuchEntity = (message: string) => new AwsError("NoSuchEntity", message, {}, 404);
export const alreadyExists = (message: string) => new AwsError("EntityAlreadyExists", message, {}, 409);
export const deleteConflict = (message: string) => new AwsError("DeleteConflict", message, {}, 409);
export const limitExceeded = (message: string) => new AwsError("LimitExceeded", message, {}, 409);
export const invalidInput = (message: string) => new AwsError("InvalidInput", message, {}, 400);
export const validationError = (message: string) => new AwsError("ValidationError", message, {}, 400);
export const malformedPolicy = (message: string) => new AwsError("MalformedPolicyDocument", message, {}, 400);

/** `Cannot exceed quota for PoliciesPerRole: 10`. */
export const quotaExceeded = (quota: string, limit: number) => limitExceeded(`Cannot exceed quota for ${quota}: ${limit}`);

/** The policy ARN names nothing that can be attached. */
export const notAttachable = (arn: string) => noSuchEntity(`Policy ${arn} does not exist or is not attachable.`);

/** A service-linked role was to be changed by somebody other than its service. */
export const unmodifiable = (role: string) =>
  new AwsError(
    "UnmodifiableEntity",
    `Cannot perform the operation on the protected role '${role}' - this role is only modifiable by AWS`,
    {},
    400,
  );
