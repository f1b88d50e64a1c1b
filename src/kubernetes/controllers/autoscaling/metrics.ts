// What autoscalers read of the resource metrics API, with the client's own words for what fails.
import type { KubeObject } from "../../api/object.ts";
import type { PodSample, UsageSource } from "../../kubelet/usage.ts";
import { isTrue } from "../../runtime/conditions.ts";
import type { Stores } from "../../runtime/stores.ts";

/** Resource metrics as a client of the cluster finds them. */
export interface ResourceMetrics {
  /** Why there are none; undefined while they are served. */
  problem(): string | undefined;
  /** Undefined for a pod of which nothing is measured. */
  pod(pod: KubeObject, now: number): PodSample | undefined;
}

/** The metrics of a cluster, served as long as its metrics-server is. Without a source there is nothing to serve. */
export function clusterMetrics(stores: Stores, source: UsageSource | undefined): ResourceMetrics {
  return {
    problem() {
      const service = stores.of("apiservices.apiregistration.k8s.io").get("", "v1beta1.metrics.k8s.io");
      const asked = "(get pods.metrics.k8s.io)";
      if (!source || !service) return `the server could not find the requested resource ${asked}`;
      return isTrue(service.status?.conditions, "Available") ? undefined : `the server is currently unable to handle the request ${asked}`;
    },
    pod: (pod, now) => source?.pod(pod, now),
  };
}

/** One pod's value of a resource in thousandths, and when it was measured. */
export interface PodValue {
  readonly value: number;
  readonly at: number;
  readonly window: number;
}

/** Values by pod name, of whole pods or of one container. Throws Error in the client's words. */
export function podValues(
  metrics: ResourceMetrics,
  pods: readonly KubeObject[],
  resource: string,
  container: string,
  now: number,
): Map<string, PodValue> {
  const problem = metrics.problem();
  if (problem) throw new Error(`unable to fetch metrics from resource metrics API: ${problem}`);
  const values = new Map<string, PodValue>();
  let measured = 0;
  for (const pod of pods) {
    const sample = metrics.pod(pod, now);
    if (!sample) continue;
    measured++;
    if (container && !sample.containers.has(container))
      throw new Error(`container ${container} not present in metrics for pod ${pod.metadata.namespace}/${pod.metadata.name}`);
    let value = 0;
    for (const [name, { cpu, memory }] of sample.containers) {
      if (container && name !== container) continue;
      // Thousandths of a core, and of a byte.
      value += resource === "cpu" ? Math.ceil(cpu / 1e6) : memory * 1000;
    }
    if (resource === "cpu" || resource === "memory") values.set(pod.metadata.name, { value, at: sample.at, window: sample.window });
  }
  if (measured === 0) throw new Error("no metrics returned from resource metrics API");
  return values;
}
