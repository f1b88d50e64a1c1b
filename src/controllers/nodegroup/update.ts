// UPDATING to ACTIVE: changed settings, or new machines a few at a time (spec eks-control-plane §13.2).
import { NODE_MANAGER } from "../../clusters/system-roles.ts";
import { childKey } from "../../services/eks/arn.ts";
import type { NodegroupRecord, NodegroupSettings, UpdateRecord } from "../../services/eks/records.ts";
import { updatedNodegroup } from "../../services/eks/settings.ts";
import type { ControllerDeps } from "../deps.ts";
import { Failure, failureOf } from "../issues.ts";
import type { Again } from "../loop.ts";
import { remaining } from "../timing.ts";
import type { Group } from "./group.ts";
import { emptiestSubnet, isOutdated, launchInstance, listInstances } from "./instances.ts";
import { forgetDead, relabel } from "./node-objects.ts";
import type { Removal } from "./removal.ts";
import { bootAll, holdSize, isReady } from "./scale.ts";

/** Works on the group's update in progress; it ends Successful or Failed, and the group ACTIVE either way. */
export async function updateNodegroup(deps: ControllerDeps, group: Group, removal: Removal, failures: number): Promise<Again | undefined> {
  const { cluster, nodegroup, key } = group;
  const update = nodegroup.activeUpdate ? deps.state.updates.get(childKey(cluster, cluster.name, nodegroup.activeUpdate)) : undefined;
  if (update?.status !== "InProgress") {
    const { activeUpdate: _, ...rest } = nodegroup;
    deps.state.nodegroups.put(key, { ...rest, status: "ACTIVE" });
    return undefined;
  }
  const target = updatedNodegroup(nodegroup, update, deps.clock.now());
  try {
    const again =
      update.type === "VersionUpdate" ? await roll(deps, group, removal, target, update) : await configure(deps, group, removal, target);
    if (again) {
      if (remaining(deps.clock.now(), update.createdAt, deps.timing.joinLimit + deps.timing.drainLimit) > 0) return again;
      throw new Failure(
        { cluster: "Other", nodegroup: "NodeCreationFailure", update: "NodeCreationFailure" },
        "Couldn't proceed with upgrade process as new nodes are not joining node group",
        [],
      );
    }
    const wait = remaining(deps.clock.now(), update.createdAt, deps.timing.clusterUpdate);
    if (wait > 0) return { after: wait };
    finish(deps, group, update, undefined);
  } catch (error) {
    const failure = failureOf(error, failures);
    if (!failure) throw error;
    finish(deps, group, update, failure);
  }
  return undefined;
}

const SOON: Again = { after: 500 };

async function configure(deps: ControllerDeps, group: Group, removal: Removal, target: NodegroupRecord): Promise<Again | undefined> {
  const kube = deps.clusters.kube(group.clusterKey, NODE_MANAGER);
  if (kube) await relabel(kube, group.nodegroup, target);
  const { draining, instances, ready } = await holdSize(deps, group, removal, target);
  return draining || ready.length < instances.length ? SOON : undefined;
}

/** How many nodes may be missing, or be too many, at a time. */
export function unavailable(settings: NodegroupSettings): number {
  const { maxUnavailable, maxUnavailablePercentage } = settings.updateConfig;
  if (maxUnavailablePercentage !== undefined)
    return Math.max(1, Math.floor((settings.scalingConfig.desiredSize * maxUnavailablePercentage) / 100));
  return maxUnavailable ?? 1;
}

/** One step of a rolling replacement. Undefined when every instance is as wanted and ready. */
async function roll(
  deps: ControllerDeps,
  group: Group,
  removal: Removal,
  target: NodegroupRecord,
  update: UpdateRecord,
): Promise<Again | undefined> {
  const instances = await listInstances(deps, group);
  const outdated = instances.filter((instance) => isOutdated(group, instance, target));
  const fresh = instances.filter((instance) => !outdated.includes(instance));
  const { desiredSize } = target.scalingConfig;
  const step = unavailable(target);
  const surge = target.updateConfig.updateStrategy === "MINIMAL" ? 0 : step;
  const room = Math.min(desiredSize - fresh.length, desiredSize + surge - instances.length);
  for (let i = 0; i < room; i++) {
    fresh.push(await launchInstance(deps, group, emptiestSubnet(group.nodegroup.subnets, [...outdated, ...fresh]), target));
  }
  await bootAll(deps, group, fresh, target);
  await bootAll(deps, group, outdated, group.nodegroup);

  const ready = fresh.filter((instance) => isReady(deps, instance)).length;
  const floor = surge > 0 ? desiredSize : Math.max(0, desiredSize - step);
  const leaving = outdated.slice(0, Math.min(step, Math.max(0, ready + outdated.length - floor)));
  const kube = deps.clusters.kube(group.clusterKey, NODE_MANAGER);
  for (const instance of leaving) {
    const outcome = await removal.step(group, instance, kube, !update.force);
    if (outcome === "refused") {
      throw new Failure(
        { cluster: "Other", nodegroup: "PodEvictionFailure", update: "PodEvictionFailure" },
        "Reached max retries while trying to evict pods from nodes in node group",
        [instance.PrivateDnsName ?? instance.InstanceId!],
      );
    }
  }
  const surplus = outdated.length === 0 ? fresh.slice(0, Math.max(0, fresh.length - desiredSize)) : [];
  for (const instance of surplus) await removal.step(group, instance, kube);
  await forgetDead(deps, group, new Set([...outdated, ...fresh].map((instance) => instance.InstanceId!)));
  return outdated.length > 0 || surplus.length > 0 || ready < desiredSize ? SOON : undefined;
}

function finish({ state, clock }: ControllerDeps, { key, cluster }: Group, update: UpdateRecord, failure: Failure | undefined): void {
  const nodegroup = state.nodegroups.get(key);
  if (nodegroup?.activeUpdate !== update.id) return;
  const now = clock.now();
  const updateKey = childKey(cluster, cluster.name, update.id);
  state.store.transact(() => {
    if (failure) {
      const { activeUpdate: _, ...rest } = nodegroup;
      const errors = [{ errorCode: failure.update, errorMessage: failure.message, resourceIds: failure.resourceIds }];
      state.nodegroups.put(key, { ...rest, status: "ACTIVE", modifiedAt: now });
      state.updates.put(updateKey, { ...update, status: "Failed", errors, finishedAt: now });
    } else {
      state.nodegroups.put(key, updatedNodegroup(nodegroup, update, now));
      state.updates.put(updateKey, { ...update, status: "Successful", finishedAt: now });
    }
  });
}
