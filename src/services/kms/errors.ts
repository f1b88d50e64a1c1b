// KMS's errors (AWS KMS API Reference; texts as the service words them).
import { AwsError } from "../../aws/errors.ts";

export const notFound = (message: string) => new AwsError("NotFoundException", message);
export const noKey = (arn: string) => notFound(`Key '${arn}' does not exist`);
export const noAlias = (arn: string) => notFound(`Alias ${arn} is not found.`);
export const aliasExists = (arn: string) => new AwsError("AlreadyExistsException", `An alias with the name ${arn} already exists`);
export const disabled = (arn: string) => new AwsError("DisabledException", `${arn} is disabled.`);
export const pendingDeletion = (arn: string) => new AwsError("KMSInvalidStateException", `${arn} is pending deletion.`);
export const invalidState = (message: string) => new AwsError("KMSInvalidStateException", message);
export const malformedPolicy = (message: string) => new AwsError("MalformedPolicyDocumentException", message);
export const unsupported = (message: string) => new AwsError("UnsupportedOperationException", message);
export const invalid = (message: string) => new AwsError("ValidationException", message, {}, 400);
export const badTag = (message: string) => new AwsError("TagException", message);
export const limitExceeded = (message: string) => new AwsError("LimitExceededException", message);
export const badMarker = () => new AwsError("InvalidMarkerException", "The marker is not one of this listing.");
export const badCiphertext = () => new AwsError("InvalidCiphertextException", "");
export const wrongKey = () =>
  new AwsError("IncorrectKeyException", "The key ID in the request does not identify a CMK that can perform this operation.");
export const denied = (message: string) => new AwsError("AccessDeniedException", message, {}, 400);
