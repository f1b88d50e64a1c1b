// The format of Principal and NotPrincipal elements.
import type { Principals } from "../types.ts";
import { malformed, syntaxErrors } from "./errors.ts";

const TYPES = ["AWS", "Service", "Federated", "CanonicalUser"] as const;
type PrincipalType = (typeof TYPES)[number];

const AWS_PRINCIPAL =
  /^(\*|\d{12}|A(ROA|IDA)[A-Z0-9]{13,125}|arn:aws[a-z-]*:(iam::\d{12}:(root|(user|role)\/[^*?\s]+)|sts::\d{12}:(assumed-role\/[^*?\s/]+\/[^*?\s/]+|federated-user\/[^*?\s/]+)))$/;

const VALID: Record<PrincipalType, RegExp> = {
  AWS: AWS_PRINCIPAL,
  Service: /^[\w-]+(\.[\w-]+)+$/,
  Federated: /^(arn:aws[a-z-]*:iam::\d{12}:(saml|oidc)-provider\/[^*?\s]+|[\w-]+(\.[\w-]+)+)$/,
  CanonicalUser: /^[0-9a-fA-F]{64}$/,
};

/**
 * Reads a Principal element. Throws `Syntax errors in policy.` for a wrong shape and `Invalid principal in policy: "AWS":"…"` for a value that
 * can name nobody; whether the named user or role exists is for IAM to check.
 */
export function readPrincipals(value: unknown): Principals {
  if (value === "*") return "*";
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw syntaxErrors();
  const principals: Partial<Record<PrincipalType, readonly string[]>> = {};
  const entries = Object.entries(value);
  if (entries.length === 0) throw syntaxErrors();
  for (const [type, names] of entries) {
    if (!isType(type)) throw syntaxErrors();
    const list: unknown[] = Array.isArray(names) ? names : [names];
    if (list.length === 0) throw syntaxErrors();
    principals[type] = list.map((name) => {
      if (typeof name !== "string") throw syntaxErrors();
      if (!VALID[type].test(name)) throw malformed(`Invalid principal in policy: "${type.toUpperCase()}":"${name}"`);
      return name;
    });
  }
  return principals;
}

function isType(type: string): type is PrincipalType {
  return (TYPES as readonly string[]).includes(type);
}
