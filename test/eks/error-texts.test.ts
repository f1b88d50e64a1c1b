// The error texts that clients match on (spec eks-control-plane §22): every one is in the product, and some test sees it.
import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

/** What of each text is the same whatever it is about. */
const TEXTS = [
  "Cluster already exists with name: ",
  "Cluster limit exceeded for account.",
  "unsupported Kubernetes version ",
  "Subnets specified must be in at least two different AZs",
  "need at least 5 IPs in each subnet to be free for this operation",
  "Both private and public endpoint access cannot be false",
  "does not currently have sufficient capacity to support the cluster. Retry and choose from these availability zones: ",
  "are not in the same VPC as the subnets. Please specify a security group that is associated with the VPC: ",
  ", could not be assumed because it does not exist or the trusted entity is not correct",
  "bootstrapClusterCreatorAdminPermissions must be true if cluster authentication mode is set to CONFIG_MAP",
  "are all either fully enabled or fully disabled.",
  " is not valid: it must be within 10.0.0.0/8, 172.16.0.0/12 or 192.168.0.0/16 with a prefix length between /12 and /24 and must not overlap with the CIDR blocks of ",
  "No cluster found for name: ",
  "' is not in ACTIVE status",
  "Cluster has nodegroups attached",
  "Cannot delete because cluster ",
  " because deletion protection is enabled",
  " currently has update ",
  "Only one type of update can be allowed.",
  "The type for cluster update was not provided.",
  "Cluster is already at the desired configuration with ",
  " , endpointPublicAccess: ",
  "No changes needed for the logging config provided",
  "Unsupported authentication mode update from ",
  "Unsupported Kubernetes minor version update from ",
  " must be updated to match cluster version ",
  "The cluster's authentication mode must be set to one of [API, API_AND_CONFIG_MAP] to perform this operation.",
  "The specified access entry resource is already in use on this cluster.",
  "The specified principalArn is invalid: invalid principal.",
  "The caller is not allowed to modify access entries with a principalArn value of a Service Linked Role",
  " is invalid, it cannot start with ",
  "The username must not begin with ",
  "The specified principalArn could not be found. You can view your available access entries with 'list-access-entries'.",
  "NodeGroup already exists with name ",
  "No node group found for name: ",
  "Specified subnets must belong to cluster's vpc ",
  "desiredSize is not valid: ",
  "Requested release version ",
  "Disk size must be specified within the launch template.",
  "Remote access configuration cannot be specified with a launch template.",
  "Cannot specify instance types in launch template and API request",
  " provided in Fargate Profile is not a private subnet",
  "Fargate Profile requires at least one selector.",
  "Fargate Profile must have at least one selector with at least one namespace value.",
  "Request contains Selector with more than ",
  "A Fargate Profile already exists with this name in this cluster.",
  " currently has Fargate profile ",
  "Fargate Profile creation for the Availability Zone ",
  "No Fargate Profile found with name: ",
  "Addon specified is not supported",
  "Addon version specified is not supported",
  " kubernetes version",
  "ConfigurationValue provided in request is not supported: ",
  "Json schema validation failed with error: [",
  "Addon already exists.",
  "No addon: ",
  "Association already exists: ",
  "Trust policy of the role provided is invalid",
  " was deleted: could not create network interface",
] as const;

const read = (glob: string) => globSync(glob, { cwd: ROOT }).map((file) => [file, readFileSync(`${ROOT}/${file}`, "utf8")] as const);
/** Regular expressions of tests escape what templates do not. */
const plain = (text: string) => text.replaceAll("\\", "");
const sources = read("src/{services,controllers}/**/*.ts");
const tests = read("test/{eks,e2e}/**/*.ts").filter(([file]) => !file.endsWith("error-texts.test.ts"));
const missing = (files: readonly (readonly [string, string])[]) =>
  TEXTS.filter((text) => !files.some(([, content]) => plain(content).includes(plain(text).trim())));

test("the product says every text", () => assert.deepEqual(missing(sources), []));

test("some test sees every text", (t) => {
  assert.deepEqual(missing(tests), []);
  t.diagnostic(`${TEXTS.length} error texts seen`);
});
