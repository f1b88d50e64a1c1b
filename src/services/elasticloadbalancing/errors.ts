// Elastic Load Balancing's errors (Elastic Load Balancing API Reference, version 2015-12-01; texts as the service words them).
import { AwsError } from "../../aws/errors.ts";

const error = (code: string, message: string) => new AwsError(code, message, {}, 400);

export const invalid = (message: string) => error("ValidationError", message);
export const invalidConfiguration = (message: string) => error("InvalidConfigurationRequest", message);
export const invalidSubnet = (message: string) => error("InvalidSubnet", message);
export const noSubnet = (id: string) => error("SubnetNotFound", `The subnet ID '${id}' does not exist`);
export const badGroups = () => error("InvalidSecurityGroup", "One or more security groups are invalid");
export const badScheme = (message: string) => error("InvalidScheme", message);
export const noLoadBalancer = (name: string) =>
  error("LoadBalancerNotFound", name.startsWith("arn:") ? `Load balancer '${name}' not found` : `Load balancers '[${name}]' not found`);
export const noTargetGroup = (name: string) =>
  error("TargetGroupNotFound", name.startsWith("arn:") ? "One or more target groups not found" : `Target groups '[${name}]' not found`);
export const noListener = () => error("ListenerNotFound", "One or more listeners not found");
export const noRule = () => error("RuleNotFound", "One or more rules not found");
export const noCertificate = (arn: string) => error("CertificateNotFound", `Certificate ARN '${arn}' is not valid`);
export const noSslPolicy = (name: string) => error("SSLPolicyNotFound", `SSL policy '${name}' not found`);
export const duplicate = (code: "LoadBalancer" | "TargetGroup", name: string) =>
  error(
    `Duplicate${code}Name`,
    `A ${code === "LoadBalancer" ? "load balancer" : "target group"} with the same name '${name}' exists, but with different settings`,
  );
export const duplicateListener = (arn: string) =>
  error("DuplicateListener", `A listener already exists on this port for this load balancer '${arn}'`);
export const duplicateTags = () => error("DuplicateTagKeys", "A tag key was specified more than once");
export const associated = (targetGroupArn: string) =>
  error(
    "TargetGroupAssociationLimit",
    `The following target groups cannot be associated with more than one load balancer: ${targetGroupArn}`,
  );
export const priorityInUse = (priority: number) => error("PriorityInUse", `Priority '${priority}' is currently in use`);
export const resourceInUse = (message: string) => error("ResourceInUse", message);
export const notPermitted = (message: string) => error("OperationNotPermitted", message);
export const badTarget = (message: string) => error("InvalidTarget", message);
export const tooMany = (what: string, message: string) => error(`TooMany${what}`, message);
/** A request that AWS would take and Atoll does not. */
export const unsupported = (what: string) => error("NotImplemented", `Atoll does not implement ${what}.`);

/** The value, or ValidationError naming what is absent. */
export function required<T>(value: T | undefined, name: string): T {
  if (value === undefined || value === "") throw invalid(`${name} must be specified`);
  return value;
}
