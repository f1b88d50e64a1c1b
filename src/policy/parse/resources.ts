// The format of Resource and NotResource elements.
import { malformed } from "./errors.ts";

const PARTITIONS = new Set(["aws", "aws-cn", "aws-us-gov", "aws-iso", "aws-iso-b", "aws-iso-e", "aws-iso-f", "aws-eusc"]);

const IAM_PATHS = [
  "user/",
  "federated-user/",
  "role/",
  "group/",
  "instance-profile/",
  "mfa/",
  "server-certificate/",
  "policy/",
  "sms-mfa/",
  "saml-provider/",
  "oidc-provider/",
  "report/",
  "access-report/",
];

/** Throws MalformedPolicyDocument unless the text is `*` or an ARN as IAM accepts it (spec identity §6.1). */
export function validateResource(resource: string): void {
  if (/^\*+$/.test(resource)) return;
  const [scheme, partition, service, region = "", , ...rest] = resource.split(":");
  if (partition === undefined) throw malformed(`Resource ${resource} must be in ARN format or "*".`);
  if (!PARTITIONS.has(partition) && !/[*?]/.test(partition)) {
    // IAM repeats the ARN with the missing segments filled in.
    const tail = resource.split(":").slice(2);
    if (tail.length <= 1 && !tail[0]) tail[0] = "*";
    while (tail.length < 4) tail.push("*");
    const echoed = tail.join(":");
    throw malformed(`Partition "${partition}" is not valid for resource "arn:${partition}:${echoed}".`);
  }
  if (scheme !== "arn") throw malformed(`Resource ${resource} must be in ARN format or "*".`);
  if (service === undefined) throw malformed("Resource vendor must be fully qualified and cannot contain regexes.");
  const id = rest.join(":");
  if (service === "iam") validateIam(resource, region, id);
  if (service === "s3" && region !== "" && !id.startsWith("accesspoint/")) {
    throw malformed(`Resource ${resource} can not contain region information.`);
  }
}

function validateIam(resource: string, region: string, id: string): void {
  if (region !== "") throw malformed(`IAM resource ${resource} cannot contain region information.`);
  if (id.startsWith("*") || IAM_PATHS.some((path) => id.startsWith(path))) return;
  throw malformed(`IAM resource path must either be "*" or start with ${IAM_PATHS.join(", ")}.`);
}
