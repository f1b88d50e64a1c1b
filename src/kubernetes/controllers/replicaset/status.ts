// The status of a replica set or replication controller.
import type { KubeObject } from "../../api/object.ts";
import { findCondition, withCondition, withoutCondition } from "../../runtime/conditions.ts";
import { errorText } from "../../runtime/errors.ts";
import { isPodAvailable, isPodReady } from "../../runtime/pods.ts";

/** Computes the status from the pods a set has. `failure` is the error of making or deleting pods, if any; `difference` replicas too many. */
export function replicaSetStatus(set: KubeObject, pods: readonly KubeObject[], failure: unknown, difference: number, now: number): any {
  const labels = Object.entries((set.spec.template?.metadata?.labels ?? {}) as Record<string, string>);
  const minReady = set.spec.minReadySeconds ?? 0;
  const count = (holds: (pod: KubeObject) => boolean) => pods.filter(holds).length;
  const present = set.status?.conditions;
  const failed = findCondition(present, "ReplicaFailure");
  let conditions = present;
  if (failure !== undefined && !failed) {
    const reason = difference < 0 ? "FailedCreate" : "FailedDelete";
    conditions = withCondition(present, { type: "ReplicaFailure", status: "True", reason, message: errorText(failure) }, now);
  } else if (failure === undefined && failed) {
    conditions = withoutCondition(present, "ReplicaFailure");
  }
  const some = (name: string, value: number) => (value ? { [name]: value } : {});
  return {
    replicas: pods.length,
    ...some(
      "fullyLabeledReplicas",
      count((pod) => labels.every(([key, value]) => pod.metadata.labels?.[key] === value)),
    ),
    ...some("readyReplicas", count(isPodReady)),
    ...some(
      "availableReplicas",
      count((pod) => isPodAvailable(pod, minReady, now)),
    ),
    observedGeneration: set.metadata.generation ?? 1,
    ...(conditions?.length ? { conditions } : {}),
  };
}
