// Sizes of groups: checked, and set (Amazon EC2 Auto Scaling API Reference, SetDesiredCapacity).
import type { Call, Operations, Sdk } from "../../aws/operation.ts";
import type { AutoScalingDeps } from "./deps.ts";
import { inProgress, invalid } from "./errors.ts";
import { type Group, onGroup, requireGroup } from "./find.ts";
import { groupKey } from "./records.ts";

/** Sizes a request gives. */
export interface Sizes {
  readonly MinSize?: number | undefined;
  readonly MaxSize?: number | undefined;
  readonly DesiredCapacity?: number | undefined;
}

type Present = Pick<Group, "minSize" | "maxSize" | "desiredCapacity">;

/** Present sizes with those of a request over them; an unnamed capacity is moved between the bounds. Throws ValidationError. */
export function newSizes(present: Present, sizes: Sizes): Present {
  const { MinSize: minSize = present.minSize, MaxSize: maxSize = present.maxSize } = sizes;
  if (minSize < 0 || maxSize < 0) throw invalid("Min and max size must not be negative.");
  if (minSize > maxSize) throw invalid(`Max bound, ${maxSize}, must be greater than or equal to min bound, ${minSize}`);
  const clamped = Math.min(Math.max(present.desiredCapacity, minSize), maxSize);
  const { DesiredCapacity: desiredCapacity = clamped } = sizes;
  if (desiredCapacity > maxSize)
    throw invalid(`New SetDesiredCapacity value ${desiredCapacity} is above max value ${maxSize} for the AutoScalingGroup.`);
  if (desiredCapacity < minSize)
    throw invalid(`New SetDesiredCapacity value ${desiredCapacity} is below min value ${minSize} for the AutoScalingGroup.`);
  return { minSize, maxSize, desiredCapacity };
}

/** Gives a group other sizes; it follows by itself. Throws ValidationError, and ScalingActivityInProgress while EKS updates the group. */
export function resize(group: Group, sizes: Sizes, call: Call, { groups, state }: AutoScalingDeps): void {
  const wanted = newSizes(group, sizes);
  if (group.own) state.groups.put(groupKey(call, group.name), { ...group.own, ...wanted });
  else if (!groups.resize(call.account, call.region, group.name, wanted)) throw inProgress(group.name);
}

export const sizing = {
  SetDesiredCapacity: {
    ...onGroup,
    run({ AutoScalingGroupName, DesiredCapacity = 0 }, call, deps) {
      resize(requireGroup(AutoScalingGroupName, call, deps), { DesiredCapacity }, call, deps);
      return {};
    },
  },
} satisfies Operations<Sdk["autoscaling"], AutoScalingDeps>;
