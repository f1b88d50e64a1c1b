// Whose names the VPC resource controller's EC2 calls are made in: the cluster role's, assumed as EKS does (spec vpc-cni §9.5).
import { AwsError } from "../../aws/errors.ts";
import type { CallOptions } from "../../aws/operation.ts";
import { type ControllerIdentity, EKS_ACCOUNT } from "../../clusters/vpc-resource/control.ts";
import type { ClusterRecord } from "../../services/eks/records.ts";
import { asService, canAssumeClusterRole, servicePrincipal } from "../../services/eks/service-roles.ts";
import type { ControllerDeps } from "../deps.ts";

const EKS = "eks.amazonaws.com";
/** Sessions are renewed before they end after an hour. */
const SESSION_MS = 55 * 60_000;

/** The identity for a cluster. `current` is asked at every call. */
export function controllerIdentity(deps: ControllerDeps, current: () => ClusterRecord): ControllerIdentity {
  let session: { readonly options: CallOptions; readonly until: number; readonly roleArn: string } | undefined;
  return {
    async asClusterRole() {
      const { account, region, roleArn, arn, partition } = current();
      const now = deps.clock.now();
      if (session && session.roleArn === roleArn && now < session.until) return session.options;
      // The Go SDK names sessions after the nanosecond.
      const name = `${now}000000`;
      const role = deps.directory.role(roleArn);
      if (!role || !(await canAssumeClusterRole(deps, { account, region, partition }, roleArn, arn, name)))
        throw new AwsError("AccessDenied", `User: ${EKS} is not authorized to perform: sts:AssumeRole on resource: ${roleArn}`);
      const caller = deps.sessions.callerFor(role, name, { invokedBy: EKS });
      session = { options: { caller, region, account, sourceIp: EKS, userAgent: EKS }, until: now + SESSION_MS, roleArn };
      return session.options;
    },
    asEks() {
      const { account, region, partition, arn } = current();
      const caller = { ...servicePrincipal({ account, region, partition }, EKS, arn), accountId: EKS_ACCOUNT };
      return { caller, region, account, sourceIp: EKS, userAgent: EKS };
    },
    asServiceLinkedRole: () => asService(deps, current()),
  };
}
