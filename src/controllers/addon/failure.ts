// What went wrong with an add-on, in the words of its health issues and update errors (spec addons §7).
import type { AddonIssueCode, ErrorCode } from "@aws-sdk/client-eks";
import { StatusError } from "../../kubernetes/api/object.ts";

/** A failure that ends a transition. */
export class AddonFailure extends Error {
  readonly code: AddonIssueCode;
  readonly resourceIds: readonly string[];

  constructor(code: AddonIssueCode, message: string, resourceIds: readonly string[] = []) {
    super(message);
    this.code = code;
    this.resourceIds = resourceIds;
  }
}

/** After this many failures in a row an unexplained error is taken as final. */
const PATIENCE = 5;
const DENIED_BY_POLICY = /admission webhook|denied (the )?request|ValidatingAdmissionPolicy|exceeded quota|violates PodSecurity/i;

/** The failure behind an error, or undefined if trying again may help. */
export function addonFailure(error: unknown, failures: number): AddonFailure | undefined {
  if (error instanceof AddonFailure) return error;
  const message = error instanceof Error ? error.message : String(error);
  if (error instanceof StatusError) {
    if (DENIED_BY_POLICY.test(message)) return new AddonFailure("AdmissionRequestDenied", message);
    if (error.code === 401 || error.code === 403) return new AddonFailure("AccessDenied", message);
    if (error.code === 422) return new AddonFailure("UnsupportedAddonModification", message);
  }
  return failures + 1 >= PATIENCE ? new AddonFailure("InternalFailure", message) : undefined;
}

const UPDATE_CODES: Partial<Record<AddonIssueCode, ErrorCode>> = {
  AccessDenied: "AccessDenied",
  ClusterUnreachable: "ClusterUnreachable",
  InsufficientNumberOfReplicas: "InsufficientNumberOfReplicas",
  ConfigurationConflict: "ConfigurationConflict",
  AdmissionRequestDenied: "AdmissionRequestDenied",
  UnsupportedAddonModification: "UnsupportedAddonModification",
  K8sResourceNotFound: "K8sResourceNotFound",
  AddonPermissionFailure: "OperationNotPermitted",
};

/** The failure as an error of an Update. */
export const updateError = ({ code, message, resourceIds }: AddonFailure) => ({
  errorCode: UPDATE_CODES[code] ?? ("Unknown" as const),
  errorMessage: message,
  resourceIds,
});
