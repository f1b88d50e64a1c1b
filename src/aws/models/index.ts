// The services Atoll speaks, by name.
import { autoscaling } from "./autoscaling.ts";
import { cloudtrail } from "./cloudtrail.ts";
import { ec2 } from "./ec2.ts";
import { eks } from "./eks.ts";
import { eksAuth } from "./eks-auth.ts";
import { elasticloadbalancing } from "./elasticloadbalancing.ts";
import { iam } from "./iam.ts";
import { kms } from "./kms.ts";
import { logs } from "./logs.ts";
import type { Model } from "./model.ts";
import { ssm } from "./ssm.ts";
import { sts } from "./sts.ts";

export { isReadOnly, type LoadedModel, loadModel, type Model } from "./model.ts";

/** All models. */
export const models: readonly Model[] = [
  ...[eks, eksAuth, ec2, iam, sts, cloudtrail, logs],
  ...[kms, ssm, autoscaling, elasticloadbalancing],
];

/** The model of a service; throws if Atoll has none of that name. */
export function modelOf(name: string): Model {
  const model = models.find((candidate) => candidate.name === name);
  if (!model) throw new Error(`there is no model of service ${name}`);
  return model;
}
