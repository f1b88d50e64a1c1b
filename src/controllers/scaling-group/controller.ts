// Groups of customers' own: holds each at its capacity, replaces what is unhealthy, and takes deleted groups away.
import type { Instance } from "@aws-sdk/client-ec2";
import { forgetActivities } from "../../services/autoscaling/activities.ts";
import { GROUP_TAG, instancesOf } from "../../services/autoscaling/members.ts";
import type { AutoScalingState, GroupRecord } from "../../services/autoscaling/records.ts";
import { isOpen } from "../../services/autoscaling/refreshes.ts";
import type { ControllerDeps } from "../deps.ts";
import { type Again, Loop } from "../loop.ts";
import { chooseVictim } from "./choose.ts";
import { asService, type Ground, launchMember, tellOfDeparture, terminateMember } from "./launch.ts";
import { refreshStep } from "./refresh.ts";

const RESYNC: Again = { after: 5 * 60_000 };
const AFTER_FAILURE: Again = { after: 15_000 };
const SOON: Again = { after: 500 };

const USER = "a user request";
const HEALTH = "an EC2 health check indicating it has been terminated or stopped";
const SURPLUS = "a difference between desired and actual capacity";
const REFRESH = "an instance refresh";

/** Makes the loop; the caller feeds it keys of groups. */
export function scalingGroupLoop(deps: ControllerDeps, state: AutoScalingState): Loop {
  return new Loop("scaling-group", deps.clock, deps.log, async (key) => {
    const [account = "", region = ""] = key.split("/");
    const group = state.groups.get(key);
    return group && hold({ deps, state, key, account, region }, group);
  });
}

async function hold(ground: Ground, group: GroupRecord): Promise<Again | undefined> {
  await letGo(ground, group);
  const found = (await instancesOf(ground.deps.invoke, [group.name], asService(ground))).get(group.name) ?? [];
  const live = found.filter(({ State }) => State?.Name !== "shutting-down");
  if (group.deleting) return takeAway(ground, group, live, found.length > live.length);
  const busy = new Set(group.suspended);
  const { known, ...rest } = notice(ground, group, live);
  const leaving = busy.has("Terminate") ? [] : rest.leaving.flatMap((id) => live.find(({ InstanceId }) => InstanceId === id) ?? []);
  for (const instance of leaving) await terminateMember(ground, group, instance, USER);
  let present = live.filter((instance) => !leaving.includes(instance));
  const sick =
    busy.has("HealthCheck") || busy.has("ReplaceUnhealthy") || busy.has("Terminate") ? [] : present.filter((each) => isSick(group, each));
  for (const instance of sick) await terminateMember(ground, group, instance, HEALTH);
  present = present.filter((instance) => !sick.includes(instance));

  const counted = () => present.filter(({ InstanceId }) => !group.standby.includes(InstanceId!));
  let failed = false;
  while (!failed && !busy.has("Launch") && counted().length < group.desiredCapacity) {
    const made = await launchMember(ground, group, present);
    if (made) present = [...present, made];
    failed = !made;
  }
  while (!busy.has("Terminate") && counted().length > group.desiredCapacity) {
    const free = counted().filter(({ InstanceId }) => !group.protected.includes(InstanceId!));
    const victim = chooseVictim(free, counted(), group.terminationPolicies);
    if (!victim) break;
    await terminateMember(ground, group, victim, SURPLUS);
    present = present.filter((instance) => instance !== victim);
  }
  const refreshed = busy.has("InstanceRefresh") || failed ? false : await advanceRefresh(ground, group, counted());
  remember(ground, group, known, present);
  if (failed) return AFTER_FAILURE;
  return refreshed ? SOON : RESYNC;
}

const isSick = (group: GroupRecord, { InstanceId, State }: Instance) =>
  group.unhealthy.includes(InstanceId!) || State?.Name === "stopped" || State?.Name === "stopping"
    ? !group.standby.includes(InstanceId!)
    : false;

/** Takes the tag off instances that were detached. */
async function letGo(ground: Ground, { detaching = [] }: GroupRecord): Promise<void> {
  if (detaching.length === 0) return;
  for (const id of detaching) {
    const input = { Resources: [id], Tags: [{ Key: GROUP_TAG }] };
    await ground.deps.invoke("ec2", "DeleteTags", input, asService(ground)).catch(() => undefined);
  }
  ground.state.groups.update(ground.key, (current) => ({
    ...current,
    detaching: (current.detaching ?? []).filter((id) => !detaching.includes(id)),
  }));
}

/** Writes an activity for every member that is gone though nobody asked the group for it. */
function notice(ground: Ground, group: GroupRecord, live: readonly Instance[]): GroupRecord {
  const gone = group.known.filter((id) => !live.some(({ InstanceId }) => InstanceId === id) && !group.detaching?.includes(id));
  for (const id of gone) if (!group.leaving.includes(id)) tellOfDeparture(ground, group, id, HEALTH);
  return { ...group, known: group.known.filter((id) => !gone.includes(id)) };
}

/** Writes who the members are now; new ones are protected if the group says so. */
function remember({ state, key }: Ground, before: GroupRecord, known: readonly string[], present: readonly Instance[]): void {
  const ids = present.map(({ InstanceId }) => InstanceId!).sort();
  const current = state.groups.get(key);
  if (!current) return;
  const fresh = ids.filter((id) => !known.includes(id));
  const stays = (id: string) => ids.includes(id);
  const next: GroupRecord = {
    ...current,
    known: ids,
    standby: current.standby.filter(stays),
    unhealthy: current.unhealthy.filter(stays),
    leaving: current.leaving.filter((id) => stays(id) || !before.leaving.includes(id)),
    protected: [...current.protected.filter(stays), ...(current.protectNew ? fresh.filter((id) => !current.protected.includes(id)) : [])],
  };
  if (JSON.stringify(next) !== JSON.stringify(current)) state.groups.put(key, next);
}

/** One step of the refresh under way; false if there is none. */
async function advanceRefresh(ground: Ground, group: GroupRecord, present: readonly Instance[]): Promise<boolean> {
  const open = group.refreshes.find(isOpen);
  if (!open) return false;
  const { id, version } = group.template;
  const { LaunchTemplateVersions } = await ground.deps.invoke(
    "ec2",
    "DescribeLaunchTemplateVersions",
    { LaunchTemplateId: id, Versions: [version] },
    asService(ground),
  );
  const latest = String(LaunchTemplateVersions?.[0]?.VersionNumber ?? version);
  const { leave, refresh } = refreshStep(group, open, present, latest, ground.deps.clock.now());
  for (const instance of leave) await terminateMember(ground, group, instance, REFRESH);
  ground.state.groups.update(ground.key, (current) => ({
    ...current,
    known: current.known.filter((each) => !leave.some(({ InstanceId }) => InstanceId === each)),
    refreshes: current.refreshes.map((each) => (each.id === open.id && isOpen(each) ? refresh : each)),
  }));
  return isOpen(refresh);
}

/** The end of a group that was deleted with its instances. */
async function takeAway(ground: Ground, group: GroupRecord, live: readonly Instance[], ending: boolean): Promise<Again | undefined> {
  const { state, key } = ground;
  for (const instance of live) await terminateMember(ground, group, instance, USER);
  if (live.length > 0 || ending) return SOON;
  state.store.transact(() => {
    state.groups.delete(key);
    state.tags.delete(key);
    forgetActivities(state, key);
  });
  return undefined;
}
