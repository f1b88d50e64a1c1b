// Scales workloads by the metrics the cluster serves, and says plainly when it serves none.
import type { KubeObject } from "../../api/object.ts";
import { type Condition, withCondition } from "../../runtime/conditions.ts";
import type { Controller, ControllerDeps } from "../../runtime/controller.ts";
import { errorText, ignoreNotFound } from "../../runtime/errors.ts";
import { sameSpec } from "../../runtime/hash.ts";
import { keyOf, splitKey } from "../../runtime/store.ts";
import { timestamp } from "../../runtime/time.ts";
import { limitScaling, remember, type ScalingHistory, type ScalingWish } from "./behavior.ts";
import { desire } from "./desire.ts";
import type { ResourceMetrics } from "./metrics.ts";
import { ambiguity, podsOf, SCALERS, type ScaleTarget, targetOf } from "./targets.ts";

const every = 15_000;
/** What one look at an autoscaler came to; members of the status to be. */
interface Outcome {
  readonly currentReplicas?: number;
  readonly desiredReplicas?: number;
  readonly currentMetrics?: readonly object[];
  readonly lastScaleTime?: string;
}

/** The number to scale to and why, or nothing to change. */
interface Decision {
  readonly replicas: number;
  readonly reason: string;
  readonly currentMetrics?: readonly object[];
}

/** The horizontal pod autoscaler. */
export function autoscalerController(deps: ControllerDeps, metrics: ResourceMetrics): Controller {
  const { client, stores } = deps;
  const histories = new Map<string, ScalingHistory>();
  return {
    name: "horizontal-pod-autoscaler",
    // Its own writes of the status are no reason to look again before the time.
    watches: [{ type: SCALERS, keys: ({ object, old }) => (old && sameSpec(old.spec, object.spec) ? [] : [keyOf(object)]) }],
    async reconcile(key) {
      const { namespace, name } = splitKey(key);
      const scaler = stores.of(SCALERS).get(namespace, name);
      if (!scaler) {
        histories.delete(key);
        return undefined;
      }
      const look = new Look(deps, metrics, scaler, histories, key);
      const outcome = await look.take();
      const { desiredReplicas = 0, currentReplicas, currentMetrics, lastScaleTime } = { ...scaler.status, ...outcome } as Outcome;
      const status = {
        ...(lastScaleTime && { lastScaleTime }),
        ...(currentReplicas !== undefined && { currentReplicas }),
        desiredReplicas,
        currentMetrics: currentMetrics?.length ? currentMetrics : null,
        conditions: look.conditions,
      };
      if (!sameSpec(status, scaler.status ?? {})) await ignoreNotFound(client.updateStatus(SCALERS, { ...scaler, status }));
      return every;
    },
  };
}

/** One look at one autoscaler: conditions are gathered on the way. */
class Look {
  conditions: Condition[];
  readonly #deps: ControllerDeps;
  readonly #metrics: ResourceMetrics;
  readonly #scaler: KubeObject;
  readonly #histories: Map<string, ScalingHistory>;
  readonly #key: string;
  readonly #now: number;

  constructor(deps: ControllerDeps, metrics: ResourceMetrics, scaler: KubeObject, histories: Map<string, ScalingHistory>, key: string) {
    this.#deps = deps;
    this.#metrics = metrics;
    this.#scaler = scaler;
    this.#histories = histories;
    this.#key = key;
    this.#now = deps.clock.now();
    this.conditions = scaler.status?.conditions ?? [];
  }

  async take(): Promise<Outcome> {
    const { minReplicas = 1, maxReplicas } = this.#scaler.spec;
    const target = targetOf(this.#deps.stores, this.#scaler);
    if ("missing" in target) {
      const why = target.missing;
      this.#event("Warning", "FailedGetScale", why);
      this.#set("AbleToScale", false, "FailedGetScale", `the HPA controller was unable to get the target's current scale: ${why}`);
      return {};
    }
    this.#set("AbleToScale", true, "SucceededGetScale", "the HPA controller was able to get the target's current scale");
    const current = target.object.spec.replicas ?? 1;
    if (current === 0 && minReplicas !== 0) {
      this.#set("ScalingActive", false, "ScalingDisabled", "scaling is disabled since the replica count of the target is zero");
      return { currentReplicas: 0, desiredReplicas: 0 };
    }
    const bounds = { min: minReplicas, max: maxReplicas };
    const decision = this.#outOfBounds(current, bounds) ?? this.#byMetrics(target, current, bounds);
    if (!decision) return { currentReplicas: current, currentMetrics: [] };
    return this.#scale(target, current, decision);
  }

  #outOfBounds(current: number, { min, max }: { min: number; max: number }): Decision | undefined {
    if (current > max) return { replicas: max, reason: "Current number of replicas above Spec.MaxReplicas" };
    if (current < min) return { replicas: min, reason: "Current number of replicas below Spec.MinReplicas" };
    return undefined;
  }

  /** Undefined when the metrics allow no decision. */
  #byMetrics(target: ScaleTarget, current: number, bounds: { min: number; max: number }): Decision | undefined {
    const { stores } = this.#deps;
    const pods = podsOf(stores, target);
    const ambiguous = ambiguity(stores, target, pods);
    if (ambiguous) {
      this.#event("Warning", "AmbiguousSelector", ambiguous);
      this.#set("ScalingActive", false, "AmbiguousSelector", ambiguous);
      this.#event("Warning", "FailedComputeMetricsReplicas", ambiguous);
      return undefined;
    }
    const wanted = desire({ scaler: this.#scaler, pods, replicas: current, metrics: this.#metrics, now: this.#now });
    for (const { reason, message } of wanted.failures) this.#event("Warning", reason, message);
    if (wanted.replicas === undefined) {
      const [first] = wanted.failures;
      if (first) this.#set("ScalingActive", false, first.reason, `the HPA was unable to compute the replica count: ${first.message}`);
      this.#event("Warning", "FailedComputeMetricsReplicas", wanted.failure ?? "");
      return undefined;
    }
    const found = `the HPA was able to successfully calculate a replica count from ${wanted.metric}`;
    this.#set("ScalingActive", true, "ValidMetricFound", found);
    const wish: ScalingWish = { current, desired: wanted.replicas, ...bounds };
    // A controller that has just begun takes what there is for wanted, so that it does not shrink at once.
    const history = this.#histories.get(this.#key) ?? { recommendations: [{ at: this.#now, replicas: current }], changes: [] };
    const { replicas, stabilized, limit } = limitScaling(wish, this.#scaler.spec.behavior, history, this.#now);
    this.#histories.set(this.#key, remember(history, wish, replicas, this.#now));
    const steady = stabilized ?? { reason: "ReadyForNewScale", message: "recommended size matches current size" };
    this.#set("AbleToScale", true, steady.reason, steady.message);
    this.#set("ScalingLimited", limit.limited, limit.reason, limit.message);
    const reason = wanted.replicas > current ? `${wanted.metric} above target` : "All metrics below target";
    return { replicas, reason, currentMetrics: wanted.current };
  }

  async #scale(
    { type, object: { metadata } }: ScaleTarget,
    current: number,
    { replicas, reason, currentMetrics }: Decision,
  ): Promise<Outcome> {
    const measured = { currentReplicas: current, desiredReplicas: replicas, ...(currentMetrics && { currentMetrics }) };
    if (replicas === current) return measured;
    try {
      const { name, namespace } = metadata;
      const scale = { apiVersion: "autoscaling/v1", kind: "Scale", metadata: { name, namespace }, spec: { replicas } };
      await this.#deps.client.update(type, scale as KubeObject, "scale");
    } catch (error) {
      const why = errorText(error);
      this.#event("Warning", "FailedRescale", `New size: ${replicas}; reason: ${reason}; error: ${why}`);
      this.#set("AbleToScale", false, "FailedUpdateScale", `the HPA controller was unable to update the target scale: ${why}`);
      return { currentReplicas: current };
    }
    this.#set("AbleToScale", true, "SucceededRescale", `the HPA controller was able to update the target scale to ${replicas}`);
    this.#event("Normal", "SuccessfulRescale", `New size: ${replicas}; reason: ${reason}`);
    return { ...measured, lastScaleTime: timestamp(this.#now) };
  }

  #set(kind: string, status: boolean, reason: string, message: string): void {
    this.conditions = withCondition(this.conditions, { type: kind, status: status ? "True" : "False", reason, message }, this.#now);
  }

  #event(kind: "Normal" | "Warning", reason: string, message: string): void {
    this.#deps.events.event(this.#scaler, kind, reason, message);
  }
}
