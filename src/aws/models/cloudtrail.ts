// AWS CloudTrail. Constraints: CloudTrail API Reference; spec audit §C.
import { jsonWording } from "./json-wording.ts";
import type { Model } from "./model.ts";

export const cloudtrail: Model = {
  name: "cloudtrail",
  protocol: "awsJson1_1",
  settings: { version: "2013-11-01", targetPrefix: "CloudTrail_20131101" },
  signingName: "cloudtrail",
  eventSource: "cloudtrail.amazonaws.com",
  actionPrefix: "cloudtrail",
  global: false,
  unsigned: new Set(),
  mask: "HIDDEN_DUE_TO_SECURITY_REASONS",
  maskAlso: new Set(),
  wording: jsonWording(() => "ValidationException", 400, 400),
  constraints: {
    "LookupAttribute.AttributeKey": { enum: "LookupAttributeKey" },
    "LookupAttribute.AttributeValue": { length: { min: 1, max: 2000 } },
  },
  load: () => import("@aws-sdk/client-cloudtrail"),
};
