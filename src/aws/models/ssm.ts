// AWS Systems Manager, for its Parameter Store. Constraints: Systems Manager API Reference.
import type { Constraint, Constraints } from "../protocol/constraints.ts";
import { jsonWording } from "./json-wording.ts";
import type { Model } from "./model.ts";

const name: Constraint = { length: { min: 1, max: 2048 } };

const constraints: Constraints = {
  "GetParameterRequest.Name": name,
  "GetParametersRequest.Names": { length: { min: 1, max: 10 }, member: name },
  "GetParametersByPathRequest.Path": name,
  "GetParametersByPathRequest.MaxResults": { range: { min: 1, max: 10 } },
};

export const ssm: Model = {
  name: "ssm",
  protocol: "awsJson1_1",
  settings: { version: "2014-11-06", targetPrefix: "AmazonSSM" },
  signingName: "ssm",
  eventSource: "ssm.amazonaws.com",
  actionPrefix: "ssm",
  global: false,
  unsigned: new Set(),
  mask: "HIDDEN_DUE_TO_SECURITY_REASONS",
  maskAlso: new Set(),
  wording: jsonWording(() => "ValidationException", 400, 400),
  constraints,
  load: () => import("@aws-sdk/client-ssm"),
};
