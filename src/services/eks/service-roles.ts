// EKS acting in the customer's account: through its service-linked roles, or by assuming a role the customer named.
import type { Caller, ServiceCaller } from "../../aws/caller.ts";
import { AwsError } from "../../aws/errors.ts";
import type { CallOptions, Requirement } from "../../aws/operation.ts";
import type { IamDirectory, RoleFacts, SessionIssuer } from "../ports.ts";
import type { Place } from "./arn.ts";

/** Service principals whose service-linked roles EKS uses (EKS User Guide, Using service-linked roles). */
export const SERVICE_LINKED = {
  cluster: { principal: "eks.amazonaws.com", role: "AWSServiceRoleForAmazonEKS" },
  fargate: { principal: "eks-fargate.amazonaws.com", role: "AWSServiceRoleForAmazonEKSForFargate" },
  connector: { principal: "eks-connector.amazonaws.com", role: "AWSServiceRoleForAmazonEKSConnector" },
  nodegroup: { principal: "eks-nodegroup.amazonaws.com", role: "AWSServiceRoleForAmazonEKSNodegroup" },
} as const;

export type ServiceLinked = keyof typeof SERVICE_LINKED;

interface Roles {
  readonly directory: IamDirectory;
  readonly sessions: SessionIssuer;
}

/** Options of calls EKS makes through a service-linked role, which is made if the account lacks it. Session name `EKS`. */
export function asService({ directory, sessions }: Roles, place: Place, which: ServiceLinked = "cluster"): CallOptions {
  const { principal } = SERVICE_LINKED[which];
  const role = directory.ensureServiceLinkedRole(place.account, principal);
  const caller = sessions.callerFor(role, "EKS", { invokedBy: principal });
  return { caller, region: place.region, account: place.account, sourceIp: principal, userAgent: principal };
}

/** What a caller must be allowed when the account has no such service-linked role yet. */
export function serviceLinkedRequirement(directory: IamDirectory, place: Place, which: ServiceLinked): readonly Requirement[] {
  const { principal, role } = SERVICE_LINKED[which];
  if (directory.roleByName(place.account, role)) return [];
  return [
    {
      action: "iam:CreateServiceLinkedRole",
      resources: [`arn:${place.partition}:iam::${place.account}:role/aws-service-role/${principal}/${role}`],
      conditions: { "iam:AWSServiceName": principal },
    },
  ];
}

/** iam:PassRole of a role to a service; nothing if there is no role. */
export function passRole(roleArn: string | undefined, service: string, associatedResource?: string): readonly Requirement[] {
  if (!roleArn) return [];
  const conditions = { "iam:PassedToService": service, "iam:AssociatedResourceArn": associatedResource };
  return [{ action: "iam:PassRole", resources: [roleArn], conditions }];
}

/** eks:TagResource for requests that create with tags. */
export function tagOnCreate(tags: object | undefined, resource: string): readonly Requirement[] {
  if (!tags || Object.keys(tags).length === 0) return [];
  return [{ action: "eks:TagResource", resources: [resource] }];
}

/** The service principal itself, as it assumes customers' roles: with the resource it acts for (confused deputy prevention). */
export function servicePrincipal(place: Place, principal: string, sourceArn: string): ServiceCaller {
  return {
    kind: "service",
    partition: place.partition,
    accountId: place.account,
    arn: principal,
    userId: principal,
    service: principal,
    sourceArn,
    sourceAccount: place.account,
  };
}

/** A service's wish to act in a role of the customer. */
export interface Assumption {
  /** Service principal. */
  readonly principal: string;
  readonly roleArn: string;
  /** The resource it acts for. */
  readonly sourceArn: string;
  readonly sessionName: string;
  readonly tags?: Readonly<Record<string, string>>;
}

/** Whether a service may assume a role of the account for a resource: really assumes it (spec eks-control-plane §19.2). */
export async function canAssume(roles: Roles, place: Place, wish: Assumption): Promise<boolean> {
  const { principal, roleArn, sourceArn, sessionName, tags } = wish;
  const role = roles.directory.role(roleArn);
  if (!role || role.accountId !== place.account || role.serviceLinked) return false;
  try {
    await roles.sessions.assumeRole({
      caller: servicePrincipal(place, principal, sourceArn),
      region: place.region,
      ...{ roleArn, sessionName, durationSeconds: 900 },
      ...(tags ? { tags } : {}),
    });
    return true;
  } catch (error) {
    if (error instanceof AwsError) return false;
    throw error;
  }
}

/** Whether eks.amazonaws.com may assume the cluster role for this cluster. */
export function canAssumeClusterRole(
  roles: Roles,
  place: Place,
  roleArn: string,
  clusterArn: string,
  sessionName: string,
  tags?: Readonly<Record<string, string>>,
): Promise<boolean> {
  return canAssume(roles, place, {
    ...{ principal: "eks.amazonaws.com", roleArn, sourceArn: clusterArn, sessionName },
    ...(tags && { tags }),
  });
}

/** The user or role behind a caller, with its unique id: what access entries hold. Root and services have none of their own. */
export function principalOf(caller: Caller): { principalArn: string; principalId: string } {
  if (caller.kind === "role-session") return { principalArn: caller.roleArn, principalId: caller.userId.split(":")[0]! };
  return { principalArn: caller.arn, principalId: caller.userId };
}

/** Facts of a role named by ARN, in the cluster's account. */
export function ownRole(directory: IamDirectory, place: Place, roleArn: string): RoleFacts | undefined {
  const role = directory.role(roleArn);
  return role && role.accountId === place.account ? role : undefined;
}
