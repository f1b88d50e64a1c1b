// The history of a group's scaling activities, newest last in the store (Amazon EC2 Auto Scaling API Reference, Activity).
import type { Activity } from "@aws-sdk/client-auto-scaling";
import { uuid } from "../../aws/ids.ts";
import type { Random } from "../../base/random.ts";
import type { ActivityRecord, AutoScalingState } from "./records.ts";

/** As many as are kept of a group. */
const KEPT = 100;

/** What is said of an activity when it begins. */
export type Beginning = Pick<ActivityRecord, "group" | "groupArn" | "description" | "cause"> & {
  readonly instanceId?: string | undefined;
  readonly subnetId?: string | undefined;
  readonly zone?: string | undefined;
};

/** Writes that something began, and returns it. The oldest activities of the group make room. */
export function beginActivity(
  state: AutoScalingState,
  key: string,
  beginning: Beginning,
  { now, random }: { readonly now: number; readonly random: Random },
): ActivityRecord {
  const { subnetId, zone, instanceId, ...rest } = beginning;
  const activity: ActivityRecord = {
    ...rest,
    ...(instanceId !== undefined && { instanceId }),
    id: uuid(random),
    startedAt: now,
    status: "InProgress",
    details: JSON.stringify({ "Subnet ID": subnetId, "Availability Zone": zone }),
  };
  const entries = state.activities.entries(`${key}/`);
  const last = Number(entries.at(-1)?.[0].split("/").pop() ?? 0);
  state.store.transact(() => {
    for (const [old] of entries.slice(0, Math.max(0, entries.length - KEPT + 1))) state.activities.delete(old);
    state.activities.put(`${key}/${String(last + 1).padStart(12, "0")}`, activity);
  });
  return activity;
}

/** Ends an activity that is still in progress; `failure` says why it failed. */
export function endActivity(state: AutoScalingState, key: string, id: string, now: number, failure?: string): void {
  const found = state.activities.entries(`${key}/`).find(([, activity]) => activity.id === id);
  if (found?.[1].status !== "InProgress") return;
  const outcome = failure === undefined ? { status: "Successful" as const } : { status: "Failed" as const, statusMessage: failure };
  state.activities.put(found[0], { ...found[1], ...outcome, endedAt: now });
}

/** The activity that is taking an instance away. */
export const departureOf = (state: AutoScalingState, key: string, instanceId: string): ActivityRecord | undefined =>
  state.activities
    .list(`${key}/`)
    .find((each) => each.instanceId === instanceId && each.status === "InProgress" && each.description.startsWith("Terminating"));

/** Forgets the activities of a group. */
export function forgetActivities(state: AutoScalingState, key: string): void {
  for (const [old] of state.activities.entries(`${key}/`)) state.activities.delete(old);
}

/** An activity as the API shows it. */
export const activityView = (record: ActivityRecord): Activity => ({
  ActivityId: record.id,
  AutoScalingGroupName: record.group,
  AutoScalingGroupARN: record.groupArn,
  Description: record.description,
  Cause: record.cause,
  StartTime: new Date(record.startedAt),
  ...(record.endedAt !== undefined && { EndTime: new Date(record.endedAt) }),
  StatusCode: record.status,
  ...(record.statusMessage !== undefined && { StatusMessage: record.statusMessage }),
  Progress: record.status === "InProgress" ? 50 : 100,
  Details: record.details,
});
