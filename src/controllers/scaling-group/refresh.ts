// One step of an instance refresh: as many instances go at once as the group may miss.
import type { Instance } from "@aws-sdk/client-ec2";
import { tagOf } from "../../services/autoscaling/members.ts";
import type { GroupRecord, RefreshRecord } from "../../services/autoscaling/records.ts";

/** What a step of a refresh comes to. */
export interface RefreshStep {
  readonly leave: readonly Instance[];
  readonly refresh: RefreshRecord;
}

/** Instances to terminate now, and how the refresh stands then. `latest` is the template version the group launches. */
export function refreshStep(
  group: GroupRecord,
  refresh: RefreshRecord,
  present: readonly Instance[],
  latest: string,
  now: number,
): RefreshStep {
  const outdated = present.filter((instance) => {
    if ((instance.LaunchTime?.getTime() ?? 0) >= refresh.startedAt) return false;
    return !(refresh.skipMatching && tagOf(instance, "aws:ec2launchtemplate:version") === latest);
  });
  const { desiredCapacity } = group;
  const running = present.filter(({ State }) => State?.Name === "running").length;
  if (outdated.length === 0 && running >= desiredCapacity)
    return { leave: [], refresh: { ...refresh, status: "Successful", percentageComplete: 100, endedAt: now } };
  const floor = Math.min(Math.ceil((desiredCapacity * refresh.minHealthyPercentage) / 100), Math.max(0, desiredCapacity - 1));
  const percentageComplete = Math.max(0, Math.floor(((present.length - outdated.length) * 100) / Math.max(1, desiredCapacity)));
  const leave = outdated.slice(0, Math.max(0, running - floor));
  return { leave, refresh: { ...refresh, status: "InProgress", percentageComplete: Math.min(99, percentageComplete) } };
}
