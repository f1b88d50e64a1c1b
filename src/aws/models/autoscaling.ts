// Amazon EC2 Auto Scaling. Constraints: Amazon EC2 Auto Scaling API Reference.
import type { Constraint, Constraints } from "../protocol/constraints.ts";
import type { Model } from "./model.ts";
import { queryWording } from "./query-wording.ts";

const name: Constraint = { length: { min: 1, max: 255 } };

const constraints: Constraints = {
  "*.AutoScalingGroupName": name,
  "*.AutoScalingGroupNames": { member: name },
  "*.InstanceIds": { member: { length: { min: 1, max: 19 } } },
  "TerminateInstanceInAutoScalingGroupType.InstanceId": { length: { min: 1, max: 19 } },
  "Tag.Key": { length: { min: 1, max: 128 } },
  "Tag.Value": { length: { max: 256 } },
};

export const autoscaling: Model = {
  name: "autoscaling",
  protocol: "awsQuery",
  settings: { version: "2011-01-01", xmlNamespace: "http://autoscaling.amazonaws.com/doc/2011-01-01/" },
  signingName: "autoscaling",
  eventSource: "autoscaling.amazonaws.com",
  actionPrefix: "autoscaling",
  global: false,
  unsigned: new Set(),
  mask: undefined,
  maskAlso: new Set(),
  wording: queryWording,
  constraints,
  load: () => import("@aws-sdk/client-auto-scaling"),
};
