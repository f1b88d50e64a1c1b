// Reading groups, their instances and what was done with them (Amazon EC2 Auto Scaling API Reference).
import type { Filter, Instance } from "@aws-sdk/client-auto-scaling";
import type { Call, Operations, Sdk } from "../../aws/operation.ts";
import { activityView } from "./activities.ts";
import type { AutoScalingDeps } from "./deps.ts";
import { invalid } from "./errors.ts";
import { allGroups, type Group, requireGroup } from "./find.ts";
import { instancesOf, memberView } from "./members.ts";
import { page } from "./paging.ts";
import { PROCESSES } from "./processes.ts";
import { groupKey } from "./records.ts";
import { asAutoScaling } from "./service-role.ts";
import { tagsOf } from "./tags-of.ts";
import { groupView } from "./views.ts";

/** The instances of groups, as their groups show them. */
export async function membersOf(groups: readonly Group[], call: Call, deps: AutoScalingDeps): Promise<Map<string, Instance[]>> {
  if (groups.length === 0) return new Map();
  const found = await instancesOf(
    deps.invoke,
    groups.map(({ name }) => name),
    asAutoScaling(deps, call),
  );
  return new Map(groups.map(({ name, own }) => [name, (found.get(name) ?? []).map((each) => memberView(each, own))]));
}

export const reading = {
  DescribeAutoScalingGroups: {
    async run(input, call, deps) {
      const { AutoScalingGroupNames = [], Filters = [], IncludeInstances = true } = input;
      const wanted = allGroups(call, deps)
        .filter(({ name }) => AutoScalingGroupNames.length === 0 || AutoScalingGroupNames.includes(name))
        .filter((group) => Filters.every((filter) => matches(filter, group, call, deps)));
      const { items, NextToken } = page(wanted, ({ name }) => name, input);
      const members = IncludeInstances ? await membersOf(items, call, deps) : new Map<string, Instance[]>();
      return { AutoScalingGroups: items.map((group) => groupView(group, members.get(group.name) ?? [], call, deps)), NextToken };
    },
  },

  DescribeAutoScalingInstances: {
    async run(input, call, deps) {
      const all = [...(await membersOf(allGroups(call, deps), call, deps))].flatMap(([AutoScalingGroupName, instances]) =>
        instances.map(({ HealthStatus, ...instance }) => ({
          ...instance,
          AutoScalingGroupName,
          HealthStatus: HealthStatus?.toUpperCase(),
        })),
      );
      const wanted = all.filter(({ InstanceId }) => !input.InstanceIds?.length || input.InstanceIds.includes(InstanceId!));
      const { items, NextToken } = page(wanted, ({ InstanceId }) => InstanceId!, input);
      return { AutoScalingInstances: items, NextToken };
    },
  },

  /** Newest first. */
  DescribeScalingActivities: {
    run(input, call, deps) {
      const { AutoScalingGroupName, ActivityIds = [] } = input;
      const scope = groupKey(call, AutoScalingGroupName === undefined ? "" : `${requireGroup(AutoScalingGroupName, call, deps).name}/`);
      const all = deps.state.activities.list(scope).filter(({ id }) => ActivityIds.length === 0 || ActivityIds.includes(id));
      const order = new Map(
        all
          .map((activity, index) => ({ activity, index }))
          .sort((a, b) => b.activity.startedAt - a.activity.startedAt || b.index - a.index)
          .map(({ activity }, rank) => [activity, String(rank).padStart(9, "0")]),
      );
      const { items, NextToken } = page(all, (activity) => order.get(activity)!, { MaxRecords: 100, ...input });
      return { Activities: items.map(activityView), NextToken };
    },
  },

  DescribeScalingProcessTypes: { run: () => ({ Processes: PROCESSES.map((ProcessName) => ({ ProcessName })) }) },
} satisfies Operations<Sdk["autoscaling"], AutoScalingDeps>;

function matches({ Name = "", Values = [] }: Filter, group: Group, call: Call, deps: AutoScalingDeps): boolean {
  const tags = tagsOf(group, call, deps);
  if (Name === "tag-key") return tags.some(({ Key }) => Values.includes(Key!));
  if (Name === "tag-value") return tags.some(({ Value }) => Values.includes(Value!));
  if (Name.startsWith("tag:")) return tags.some(({ Key, Value }) => Key === Name.slice(4) && Values.includes(Value!));
  throw invalid(`Filter type ${Name} is not correct. Allowed Filter types are: tag-key tag-value tag:<key>`);
}
