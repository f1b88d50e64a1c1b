// Deletes pods that do not tolerate a NoExecute taint of their node, after the time they tolerate it.
import type { KubeObject } from "../../api/object.ts";
import type { Controller, ControllerDeps } from "../../runtime/controller.ts";
import { ignoreNotFound } from "../../runtime/errors.ts";
import { keyOf, splitKey } from "../../runtime/store.ts";
import { parseTime, timestamp } from "../../runtime/time.ts";
import { type Taint, type Toleration, tolerates } from "../../runtime/tolerations.ts";

/** The taint eviction controller. Keys are pods. */
export function taintEvictionController(deps: ControllerDeps): Controller {
  const { client, stores, clock, events } = deps;
  return {
    name: "taint-eviction",
    workers: 16,
    watches: [
      {
        type: "nodes",
        keys: ({ object, old }) => {
          const before = JSON.stringify(noExecute(old));
          return JSON.stringify(noExecute(object)) === before ? [] : stores.podsOn(object.metadata.name).map(keyOf);
        },
      },
      {
        type: "pods",
        keys: ({ type, object, old }) =>
          type !== "DELETED" &&
          object.spec?.nodeName &&
          (!old?.spec?.nodeName || old.spec.tolerations !== object.spec.tolerations) &&
          tainted(deps, object)
            ? [keyOf(object)]
            : [],
      },
    ],
    async reconcile(key) {
      const { namespace, name } = splitKey(key);
      const pod = stores.pods.get(namespace, name);
      const node = pod?.spec.nodeName ? stores.of("nodes").get("", pod.spec.nodeName) : undefined;
      if (!pod || !node || pod.metadata.deletionTimestamp) return undefined;
      const now = clock.now();
      const due = evictionTime(noExecute(node), pod.spec.tolerations ?? [], now);
      if (due === undefined) return undefined;
      if (due > now) return due - now;
      events.event(pod, "Normal", "TaintManagerEviction", `Marking for deletion Pod ${namespace}/${name}`);
      const message = "Taint manager: deleting due to NoExecute taint";
      const condition = {
        type: "DisruptionTarget",
        status: "True",
        reason: "DeletionByTaintManager",
        message,
        lastTransitionTime: timestamp(now),
      };
      await ignoreNotFound(
        client.patch("pods", namespace, name, "strategic", { status: { conditions: [condition] } }, { subresource: "status" }),
      );
      await ignoreNotFound(client.delete("pods", namespace, name, { uid: pod.metadata.uid }));
      return undefined;
    },
  };
}

/** When a pod has to go (ms): at once if a taint is not tolerated, after the shortest limited toleration, or never. */
export function evictionTime(taints: readonly Taint[], tolerations: readonly Toleration[], now: number): number | undefined {
  let due: number | undefined;
  for (const taint of taints) {
    const covering = tolerations.filter((toleration) => tolerates(toleration, taint));
    if (!covering.length) return now;
    for (const { tolerationSeconds } of covering) {
      if (tolerationSeconds === undefined || tolerationSeconds === null) continue;
      const since = taint.timeAdded ? parseTime(taint.timeAdded) : now;
      const end = since + Math.max(0, tolerationSeconds) * 1000;
      if (due === undefined || end < due) due = end;
    }
  }
  return due;
}

function noExecute(node: KubeObject | undefined): Taint[] {
  return ((node?.spec?.taints ?? []) as Taint[]).filter((taint) => taint.effect === "NoExecute");
}

function tainted({ stores }: ControllerDeps, pod: KubeObject): boolean {
  return noExecute(stores.of("nodes").get("", pod.spec.nodeName)).length > 0;
}
