// Holding a node group at its size: launches what is missing, removes what is too much, boots what runs.

import type { Instance } from "@aws-sdk/client-ec2";
import { NODE_MANAGER } from "../../clusters/system-roles.ts";
import { isWindows } from "../../services/eks/ami-types.ts";
import type { NodegroupSettings } from "../../services/eks/records.ts";
import { ensureNodeEntry } from "../access.ts";
import type { ControllerDeps } from "../deps.ts";
import { recordLaunch, recordTermination } from "./activities.ts";
import { mapNodeRole } from "./aws-auth.ts";
import type { Group } from "./group.ts";
import { emptiestSubnet, launchInstance, listInstances } from "./instances.ts";
import { forgetDead, kubeTaint, nodeLabels } from "./node-objects.ts";
import type { Removal } from "./removal.ts";

/** How the group stands. */
export interface Standing {
  readonly instances: readonly Instance[];
  readonly ready: readonly Instance[];
  /** Nodes are still being drained. */
  readonly draining: boolean;
}

/** Lets the group's role in: by access entry and, where the ConfigMap still counts, by aws-auth. */
export async function admitRole(deps: ControllerDeps, { clusterKey, cluster, nodegroup }: Group): Promise<void> {
  const windows = isWindows(nodegroup.amiType);
  ensureNodeEntry(deps, cluster, nodegroup.nodeRole, windows);
  const kube = deps.clusters.kube(clusterKey);
  if (kube && cluster.authenticationMode !== "API") await mapNodeRole(kube, nodegroup.nodeRole, windows);
}

/** Moves the number of instances one step to `settings.scalingConfig.desiredSize` and boots them. Throws EC2's error if it launches none. */
export async function holdSize(deps: ControllerDeps, group: Group, removal: Removal, settings: NodegroupSettings): Promise<Standing> {
  const instances = await listInstances(deps, group);
  const { desiredSize } = settings.scalingConfig;
  const leaving = instances.filter(({ InstanceId }) => group.nodegroup.leaving?.includes(InstanceId!));
  const staying = instances.filter((instance) => !leaving.includes(instance));
  while (staying.length < desiredSize) {
    const launched = await launchInstance(deps, group, emptiestSubnet(group.nodegroup.subnets, staying), settings);
    recordLaunch(deps, group, launched, staying.length);
    staying.push(launched);
    instances.push(launched);
  }
  const kube = deps.clusters.kube(group.clusterKey, NODE_MANAGER);
  const surplus = [...leaving, ...staying.slice(0, Math.max(0, staying.length - desiredSize))];
  let draining = false;
  for (const instance of surplus) {
    if ((await removal.step(group, instance, kube)) === "draining") draining = true;
    else recordTermination(deps, group, instance);
  }
  forgetLeft(deps, group, instances);
  const kept = instances.filter((instance) => !surplus.includes(instance));
  await forgetDead(deps, group, new Set(instances.map((instance) => instance.InstanceId!)));
  await bootAll(deps, group, kept, settings);
  return { instances: kept, ready: kept.filter((instance) => isReady(deps, instance)), draining };
}

/** Strikes instances that are gone from those that somebody had terminated. */
function forgetLeft({ state }: ControllerDeps, { key, nodegroup }: Group, seen: readonly Instance[]): void {
  const gone = nodegroup.leaving?.filter((id) => !seen.some(({ InstanceId }) => InstanceId === id)) ?? [];
  if (gone.length === 0) return;
  state.nodegroups.update(key, ({ leaving = [], ...rest }) => {
    const left = leaving.filter((id) => !gone.includes(id));
    return { ...rest, ...(left.length > 0 && { leaving: left }) };
  });
}

export const isReady = ({ nodes }: ControllerDeps, instance: Instance) => nodes.status(instance.InstanceId!) === "ready";

/** Makes every instance that runs join the cluster. */
export async function bootAll(
  deps: ControllerDeps,
  group: Group,
  instances: readonly Instance[],
  settings: NodegroupSettings,
): Promise<void> {
  const { cluster, nodegroup } = group;
  for (const instance of instances) {
    if (instance.State?.Name !== "running" && instance.State?.Name !== "pending") continue;
    const image = instance.ImageId ?? "";
    await deps.nodes.boot({
      clusterKey: group.clusterKey,
      clusterName: cluster.name,
      partition: cluster.partition,
      account: cluster.account,
      region: cluster.region,
      instanceId: instance.InstanceId!,
      instanceType: instance.InstanceType ?? "",
      availabilityZone: instance.Placement?.AvailabilityZone ?? "",
      subnetId: instance.SubnetId ?? "",
      privateIpAddress: instance.PrivateIpAddress ?? "",
      privateDnsName: instance.PrivateDnsName ?? "",
      imageId: image,
      nodeRoleArn: nodegroup.nodeRole,
      amiType: nodegroup.amiType,
      version: settings.version,
      releaseVersion: settings.releaseVersion,
      labels: nodeLabels(nodegroup, settings, image),
      taints: settings.taints.map(kubeTaint),
    });
  }
}
