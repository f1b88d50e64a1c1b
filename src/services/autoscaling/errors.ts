// Auto Scaling's errors (Amazon EC2 Auto Scaling API Reference; texts as the service words them).
import { AwsError } from "../../aws/errors.ts";

export const invalid = (message: string) => new AwsError("ValidationError", message, {}, 400);
export const noGroup = (name: string) => invalid(`AutoScalingGroup name not found - AutoScalingGroup '${name}' not found`);
export const noInstance = (id: string) => invalid(`Instance Id not found - No managed instance found for instance ID ${id}`);
export const notMember = (id: string, group: string) => invalid(`The instance ${id} is not part of Auto Scaling group ${group}.`);
export const alreadyExists = () =>
  new AwsError(
    "AlreadyExists",
    "AutoScalingGroup by this name already exists - A group with the name you specified already exists",
    {},
    400,
  );
export const inUse = () =>
  new AwsError(
    "ResourceInUse",
    "You cannot delete an AutoScalingGroup while there are instances or pending Spot instance request(s) still in the group.",
    {},
    400,
  );
export const inProgress = (name: string) =>
  new AwsError("ScalingActivityInProgress", `Scaling activity is in progress for AutoScalingGroup '${name}'.`, {}, 400);
export const badToken = () => new AwsError("InvalidNextToken", "The token is not valid.", {}, 400);
/** A request that AWS would take and Atoll does not. */
export const unsupported = (what: string) => new AwsError("NotImplemented", `Atoll does not implement ${what}.`, {}, 400);
