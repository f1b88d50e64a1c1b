// How many replicas a metric asks for: ready, unready and missing pods weighed as Kubernetes does
// (Kubernetes documentation, "Horizontal Pod Autoscaling", algorithm details).
import type { KubeObject } from "../../api/object.ts";
import { findCondition } from "../../runtime/conditions.ts";
import { milli } from "../../runtime/quantity.ts";
import { parseTime } from "../../runtime/time.ts";
import type { PodValue } from "./metrics.ts";

/** How far the ratio may be from 1 without a change. */
const tolerance = 0.1;
/** For how long after its start a pod's cpu counts only once it is ready (cpu-initialization-period). Milliseconds. */
const initialization = 300_000;
/** A pod that was never ready later than this after its start counts as never ready (initial-readiness-delay). Milliseconds. */
const readinessDelay = 30_000;

/** What is wanted of a resource: a share of the requests, or thousandths on average. */
export type ResourceTarget = { readonly utilization: number } | { readonly average: number };

/** What a metric asks for, and what it measured. */
export interface Proposal {
  readonly replicas: number;
  /** Percent of the requests; absent without a target of that sort. */
  readonly utilization?: number;
  /** Thousandths on average. */
  readonly average: number;
}

/** What the calculation is about. */
export interface Question {
  readonly resource: string;
  /** One container's name, or "" for whole pods. */
  readonly container: string;
  readonly target: ResourceTarget;
  readonly pods: readonly KubeObject[];
  readonly values: ReadonlyMap<string, PodValue>;
  /** Replicas of the target now. */
  readonly current: number;
  readonly now: number;
}

/** Computes a proposal. Throws Error in the controller's words. */
export function proposeReplicas(question: Question): Proposal {
  const { pods, values, target, current } = question;
  if (pods.length === 0) throw new Error("no pods returned by selector while calculating replica count");
  const { ready, unready, missing, ignored } = groupPods(question);
  const used = new Map<string, number>();
  for (const [name, { value }] of values) if (!ignored.has(name) && !unready.has(name)) used.set(name, value);
  if (used.size === 0) throw new Error("did not receive metrics for targeted pods (pods might be unready)");
  const requests = "utilization" in target ? requestsOf(question) : undefined;
  const first = ratioOf(used, target, requests);
  const found = { average: first.average, ...(first.utilization !== undefined && { utilization: first.utilization }) };
  const stay = { replicas: current, ...found };
  const upWithUnready = unready.size > 0 && first.ratio > 1;
  if (!upWithUnready && missing.size === 0) return isWithin(first.ratio) ? stay : { replicas: Math.ceil(first.ratio * ready), ...found };
  // What is not known is taken for what holds the change back.
  if (first.ratio < 1) for (const name of missing) used.set(name, fullOf(name, target, requests));
  else if (first.ratio > 1) for (const name of missing) used.set(name, 0);
  if (upWithUnready) for (const name of unready) used.set(name, 0);
  const { ratio } = ratioOf(used, target, requests);
  if (isWithin(ratio) || (first.ratio < 1 && ratio > 1) || (first.ratio > 1 && ratio < 1)) return stay;
  const replicas = Math.ceil(ratio * used.size);
  return (ratio < 1 && replicas > current) || (ratio > 1 && replicas < current) ? stay : { replicas, ...found };
}

const isWithin = (ratio: number) => ratio >= 1 - tolerance && ratio <= 1 + tolerance;

function fullOf(pod: string, target: ResourceTarget, requests: ReadonlyMap<string, number> | undefined): number {
  if ("average" in target) return target.average;
  return Math.trunc(((requests?.get(pod) ?? 0) * Math.max(100, target.utilization)) / 100);
}

function ratioOf(used: ReadonlyMap<string, number>, target: ResourceTarget, requests: ReadonlyMap<string, number> | undefined) {
  let total = 0;
  let requested = 0;
  let count = 0;
  for (const [pod, value] of used) {
    const request = requests?.get(pod);
    if (requests && request === undefined) continue;
    total += value;
    requested += request ?? 0;
    count++;
  }
  const average = Math.trunc(total / Math.max(1, count));
  if ("average" in target) return { ratio: average / target.average, average };
  if (requested === 0) throw new Error("no metrics returned matched known pods");
  const utilization = Math.trunc((total * 100) / requested);
  return { ratio: utilization / target.utilization, utilization, average };
}

function requestsOf({ pods, resource, container }: Question): Map<string, number> {
  const requests = new Map<string, number>();
  for (const pod of pods) {
    const sidecars = (pod.spec.initContainers ?? []).filter(({ restartPolicy }: any) => restartPolicy === "Always");
    let sum = 0;
    for (const { name, resources } of [...pod.spec.containers, ...sidecars]) {
      if (container && name !== container) continue;
      const request = resources?.requests?.[resource];
      if (request === undefined) throw new Error(`missing request for ${resource} in container ${name} of Pod ${pod.metadata.name}`);
      sum += milli(request);
    }
    requests.set(pod.metadata.name, sum);
  }
  return requests;
}

function groupPods({ pods, values, resource, now }: Question) {
  let ready = 0;
  const [unready, missing, ignored] = [new Set<string>(), new Set<string>(), new Set<string>()];
  for (const pod of pods) {
    const { name, deletionTimestamp } = pod.metadata;
    const value = values.get(name);
    if (deletionTimestamp || pod.status?.phase === "Failed") ignored.add(name);
    else if (pod.status?.phase === "Pending") unready.add(name);
    else if (!value) missing.add(name);
    else if (resource === "cpu" && isUnready(pod, value, now)) unready.add(name);
    else ready++;
  }
  return { ready, unready, missing, ignored };
}

/** Whether a pod's cpu is that of its start, not of its work. */
function isUnready(pod: KubeObject, { at, window }: PodValue, now: number): boolean {
  const condition = findCondition(pod.status?.conditions, "Ready");
  if (!condition || !pod.status?.startTime) return true;
  const started = parseTime(pod.status.startTime);
  const since = parseTime(condition.lastTransitionTime);
  if (started + initialization > now) return condition.status === "False" || at < since + window;
  return condition.status === "False" && started + readinessDelay > since;
}
