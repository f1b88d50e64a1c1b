// Tags of groups: those of EKS, and those of customers.
import type { TagDescription } from "@aws-sdk/client-auto-scaling";
import type { Call } from "../../aws/operation.ts";
import type { ScalingGroupFacts } from "../ports.ts";
import type { AutoScalingDeps } from "./deps.ts";
import { groupKey } from "./records.ts";

/** All tags of a group, in order of their keys. EKS's go to the instances, and of customers' those that are said to. */
export function tagsOf({ name, tags }: ScalingGroupFacts, call: Call, { state }: AutoScalingDeps): TagDescription[] {
  const { tags: own = {}, propagated = [] } = state.tags.get(groupKey(call, name)) ?? {};
  const view = (Key: string, Value: string, PropagateAtLaunch: boolean) => ({
    ...{ ResourceId: name, ResourceType: "auto-scaling-group", Key, Value, PropagateAtLaunch },
  });
  const ofEks = Object.entries(tags).filter(([key]) => !Object.hasOwn(own, key));
  return [
    ...ofEks.map(([key, value]) => view(key, value, true)),
    ...Object.entries(own).map(([key, value]) => view(key, value, propagated.includes(key))),
  ].sort((a, b) => (a.Key < b.Key ? -1 : 1));
}
