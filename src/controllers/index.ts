// Every controller, built in one place and fed from the records it watches.

import { addonLoop } from "./addon/controller.ts";
import { autoModeLoop } from "./auto-mode/controller.ts";
import { blockStorageLoop } from "./block-storage/controller.ts";
import { capabilityLoop } from "./capability/controller.ts";
import { clusterLoop } from "./cluster/controller.ts";
import { clusterHealth } from "./cluster/health.ts";
import type { ControllerDeps } from "./deps.ts";
import { fargateLoop } from "./fargate/controller.ts";
import { watchGround } from "./ground-events.ts";
import { insightsLoop } from "./insights/controller.ts";
import { instanceEvents } from "./instance-events.ts";
import { loadBalancingLoop } from "./load-balancing/controller.ts";
import type { Loop } from "./loop.ts";
import { nodegroupLoop } from "./nodegroup/controller.ts";
import { NODEGROUP_LABEL } from "./nodegroup/node-objects.ts";
import { watchTemplates } from "./nodegroup/template-events.ts";
import { watchScalingGroups } from "./scaling-group/watch.ts";
import { watchSelfManaged } from "./self-managed/controller.ts";
import { vpcResourceController } from "./vpc-resource/controller.ts";

/** The running controllers. */
export interface Controllers {
  /** Resolves when nothing is left to do now. Work that waits for a time does not count. */
  idle(): Promise<void>;
  /** Stops taking work and resolves when what runs has ended. */
  close(): Promise<void>;
}

/** Starts the controllers: everything there is is looked at once, then every change. */
export function startControllers(options: ControllerDeps): Controllers {
  const { state } = options;
  const instances = options.instances ?? instanceEvents(state.store);
  const deps = { ...options, instances };
  const clusters = clusterLoop(deps);
  const health = clusterHealth(deps);
  const nodegroups = nodegroupLoop(deps);
  const addons = addonLoop(deps);
  const capabilities = capabilityLoop(deps);
  const fargate = fargateLoop(deps);
  const insights = insightsLoop(deps);
  const autoMode = autoModeLoop(deps);
  const blockStorage = blockStorageLoop(deps);
  const loadBalancing = loadBalancingLoop(deps);
  const vpcResources = vpcResourceController(deps);
  const scaling = watchScalingGroups(deps);
  const selfManaged = watchSelfManaged(deps);
  const loops: readonly Loop[] = [
    clusters,
    health.loop,
    nodegroups,
    addons,
    capabilities,
    fargate,
    insights,
    autoMode,
    blockStorage,
    loadBalancing,
    ...vpcResources.loops,
    ...scaling.loops,
    selfManaged.loop,
  ];
  const addonsUnder = (scope: string) => {
    for (const [key] of state.addons.entries(scope)) addons.add(key);
  };
  const capabilitiesUnder = (scope: string) => {
    for (const [key] of state.capabilities.entries(scope)) capabilities.add(key);
  };
  const parentOf = (key: string) => key.slice(0, key.lastIndexOf("/"));
  // Access entries are keyed by ARNs, which have slashes of their own.
  const clusterOf = (key: string) => key.split("/").slice(0, 3).join("/");
  const autoModeUnder = (scope: string) => {
    for (const [key, { autoMode: on }] of state.clusters.entries(scope)) if (on) autoMode.add(key);
  };
  const groupsUnder = (scope: string) => {
    for (const [key] of state.nodegroups.entries(scope)) nodegroups.add(key);
  };
  /** Looks at the group that a change is about, or at all of a scope if nobody says which that is: with thousands of nodes that makes a difference. */
  const wakeGroup = (key: string | undefined, scope: string) => {
    if (key !== undefined && state.nodegroups.get(key)) nodegroups.add(key);
    else groupsUnder(scope);
  };

  const subscriptions = [
    state.clusters.watch(({ key }) => {
      clusters.add(key);
      health.loop.add(key);
      fargate.add(key);
      insights.add(key);
      autoMode.add(key);
      blockStorage.add(key);
      loadBalancing.add(key);
      vpcResources.add(key);
      groupsUnder(`${key}/`);
      addonsUnder(`${key}/`);
      capabilitiesUnder(`${key}/`);
    }),
    state.nodegroups.watch(({ key }) => nodegroups.add(key)),
    watchTemplates(state.store, groupsUnder),
    state.addons.watch(({ key }) => addons.add(key)),
    state.accessEntries.watch(({ key }) => autoMode.add(clusterOf(key))),
    state.capabilities.watch(({ key }) => capabilities.add(key)),
    state.insightsRefreshes.watch(({ key }) => insights.add(key)),
    state.fargateProfiles.watch(({ key }) => fargate.add(parentOf(key))),
    deps.nodes.watch((_instanceId, boot) => {
      wakeGroup(boot?.labels[NODEGROUP_LABEL] && `${boot.clusterKey}/${boot.labels[NODEGROUP_LABEL]}`, "");
      for (const [key] of state.fargateMachines.entries()) fargate.add(parentOf(key));
      autoModeUnder("");
    }),
    watchGround(state.store, (account) => {
      for (const [key] of state.clusters.entries(`${account}/`)) health.suspect(key);
      capabilitiesUnder(`${account}/`);
    }),
    instances.watch(({ account, region, nodegroup }) => {
      wakeGroup(nodegroup, `${account}/${region}/`);
      autoModeUnder(`${account}/${region}/`);
    }),
  ];
  for (const [key] of state.clusters.entries()) {
    clusters.add(key);
    health.loop.add(key);
    fargate.add(key);
    insights.add(key);
    autoMode.add(key);
    blockStorage.add(key);
    loadBalancing.add(key);
    vpcResources.add(key);
  }
  groupsUnder("");
  addonsUnder("");
  capabilitiesUnder("");

  return {
    async idle() {
      for (;;) {
        await state.store.flushed();
        await Promise.all(loops.map((loop) => loop.idle()));
        await new Promise((resolve) => setImmediate(resolve));
        if (loops.every((loop) => !loop.busy)) return;
      }
    },
    async close() {
      for (const subscription of subscriptions) subscription.close();
      scaling.stop();
      selfManaged.stop();
      fargate.stop();
      autoMode.stop();
      blockStorage.stop();
      loadBalancing.stop();
      vpcResources.stop();
      await Promise.all(loops.map((loop) => loop.close()));
    },
  };
}
