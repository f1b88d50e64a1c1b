// Who makes a call. Built by the gateway's authentication, or by Atoll itself for what AWS services do on a customer's behalf.

/** Tags of a principal or session. */
export type TagMap = Readonly<Record<string, string>>;

/** An authenticated principal (spec identity.md §0.4). */
export type Caller = RootCaller | UserCaller | RoleSessionCaller | FederatedCaller | ServiceCaller | AnonymousCaller;

interface Common {
  readonly partition: string;
  readonly accountId: string;
  /** As GetCallerIdentity prints it: `arn:aws:iam::A:user/x`, `arn:aws:sts::A:assumed-role/ROLE/SESSION` … */
  readonly arn: string;
  /** As GetCallerIdentity's UserId. */
  readonly userId: string;
  readonly accessKeyId?: string;
}

/** The account's root user. */
export interface RootCaller extends Common {
  readonly kind: "root";
}

/** An IAM user, with a long-term key or a GetSessionToken session. */
export interface UserCaller extends Common {
  readonly kind: "user";
  readonly userName: string;
  readonly session?: SessionFacts;
}

/** A session of an IAM role. */
export interface RoleSessionCaller extends Common {
  readonly kind: "role-session";
  readonly roleName: string;
  /** ARN of the role, with its path. */
  readonly roleArn: string;
  readonly sessionName: string;
  readonly session: SessionFacts;
}

/** A GetFederationToken session of an IAM user. */
export interface FederatedCaller extends Common {
  readonly kind: "federated";
  readonly userName: string;
  readonly session: SessionFacts;
}

/** An AWS service acting for itself, for example `pods.eks.amazonaws.com` assuming a role. */
export interface ServiceCaller extends Common {
  readonly kind: "service";
  /** Service principal, for example `eks.amazonaws.com`. */
  readonly service: string;
  readonly sourceArn?: string;
  readonly sourceAccount?: string;
}

/** No credentials, for the few operations that allow it (AssumeRoleWithWebIdentity). */
export interface AnonymousCaller extends Common {
  readonly kind: "anonymous";
}

/** What temporary credentials carry. */
export interface SessionFacts {
  /** Epoch milliseconds. */
  readonly issuedAt: number;
  readonly expiresAt: number;
  readonly tags: TagMap;
  readonly transitiveTagKeys: readonly string[];
  /** Session policies as JSON text; the session may do at most what they and the role allow. */
  readonly policies: readonly string[];
  readonly policyArns: readonly string[];
  readonly sourceIdentity?: string;
  readonly mfa?: boolean;
  /** True when made by another role session (role chaining: at most one hour). */
  readonly chained?: boolean;
  /** Web identity the session came from: issuer (provider ARN), subject, audience. */
  readonly webIdentity?: { readonly provider: string; readonly subject: string; readonly audience: string };
  /** Set when an AWS service acts through the session (`invokedBy` in CloudTrail). */
  readonly invokedBy?: string;
}
