// Every controller, built in one place and fed from the records it watches.

import { clusterLoop } from "./cluster/controller.ts";
import type { ControllerDeps } from "./deps.ts";
import type { Loop } from "./loop.ts";
import { nodegroupLoop } from "./nodegroup/controller.ts";

/** The running controllers. */
export interface Controllers {
  /** Resolves when nothing is left to do now. Work that waits for a time does not count. */
  idle(): Promise<void>;
  /** Stops taking work and resolves when what runs has ended. */
  close(): Promise<void>;
}

/** Starts the controllers: everything there is is looked at once, then every change. */
export function startControllers(deps: ControllerDeps): Controllers {
  const { state } = deps;
  const clusters = clusterLoop(deps);
  const nodegroups = nodegroupLoop(deps);
  const loops: readonly Loop[] = [clusters, nodegroups];
  const groupsUnder = (scope: string) => {
    for (const [key] of state.nodegroups.entries(scope)) nodegroups.add(key);
  };

  const subscriptions = [
    state.clusters.watch(({ key }) => {
      clusters.add(key);
      groupsUnder(`${key}/`);
    }),
    state.nodegroups.watch(({ key }) => nodegroups.add(key)),
    deps.nodes.watch(() => groupsUnder("")),
  ];
  if (deps.instances) subscriptions.push(deps.instances.watch(({ account, region }) => groupsUnder(`${account}/${region}/`)));
  for (const [key] of state.clusters.entries()) clusters.add(key);
  groupsUnder("");

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
      await Promise.all(loops.map((loop) => loop.close()));
    },
  };
}
