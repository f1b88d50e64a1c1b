// Scales workloads by the metrics the cluster serves, and says plainly when it serves none.
import type { KubeObject } from "../../api/object.ts";
import { type Condition, withCondition } from "../../runtime/conditions.ts";
import type { Controller, ControllerDeps } from "../../runtime/controller.ts";
import { ignoreNotFound } from "../../runtime/errors.ts";
import { sameSpec } from "../../runtime/hash.ts";
import { podAmounts } from "../../runtime/pod-resources.ts";
import { isPodActive, isPodReady } from "../../runtime/pods.ts";
import { milli } from "../../runtime/quantity.ts";
import { compileSelector } from "../../runtime/selectors.ts";
import { keyOf, splitKey } from "../../runtime/store.ts";
import { parseTime, timestamp } from "../../runtime/time.ts";
import { limitScaling, remember, type ScalingHistory } from "./behavior.ts";

const type = "horizontalpodautoscalers.autoscaling";
const every = 15_000;
const tolerance = 0.1;
const targets: Record<string, string> = {
  Deployment: "deployments.apps",
  ReplicaSet: "replicasets.apps",
  StatefulSet: "statefulsets.apps",
  ReplicationController: "replicationcontrollers",
};

/** What a pod uses now, in thousandths by resource (`cpu`, `memory`), or undefined if unknown. */
export type PodUsage = (pod: KubeObject) => Readonly<Record<string, number>> | undefined;

/** A wish for a number of replicas, or why there is none. */
type Wish = { replicas: number; metric: string; current: object } | { failure: string; reason: string };

/** The horizontal pod autoscaler. Without `usage` the cluster serves no metrics. */
export function autoscalerController(deps: ControllerDeps, usage: PodUsage | undefined): Controller {
  const { client, stores, clock, events } = deps;
  const histories = new Map<string, ScalingHistory>();
  return {
    name: "horizontal-pod-autoscaler",
    watches: [{ type, keys: ({ object }) => [keyOf(object)] }],
    async reconcile(key) {
      const { namespace, name } = splitKey(key);
      const scaler = stores.of(type).get(namespace, name);
      if (!scaler) {
        histories.delete(key);
        return undefined;
      }
      const now = clock.now();
      const { scaleTargetRef, minReplicas = 1, maxReplicas } = scaler.spec;
      const targetType = targets[scaleTargetRef.kind];
      const target = targetType ? stores.of(targetType).get(namespace, scaleTargetRef.name) : undefined;
      let conditions: Condition[] = scaler.status?.conditions ?? [];
      const set = (kind: string, status: string, reason: string, message: string) => {
        conditions = withCondition(conditions, { type: kind, status, reason, message }, now);
      };
      const write = async (more: object = {}) => {
        const { desiredReplicas = 0, currentReplicas, lastScaleTime, currentMetrics } = { ...scaler.status, ...more } as any;
        const status = {
          ...(lastScaleTime ? { lastScaleTime } : {}),
          ...(currentReplicas === undefined ? {} : { currentReplicas }),
          desiredReplicas,
          currentMetrics: currentMetrics ?? null,
          conditions,
        };
        if (!sameSpec(status, scaler.status ?? {})) await ignoreNotFound(client.updateStatus(type, { ...scaler, status }));
      };
      if (!target || !targetType) {
        const what = targetType ?? `${scaleTargetRef.kind.toLowerCase()}s`;
        const message = `the HPA controller was unable to get the target's current scale: ${what} "${scaleTargetRef.name}" not found`;
        set("AbleToScale", "False", "FailedGetScale", message);
        events.event(scaler, "Warning", "FailedGetScale", `${what} "${scaleTargetRef.name}" not found`);
        await write();
        return every;
      }
      set("AbleToScale", "True", "SucceededGetScale", "the HPA controller was able to get the target's current scale");
      const current = target.spec.replicas ?? 1;
      if (current === 0 && minReplicas !== 0) {
        set("ScalingActive", "False", "ScalingDisabled", "scaling is disabled since the replica count of the target is zero");
        await write({ currentReplicas: 0, desiredReplicas: 0 });
        return every;
      }
      const wish =
        current > maxReplicas || current < minReplicas
          ? { replicas: clamp(current, minReplicas, maxReplicas), metric: "", current: {} }
          : desire(deps, scaler, target, usage);
      if ("failure" in wish) {
        set("ScalingActive", "False", wish.reason, `the HPA was unable to compute the replica count: ${wish.failure}`);
        events.event(scaler, "Warning", wish.reason, wish.failure);
        events.event(
          scaler,
          "Warning",
          "FailedComputeMetricsReplicas",
          `invalid metrics (1 invalid out of 1), first error is: failed to get resource metric value: ${wish.failure}`,
        );
        await write({ currentReplicas: current });
        return every;
      }
      if (wish.metric)
        set("ScalingActive", "True", "ValidMetricFound", `the HPA was able to successfully calculate a replica count from ${wish.metric}`);
      const asked = { current, desired: wish.replicas, min: minReplicas, max: maxReplicas };
      const history = histories.get(key) ?? { recommendations: [], changes: [] };
      const { replicas: wanted, stabilized, limit } = limitScaling(asked, scaler.spec.behavior, history, now);
      histories.set(key, remember(history, asked, current, now));
      const steady = stabilized ?? { reason: "ReadyForNewScale", message: "recommended size matches current size" };
      set("AbleToScale", "True", steady.reason, steady.message);
      set("ScalingLimited", limit.limited ? "True" : "False", limit.reason, limit.message);
      const metrics = wish.metric ? { currentMetrics: [wish.current] } : {};
      if (wanted === current) {
        await write({ currentReplicas: current, desiredReplicas: wanted, ...metrics });
        return every;
      }
      await client.patch(targetType, namespace, scaleTargetRef.name, "merge", { spec: { replicas: wanted } });
      histories.set(key, remember(history, asked, wanted, now));
      set("AbleToScale", "True", "SucceededRescale", `the HPA controller was able to update the target scale to ${wanted}`);
      const why = wish.metric
        ? `${wish.metric} ${wanted > current ? "above" : "below"} target`
        : `Current number of replicas ${current < minReplicas ? "below Spec.MinReplicas" : "above Spec.MaxReplicas"}`;
      events.event(scaler, "Normal", "SuccessfulRescale", `New size: ${wanted}; reason: ${why}`);
      await write({ currentReplicas: current, desiredReplicas: wanted, lastScaleTime: timestamp(now), ...metrics });
      return every;
    },
  };
}

function clamp(value: number, least: number, most: number): number {
  return Math.min(most, Math.max(least, value));
}

/** The largest number any resource metric asks for. */
function desire({ stores, clock }: ControllerDeps, scaler: KubeObject, target: KubeObject, usage: PodUsage | undefined): Wish {
  const matches = compileSelector(target.spec.selector);
  const pods = stores.pods.list(scaler.metadata.namespace).filter((pod) => isPodActive(pod) && matches(pod.metadata.labels));
  const current = target.spec.replicas ?? 1;
  let best: Wish | undefined;
  for (const metric of scaler.spec.metrics ?? []) {
    if (metric.type !== "Resource") {
      const failure = `unable to get ${String(metric.type).toLowerCase()} metric: unable to fetch metrics from ${metric.type === "External" ? "external" : "custom"} metrics API: the server could not find the requested resource`;
      return { failure, reason: `FailedGet${metric.type}Metric` };
    }
    const wish = resourceWish(metric.resource, pods, current, usage, clock.now());
    if ("failure" in wish) return wish;
    if (!best || !("replicas" in best) || wish.replicas > best.replicas) best = wish;
  }
  return best ?? { replicas: current, metric: "", current: {} };
}

function resourceWish({ name, target }: any, pods: readonly KubeObject[], current: number, usage: PodUsage | undefined, now: number): Wish {
  const what = target.type === "Utilization" ? `${name} utilization` : name;
  const reason = "FailedGetResourceMetric";
  if (!usage) {
    const missing = "the server could not find the requested resource (get pods.metrics.k8s.io)";
    return {
      reason,
      failure: `failed to get ${what}: unable to get metrics for resource ${name}: unable to fetch metrics from resource metrics API: ${missing}`,
    };
  }
  const measured = pods
    .filter((pod) => isPodReady(pod) && now - parseTime(pod.status?.startTime) >= 0)
    .map((pod) => ({ pod, used: usage(pod)?.[name] }));
  const known = measured.filter((each): each is { pod: KubeObject; used: number } => each.used !== undefined);
  if (!known.length)
    return {
      reason,
      failure: `failed to get ${what}: unable to get metrics for resource ${name}: no metrics returned from resource metrics API`,
    };
  const used = known.reduce((sum, each) => sum + each.used, 0);
  const average = used / known.length;
  if (target.type === "Utilization") {
    const requested = known.map(({ pod }) => podAmounts(pod)[name] ?? 0);
    if (requested.some((amount) => amount === 0))
      return {
        reason,
        failure: `failed to get ${what}: missing request for ${name} in container ${known[0]!.pod.spec.containers[0].name} of Pod ${known[0]!.pod.metadata.name}`,
      };
    const utilization = Math.round((100 * used) / requested.reduce((sum, amount) => sum + amount, 0));
    return wishFor(`${name} resource utilization (percentage of request)`, utilization / target.averageUtilization, known.length, current, {
      type: "Resource",
      resource: { name, current: { averageUtilization: utilization, averageValue: `${Math.round(average)}m` } },
    });
  }
  return wishFor(`${name} resource`, average / milli(target.averageValue), known.length, current, {
    type: "Resource",
    resource: { name, current: { averageValue: `${Math.round(average)}m` } },
  });
}

function wishFor(metric: string, ratio: number, measured: number, current: number, status: object): Wish {
  return { replicas: Math.abs(ratio - 1) <= tolerance ? current : Math.ceil(ratio * measured), metric, current: status };
}
