// Logs of simulated containers: what the pod scripts, otherwise a plain word that nothing runs here.
import type { KubeObject } from "../api/object.ts";
import { statusOf } from "../streams/target.ts";
import { scriptedLogs } from "./simulation.ts";

/** One line with its time in milliseconds. */
export interface LogLine {
  readonly at: number;
  readonly text: string;
}

/** The lines a container has written since it started; empty if it has not started. */
export function containerLogs(pod: KubeObject, container: string): LogLine[] {
  const state = statusOf(pod, container)?.state;
  const started = state?.running?.startedAt ?? state?.terminated?.startedAt;
  if (!started) return [];
  const lines = scriptedLogs(pod, container) ?? [
    `${container} runs on a simulated node: no process writes logs. Script them with the annotation simulate.atoll.dev/${container}.logs.`,
  ];
  return lines.map((text, index) => ({ at: Date.parse(started) + index, text }));
}
