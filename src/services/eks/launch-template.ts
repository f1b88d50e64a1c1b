// The customer's launch template of a node group (EKS User Guide, Customize managed nodes with launch templates).

import type { ResponseLaunchTemplateData } from "@aws-sdk/client-ec2";
import type { LaunchTemplateSpecification } from "@aws-sdk/client-eks";
import { AwsError } from "../../aws/errors.ts";
import type { CallOptions } from "../../aws/operation.ts";
import type { EksDeps } from "./deps.ts";
import { invalidParameter } from "./errors.ts";
import type { Subject } from "./nodegroup-rules.ts";

/** A template's version as it is stored with the node group, and what is in it. */
export interface ResolvedTemplate {
  readonly specification: Required<{ [K in keyof LaunchTemplateSpecification]: string }>;
  readonly data: ResponseLaunchTemplateData;
}

/** Looks the version up (default: the template's default version) and refuses what EKS refuses in it. */
export async function resolveTemplate(
  { invoke }: Pick<EksDeps, "invoke">,
  { id, name, version }: LaunchTemplateSpecification,
  options: CallOptions,
  subject: Subject,
): Promise<ResolvedTemplate> {
  const reference = id === undefined ? { LaunchTemplateName: name } : { LaunchTemplateId: id };
  const input = { ...reference, Versions: [version ?? "$Default"] };
  const output = await invoke("ec2", "DescribeLaunchTemplateVersions", input, options).catch((error: unknown) => {
    if (!(error instanceof AwsError) || !error.code.startsWith("InvalidLaunchTemplate")) throw error;
    throw invalidParameter(error.message, subject);
  });
  const found = output.LaunchTemplateVersions?.[0];
  if (!found) throw invalidParameter(`Launch template ${id ?? name} version ${version ?? "$Default"} does not exist`, subject);
  const data = found.LaunchTemplateData ?? {};
  const forbidden = [
    data.IamInstanceProfile && "IamInstanceProfile",
    data.NetworkInterfaces?.some((card) => card.SubnetId) && "SubnetId",
    data.HibernationOptions?.Configured && "HibernationOptions",
    data.InstanceInitiatedShutdownBehavior && "InstanceInitiatedShutdownBehavior",
    data.InstanceMarketOptions?.MarketType === "spot" && "InstanceMarketOptions",
  ].find(Boolean);
  if (forbidden) throw invalidParameter(`Launch template ${found.LaunchTemplateId} must not specify ${forbidden}.`, subject);
  return {
    specification: { id: found.LaunchTemplateId ?? "", name: found.LaunchTemplateName ?? "", version: String(found.VersionNumber ?? 1) },
    data,
  };
}
