// Words of EC2 (EC2 API Reference, "Error codes for the Amazon EC2 API").
import { AwsError } from "../errors.ts";
import type { Violation } from "../protocol/constraints.ts";
import type { Wording } from "./model.ts";
import { type AuthCodes, authError } from "./wording.ts";

const CODES: AuthCodes = {
  missing: ["MissingAuthenticationToken", 403],
  malformed: ["IncompleteSignature", 400],
  "unknown-key": ["AuthFailure", 401],
  "expired-session": ["RequestExpired", 400],
  "bad-signature": ["AuthFailure", 401],
  skewed: ["RequestExpired", 400],
  "expired-request": ["RequestExpired", 400],
  "wrong-scope": ["AuthFailure", 401],
  unsupported: ["AuthFailure", 401],
};
const NOT_VALIDATED = "AWS was not able to validate the provided access credentials";

export const ec2Wording: Wording = {
  invalid(violations) {
    const missing = violations.find((violation) => violation.trait === "required");
    if (missing) return new AwsError("MissingParameter", `The request must contain the parameter ${parameter(missing)}`, {}, 400);
    const first = violations[0] as Violation;
    const text = `Value (${String(first.value).slice(0, 256)}) for parameter ${parameter(first)} is invalid. ${first.constraint}.`;
    return new AwsError("InvalidParameterValue", text, {}, 400);
  },
  malformed(problem) {
    if (problem.path === "") return new AwsError("MalformedQueryString", "The query string contains a syntax error", {}, 400);
    const text = `Invalid value '${problem.value ?? ""}' for ${problem.path}. It must be a ${problem.expected}.`;
    return new AwsError("InvalidParameterValue", text, {}, 400);
  },
  unknownOperation(name) {
    if (name === "") return new AwsError("MissingAction", "The request is missing an action or operation parameter.", {}, 400);
    return new AwsError("InvalidAction", `The action ${name.slice(0, 256)} is not valid for this web service.`, {}, 400);
  },
  unauthenticated: (failure) =>
    authError(failure, CODES, { "unknown-key": NOT_VALIDATED, "bad-signature": NOT_VALIDATED, "expired-session": "Request has expired." }),
  denied: (text, encoded) =>
    new AwsError(
      "UnauthorizedOperation",
      `You are not authorized to perform this operation. ${text}. Encoded authorization failure message: ${encoded}`,
      {},
      403,
    ),
  refused: (code, message, status) => new AwsError(code, message, {}, status),
};

function parameter({ path }: Violation): string {
  return path.map((part) => (typeof part === "number" ? String(part) : part.charAt(0).toUpperCase() + part.slice(1))).join(".");
}
