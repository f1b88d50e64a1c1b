// The EKS Auth service: one operation, called by the Pod Identity agents of nodes.
import { type Service, service } from "../../aws/operation.ts";
import { assumeRoleForPodIdentity } from "./assume-role-for-pod-identity.ts";
import type { EksAuthDeps } from "./deps.ts";

/** Makes the service. */
export function createEksAuth(deps: EksAuthDeps): Service {
  return service("eks-auth", deps, { AssumeRoleForPodIdentity: assumeRoleForPodIdentity });
}
