// The shapes of IAM decisions, shared by the engine, IAM, STS and the gateway.
import type { Conditions } from "../aws/operation.ts";

/** A parsed, valid policy document. */
export interface PolicyDocument {
  readonly version: "2012-10-17" | "2008-10-17";
  readonly id?: string;
  readonly statements: readonly Statement[];
}

/** Principals of a resource or trust policy, by type. `*` means anyone. */
export type Principals = "*" | Readonly<Partial<Record<"AWS" | "Service" | "Federated" | "CanonicalUser", readonly string[]>>>;

/** One statement, with every single-or-list member as a list. */
export interface Statement {
  readonly sid?: string;
  readonly effect: "Allow" | "Deny";
  readonly actions?: readonly string[];
  readonly notActions?: readonly string[];
  readonly resources?: readonly string[];
  readonly notResources?: readonly string[];
  readonly principals?: Principals;
  readonly notPrincipals?: Principals;
  /** Operator, then key, then values. */
  readonly conditions: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>;
}

/** A policy and where it hangs, for traces: `arn` of a managed policy or the name of an inline one. */
export interface AttachedPolicy {
  readonly name: string;
  readonly arn?: string;
  readonly document: PolicyDocument;
}

/** All identity-side policies that bear on a principal. */
export interface PrincipalPolicies {
  readonly identity: readonly AttachedPolicy[];
  /** Absent: no boundary. */
  readonly boundary?: AttachedPolicy;
  /** Absent: not a session with session policies. An empty list cannot occur. */
  readonly session?: readonly AttachedPolicy[];
  /** One list per level (root, each OU, account). Absent: no organization. */
  readonly serviceControl?: readonly (readonly AttachedPolicy[])[];
}

/** A question to the engine: one action on one resource. */
export interface DecisionRequest {
  readonly action: string;
  readonly resource: string;
  /** Every condition key known for the request, global ones included. */
  readonly context: Conditions;
  /** Principal as policies see it. */
  readonly principal: PrincipalIdentity;
  readonly policies: PrincipalPolicies;
  /** Resource-based policy (a role's trust policy, a key policy), if the resource has one. */
  readonly resourcePolicy?: AttachedPolicy;
  /** Account that owns the resource; default the principal's. */
  readonly resourceAccount?: string;
}

/** What a Principal element is matched against. */
export interface PrincipalIdentity {
  readonly kind: "root" | "user" | "role-session" | "federated" | "service" | "web-identity" | "anonymous";
  readonly accountId: string;
  /** User ARN, session ARN, root ARN, service principal or provider ARN. */
  readonly arn: string;
  /** For role sessions: the role's ARN. */
  readonly roleArn?: string;
}

/** Which kind of policy settled the matter; wording of AccessDenied follows it (spec identity.md §6.6). */
export type DecidedBy =
  | "identity-based policy"
  | "permissions boundary"
  | "session policy"
  | "resource-based policy"
  | "role trust policy"
  | "service control policy"
  | "root";

/** One statement that took part in a decision. */
export interface TraceStep {
  readonly policy: string;
  readonly kind: DecidedBy;
  readonly statement: number;
  readonly sid?: string;
  readonly effect: "Allow" | "Deny";
  readonly matched: boolean;
  /** When not matched: the element that failed, for example `Condition StringEquals aws:RequestTag/x`. */
  readonly failed?: string;
  /** What that element asks for and what the request has: an empty list if it does not have the key. Not for actions. */
  readonly wanted?: readonly string[];
  readonly got?: readonly string[];
}

/** The engine's answer. */
export interface Decision {
  readonly allowed: boolean;
  /** False and a matching Deny statement: explicit. False without: implicit. */
  readonly explicit: boolean;
  readonly decidedBy: DecidedBy;
  readonly trace: readonly TraceStep[];
}
