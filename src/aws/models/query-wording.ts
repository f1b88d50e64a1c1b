// Words of IAM and STS (spec identity §0.3, §2.4).
import { AwsError } from "../errors.ts";
import type { Wording } from "./model.ts";
import { type AuthCodes, authError, validationText } from "./wording.ts";

const CODES: AuthCodes = {
  missing: ["MissingAuthenticationToken", 403],
  malformed: ["IncompleteSignature", 400],
  "unknown-key": ["InvalidClientTokenId", 403],
  "expired-session": ["ExpiredToken", 403],
  "bad-signature": ["SignatureDoesNotMatch", 403],
  skewed: ["SignatureDoesNotMatch", 403],
  "expired-request": ["RequestExpired", 400],
  "wrong-scope": ["SignatureDoesNotMatch", 403],
  unsupported: ["SignatureDoesNotMatch", 403],
};

export const queryWording: Wording = {
  invalid: (violations) => new AwsError("ValidationError", validationText(violations), {}, 400),
  malformed: (problem) => new AwsError("MalformedInput", problem.message, {}, 400),
  unknownOperation(name, version) {
    if (name === "") return new AwsError("MissingAction", "The request must contain the parameter Action", {}, 400);
    return new AwsError("InvalidAction", `Could not find operation ${name.slice(0, 256)} for version ${version}`, {}, 400);
  },
  unauthenticated: (failure) => authError(failure, CODES),
  denied: (text) => new AwsError("AccessDenied", text, {}, 403),
  refused: (code, message, status) => new AwsError(code, message, {}, status),
};
