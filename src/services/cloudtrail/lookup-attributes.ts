// What LookupEvents can be asked about an event: user name and resources (spec audit §B, §C).
import type { CloudTrailEvent } from "./event.ts";

/** A resource as LookupEvents lists it. */
export interface LookupResource {
  readonly ResourceType: string;
  readonly ResourceName: string;
}

/** Value of the attribute Username: IAM user, role session name, `root`; undefined for services. */
export function usernameOf({ userIdentity: { type, userName, arn } }: CloudTrailEvent): string | undefined {
  switch (type) {
    case "Root":
      return "root";
    case "AssumedRole":
    case "FederatedUser":
      return arn?.slice(arn.lastIndexOf("/") + 1);
    default:
      return userName;
  }
}

type Parameters = Readonly<Record<string, unknown>>;

const EKS = [
  ["name", "AWS::EKS::Cluster"],
  ["clusterName", "AWS::EKS::Cluster"],
  ["nodegroupName", "AWS::EKS::Nodegroup"],
  ["addonName", "AWS::EKS::Addon"],
  ["fargateProfileName", "AWS::EKS::FargateProfile"],
] as const;

/** Request members that name a resource, by event source. */
const NAMES: Readonly<Record<string, readonly (readonly [member: string, type: string])[]>> = {
  "eks.amazonaws.com": EKS,
  "eks-auth.amazonaws.com": EKS,
  "logs.amazonaws.com": [["logGroupName", "AWS::Logs::LogGroup"]],
  "iam.amazonaws.com": [
    ["roleName", "AWS::IAM::Role"],
    ["userName", "AWS::IAM::User"],
    ["groupName", "AWS::IAM::Group"],
    ["policyArn", "AWS::IAM::Policy"],
    ["policyName", "AWS::IAM::Policy"],
    ["instanceProfileName", "AWS::IAM::InstanceProfile"],
    ["openIDConnectProviderArn", "AWS::IAM::OIDCProvider"],
    ["accessKeyId", "AWS::IAM::AccessKey"],
  ],
};

const EC2_TYPES: Readonly<Record<string, string>> = {
  vpc: "VPC",
  subnet: "Subnet",
  sg: "SecurityGroup",
  i: "Instance",
  eni: "NetworkInterface",
  lt: "LaunchTemplate",
  nat: "NatGateway",
  igw: "InternetGateway",
  rtb: "RouteTable",
  acl: "NetworkAcl",
  eipalloc: "EIP",
  vol: "Volume",
  vpce: "VPCEndpoint",
  ami: "Ami",
};

const MAX_RESOURCES = 50;

/** Resources of an event. */
export function resourcesOf(event: CloudTrailEvent): LookupResource[] {
  const found = new Map<string, LookupResource>();
  const add = (type: string, name: unknown) => {
    if (typeof name !== "string" || name === "" || found.size >= MAX_RESOURCES) return;
    found.set(`${type} ${name}`, { ResourceType: type, ResourceName: name });
  };
  const request = (event.requestParameters ?? {}) as Parameters;
  const response = (event.responseElements ?? {}) as Parameters;
  for (const [member, type] of NAMES[event.eventSource] ?? []) add(type, request[member]);
  if (event.eventSource === "sts.amazonaws.com") stsResources(event, response, add);
  if (event.eventSource === "ec2.amazonaws.com") {
    walk(request, (id) => addEc2(id, add));
    walk(response, (id) => addEc2(id, add));
  }
  return [...found.values()];
}

function stsResources({ resources }: CloudTrailEvent, response: Parameters, add: (type: string, name: unknown) => void): void {
  const { accessKeyId } = (response.credentials ?? {}) as Parameters;
  const { arn, assumedRoleId } = (response.assumedRoleUser ?? {}) as Parameters;
  add("AWS::IAM::AccessKey", accessKeyId);
  add("AWS::STS::AssumedRole", arn);
  add("AWS::STS::AssumedRole", assumedRoleId);
  if (typeof arn === "string") add("AWS::STS::AssumedRole", arn.slice(arn.lastIndexOf("/") + 1));
  for (const { ARN } of resources ?? []) add("AWS::IAM::Role", ARN);
}

function addEc2(id: string, add: (type: string, name: string) => void): void {
  const [, prefix = ""] = /^([a-z]+)-[0-9a-f]{8,17}$/.exec(id) ?? [];
  const type = Object.hasOwn(EC2_TYPES, prefix) ? EC2_TYPES[prefix] : undefined;
  if (type) add(`AWS::EC2::${type}`, id);
}

function walk(value: unknown, visit: (text: string) => void): void {
  if (typeof value === "string") visit(value);
  else if (typeof value === "object" && value !== null) for (const member of Object.values(value)) walk(member, visit);
}
