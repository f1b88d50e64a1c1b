// EKS's modelled exceptions, as AwsError (EKS API Reference, Common Errors; spec eks-control-plane §1.2).
import { AwsError } from "../../aws/errors.ts";

/** Members an EKS exception carries besides its message. */
export interface ErrorSubject {
  readonly clusterName?: string;
  readonly nodegroupName?: string;
  readonly addonName?: string;
  readonly fargateProfileName?: string;
  readonly subscriptionId?: string;
}

/** 400: a value, or a combination of values, is wrong. */
export const invalidParameter = (message: string, subject: ErrorSubject = {}) =>
  new AwsError("InvalidParameterException", message, { ...subject });

/** 400: the resource's state or mode forbids the request. */
export const invalidRequest = (message: string, subject: ErrorSubject = {}) =>
  new AwsError("InvalidRequestException", message, { ...subject });

/** 400: readiness checks failed, or an update that cannot be cancelled. */
export const invalidState = (message: string, clusterName: string) => new AwsError("InvalidStateException", message, { clusterName });

/** 400: the caller lacks something EKS needs, or names what it may not. */
export const clientError = (message: string, subject: ErrorSubject = {}) => new AwsError("ClientException", message, { ...subject });

/** 409: the name is taken, dependents exist or another update runs. */
export const resourceInUse = (message: string, subject: ErrorSubject = {}) =>
  new AwsError("ResourceInUseException", message, { ...subject });

/** 400: a quota is used up. */
export const limitExceeded = (message: string, subject: ErrorSubject = {}) =>
  new AwsError("ResourceLimitExceededException", message, { ...subject });

/** 404: a named resource is absent. */
export const notFound = (message: string, subject: ErrorSubject = {}) => new AwsError("ResourceNotFoundException", message, { ...subject });

/** 400: zones that cannot host a control plane; `validZones` may. */
export const unsupportedZone = (message: string, clusterName: string, validZones: readonly string[]) =>
  new AwsError("UnsupportedAvailabilityZoneException", message, { clusterName, validZones });

/** 400 of the tag operations. */
export const badRequest = (message: string) => new AwsError("BadRequestException", message);

/** 404 of the tag operations. */
export const tagTargetNotFound = (message: string) => new AwsError("NotFoundException", message);

export const noCluster = (name: string) => notFound(`No cluster found for name: ${name}.`, { clusterName: name });
export const noNodegroup = (clusterName: string, name: string) =>
  notFound(`No node group found for name: ${name}.`, { clusterName, nodegroupName: name });
export const clusterNotActive = (name: string) => invalidRequest(`Cluster '${name}' is not in ACTIVE status`, { clusterName: name });
