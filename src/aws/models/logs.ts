// Amazon CloudWatch Logs. Constraints: CloudWatch Logs API Reference; spec audit §F.
import type { Constraint, Constraints } from "../protocol/constraints.ts";
import { jsonWording } from "./json-wording.ts";
import type { Model } from "./model.ts";

const groupName: Constraint = { length: { min: 1, max: 512 }, pattern: "[\\.\\-_/#A-Za-z0-9]+" };
const streamName: Constraint = { length: { min: 1, max: 512 }, pattern: "[^:*]*" };
const natural: Constraint = { range: { min: 0 } };

const constraints: Constraints = {
  "*.logGroupName": groupName,
  "*.logStreamName": streamName,
  "*.logGroupNamePrefix": groupName,
  "*.logStreamNamePrefix": streamName,
  "*.nextToken": { length: { min: 1 } },
  "DescribeLogGroupsRequest.limit": { range: { min: 1, max: 50 } },
  "DescribeLogStreamsRequest.limit": { range: { min: 1, max: 50 } },
  "DescribeLogStreamsRequest.orderBy": { enum: "OrderBy" },
  "GetLogEventsRequest.limit": { range: { min: 1, max: 10000 } },
  "FilterLogEventsRequest.limit": { range: { min: 1, max: 10000 } },
  "FilterLogEventsRequest.filterPattern": { length: { max: 1024 } },
  "FilterLogEventsRequest.logStreamNames": { length: { min: 1, max: 100 }, member: streamName },
  "StartQueryRequest.queryString": { length: { max: 10000 } },
  "StartQueryRequest.limit": { range: { min: 1, max: 100000 } },
  "PutLogEventsRequest.logEvents": { length: { min: 1, max: 10000 } },
  "InputLogEvent.timestamp": natural,
  "InputLogEvent.message": { length: { min: 1 } },
  "CreateLogGroupRequest.logGroupClass": { enum: "LogGroupClass" },
  "*.tags": { length: { max: 50 }, key: { length: { min: 1, max: 128 } }, value: { length: { max: 256 } } },
};

export const logs: Model = {
  name: "logs",
  protocol: "awsJson1_1",
  settings: { version: "2014-03-28", targetPrefix: "Logs_20140328" },
  signingName: "logs",
  eventSource: "logs.amazonaws.com",
  actionPrefix: "logs",
  global: false,
  unsigned: new Set(),
  mask: "HIDDEN_DUE_TO_SECURITY_REASONS",
  maskAlso: new Set(),
  wording: jsonWording(() => "InvalidParameterException", 400, 400),
  constraints,
  load: () => import("@aws-sdk/client-cloudwatch-logs"),
};
