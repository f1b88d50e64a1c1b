// AWS Key Management Service. Constraints: AWS KMS API Reference.
import type { Constraint, Constraints } from "../protocol/constraints.ts";
import { jsonWording } from "./json-wording.ts";
import type { Model } from "./model.ts";

const keyId: Constraint = { length: { min: 1, max: 2048 } };
const alias: Constraint = { length: { min: 1, max: 256 }, pattern: "[a-zA-Z0-9:/_-]+" };
const policyName: Constraint = { length: { min: 1, max: 128 }, pattern: "[\\w]+" };
const principal: Constraint = { length: { min: 1, max: 256 } };
const page: Constraint = { range: { min: 1, max: 1000 } };

const constraints: Constraints = {
  "*.KeyId": keyId,
  "*.TargetKeyId": keyId,
  "*.SourceKeyId": keyId,
  "*.DestinationKeyId": keyId,
  "*.AliasName": alias,
  "*.PolicyName": policyName,
  "*.Policy": { length: { min: 1, max: 131_072 }, pattern: "[\\u0009\\u000A\\u000D\\u0020-\\u00FF]+" },
  "*.Description": { length: { max: 8192 } },
  "*.Limit": page,
  "*.Marker": { length: { min: 1, max: 1024 }, pattern: "[\\u0020-\\u00FF]*" },
  "*.KeyUsage": { enum: "KeyUsageType" },
  "*.KeySpec": { enum: "KeySpec" },
  "CreateKeyRequest.CustomerMasterKeySpec": { enum: "CustomerMasterKeySpec" },
  "CreateKeyRequest.Origin": { enum: "OriginType" },
  "CreateKeyRequest.CustomKeyStoreId": { length: { min: 1, max: 64 } },
  "CreateKeyRequest.Tags": { length: { max: 50 } },
  "*.EncryptionAlgorithm": { enum: "EncryptionAlgorithmSpec" },
  "GenerateDataKeyRequest.KeySpec": { enum: "DataKeySpec" },
  "GenerateDataKeyWithoutPlaintextRequest.KeySpec": { enum: "DataKeySpec" },
  "*.NumberOfBytes": { range: { min: 1, max: 1024 } },
  "*.Plaintext": { length: { min: 1, max: 4096 } },
  "*.CiphertextBlob": { length: { min: 1, max: 6144 } },
  "*.PendingWindowInDays": { range: { min: 1, max: 365 } },
  "*.RotationPeriodInDays": { range: { min: 90, max: 2560 } },
  "*.GranteePrincipal": principal,
  "*.RetiringPrincipal": principal,
  "*.GrantId": { length: { min: 1, max: 128 } },
  "*.GrantToken": { length: { min: 1, max: 8192 } },
  "*.GrantTokens": { length: { max: 10 }, member: { length: { min: 1, max: 8192 } } },
  "CreateGrantRequest.Operations": { member: { enum: "GrantOperation" } },
  "CreateGrantRequest.Name": { length: { min: 1, max: 256 }, pattern: "[a-zA-Z0-9:/_-]+" },
  "Tag.TagKey": { length: { min: 1, max: 128 } },
  "Tag.TagValue": { length: { max: 256 } },
  "UntagResourceRequest.TagKeys": { member: { length: { min: 1, max: 128 } } },
};

export const kms: Model = {
  name: "kms",
  protocol: "awsJson1_1",
  settings: { version: "2014-11-01", targetPrefix: "TrentService" },
  signingName: "kms",
  eventSource: "kms.amazonaws.com",
  actionPrefix: "kms",
  global: false,
  unsigned: new Set(),
  mask: "HIDDEN_DUE_TO_SECURITY_REASONS",
  maskAlso: new Set(),
  wording: jsonWording(() => "ValidationException", 400, 400),
  constraints,
  load: () => import("@aws-sdk/client-kms"),
};
