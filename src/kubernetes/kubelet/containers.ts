// Containers of a pod as a kubelet remembers them, and their statuses in the API.
import { createHash } from "node:crypto";
import type { KubeObject } from "../api/object.ts";
import { parseTime, timestamp } from "../runtime/time.ts";
import { statusOf } from "../streams/target.ts";
import { type Behaviour, behaviourOf } from "./simulation.ts";

export type ContainerRole = "init" | "sidecar" | "main" | "ephemeral";

/** The memory of one container. Times in milliseconds. */
export interface ContainerRecord {
  readonly name: string;
  readonly role: ContainerRole;
  readonly spec: any;
  readonly behaviour: Behaviour;
  state: "waiting" | "running" | "terminated";
  waiting: { reason: string; message?: string };
  startedAt: number;
  finishedAt: number;
  exitCode: number;
  reason: string;
  restarts: number;
  ready: boolean;
  last: object | undefined;
}

/** Records for a pod's containers in starting order; what its status already says is taken over. */
export function recordsOf(pod: KubeObject): ContainerRecord[] {
  const init = (pod.spec.initContainers ?? []).map((spec: any) => record(pod, spec, spec.restartPolicy === "Always" ? "sidecar" : "init"));
  return init.concat(pod.spec.containers.map((spec: any) => record(pod, spec, "main")));
}

/** The record of a container that was added to the running pod. */
export function ephemeralRecord(pod: KubeObject, spec: any): ContainerRecord {
  return record(pod, spec, "ephemeral");
}

function record(pod: KubeObject, spec: any, role: ContainerRole): ContainerRecord {
  const status = statusOf(pod, spec.name);
  const { running, terminated } = status?.state ?? {};
  return {
    name: spec.name,
    role,
    spec,
    behaviour: behaviourOf(pod, spec.name, role === "init"),
    state: running ? "running" : terminated ? "terminated" : "waiting",
    waiting: { reason: "ContainerCreating" },
    startedAt: parseTime(running?.startedAt ?? terminated?.startedAt),
    finishedAt: parseTime(terminated?.finishedAt),
    exitCode: terminated?.exitCode ?? 0,
    reason: terminated?.reason ?? "",
    restarts: status?.restartCount ?? 0,
    ready: status?.ready ?? false,
    last: status?.lastState?.terminated,
  };
}

/** A pod's sandbox id: the same after a restart of the kubelet. */
export function sandboxId(uid: string): string {
  return hash(`sandbox ${uid}`);
}

/** A running container's id; every restart gives another one. */
export function containerId(uid: string, { name, restarts }: ContainerRecord): string {
  return `containerd://${hash(`${uid} ${name} ${restarts}`)}`;
}

function hash(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

/** The `terminated` state of a container that has ended. */
export function terminated(uid: string, container: ContainerRecord): object {
  const { exitCode, reason, startedAt, finishedAt } = container;
  return {
    exitCode,
    reason,
    startedAt: startedAt ? timestamp(startedAt) : null,
    finishedAt: timestamp(finishedAt),
    ...(startedAt ? { containerID: containerId(uid, container) } : {}),
  };
}

/** corev1.ContainerStatus. */
export function containerStatus(uid: string, container: ContainerRecord): any {
  const { name, state, spec, startedAt, restarts, ready, last, waiting, role } = container;
  const ran = startedAt > 0 && state !== "waiting";
  const states = {
    waiting: { waiting },
    running: { running: { startedAt: timestamp(startedAt) } },
    terminated: { terminated: terminated(uid, container) },
  };
  return {
    name,
    image: spec.image ?? "",
    imageID: ran || last ? `${(spec.image ?? "").split("@")[0]}@sha256:${hash(spec.image ?? "")}` : "",
    ...(ran ? { containerID: containerId(uid, container) } : {}),
    ready,
    ...(role !== "ephemeral" && { started: state === "running" && (role !== "init" || ready) }),
    restartCount: restarts,
    state: states[state],
    lastState: last ? { terminated: last } : {},
  };
}
