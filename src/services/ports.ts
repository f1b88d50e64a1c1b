// The interfaces through which services, gateway, clusters and nodes meet. Services never import each other; main.ts connects them.
import type { Caller, ServiceCaller, SessionFacts, TagMap } from "../aws/caller.ts";
import type { AwsError } from "../aws/errors.ts";
import type { Conditions, Requirement } from "../aws/operation.ts";
import type { AccessReport, AnswerReport } from "../base/access-report.ts";
import type { AttachedPolicy, Decision, PolicyDocument, PrincipalPolicies } from "../policy/types.ts";

/** Secret half of an access key and whose it is. Provided by IAM (long-term keys) and STS (temporary ones). */
export interface Credential {
  readonly secretAccessKey: string;
  readonly caller: Caller;
  /** Must accompany the key in the request; absent for long-term keys. */
  readonly sessionToken?: string;
  /** False: the key exists and was deactivated. */
  readonly active: boolean;
  /** Epoch milliseconds; absent for long-term keys. */
  readonly expiresAt?: number;
}

/** Looks an access key id up; undefined if nobody has it. */
export interface CredentialSource {
  credential(accessKeyId: string): Credential | undefined;
}

/** A role as STS and EKS need it. */
export interface RoleFacts {
  readonly arn: string;
  readonly name: string;
  readonly id: string;
  readonly path: string;
  readonly accountId: string;
  readonly trust: PolicyDocument;
  readonly tags: TagMap;
  readonly maxSessionDurationSeconds: number;
  readonly serviceLinked: boolean;
}

/** An IAM OIDC provider as AssumeRoleWithWebIdentity needs it. */
export interface OidcProviderFacts {
  readonly arn: string;
  /** Issuer without scheme, as registered. */
  readonly url: string;
  readonly clientIds: readonly string[];
}

/** What IAM knows, read by the authorizer, STS and EKS. Provided by services/iam. */
export interface IamDirectory {
  /** By ARN or by account and name; undefined if there is none. */
  role(arn: string): RoleFacts | undefined;
  roleByName(account: string, name: string): RoleFacts | undefined;
  user(account: string, name: string): { readonly arn: string; readonly id: string; readonly tags: TagMap } | undefined;
  /** Identity, boundary and session policies in force for a caller. */
  policies(caller: Caller): PrincipalPolicies;
  /** A managed policy by ARN, customer or AWS managed. */
  managedPolicy(arn: string): AttachedPolicy | undefined;
  oidcProvider(account: string, issuerUrl: string): OidcProviderFacts | undefined;
  /** Role of an instance profile ARN. */
  instanceProfileRole(instanceProfileArn: string): RoleFacts | undefined;
  /** Makes a service-linked role unless it exists, without asking anyone's permission. */
  ensureServiceLinkedRole(account: string, servicePrincipal: string): RoleFacts;
  /** Whether the account exists (has a root). */
  hasAccount(account: string): boolean;
}

/** Decides requirements for a caller. Provided by the gateway; used for every request and by services for what they learn while running. */
export interface Authorizer {
  decide(caller: Caller, requirement: Requirement, request: RequestFacts): Decision;
  /** Throws AwsError with the service's AccessDenied code and AWS's text unless every resource is allowed. */
  require(caller: Caller, requirement: Requirement, request: RequestFacts): void;
}

/** Accounts for decisions instead of acting on them. Provided by the gateway. */
export interface AccessExplainer {
  /** The first resource that is refused, or the last one. */
  explain(caller: Caller, requirement: Requirement, request: RequestFacts): AccessReport;
}

/** What STS would do with a request, without doing it. `answer` is the error, absent if credentials would be issued. */
export interface Rehearsal {
  /** Every decision of IAM on the way, in order. */
  readonly decisions: readonly AccessReport[];
  /** ARN of the session; absent if there would be none. */
  readonly session?: string;
  /** Who would act in the session. */
  readonly caller?: Caller;
  readonly answer?: AnswerReport;
}

/** Goes through the motions of assuming roles. Provided by services/sts. */
export interface RoleRehearsal {
  assumeRole(request: ServiceAssumeRole): Rehearsal;
  /** A web identity token for a role. */
  webIdentity(request: {
    readonly token: string;
    readonly roleArn: string;
    readonly sessionName: string;
    readonly region: string;
  }): Promise<Rehearsal>;
  /** Whether a principal may assume a role: a caller, or the ARN of an OIDC provider. Condition keys are as given. */
  trust(principal: Caller | string, action: string, roleArn: string, facts: RequestFacts): AccessReport;
}

/** Facts of a request that become global condition keys. */
export interface RequestFacts {
  readonly requestId: string;
  readonly region: string;
  readonly sourceIp: string;
  readonly userAgent: string;
  readonly now: number;
  readonly secureTransport: boolean;
  readonly conditions?: Conditions;
}

/** Temporary credentials as handed out. */
export interface IssuedCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string;
  /** Epoch milliseconds. */
  readonly expiration: number;
  /** `arn:aws:sts::A:assumed-role/ROLE/SESSION` and `AROA…:SESSION`. */
  readonly assumedRoleArn: string;
  readonly assumedRoleId: string;
}

/** What a service asks of STS when it assumes a role for a customer. */
export interface ServiceAssumeRole {
  /** The service acting, with aws:SourceArn and aws:SourceAccount; or the role session that chains on. */
  readonly caller: ServiceCaller | Caller;
  readonly region: string;
  readonly roleArn: string;
  readonly sessionName: string;
  readonly durationSeconds: number;
  readonly tags?: TagMap;
  readonly transitiveTagKeys?: readonly string[];
  readonly externalId?: string;
  readonly policy?: string;
  readonly sourceIdentity?: string;
  /** Id of the request this serves: a refusal is logged under it. */
  readonly onBehalfOf?: string;
}

/** Session credentials. Provided by services/sts. */
export interface SessionIssuer {
  /** AssumeRole decided by the trust policy, recorded in CloudTrail as invoked by the service. Throws AwsError AccessDenied. */
  assumeRole(request: ServiceAssumeRole): Promise<IssuedCredentials>;
  /** Credentials of a service-linked role or of an instance for Atoll's own use; no trust decision, no event. */
  callerFor(role: RoleFacts, sessionName: string, facts?: Partial<SessionFacts>): Caller;
}

/** Web identity token verification keys by issuer. Provided by clusters for Atoll's own issuers; STS fetches foreign ones. */
export interface IssuerKeys {
  /** JWKS of an issuer that Atoll itself runs; undefined if the issuer is not Atoll's. */
  jwks(issuer: string): { readonly keys: readonly object[] } | undefined;
}

/** Result of verifying an `aws eks get-token` presigned URL. */
export interface VerifiedIdentity {
  readonly arn: string;
  readonly accountId: string;
  readonly userId: string;
  readonly caller: Caller;
}

/** One finished call, as CloudTrail and the log see it. */
export interface CallRecord {
  readonly eventId: string;
  readonly requestId: string;
  /** Epoch milliseconds. */
  readonly time: number;
  readonly service: string;
  readonly eventSource: string;
  readonly operation: string;
  readonly account: string;
  readonly region: string;
  readonly caller: Caller;
  readonly sourceIp: string;
  readonly userAgent: string;
  readonly readOnly: boolean;
  /** Members marked sensitive are already masked. */
  readonly request: unknown;
  readonly response: unknown;
  readonly error?: { readonly code: string; readonly message: string };
  /** True for calls made over the wire, false for in-process ones. */
  readonly external: boolean;
}

/** Takes every finished call. Provided by services/cloudtrail. */
export interface CallRecorder {
  record(call: CallRecord): void;
}

/** A valid token's claims about a pod. */
export interface PodTokenClaims {
  readonly namespace: string;
  readonly serviceAccount: string;
  readonly serviceAccountUid: string;
  readonly podName: string;
  readonly podUid: string;
  readonly nodeName?: string;
}

/** Verdict on a token. */
export type TokenVerdict =
  | { readonly kind: "valid"; readonly claims: PodTokenClaims }
  /** Not this cluster's, not for this audience, not bound to a living pod and service account, or not a token at all. */
  | { readonly kind: "invalid"; readonly reason: string }
  /** Sound but past its time; epoch milliseconds. */
  | { readonly kind: "expired"; readonly expiredAt: number };

/** The Auto Scaling group behind a managed node group. */
export interface ScalingGroupFacts {
  readonly name: string;
  /** Last part of its ARN. */
  readonly uuid: string;
  /** Epoch milliseconds. */
  readonly createdAt: number;
  readonly minSize: number;
  readonly maxSize: number;
  readonly desiredCapacity: number;
  readonly subnetIds: readonly string[];
  /** The launch template that EKS made; absent before that. */
  readonly launchTemplate?: { readonly id: string; readonly name: string; readonly version: string };
  /** Types in the order in which they are tried. */
  readonly instanceTypes: readonly string[];
  readonly spot: boolean;
  readonly deleting: boolean;
  /** Tags that EKS puts on the group and its instances. */
  readonly tags: TagMap;
}

/** The groups that exist because node groups do. Provided from EKS's records. */
export interface ScalingGroups {
  list(account: string, region: string): readonly ScalingGroupFacts[];
  /** Changes sizes; the node group follows. False if the group is gone, or busy with an update. */
  resize(
    account: string,
    region: string,
    name: string,
    sizes: Partial<Pick<ScalingGroupFacts, "minSize" | "maxSize" | "desiredCapacity">>,
  ): boolean;
  /** Has one instance drained and terminated and sets the capacity wanted from then on. False as for `resize`. */
  remove(account: string, region: string, name: string, instanceId: string, desiredCapacity: number): boolean;
}

/** A call as throttling sees it. */
export interface ThrottledCall {
  readonly service: string;
  readonly operation: string;
  readonly account: string;
  readonly region: string;
  readonly input: object;
}

/** Counts a call; the error to answer if the account has made too many. */
export type Throttle = (call: ThrottledCall) => AwsError | undefined;

/** What stands behind targets of load balancers. Provided from the clusters of the region. */
export interface TargetProbe {
  /** For the targets of a VPC: whether something that is ready answers at an address or an instance's port. */
  targets(place: { readonly account: string; readonly region: string; readonly vpcId: string }): (target: string, port: number) => boolean;
}
