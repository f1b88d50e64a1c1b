// Deletes finished jobs `ttlSecondsAfterFinished` after they ended.
import { findCondition } from "../../runtime/conditions.ts";
import type { Controller, ControllerDeps } from "../../runtime/controller.ts";
import { ignoreNotFound } from "../../runtime/errors.ts";
import { keyOf, splitKey } from "../../runtime/store.ts";
import { parseTime } from "../../runtime/time.ts";

const type = "jobs.batch";

/** The TTL-after-finished controller. */
export function ttlAfterFinishedController({ client, stores, clock }: ControllerDeps): Controller {
  return {
    name: "ttl-after-finished",
    watches: [{ type, keys: ({ object }) => (object.spec?.ttlSecondsAfterFinished === undefined ? [] : [keyOf(object)]) }],
    async reconcile(key) {
      const { namespace, name } = splitKey(key);
      const job = stores.of(type).get(namespace, name);
      const ttl = job?.spec.ttlSecondsAfterFinished;
      if (!job || ttl === undefined || ttl === null || job.metadata.deletionTimestamp) return undefined;
      const ended = ["Complete", "Failed"]
        .map((kind) => findCondition(job.status?.conditions, kind))
        .find((condition) => condition?.status === "True");
      if (!ended) return undefined;
      const left = parseTime(ended.lastTransitionTime) + ttl * 1000 - clock.now();
      if (left > 0) return left;
      await ignoreNotFound(client.delete(type, namespace, name, { uid: job.metadata.uid, propagationPolicy: "Foreground" }));
      return undefined;
    },
  };
}
