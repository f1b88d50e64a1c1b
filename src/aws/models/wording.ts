// Texts that several services share.
import { AwsError } from "../errors.ts";
import type { Violation } from "../protocol/constraints.ts";
import type { AuthFailure, FailureReason } from "../sigv4.ts";

/** `2 validation errors detected: Value 'x' at 'roleName' failed to satisfy constraint: …; …`. */
export function validationText(violations: readonly Violation[]): string {
  const shown = violations.slice(0, 10).map((violation) => {
    const value = violation.sensitive ? "Value" : `Value ${valueText(violation.value)}`;
    return `${value} at '${violationPath(violation)}' failed to satisfy constraint: ${violation.constraint}`;
  });
  return `${violations.length} validation error${violations.length === 1 ? "" : "s"} detected: ${shown.join("; ")}`;
}

/** `tags.1.member.key`: names begin with a lower-case letter, list positions are followed by `member`. */
export function violationPath({ path }: Violation): string {
  return path.map((part) => (typeof part === "number" ? `${part}.member` : part.charAt(0).toLowerCase() + part.slice(1))).join(".");
}

function valueText(value: unknown): string {
  if (value === null || value === undefined) return "null";
  const text = Array.isArray(value)
    ? `[${value.map(String).join(", ")}]`
    : typeof value === "object"
      ? JSON.stringify(value)
      : String(value);
  return `'${text.length > 1024 ? `${text.slice(0, 1024)}…` : text}'`;
}

/** Code and HTTP status for each way a signature can be refused. */
export type AuthCodes = Readonly<Record<FailureReason, readonly [code: string, status: number]>>;

const TEXTS: Readonly<Record<FailureReason, string>> = {
  missing: "Request is missing Authentication Token",
  malformed: "The request signature does not conform to AWS standards.",
  "unknown-key": "The security token included in the request is invalid.",
  "expired-session": "The security token included in the request is expired",
  "bad-signature":
    "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. " +
    "Consult the service documentation for details.",
  skewed: "Signature expired.",
  "expired-request": "Request has expired.",
  "wrong-scope": "Credential should be scoped to a valid region.",
  unsupported: "The signing method is not supported.",
};

/** The error for a refused signature; `texts` replaces the usual ones. */
export function authError(failure: AuthFailure, codes: AuthCodes, texts: Partial<Readonly<Record<FailureReason, string>>> = {}): AwsError {
  const [code, status] = codes[failure.reason];
  return new AwsError(code, texts[failure.reason] ?? failure.message ?? TEXTS[failure.reason], {}, status);
}
