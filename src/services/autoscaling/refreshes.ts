// Instance refreshes: replacing a group's instances a few at a time (Amazon EC2 Auto Scaling User Guide, "Instance refresh").
import type { InstanceRefresh } from "@aws-sdk/client-auto-scaling";
import { AwsError } from "../../aws/errors.ts";
import { uuid } from "../../aws/ids.ts";
import type { Operations, Sdk } from "../../aws/operation.ts";
import type { AutoScalingDeps } from "./deps.ts";
import { invalid, unsupported } from "./errors.ts";
import { onGroup, requireOwn } from "./find.ts";
import { page } from "./paging.ts";
import { groupKey, type RefreshRecord } from "./records.ts";

/** Preferences that are acted upon, or change nothing here. */
const PREFERENCES = new Set(["MinHealthyPercentage", "InstanceWarmup", "SkipMatching"]);

const fault = (code: string, message: string) => new AwsError(code, message, {}, 400);

export const isOpen = ({ status }: RefreshRecord) => status === "Pending" || status === "InProgress";

export const refreshing = {
  StartInstanceRefresh: {
    ...onGroup,
    run({ AutoScalingGroupName, Strategy = "Rolling", DesiredConfiguration, Preferences = {} }, call, deps) {
      const own = requireOwn(AutoScalingGroupName, "StartInstanceRefresh", call, deps);
      if (Strategy !== "Rolling") throw unsupported(`instance refreshes of strategy ${Strategy}`);
      if (DesiredConfiguration) throw unsupported("DesiredConfiguration of StartInstanceRefresh");
      for (const [member, value] of Object.entries(Preferences)) {
        const empty = value === undefined || value === false || (Array.isArray(value) && value.length === 0);
        const harmless = value === "Wait" || value === "Ignore" || (member === "MaxHealthyPercentage" && value === 100);
        if (!empty && !harmless && !PREFERENCES.has(member)) throw unsupported(`${member} of the preferences of an instance refresh`);
      }
      const { MinHealthyPercentage = 90, SkipMatching = false } = Preferences;
      if (MinHealthyPercentage < 0 || MinHealthyPercentage > 100) throw invalid("MinHealthyPercentage must be between 0 and 100.");
      if (own.refreshes.some(isOpen))
        throw fault(
          "InstanceRefreshInProgress",
          "An Instance Refresh is already in progress and blocks the execution of this Instance Refresh.",
        );
      const refresh: RefreshRecord = {
        ...{ id: uuid(deps.random), status: "Pending", startedAt: call.now },
        ...{ minHealthyPercentage: MinHealthyPercentage, skipMatching: SkipMatching, percentageComplete: 0 },
      };
      deps.state.groups.put(groupKey(call, own.name), { ...own, refreshes: [...own.refreshes.slice(-19), refresh] });
      return { InstanceRefreshId: refresh.id };
    },
  },

  DescribeInstanceRefreshes: {
    ...onGroup,
    run(input, call, deps) {
      const { AutoScalingGroupName, InstanceRefreshIds: ids = [] } = input;
      const own = requireOwn(AutoScalingGroupName, "DescribeInstanceRefreshes", call, deps);
      const wanted = [...own.refreshes].reverse().filter(({ id }) => ids.length === 0 || ids.includes(id));
      const order = new Map(wanted.map((refresh, rank) => [refresh, String(rank).padStart(4, "0")]));
      const { items, NextToken } = page(wanted, (refresh) => order.get(refresh)!, input);
      return { InstanceRefreshes: items.map((refresh) => refreshView(refresh, own.name)), NextToken };
    },
  },

  CancelInstanceRefresh: {
    ...onGroup,
    run({ AutoScalingGroupName }, call, deps) {
      const own = requireOwn(AutoScalingGroupName, "CancelInstanceRefresh", call, deps);
      const open = own.refreshes.find(isOpen);
      if (!open) throw fault("ActiveInstanceRefreshNotFound", "No in progress or pending Instance Refresh found for Auto Scaling group.");
      const cancelled = { ...open, status: "Cancelled" as const, endedAt: call.now };
      const refreshes = own.refreshes.map((each) => (each === open ? cancelled : each));
      deps.state.groups.put(groupKey(call, own.name), { ...own, refreshes });
      return { InstanceRefreshId: open.id };
    },
  },
} satisfies Operations<Sdk["autoscaling"], AutoScalingDeps>;

function refreshView(refresh: RefreshRecord, AutoScalingGroupName: string): InstanceRefresh {
  return {
    InstanceRefreshId: refresh.id,
    AutoScalingGroupName,
    Status: refresh.status,
    StartTime: new Date(refresh.startedAt),
    ...(refresh.endedAt !== undefined && { EndTime: new Date(refresh.endedAt) }),
    PercentageComplete: refresh.percentageComplete,
    Preferences: { MinHealthyPercentage: refresh.minHealthyPercentage, SkipMatching: refresh.skipMatching },
  };
}
