// Feeds the loop of customers' own groups from their records and from EC2's instances.
import { groupKey } from "../../services/autoscaling/records.ts";
import type { ControllerDeps } from "../deps.ts";
import type { Loop } from "../loop.ts";
import { scalingGroupLoop } from "./controller.ts";

/** The loop, running; none where Auto Scaling is not served. */
export function watchScalingGroups(deps: ControllerDeps): { readonly loops: readonly Loop[]; stop(): void } {
  const { scaling } = deps;
  if (!scaling) return { loops: [], stop: () => {} };
  const loop = scalingGroupLoop(deps, scaling);
  const subscriptions = [
    scaling.groups.watch(({ key, record }) => record && loop.add(key)),
    deps.instances?.watch(({ account, region, scalingGroup }) => {
      if (scalingGroup !== undefined) loop.add(groupKey({ account, region }, scalingGroup));
    }),
  ];
  for (const [key] of scaling.groups.entries()) loop.add(key);
  return {
    loops: [loop],
    stop() {
      for (const subscription of subscriptions) subscription?.close();
    },
  };
}
