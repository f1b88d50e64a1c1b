// Auto Scaling's errors (Amazon EC2 Auto Scaling API Reference; texts as the service words them).
import { AwsError } from "../../aws/errors.ts";

export const invalid = (message: string) => new AwsError("ValidationError", message, {}, 400);
export const noGroup = (name: string) => invalid(`AutoScalingGroup name not found - AutoScalingGroup '${name}' not found`);
export const inProgress = (name: string) =>
  new AwsError("ScalingActivityInProgress", `Scaling activity is in progress for AutoScalingGroup '${name}'.`, {}, 400);
export const badToken = () => new AwsError("InvalidNextToken", "The token is not valid.", {}, 400);
/** A request that AWS would take and Atoll does not. */
export const unsupported = (what: string) => new AwsError("NotImplemented", `Atoll does not implement ${what}.`, {}, 400);
