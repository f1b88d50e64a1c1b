// Words of the JSON services: EKS, EKS Auth, CloudTrail, CloudWatch Logs (spec identity §0.3, eks §1.1–1.3).
import { AwsError } from "../errors.ts";
import type { Wording } from "./model.ts";
import { type AuthCodes, authError, validationText } from "./wording.ts";

const CODES: AuthCodes = {
  missing: ["MissingAuthenticationTokenException", 403],
  malformed: ["IncompleteSignatureException", 400],
  "unknown-key": ["UnrecognizedClientException", 403],
  "expired-session": ["ExpiredTokenException", 403],
  "bad-signature": ["InvalidSignatureException", 403],
  skewed: ["InvalidSignatureException", 403],
  "expired-request": ["InvalidSignatureException", 403],
  "wrong-scope": ["InvalidSignatureException", 403],
  unsupported: ["InvalidSignatureException", 403],
};

/** `validation` gives the code for input that breaks constraints, by operation. `authStatus`: 403 for REST services, 400 for JSON ones. */
export function jsonWording(validation: (operation: string) => string, unknownStatus: 400 | 404, authStatus: 400 | 403): Wording {
  return {
    invalid: (violations, operation) => new AwsError(validation(operation), validationText(violations), {}, 400),
    malformed: (problem) => new AwsError("SerializationException", problem.message, {}, 400),
    unknownOperation: (name) => new AwsError("UnknownOperationException", `Unknown operation ${name.slice(0, 256)}`, {}, unknownStatus),
    unauthenticated(failure) {
      const error = authError(failure, CODES, { missing: "Missing Authentication Token" });
      return authStatus === 403 ? error : new AwsError(error.code, error.message, {}, 400);
    },
    denied: (text) => new AwsError("AccessDeniedException", text, {}, authStatus),
    refused: (code, message, status) => new AwsError(`${code}Exception`, message, {}, status),
  };
}
