// What `atoll explain` and the log say about a decision of IAM: shared by the server that makes it and the command line that prints it.

/** One statement of a policy that was weighed. */
export interface StatementReport {
  /** ARN of a managed policy, name of an inline one. */
  readonly policy: string;
  /** `identity-based policy`, `permissions boundary`, `role trust policy` … */
  readonly kind: string;
  /** Index in the document, from 0. */
  readonly statement: number;
  readonly sid?: string;
  readonly effect: "Allow" | "Deny";
  readonly matched: boolean;
  /** The first element that does not match: `Action`, `Resource`, `Principal` or `Condition <operator> <key>`. */
  readonly failed?: string;
  /** What that element asks for. */
  readonly wanted?: readonly string[];
  /** What the request has; empty: the request does not have the key. */
  readonly got?: readonly string[];
}

/** An error as an AWS client sees it. */
export interface AnswerReport {
  readonly code: string;
  readonly message: string;
  readonly status?: number;
}

/** One decision: an action on a resource. */
export interface AccessReport {
  readonly principal: string;
  readonly action: string;
  readonly resource: string;
  readonly allowed: boolean;
  /** A Deny statement matched. */
  readonly explicit: boolean;
  /** Kind of policy that settled it. */
  readonly decidedBy: string;
  /** Statements about the action; those about other actions are only counted. */
  readonly statements: readonly StatementReport[];
  readonly otherStatements: number;
  /** Condition keys that statements about the action test and the request does not have. */
  readonly missingKeys: readonly string[];
  /** Condition keys of the request. */
  readonly context: Readonly<Record<string, string | readonly string[]>>;
  /** What AWS answers if it refuses. */
  readonly answer?: AnswerReport;
}

/** One step on a pod's way to its credentials. `fails` ends the way, `warns` does not. */
export interface PodStep {
  readonly step: string;
  readonly verdict: "ok" | "warns" | "fails";
  readonly text: string;
  /** Facts behind the text. */
  readonly facts?: Readonly<Record<string, unknown>>;
  readonly decisions?: readonly AccessReport[];
}

/** A pod's way to its credentials, as far as it goes. */
export interface PodReport {
  readonly pod: string;
  readonly cluster: string;
  readonly serviceAccount: string;
  /** Where the SDK's default chain finds credentials. */
  readonly method: "pod-identity" | "irsa" | "environment" | "instance-metadata" | "none";
  readonly steps: readonly PodStep[];
  /** ARN of the session the pod acts as; absent if it gets none. */
  readonly session?: string;
  readonly answer?: AnswerReport;
}
