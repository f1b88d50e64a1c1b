// Parameter Store's errors (Systems Manager API Reference).
import { AwsError } from "../../aws/errors.ts";

/** AWS sends no text with these two. */
export const parameterNotFound = () => new AwsError("ParameterNotFound", "");
export const parameterVersionNotFound = (name: string, version: string) =>
  new AwsError(
    "ParameterVersionNotFound",
    `Systems Manager could not find version ${version} of ${name}. Verify the version and try again.`,
  );
export const invalid = (message: string) => new AwsError("ValidationException", message, {}, 400);
export const badToken = () => new AwsError("InvalidNextToken", "The specified token isn't valid.");
export const badFilter = (key: string) =>
  new AwsError("InvalidFilterKey", `The following filter key is not valid: ${key}. Valid filter keys include: [Type, KeyId].`);
