// Suspending and resuming what a group does by itself (Amazon EC2 Auto Scaling User Guide, "Suspend and resume processes").
import type { Operations, Sdk } from "../../aws/operation.ts";
import type { AutoScalingDeps } from "./deps.ts";
import { invalid } from "./errors.ts";
import { onGroup, requireOwn } from "./find.ts";
import { groupKey } from "./records.ts";

export const PROCESSES = [
  ...["AddToLoadBalancer", "AlarmNotification", "AZRebalance", "HealthCheck", "InstanceRefresh", "Launch"],
  ...["ReplaceUnhealthy", "ScheduledActions", "Terminate"],
];

/** The processes a request means: all if it names none. Throws ValidationError. */
function chosen(names: readonly string[] | undefined): readonly string[] {
  if (!names?.length) return PROCESSES;
  const stranger = names.find((name) => !PROCESSES.includes(name));
  if (stranger !== undefined) throw invalid(`${stranger} is not a valid process type.`);
  return names;
}

export const processes = {
  SuspendProcesses: {
    ...onGroup,
    run({ AutoScalingGroupName, ScalingProcesses }, call, deps) {
      const group = requireOwn(AutoScalingGroupName, "SuspendProcesses", call, deps);
      const suspended = [...new Set([...group.suspended, ...chosen(ScalingProcesses)])].sort();
      deps.state.groups.put(groupKey(call, group.name), { ...group, suspended });
      return {};
    },
  },

  ResumeProcesses: {
    ...onGroup,
    run({ AutoScalingGroupName, ScalingProcesses }, call, deps) {
      const group = requireOwn(AutoScalingGroupName, "ResumeProcesses", call, deps);
      const resumed = chosen(ScalingProcesses);
      deps.state.groups.put(groupKey(call, group.name), { ...group, suspended: group.suspended.filter((name) => !resumed.includes(name)) });
      return {};
    },
  },
} satisfies Operations<Sdk["autoscaling"], AutoScalingDeps>;
