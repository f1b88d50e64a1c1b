// Errors of CloudWatch Logs in AWS's words (spec audit §F).
import { AwsError } from "../../aws/errors.ts";

const error = (code: string, message: string) => new AwsError(code, message, {}, 400);

export const noGroup = () => error("ResourceNotFoundException", "The specified log group does not exist.");
export const noStream = () => error("ResourceNotFoundException", "The specified log stream does not exist.");
export const noResource = () => error("ResourceNotFoundException", "The specified resource does not exist.");
export const groupExists = () => error("ResourceAlreadyExistsException", "The specified log group already exists");
export const streamExists = () => error("ResourceAlreadyExistsException", "The specified log stream already exists");
export const invalid = (message: string) => error("InvalidParameterException", message);
export const tooManyTags = (resource: string) =>
  new AwsError("TooManyTagsException", "A resource can have no more than 50 tags.", { resourceName: resource }, 400);
export const protectedGroup = () =>
  error("ValidationException", "The log group has deletion protection; disable it before deleting the log group.");
