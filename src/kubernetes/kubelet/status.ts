// The status a kubelet reports for a pod, computed from what it knows of the containers.
import type { KubeObject } from "../api/object.ts";
import { type Condition, findCondition } from "../runtime/conditions.ts";
import { qosClass } from "../runtime/pod-resources.ts";
import { timestamp } from "../runtime/time.ts";
import { type ContainerRecord, containerStatus } from "./containers.ts";

/** What the kubelet knows of a pod beside its containers. */
export interface PodFacts {
  readonly containers: readonly ContainerRecord[];
  /** Containers added for debugging; they decide nothing about the pod. */
  readonly ephemeral: readonly ContainerRecord[];
  readonly hostIP: string;
  readonly ips: readonly string[];
  readonly startTime: number;
  /** The sandbox is there and has a network. */
  readonly sandbox: boolean;
  readonly terminating: boolean;
  /** Refused or evicted by the kubelet. */
  readonly verdict?: { readonly reason: string; readonly message: string };
}

const phases = { pending: "Pending", running: "Running", succeeded: "Succeeded", failed: "Failed" } as const;

/** Phase by the states of the containers and the restart policy (kubelet getPhase). */
export function phaseOf(pod: KubeObject, { containers, verdict, terminating }: PodFacts): string {
  if (verdict) return phases.failed;
  const policy = pod.spec.restartPolicy ?? "Always";
  const init = containers.filter(({ role }) => role === "init");
  const main = containers.filter(({ role }) => role === "main");
  const stays = terminating || policy === "Never";
  if (init.some((each) => each.state === "terminated" && each.exitCode !== 0) && stays) return phases.failed;
  if (!terminating && init.some((each) => !(each.state === "terminated" && each.exitCode === 0))) return phases.pending;
  const ended = main.filter(({ state }) => state === "terminated");
  if (ended.length === main.length) {
    const ok = ended.every(({ exitCode }) => exitCode === 0);
    if (terminating || policy === "Never" || (policy === "OnFailure" && ok)) return ok ? phases.succeeded : phases.failed;
    return phases.running;
  }
  if (main.some((each) => each.state === "waiting" && !each.last)) return phases.pending;
  return phases.running;
}

/** The whole status; conditions of other writers are left alone by the strategic merge. `now` in milliseconds. */
export function podStatus(pod: KubeObject, facts: PodFacts, now: number): any {
  const phase = phaseOf(pod, facts);
  const { uid } = pod.metadata;
  const of = (init: boolean) => facts.containers.filter(({ role }) => (role === "main") !== init).map((each) => containerStatus(uid, each));
  const initStatuses = of(true);
  return {
    phase,
    ...(facts.verdict ?? {}),
    conditions: conditionsOf(pod, facts, phase, now),
    hostIP: facts.hostIP,
    hostIPs: [{ ip: facts.hostIP }],
    ...(facts.ips.length ? { podIP: facts.ips[0], podIPs: facts.ips.map((ip) => ({ ip })) } : {}),
    startTime: timestamp(facts.startTime),
    qosClass: qosClass(pod),
    ...(facts.verdict && facts.containers.every(({ state }) => state === "waiting")
      ? {}
      : { containerStatuses: of(false), ...(initStatuses.length ? { initContainerStatuses: initStatuses } : {}) }),
    ...(facts.ephemeral.length ? { ephemeralContainerStatuses: facts.ephemeral.map((each) => containerStatus(uid, each)) } : {}),
  };
}

/** The kubelet's own conditions; transition times stay while the status stays. */
export function conditionsOf(pod: KubeObject, facts: PodFacts, phase: string, now: number): Condition[] {
  const { containers } = facts;
  const finished = phase === "Succeeded" || phase === "Failed";
  const initial = containers.filter(({ role }) => role !== "main");
  const incomplete = initial.filter((each) =>
    each.role === "init" ? !(each.state === "terminated" && each.exitCode === 0) : each.state === "waiting" && !each.last,
  );
  const unready = containers.filter(({ role, ready }) => role !== "init" && !ready);
  const names = (list: readonly ContainerRecord[]) => list.map(({ name }) => name).join(" ");
  const initialized =
    incomplete.length && phase !== "Succeeded"
      ? { status: "False", reason: "ContainersNotInitialized", message: `containers with incomplete status: [${names(incomplete)}]` }
      : { status: "True", ...(phase === "Succeeded" ? { reason: "PodCompleted" } : {}) };
  const containersReady = finished
    ? { status: "False", reason: phase === "Succeeded" ? "PodCompleted" : "PodFailed" }
    : unready.length
      ? { status: "False", reason: "ContainersNotReady", message: `containers with unready status: [${names(unready)}]` }
      : { status: "True" };
  const gates = missingGates(pod);
  const ready =
    containersReady.status === "True" && gates ? { status: "False", reason: "ReadinessGatesNotReady", message: gates } : containersReady;
  const verdicts: Omit<Condition, "lastTransitionTime">[] = [
    { type: "PodReadyToStartContainers", status: facts.sandbox && !finished ? "True" : "False" },
    { type: "Initialized", ...initialized },
    { type: "Ready", ...ready },
    { type: "ContainersReady", ...containersReady },
    { type: "PodScheduled", status: "True" },
  ];
  return verdicts.map((verdict) => {
    const present = findCondition(pod.status?.conditions, verdict.type);
    const kept = present?.status === verdict.status ? present.lastTransitionTime : undefined;
    // The strategic merge keeps members that are left out, so reason and message are cleared by name.
    const cleared = {
      ...(present?.reason && !verdict.reason ? { reason: null } : {}),
      ...(present?.message && !verdict.message ? { message: null } : {}),
    };
    return { ...verdict, ...cleared, lastProbeTime: null, lastTransitionTime: kept ?? timestamp(now) } as Condition;
  });
}

function missingGates(pod: KubeObject): string {
  const messages: string[] = [];
  for (const { conditionType } of pod.spec.readinessGates ?? []) {
    const condition = findCondition(pod.status?.conditions, conditionType);
    if (!condition) messages.push(`corresponding condition of pod readiness gate "${conditionType}" does not exist.`);
    else if (condition.status !== "True") {
      messages.push(`the status of pod readiness gate "${conditionType}" is not "True", but ${condition.status}`);
    }
  }
  return messages.join(", ");
}
