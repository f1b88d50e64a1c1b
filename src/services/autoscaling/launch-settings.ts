// What a group launches: its launch template and mixed instances policy, checked when the group is made or changed.
import type { LaunchTemplateSpecification, MixedInstancesPolicy } from "@aws-sdk/client-auto-scaling";
import type { _InstanceType } from "@aws-sdk/client-ec2";
import { AwsError } from "../../aws/errors.ts";
import type { Call } from "../../aws/operation.ts";
import type { AutoScalingDeps } from "./deps.ts";
import { invalid, unsupported } from "./errors.ts";
import type { MixedRecord, TemplateReference } from "./records.ts";

/** How a request says what to launch. */
export interface LaunchInput {
  readonly LaunchTemplate?: LaunchTemplateSpecification | undefined;
  readonly MixedInstancesPolicy?: MixedInstancesPolicy | undefined;
}

/** What to launch, as it is kept; undefined if a request says nothing about it. Throws ValidationError. */
export async function launchSettings(
  input: LaunchInput,
  subnetId: string,
  call: Call,
  deps: AutoScalingDeps,
): Promise<{ template: TemplateReference; mixed: MixedRecord | undefined } | undefined> {
  const { LaunchTemplate, MixedInstancesPolicy: policy } = input;
  if (!LaunchTemplate && !policy) return undefined;
  if (LaunchTemplate && policy)
    throw invalid(
      "Valid requests must contain either LaunchTemplate, LaunchConfigurationName, InstanceId or MixedInstancesPolicy parameter.",
    );
  const mixed = policy && mixedRecord(policy);
  const specification = LaunchTemplate ?? policy?.LaunchTemplate?.LaunchTemplateSpecification;
  if (!specification) throw invalid("You must specify a launch template in the mixed instances policy.");
  return { template: await findTemplate(specification, mixed?.types[0], subnetId, call, deps), mixed };
}

/** The template, which must exist and be launchable by the caller: a launch is rehearsed in the caller's name, as Auto Scaling does. */
async function findTemplate(
  specification: LaunchTemplateSpecification,
  type: string | undefined,
  SubnetId: string,
  call: Call,
  { invoke }: AutoScalingDeps,
): Promise<TemplateReference> {
  const { LaunchTemplateId: id, LaunchTemplateName: name, Version: version = "$Default" } = specification;
  if ((id === undefined) === (name === undefined))
    throw invalid("Valid requests must contain either launchTemplateId or LaunchTemplateName");
  const reference = id === undefined ? { LaunchTemplateName: name } : { LaunchTemplateId: id };
  const options = { caller: call.caller, region: call.region, account: call.account };
  const wrong = (error: unknown): never => {
    if (!(error instanceof AwsError)) throw error;
    if (error.code === "UnauthorizedOperation") throw invalid(`You are not authorized to use launch template: ${id ?? name}`);
    throw invalid(`You must use a valid fully-formed launch template. ${error.message}`);
  };
  const { LaunchTemplateVersions } = await invoke(
    "ec2",
    "DescribeLaunchTemplateVersions",
    { ...reference, Versions: [version] },
    options,
  ).catch(wrong);
  const found = LaunchTemplateVersions?.[0];
  if (!found) throw invalid(`You must use a valid fully-formed launch template. Version ${version} does not exist.`);
  const { ImageId, InstanceType } = found.LaunchTemplateData ?? {};
  if (!ImageId) throw invalid("You must use a valid fully-formed launch template. The request must contain the parameter ImageId");
  if (!InstanceType && !type)
    throw invalid("You must use a valid fully-formed launch template. The request must contain the parameter InstanceType");
  const rehearsal = {
    ...{ MinCount: 1, MaxCount: 1, DryRun: true, SubnetId, LaunchTemplate: { ...reference, Version: version } },
    ...(type !== undefined && { InstanceType: type as _InstanceType }),
  };
  await invoke("ec2", "RunInstances", rehearsal, options).catch((error: unknown) => {
    if (!(error instanceof AwsError) || error.code !== "DryRunOperation") wrong(error);
  });
  return { id: found.LaunchTemplateId!, name: found.LaunchTemplateName!, version };
}

const SPOT_STRATEGIES = ["lowest-price", "capacity-optimized", "capacity-optimized-prioritized", "price-capacity-optimized"];

function mixedRecord({ LaunchTemplate, InstancesDistribution: distribution = {} }: MixedInstancesPolicy): MixedRecord {
  const overrides = LaunchTemplate?.Overrides ?? [];
  for (const override of overrides) {
    const [stranger] = Object.entries(override).flatMap(([member, value]) =>
      value === undefined || member === "InstanceType" ? [] : [member],
    );
    if (stranger !== undefined) throw unsupported(`${stranger} of the overrides of a mixed instances policy`);
  }
  const { OnDemandPercentageAboveBaseCapacity: percentage = 100, SpotAllocationStrategy: spotStrategy = "lowest-price" } = distribution;
  if (percentage < 0 || percentage > 100) throw invalid("OnDemandPercentageAboveBaseCapacity must be between 0 and 100.");
  if (!SPOT_STRATEGIES.includes(spotStrategy)) throw invalid(`${spotStrategy} is not a valid SpotAllocationStrategy.`);
  return {
    types: overrides.flatMap(({ InstanceType }) => InstanceType ?? []),
    onDemandBase: distribution.OnDemandBaseCapacity ?? 0,
    onDemandPercentage: percentage,
    onDemandStrategy: distribution.OnDemandAllocationStrategy ?? "prioritized",
    spotStrategy,
  };
}
