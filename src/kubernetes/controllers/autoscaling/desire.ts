// What all metrics of an autoscaler together ask for, with what is said of it in conditions, events and status.
import type { KubeObject } from "../../api/object.ts";
import { milli } from "../../runtime/quantity.ts";
import { podValues, type ResourceMetrics } from "./metrics.ts";
import { proposeReplicas, type ResourceTarget } from "./replicas.ts";

/** A failed metric: reason and message of the `ScalingActive` condition, which is an event as well. */
export interface MetricFailure {
  readonly reason: string;
  readonly message: string;
}

/** What is wanted. `replicas` is absent when the metrics do not allow a decision. */
export interface Desire {
  readonly replicas?: number;
  /** The metric that asked for most. */
  readonly metric: string;
  /** `status.currentMetrics`, of the metrics that could be read. */
  readonly current: readonly object[];
  readonly failures: readonly MetricFailure[];
  /** What the failures amount to, for the event and the log. */
  readonly failure?: string;
}

/** What a decision is made on. */
export interface Situation {
  readonly scaler: KubeObject;
  /** Pods of the target, whatever their state. */
  readonly pods: readonly KubeObject[];
  readonly replicas: number;
  readonly metrics: ResourceMetrics;
  readonly now: number;
}

interface Answer {
  readonly replicas: number;
  readonly metric: string;
  readonly current: object;
}

/** The largest number any metric asks for; a metric that fails forbids to shrink. */
export function desire(situation: Situation): Desire {
  const { scaler, replicas } = situation;
  const specs: any[] = scaler.spec.metrics ?? [];
  const failures: MetricFailure[] = [];
  const current: object[] = [];
  let first = "";
  let best: Answer | undefined;
  for (const spec of specs) {
    try {
      const answer = answerOf(spec, situation);
      current.push(answer.current);
      if (!best || answer.replicas > best.replicas) best = answer;
    } catch (error) {
      const message = (error as Error).message;
      failures.push({ reason: `FailedGet${spec.type}Metric`, message });
      first ||= `${prefixOf(spec)}: ${message}`;
    }
  }
  const failure = `invalid metrics (${failures.length} invalid out of ${specs.length}), first error is: ${first}`;
  if (!best || (failures.length > 0 && best.replicas < replicas)) return { metric: "", current, failures, failure };
  return { replicas: best.replicas, metric: best.metric, current, failures, ...(failures.length > 0 && { failure }) };
}

function prefixOf(spec: any): string {
  switch (spec.type) {
    case "Resource":
      return `failed to get ${spec.resource.name} resource metric value`;
    case "ContainerResource":
      return `failed to get ${spec.containerResource.name} container metric value`;
    case "External":
      return `failed to get ${spec.external.metric.name} external metric value`;
    default:
      return `failed to get ${spec.type.toLowerCase()} metric value`;
  }
}

/** Throws Error in the controller's words. Nobody serves custom or external metrics here. */
function answerOf(spec: any, situation: Situation): Answer {
  const custom = "unable to fetch metrics from custom metrics API: no custom metrics API (custom.metrics.k8s.io) registered";
  switch (spec.type) {
    case "Resource":
      return resourceAnswer("Resource", "resource", spec.resource, "", situation);
    case "ContainerResource":
      return resourceAnswer("ContainerResource", "containerResource", spec.containerResource, spec.containerResource.container, situation);
    case "Pods":
      throw new Error(`unable to get metric ${spec.pods.metric.name}: ${custom}`);
    case "Object": {
      const { metric, describedObject } = spec.object;
      const { namespace } = situation.scaler.metadata;
      throw new Error(
        `failed to get object metric value: unable to get metric ${metric.name}: ${describedObject.kind} on ${namespace} ${describedObject.name}/${custom}`,
      );
    }
    case "External": {
      const { name, selector } = spec.external.metric;
      const what = `${situation.scaler.metadata.namespace}/${name}/${selector ? `&${JSON.stringify(selector)}` : "nil"}`;
      const missing = `the server could not find the requested resource (get ${name}.external.metrics.k8s.io)`;
      throw new Error(`unable to get external metric ${what}: unable to fetch metrics from external metrics API: ${missing}`);
    }
    default:
      throw new Error(`unknown metric source type ${JSON.stringify(spec.type)}`);
  }
}

function resourceAnswer(type: string, member: string, source: any, container: string, situation: Situation): Answer {
  const { pods, metrics, replicas: current, now } = situation;
  const { name: resource, target: wanted } = source;
  const target = targetOf(wanted);
  const what = "average" in target ? "usage" : "utilization";
  try {
    const values = lookUp(metrics, pods, resource, container, now);
    const { replicas, utilization, average } = proposeReplicas({ resource, container, target, pods, values, current, now });
    const measured = { ...(utilization !== undefined && { averageUtilization: utilization }), averageValue: decimal(average) };
    const kind = container ? "container resource" : "resource";
    return {
      replicas,
      metric: "average" in target ? `${resource} ${kind}` : `${resource} ${kind} utilization (percentage of request)`,
      current: { type, [member]: { name: resource, ...(container && { container }), current: measured } },
    };
  } catch (error) {
    throw new Error(`failed to get ${resource} ${what}: ${(error as Error).message}`);
  }
}

function lookUp(metrics: ResourceMetrics, pods: readonly KubeObject[], resource: string, container: string, now: number) {
  try {
    return podValues(metrics, pods, resource, container, now);
  } catch (error) {
    throw new Error(`unable to get metrics for resource ${resource}: ${(error as Error).message}`);
  }
}

function targetOf({ averageValue, averageUtilization }: any): ResourceTarget {
  if (averageValue !== undefined) return { average: Math.max(1, milli(averageValue)) };
  if (averageUtilization !== undefined) return { utilization: averageUtilization };
  throw new Error("invalid resource metric source: neither an average utilization target nor an average value (usage) target was set");
}

/** Thousandths as a canonical decimal quantity: 250m, 2, 12k. */
function decimal(thousandths: number): string {
  const suffixes = ["m", "", "k", "M", "G", "T", "P"];
  let amount = thousandths;
  let power = 0;
  while (amount !== 0 && amount % 1000 === 0 && power < suffixes.length - 1) {
    amount /= 1000;
    power++;
  }
  return amount === 0 ? "0" : `${amount}${suffixes[power]}`;
}
