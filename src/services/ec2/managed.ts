// Telling AWS services from users: services may use aws: tags, and what they make is theirs alone to change.
import type { Caller } from "../../aws/caller.ts";
import { ec2Error } from "./errors.ts";

/** The service behind a call: the principal itself, or the one acting through a role session. Undefined for users. */
export function serviceBehind(caller: Caller): string | undefined {
  if (caller.kind === "service") return caller.service;
  return managingService(caller) ?? ("session" in caller ? caller.session?.invokedBy : undefined);
}

/** Whether an AWS service makes the call. */
export function isService(caller: Caller): boolean {
  return serviceBehind(caller) !== undefined;
}

/**
 * The service that will manage what a call makes: the service itself, or the one whose service-linked role acts. A service that acts
 * through a customer's role (a cluster role, a node role) makes ordinary resources.
 */
export function managingService(caller: Caller): string | undefined {
  if (caller.kind === "service") return caller.service;
  if (caller.kind !== "role-session") return undefined;
  return /:role\/aws-service-role\/([^/]+)\//.exec(caller.roleArn)?.[1];
}

/** Refuses users who touch an interface that a service manages (spec vpc-cni §2.4, eks-control-plane §8.5). */
export function refuseManaged(caller: Caller, record: { readonly id: string; readonly requesterManaged: boolean }): void {
  if (record.requesterManaged && managingService(caller) === undefined)
    throw ec2Error("OperationNotPermitted", "You do not have permission to access the specified resource.");
}

/**
 * Refuses everybody but the managing service itself who would stop, start, reboot, change or terminate a managed instance
 * (EC2 User Guide, "Amazon EC2 managed instances").
 */
export function refuseOperated(caller: Caller, record: { readonly id: string; readonly operator?: string }, noun = "instance"): void {
  if (record.operator === undefined || serviceBehind(caller) === record.operator) return;
  throw ec2Error(
    "OperationNotPermitted",
    `The ${noun} '${record.id}' is managed by ${record.operator}. You do not have permission to perform this operation on it.`,
  );
}

/** The managing service a call names; only the service itself may. */
export function operatorOf(caller: Caller, operator: { readonly Principal?: string | undefined } | undefined): string | undefined {
  const principal = operator?.Principal;
  if (principal === undefined) return undefined;
  if (serviceBehind(caller) !== principal)
    throw ec2Error(
      "InvalidParameterValue",
      `Value (${principal}) for parameter operator is invalid. The operator is reserved for services.`,
    );
  return principal;
}

/** A resource's Operator member. */
export const operatorView = (operator: string | undefined) =>
  operator === undefined ? { Managed: false } : { Managed: true, Principal: operator };
