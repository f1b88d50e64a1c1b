// The IAM decision: explicit denies, organization, resource policy, identity, boundary, session (spec identity §6.4).
import { resourcePolicyKind, serviceControlOf } from "./applicable.ts";
import { type CompiledStatement, compileDocument, type Question, questionOf } from "./compile.ts";
import type { PrincipalMatch } from "./principal.ts";
import { explain } from "./trace.ts";
import type { AttachedPolicy, DecidedBy, Decision, DecisionRequest } from "./types.ts";

/**
 * Decides one action on one resource. A request is allowed if every pair of its actions and resources is.
 * Never throws. The decision's trace is computed when it is read.
 */
export function evaluate(request: DecisionRequest): Decision {
  const { allowed, explicit, decidedBy } = decide(request, questionOf(request));
  let trace: Decision["trace"] | undefined;
  return {
    allowed,
    explicit,
    decidedBy,
    get trace() {
      trace ??= explain(request);
      return trace;
    },
  };
}

const NOBODY: ReadonlySet<PrincipalMatch> = new Set();

type Outcome = Omit<Decision, "trace">;

const allow = (decidedBy: DecidedBy): Outcome => ({ allowed: true, explicit: false, decidedBy });
const implicitDeny = (decidedBy: DecidedBy): Outcome => ({ allowed: false, explicit: false, decidedBy });
const explicitDeny = (decidedBy: DecidedBy): Outcome => ({ allowed: false, explicit: true, decidedBy });

function decide(request: DecisionRequest, question: Question): Outcome {
  const { principal, policies, resourcePolicy } = request;
  const kind = resourcePolicyKind(request);
  const serviceControl = serviceControlOf(request);
  if (serviceControl?.some((level) => denies(level, question))) return explicitDeny("service control policy");
  if (resourcePolicy && deniesCaller(resourcePolicy, question)) return explicitDeny(kind);
  if (denies(policies.identity, question)) return explicitDeny("identity-based policy");
  if (policies.boundary && denies([policies.boundary], question)) return explicitDeny("permissions boundary");
  if (policies.session && denies(policies.session, question)) return explicitDeny("session policy");
  if (serviceControl?.some((level) => !allows(level, question))) return implicitDeny("service control policy");

  const named = resourcePolicy ? allowsCaller(resourcePolicy, question) : NOBODY;
  const ownAccount = (request.resourceAccount ?? principal.accountId) === principal.accountId;
  // The policies of roles and keys are the root of trust: no identity policy grants anything past them. A key policy that nobody knows
  // is taken for the default one, which leaves the decision to the account.
  const resourcePolicyRequired = kind === "role trust policy" || (resourcePolicy !== undefined && question.action.startsWith("kms:"));
  if (principal.kind === "root" && ownAccount && !resourcePolicyRequired) return allow("root");

  if (named.has("service") || named.has("federated")) return allow(kind);
  const outsider = principal.kind === "service" || principal.kind === "web-identity" || principal.kind === "anonymous";
  if (outsider && named.has("everyone")) return allow(kind);

  if (ownAccount && (named.has("user") || named.has("session"))) return allow(kind);
  const grantedByResource = ownAccount && (named.has("role") || named.has("everyone"));
  if (!grantedByResource) {
    if (principal.kind !== "root" && !allows(policies.identity, question)) return implicitDeny(firstMissing(kind, named));
    if ((!ownAccount || resourcePolicyRequired) && named.size === 0) return implicitDeny(kind);
  }
  if (policies.boundary && !allows([policies.boundary], question)) return implicitDeny("permissions boundary");
  if (policies.session && !allows(policies.session, question)) return implicitDeny("session policy");
  if (grantedByResource) return allow(kind);
  return allow(principal.kind === "root" ? "root" : "identity-based policy");
}

/** For AssumeRole AWS names the trust policy when it is what lacks an entry for the caller. */
function firstMissing(kind: ReturnType<typeof resourcePolicyKind>, named: ReadonlySet<PrincipalMatch>): DecidedBy {
  return kind === "role trust policy" && named.size === 0 ? kind : "identity-based policy";
}

const applies = (statement: CompiledStatement, question: Question) => statement.failure(question) === undefined;

function denies(policies: readonly AttachedPolicy[], question: Question): boolean {
  return policies.some(({ document }) => compileDocument(document).denies.some((statement) => applies(statement, question)));
}

function allows(policies: readonly AttachedPolicy[], question: Question): boolean {
  return policies.some(({ document }) => compileDocument(document).allows.some((statement) => applies(statement, question)));
}

function deniesCaller({ document }: AttachedPolicy, question: Question): boolean {
  return compileDocument(document).denies.some((statement) => statement.names(question.principal).size > 0 && applies(statement, question));
}

/** All the ways in which matching Allow statements name the caller. */
function allowsCaller({ document }: AttachedPolicy, question: Question): ReadonlySet<PrincipalMatch> {
  const found = new Set<PrincipalMatch>();
  for (const statement of compileDocument(document).allows) {
    const named = statement.names(question.principal);
    if (named.size > 0 && applies(statement, question)) for (const match of named) found.add(match);
  }
  return found;
}
