// AWS STS. Constraints: STS API Reference; spec identity §2.4–2.5.
import type { Constraints } from "../protocol/constraints.ts";
import type { Model } from "./model.ts";
import { queryWording } from "./query-wording.ts";

const constraints: Constraints = {
  "*.RoleArn": { length: { min: 20, max: 2048 } },
  "*.RoleSessionName": { length: { min: 2, max: 64 }, pattern: "[\\w+=,.@-]*" },
  "*.Policy": { length: { min: 1 }, pattern: "[\\u0009\\u000A\\u000D\\u0020-\\u00FF]+" },
  "PolicyDescriptorType.arn": { length: { min: 20, max: 2048 } },
  "*.WebIdentityToken": { length: { min: 4, max: 20000 } },
  "*.ProviderId": { length: { min: 4, max: 2048 } },
  "*.PrincipalArn": { length: { min: 20, max: 2048 } },
  "*.SAMLAssertion": { length: { min: 4, max: 100000 } },
  "AssumeRoleRequest.DurationSeconds": { range: { min: 900, max: 43200 } },
  "AssumeRoleWithWebIdentityRequest.DurationSeconds": { range: { min: 900, max: 43200 } },
  "AssumeRoleWithSAMLRequest.DurationSeconds": { range: { min: 900, max: 43200 } },
  "GetSessionTokenRequest.DurationSeconds": { range: { min: 900, max: 129600 } },
  "GetFederationTokenRequest.DurationSeconds": { range: { min: 900, max: 129600 } },
  "GetFederationTokenRequest.Name": { length: { min: 2, max: 32 }, pattern: "[\\w+=,.@-]*" },
  "AssumeRoleRequest.ExternalId": { length: { min: 2, max: 1224 }, pattern: "[\\w+=,.@:\\/-]*" },
  "*.SerialNumber": { length: { min: 9, max: 256 }, pattern: "[\\w+=/:,.@-]*" },
  "*.TokenCode": { length: { min: 6, max: 6 }, pattern: "[\\d]*" },
  "*.SourceIdentity": { length: { min: 2, max: 64 }, pattern: "[\\w+=,.@-]*" },
  "*.Tags": { length: { max: 50 } },
  "*.TransitiveTagKeys": { length: { max: 50 }, member: { length: { min: 1, max: 128 } } },
  "*.ProvidedContexts": { length: { max: 5 } },
  "Tag.Key": { length: { min: 1, max: 128 }, pattern: "[\\p{L}\\p{Z}\\p{N}_.:/=+\\-@]+" },
  "Tag.Value": { length: { max: 256 }, pattern: "[\\p{L}\\p{Z}\\p{N}_.:/=+\\-@]*" },
  "GetAccessKeyInfoRequest.AccessKeyId": { length: { min: 16, max: 128 }, pattern: "[\\w]*" },
};

export const sts: Model = {
  name: "sts",
  protocol: "awsQuery",
  settings: { version: "2011-06-15", xmlNamespace: "https://sts.amazonaws.com/doc/2011-06-15/", jsonOnDemand: true },
  signingName: "sts",
  eventSource: "sts.amazonaws.com",
  actionPrefix: "sts",
  global: false,
  unsigned: new Set(["AssumeRoleWithWebIdentity", "AssumeRoleWithSAML"]),
  mask: undefined,
  maskAlso: new Set(),
  wording: queryWording,
  constraints,
  load: () => import("@aws-sdk/client-sts"),
};
