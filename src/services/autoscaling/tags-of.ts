// Tags of groups: those of EKS, and those of customers.
import type { TagDescription } from "@aws-sdk/client-auto-scaling";
import type { Call } from "../../aws/operation.ts";
import type { ScalingGroupFacts } from "../ports.ts";
import type { AutoScalingDeps } from "./deps.ts";

export const tagKey = ({ account, region }: Call, group: string) => `${account}/${region}/${group}`;

/** All tags of a group, in order of their keys. EKS's go to the instances, customers' do not. */
export function tagsOf({ name, tags }: ScalingGroupFacts, call: Call, deps: AutoScalingDeps): TagDescription[] {
  const own = deps.tags.get(tagKey(call, name))?.tags ?? {};
  const view =
    (passedOn: boolean) =>
    ([Key, Value]: [string, string]) => ({
      ...{ ResourceId: name, ResourceType: "auto-scaling-group", Key, Value, PropagateAtLaunch: passedOn },
    });
  const ofEks = Object.entries(tags).filter(([key]) => !Object.hasOwn(own, key));
  return [...ofEks.map(view(true)), ...Object.entries(own).map(view(false))].sort((a, b) => (a.Key < b.Key ? -1 : 1));
}
