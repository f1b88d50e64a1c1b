// AWS IAM. Constraints: IAM API Reference.
import type { Constraint, Constraints } from "../protocol/constraints.ts";
import type { Model } from "./model.ts";
import { queryWording } from "./query-wording.ts";

const word = "[\\w+=,.@-]+";
const name = (max: number): Constraint => ({ length: { min: 1, max }, pattern: word });
const arn: Constraint = { length: { min: 20, max: 2048 } };
const document: Constraint = { length: { min: 1, max: 131072 }, pattern: "[\\u0009\\u000A\\u000D\\u0020-\\u00FF]+" };
const tagKey: Constraint = { length: { min: 1, max: 128 }, pattern: "[\\p{L}\\p{Z}\\p{N}_.:/=+\\-@]+" };

const constraints: Constraints = {
  "*.RoleName": name(64),
  "*.UserName": name(128),
  "CreateUserRequest.UserName": name(64),
  "*.GroupName": name(128),
  "*.PolicyName": name(128),
  "*.InstanceProfileName": name(128),
  "*.Path": { length: { min: 1, max: 512 }, pattern: "(\\u002F)|(\\u002F[\\u0021-\\u007E]+\\u002F)" },
  "*.PathPrefix": { length: { min: 1, max: 512 }, pattern: "\\u002F[\\u0021-\\u007F]*" },
  "*.PolicyArn": arn,
  "*.PermissionsBoundary": arn,
  "*.OpenIDConnectProviderArn": arn,
  "*.PolicySourceArn": arn,
  "*.AssumeRolePolicyDocument": document,
  "*.PolicyDocument": document,
  "*.VersionId": { pattern: "v[1-9][0-9]*(\\.[A-Za-z0-9-]*)?" },
  "*.Marker": { length: { min: 1 } },
  "*.MaxItems": { range: { min: 1, max: 1000 } },
  "*.Tags": { length: { max: 50 } },
  "*.TagKeys": { length: { max: 50 }, member: tagKey },
  "Tag.Key": tagKey,
  "Tag.Value": { length: { max: 256 }, pattern: "[\\p{L}\\p{Z}\\p{N}_.:/=+\\-@]*" },
  "*.MaxSessionDuration": { range: { min: 3600, max: 43200 } },
  "CreateRoleRequest.Description": { length: { max: 1000 } },
  "UpdateRoleRequest.Description": { length: { max: 1000 } },
  "CreatePolicyRequest.Description": { length: { max: 1000 } },
  "*.AWSServiceName": name(128),
  "*.CustomSuffix": { length: { min: 1, max: 64 }, pattern: word },
  "*.DeletionTaskId": { length: { min: 1, max: 1000 } },
  "CreateOpenIDConnectProviderRequest.Url": { length: { min: 1, max: 255 } },
  "*.ClientID": { length: { min: 1, max: 255 } },
  "*.ClientIDList": { member: { length: { min: 1, max: 255 } } },
  "*.ThumbprintList": { member: { length: { min: 40, max: 40 } } },
  "*.AccessKeyId": { length: { min: 16, max: 128 }, pattern: "\\w+" },
  "*.Status": { enum: ["Active", "Inactive", "Expired"] },
  "ListPoliciesRequest.Scope": { enum: ["All", "AWS", "Local"] },
  "*.PolicyUsageFilter": { enum: ["PermissionsPolicy", "PermissionsBoundary"] },
  "*.ActionNames": { member: { length: { min: 3, max: 128 } } },
};

export const iam: Model = {
  name: "iam",
  protocol: "awsQuery",
  settings: { version: "2010-05-08", xmlNamespace: "https://iam.amazonaws.com/doc/2010-05-08/" },
  signingName: "iam",
  eventSource: "iam.amazonaws.com",
  actionPrefix: "iam",
  global: true,
  unsigned: new Set(),
  mask: undefined,
  maskAlso: new Set(),
  wording: queryWording,
  constraints,
  load: () => import("@aws-sdk/client-iam"),
};
