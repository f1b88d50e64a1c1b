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
