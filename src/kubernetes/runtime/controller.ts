// What a controller is, and the loop that runs one: watches feed keys into a queue, workers reconcile them.
import type { Clock } from "../../base/clock.ts";
import type { Log } from "../../base/log.ts";
import type { Random } from "../../base/random.ts";
import { rest } from "../../base/rest.ts";
import { type ResourceType, StatusError } from "../api/object.ts";
import type { KubeClient } from "../client/client.ts";
import type { Activity } from "./activity.ts";
import type { EventRecorder } from "./events.ts";
import { WorkQueue } from "./queue.ts";
import type { Change } from "./store.ts";
import type { Stores } from "./stores.ts";

/** What every controller is given. `client` acts as the controller's own user. */
export interface ControllerDeps {
  readonly client: KubeClient;
  readonly stores: Stores;
  readonly events: EventRecorder;
  readonly clock: Clock;
  readonly log: Log;
  readonly random: Random;
}

/** A type to watch and the keys a change of it concerns. */
export interface Watch {
  readonly type: ResourceType;
  keys(change: Change): readonly string[];
}

/** A level-triggered loop: everything it needs to know it reads from the API. */
export interface Controller {
  readonly name: string;
  readonly watches: readonly Watch[];
  /** Keys worked on at the same time; 5 unless given. */
  readonly workers?: number;
  /** Milliseconds between calls for every key in `resyncKeys`; none unless given. */
  readonly resync?: { readonly every: number; keys(): readonly string[] };
  /** Called once when the loop starts, before the watches; for controllers that find their keys themselves. */
  start?(enqueue: (key: string) => void): void;
  close?(): void;
  /** Brings one object nearer to its specification. Returns after how many milliseconds to look again, if at all. */
  reconcile(key: string): Promise<number | undefined>;
}

/** Runs `controller` until closed. Failures are retried with growing delays; conflicts and vanished objects are no failures worth a line. */
export function runController(
  controller: Controller,
  deps: Omit<ControllerDeps, "client" | "events">,
  activity: Activity,
): { close(): void } {
  const queue = new WorkQueue(deps.clock);
  const log = deps.log.child({ controller: controller.name });
  const limit = controller.workers ?? 5;
  let running = 0;
  let scheduled = false;
  let closed = false;

  const work = async (key: string) => {
    const began = performance.now();
    try {
      const again = await controller.reconcile(key);
      queue.forget(key);
      if (again !== undefined && !closed) queue.addAfter(key, Math.max(1, again));
    } catch (error) {
      if (closed) return;
      report(error, key);
      queue.retry(key);
    } finally {
      running--;
      pump();
      await rest(performance.now() - began);
      queue.done(key);
    }
  };
  const report = (error: unknown, key: string) => {
    const expected = error instanceof StatusError && (error.code === 409 || error.code === 404);
    const fields = {
      key,
      error: error instanceof Error ? error.message : String(error),
      stack: expected ? undefined : (error as Error)?.stack,
    };
    if (expected || error instanceof StatusError) log.debug(fields, "reconcile again");
    else log.error(fields, "reconcile failed");
  };
  const pump = () => {
    scheduled = false;
    while (!closed && running < limit) {
      const key = queue.take();
      if (key === undefined) return;
      running++;
      void work(key);
    }
  };
  queue.onReady = () => {
    if (scheduled || closed) return;
    scheduled = true;
    setImmediate(pump);
  };
  const unwatch = activity.watch(() => !closed && queue.busy);
  controller.start?.((key) => queue.add(key));
  const subscriptions = controller.watches.map((watch) =>
    deps.stores.of(watch.type).subscribe((change) => {
      for (const key of watch.keys(change)) queue.add(key);
    }),
  );
  const { resync } = controller;
  const tick = (): { cancel(): void } =>
    deps.clock.after(resync!.every, () => {
      for (const key of resync!.keys()) queue.add(key);
      timer = tick();
    });
  let timer = resync ? tick() : undefined;
  if (resync) for (const key of resync.keys()) queue.add(key);

  return {
    close() {
      closed = true;
      controller.close?.();
      timer?.cancel();
      for (const subscription of subscriptions) subscription.close();
      queue.close();
      unwatch();
    },
  };
}
