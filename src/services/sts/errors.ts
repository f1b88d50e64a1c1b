// STS's errors, with the texts clients match (spec identity §2.4–2.5).
import { AwsError } from "../../aws/errors.ts";

export const validationError = (message: string) => new AwsError("ValidationError", message, {}, 400);
export const invalidParameter = (message: string) => new AwsError("InvalidParameterValue", message, {}, 400);
export const accessDenied = (message: string) => new AwsError("AccessDenied", message, {}, 403);
export const malformedPolicy = (message: string) => new AwsError("MalformedPolicyDocument", message, {}, 400);
export const invalidToken = (message: string) => new AwsError("InvalidIdentityToken", message, {}, 400);
export const expiredToken = (message: string) => new AwsError("ExpiredTokenException", message, {}, 400);

/** The identity provider did not answer; clients try again. */
export const idpCommunication = () =>
  new AwsError("IDPCommunicationError", "The identity provider that was asked to verify the identity token could not be reached.", {}, 400);

/** The one answer to everything a trust policy refuses, so that it tells nothing about the role. */
export const notAuthorizedWebIdentity = () => accessDenied("Not authorized to perform sts:AssumeRoleWithWebIdentity");

/** Session policies and tags need more than the space a session has. */
export const packedPolicyTooLarge = (percent: number) =>
  new AwsError("PackedPolicyTooLarge", `Packed policy consumes ${percent}% of allotted space, please use smaller policy.`, {}, 400);

/** STS was switched off in a region. */
export const regionDisabled = (account: string) =>
  new AwsError(
    "RegionDisabledException",
    `STS is not activated in this region for account:${account}. Your account administrator can activate STS in this region using the IAM Console.`,
    {},
    403,
  );
