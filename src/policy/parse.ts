// From policy text to a checked document.
import { validateActionVendors, validateTrustActions } from "./parse/actions.ts";
import { malformed } from "./parse/errors.ts";
import { legacyParse } from "./parse/legacy.ts";
import { readPrincipals } from "./parse/principals.ts";
import { validateResource } from "./parse/resources.ts";
import { type RawStatement, readSyntax } from "./parse/syntax.ts";
import type { PolicyDocument, Principals, Statement } from "./types.ts";

/**
 * What a document is for. `managed`: a customer managed policy (its version must be 2012-10-17); `identity`: inline; `boundary`: a managed
 * policy as such; `trust`: of a role; `resource`: of any other resource; `session`: passed to STS; `scp`: of an organization.
 */
export type PolicyKind = "managed" | "identity" | "boundary" | "trust" | "resource" | "session" | "scp";

/**
 * Parses and checks a policy document. Throws AwsError `MalformedPolicyDocument` with the text of the first check that fails, in IAM's order
 * (spec identity §6.1). Sizes and the existence of principals are the caller's to check.
 */
export function parsePolicy(text: string, kind: PolicyKind): PolicyDocument {
  const raw = readSyntax(text);
  if ((kind === "managed" || kind === "boundary" || kind === "scp") && raw.version !== "2012-10-17") {
    throw malformed("Policy document must be version 2012-10-17 or greater.");
  }
  for (const statement of raw.statements) legacyParse(statement);
  validateSids(raw.statements, kind);
  for (const { actions, notActions } of raw.statements) {
    if (!(actions ?? notActions)?.length) throw malformed("Policy statement must contain actions.");
  }
  if (kind === "trust") validateTrust(raw.statements);
  for (const { resources, notResources } of raw.statements)
    for (const resource of resources ?? notResources ?? []) validateResource(resource);
  for (const { actions, notActions } of raw.statements) validateActionVendors(actions ?? notActions ?? []);
  if (kind === "trust") for (const { actions, notActions } of raw.statements) validateTrustActions(actions ?? notActions ?? []);
  else validateResourcesPresent(raw.statements, kind);
  const statements = raw.statements.map((statement) => finish(statement, kind));
  return { version: raw.version ?? "2008-10-17", ...(raw.id !== undefined && { id: raw.id }), statements };
}

/** Characters that count towards IAM's size limits: all but white space. */
export function policySize(text: string): number {
  return text.replace(/\s/g, "").length;
}

/** Size limits in non-whitespace characters (IAM User Guide, IAM and AWS STS quotas). */
export const policySizeLimits = {
  managed: 6144,
  roleInline: 10240,
  userInline: 2048,
  groupInline: 5120,
  trust: 2048,
  session: 2048,
} as const;

function validateSids(statements: readonly RawStatement[], kind: PolicyKind): void {
  const seen = new Set<string>();
  for (const { sid } of statements) {
    if (!sid) continue;
    if (seen.has(sid)) throw malformed("Statement IDs (SID) in a single policy must be unique.");
    seen.add(sid);
    if (kind !== "trust" && kind !== "resource" && !/^[0-9A-Za-z]*$/.test(sid)) {
      throw malformed("Statement IDs (SID) must be alpha-numeric. Check that your input satisfies the regular expression [0-9A-Za-z]*");
    }
  }
}

function validateTrust(statements: readonly RawStatement[]): void {
  for (const { resources, notResources } of statements) if (resources || notResources) throw malformed("Has prohibited field Resource.");
}

function validateResourcesPresent(statements: readonly RawStatement[], kind: PolicyKind): void {
  for (const { resources, notResources } of statements) {
    const list = resources ?? notResources;
    // A resource's own policy may leave the resource out where there is only one it can mean.
    if (list ? list.length === 0 : kind !== "resource") throw malformed("Policy statement must contain resources.");
  }
}

function finish(raw: RawStatement, kind: PolicyKind): Statement {
  const { principal, notPrincipal, effect, sid, actions, notActions, resources, notResources, conditions } = raw;
  const based = kind === "trust" || kind === "resource";
  if (!based && (principal !== undefined || notPrincipal !== undefined)) throw malformed("Policy document should not specify a principal.");
  if (based && principal === undefined && notPrincipal === undefined) throw malformed("Missing required field Principal");
  const named = (value: unknown): Principals | undefined => (value === undefined ? undefined : readPrincipals(value));
  const members: Statement = {
    sid,
    effect: effect as "Allow" | "Deny",
    actions,
    notActions,
    resources,
    notResources,
    principals: named(principal),
    notPrincipals: named(notPrincipal),
    conditions,
  };
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined)) as unknown as Statement;
}
