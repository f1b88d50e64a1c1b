// Removes pods nobody will end: on nodes that are gone, terminating without ever having had a node, and too many finished ones.
import type { KubeObject } from "../../api/object.ts";
import type { Controller, ControllerDeps } from "../../runtime/controller.ts";
import { errorText, ignoreNotFound } from "../../runtime/errors.ts";
import { isPodFinished } from "../../runtime/pods.ts";
import { parseTime, timestamp } from "../../runtime/time.ts";

const every = 20_000;
/** How long a node must be missing before its pods go. */
const quarantine = 40_000;
/** --terminated-pod-gc-threshold. */
const finishedLimit = 12_500;
const key = "all";

/** The pod garbage collector. One key for everything, looked at every 20 s and whenever a node goes. */
export function podGarbageCollector(deps: ControllerDeps): Controller {
  const { stores, clock } = deps;
  const missing = new Map<string, number>();
  return {
    name: "pod-garbage-collector",
    watches: [{ type: "nodes", keys: ({ type }) => (type === "DELETED" ? [key] : []) }],
    resync: { every, keys: () => [key] },
    async reconcile() {
      const now = clock.now();
      const nodes = stores.of("nodes");
      const lost = new Set<string>();
      let next: number | undefined;
      for (const pod of stores.pods.list()) {
        const node = pod.spec?.nodeName;
        if (node && !nodes.get("", node)) lost.add(node);
        else if (!node && pod.metadata.deletionTimestamp) await remove(deps, pod, undefined);
      }
      for (const node of missing.keys()) if (!lost.has(node)) missing.delete(node);
      for (const node of lost) {
        const since = missing.get(node) ?? now;
        missing.set(node, since);
        if (now - since < quarantine) {
          next = Math.min(next ?? quarantine, since + quarantine - now);
          continue;
        }
        missing.delete(node);
        const condition = {
          type: "DisruptionTarget",
          status: "True",
          reason: "DeletionByPodGC",
          message: "PodGC: node no longer exists",
          lastTransitionTime: timestamp(now),
        };
        await Promise.all(stores.podsOn(node).map((pod) => remove(deps, pod, condition)));
      }
      await trimFinished(deps);
      return next;
    },
  };
}

/** A lost pod that had not finished has failed; then it goes without grace: no kubelet is there to confirm. */
async function remove({ client, log }: ControllerDeps, pod: KubeObject, condition: object | undefined): Promise<void> {
  const { namespace = "", name, uid } = pod.metadata;
  try {
    if (condition && !isPodFinished(pod)) {
      const body = { status: { phase: "Failed", conditions: [condition] } };
      await ignoreNotFound(client.patch("pods", namespace, name, "strategic", body, { subresource: "status" }));
    }
    await ignoreNotFound(client.delete("pods", namespace, name, { gracePeriodSeconds: 0, uid }));
  } catch (error) {
    log.debug({ pod: name, error: errorText(error) }, "pod not collected");
  }
}

async function trimFinished(deps: ControllerDeps): Promise<void> {
  const { stores } = deps;
  if (stores.pods.size <= finishedLimit) return;
  const finished = stores.pods.list().filter(isPodFinished);
  const oldest = finished.sort((a, b) => parseTime(a.metadata.creationTimestamp) - parseTime(b.metadata.creationTimestamp));
  await Promise.all(oldest.slice(0, Math.max(0, finished.length - finishedLimit)).map((pod) => remove(deps, pod, undefined)));
}
