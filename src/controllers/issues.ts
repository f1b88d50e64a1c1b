// What went wrong, in the words of health issues and update errors (spec eks-control-plane §5.7, Appendix B).
import type { ClusterIssueCode, ErrorCode, NodegroupIssueCode } from "@aws-sdk/client-eks";
import { AwsError } from "../aws/errors.ts";
import { StatusError } from "../kubernetes/api/object.ts";

/** A failure that ends a transition: no point in trying again. */
export class Failure extends Error {
  readonly cluster: ClusterIssueCode;
  readonly nodegroup: NodegroupIssueCode;
  readonly update: ErrorCode;
  readonly resourceIds: readonly string[];

  constructor(
    codes: { cluster: ClusterIssueCode; nodegroup: NodegroupIssueCode; update: ErrorCode },
    message: string,
    resourceIds: readonly string[],
  ) {
    super(message);
    this.cluster = codes.cluster;
    this.nodegroup = codes.nodegroup;
    this.update = codes.update;
    this.resourceIds = resourceIds;
  }
}

const rule = (pattern: RegExp, cluster: ClusterIssueCode, nodegroup: NodegroupIssueCode, update: ErrorCode) => ({
  pattern,
  codes: { cluster, nodegroup, update },
});

const RULES = [
  rule(/^InvalidSubnetID|^InvalidSubnet\./, "Ec2SubnetNotFound", "Ec2SubnetNotFound", "SubnetNotFound"),
  rule(/^InvalidGroup|^InvalidSecurityGroupID/, "Ec2SecurityGroupNotFound", "Ec2SecurityGroupNotFound", "SecurityGroupNotFound"),
  rule(/^InvalidVpcID/, "VpcNotFound", "Unknown", "VpcIdNotFound"),
  rule(/^InsufficientFreeAddresses|^InsufficientCidrBlocks/, "InsufficientFreeAddresses", "InsufficientFreeAddresses", "IpNotAvailable"),
  rule(/^NetworkInterfaceLimitExceeded/, "ResourceLimitExceeded", "AsgInstanceLaunchFailures", "EniLimitReached"),
  rule(/^(Instance|Vcpu)LimitExceeded/, "ResourceLimitExceeded", "InstanceLimitExceeded", "Unknown"),
  rule(/^(UnauthorizedOperation|AccessDenied|AccessDeniedException)$/, "AccessDenied", "AccessDenied", "AccessDenied"),
  rule(/^NoSuchEntity/, "IamRoleNotFound", "IamNodeRoleNotFound", "AccessDenied"),
  rule(/^InvalidAMIID/, "ResourceNotFound", "AmiIdNotFound", "Unknown"),
  rule(/^InvalidLaunchTemplate/, "ResourceNotFound", "Ec2LaunchTemplateNotFound", "Unknown"),
  rule(/^LimitExceeded|LimitExceeded(Exception)?$/, "ResourceLimitExceeded", "LimitExceeded", "Unknown"),
];

const IDS = /\b(?:subnet|sg|vpc|eni|i|lt|ami)-[0-9a-f]{8,17}\b/g;
const INTERNAL = { cluster: "InternalFailure", nodegroup: "InternalFailure", update: "Unknown" } as const;

/** The cluster's API server refused: somebody took rights away that EKS needs (EKS User Guide, "Troubleshooting"). */
const DENIED = { cluster: "AccessDenied", nodegroup: "AccessDenied", update: "AccessDenied" } as const;

/** After this many failures in a row an unexplained error is taken as final. */
const PATIENCE = 5;

/**
 * The failure behind an error, or undefined if trying again may help. Errors of AWS services are final unless they are throttling
 * or server errors; anything else is final once it has come `PATIENCE` times.
 */
export function failureOf(error: unknown, failures: number): Failure | undefined {
  if (error instanceof Failure) return error;
  const message = error instanceof Error ? error.message : String(error);
  if (error instanceof AwsError && !/Throttl|RequestLimitExceeded|Internal|Unavailable|ServerException/.test(error.code)) {
    const codes = RULES.find(({ pattern }) => pattern.test(error.code))?.codes ?? INTERNAL;
    return new Failure(codes, message, [...new Set(message.match(IDS) ?? [])]);
  }
  if (error instanceof StatusError && error.code === 403) return new Failure(DENIED, message, []);
  return failures + 1 >= PATIENCE ? new Failure(INTERNAL, message, []) : undefined;
}
