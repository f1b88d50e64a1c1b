// Authentication and authorization as pluggable links of a chain.
import type { IncomingHttpHeaders } from "node:http";
import type { TLSSocket } from "node:tls";

/** An authenticated user (authentication.k8s.io UserInfo). */
export interface UserInfo {
  readonly username: string;
  readonly uid?: string;
  readonly groups: readonly string[];
  readonly extra?: Readonly<Record<string, readonly string[]>>;
}

/** What an authenticator may look at. */
export interface AuthenticationRequest {
  readonly headers: IncomingHttpHeaders;
  /** Bearer token, if the request carries one. */
  readonly token?: string;
  readonly socket?: TLSSocket;
  /** Adds an annotation to the request's audit record. */
  annotate?(key: string, value: string): void;
}

/** Says who sent a request: a user, `undefined` (not mine, ask the next), or "invalid" (mine, and refused). */
export interface Authenticator {
  readonly name: string;
  authenticate(request: AuthenticationRequest): Promise<UserInfo | undefined | "invalid"> | UserInfo | undefined | "invalid";
}

/** A request as authorizers judge it (authorization.k8s.io attributes). */
export interface Attributes {
  readonly user: UserInfo;
  /** get list watch create update patch delete deletecollection, impersonate, bind, escalate … or the lower-case HTTP method for non-resource paths. */
  readonly verb: string;
  readonly group: string;
  readonly version: string;
  readonly resource: string;
  readonly subresource: string;
  readonly namespace: string;
  readonly name: string;
  /** Set for non-resource requests; then the resource members are empty. */
  readonly path?: string;
}

/** Allows, denies for good, or leaves it to the next. */
export interface Verdict {
  readonly decision: "allow" | "deny" | "no-opinion";
  readonly reason?: string;
}

/** One link of the authorization chain: Node, RBAC, EKS access policies. */
export interface Authorizer {
  readonly name: string;
  authorize(attributes: Attributes): Verdict;
  /** Rules for SelfSubjectRulesReview (`kubectl auth can-i --list`). */
  rulesFor?(user: UserInfo, namespace: string): readonly PolicyRule[];
}

/** An RBAC rule. */
export interface PolicyRule {
  readonly verbs: readonly string[];
  readonly apiGroups?: readonly string[];
  readonly resources?: readonly string[];
  readonly resourceNames?: readonly string[];
  readonly nonResourceURLs?: readonly string[];
}
