// Logs and commands of pods on simulated nodes: what their annotations script, or a word that nothing runs here.
import type { Clock } from "../../base/clock.ts";
import type { KubeObject } from "../api/object.ts";
import { badRequest } from "../api/status.ts";
import { containerLogs, type LogLine } from "../kubelet/logs.ts";
import { scriptedCommand } from "../kubelet/scripted-exec.ts";
import type { KubeletStreams } from "../server/options.ts";
import { type LogQuery, logQuery } from "./log-query.ts";
import { streamRefused } from "./refusal.ts";
import { containerNamed, requireHost, statusOf } from "./target.ts";

/** Calls back with every state of a pod, undefined once it is gone. */
export type WatchPod = (namespace: string, name: string, changed: (pod: KubeObject | undefined) => void) => { close(): void };

/** The streams of simulated kubelets: logs and scripted commands; everything else needs a container. */
export function simulatedStreams(clock: Clock, watch: WatchPod): KubeletStreams {
  return {
    async logs(pod, parameters) {
      const query = logQuery(parameters, clock.now());
      const container = containerNamed(pod, query.container);
      const lines = linesOf(pod, container, query);
      return query.follow && !query.previous ? follow(pod, container, query, lines, watch) : textOf(lines, query);
    },
    exec(pod, { container, command }) {
      const script = scriptedCommand(pod, container, command);
      if (!script) throw streamRefused("pods", "exec");
      return async ({ stdin, stdout, stderr }) => {
        stdin?.resume();
        stdout?.write(script.stdout);
        (stderr ?? stdout)?.write(script.stderr);
        return script.code;
      };
    },
  };
}

/** The lines of one run of the container, before tail. Throws 400 when there was no such run. */
function linesOf(pod: KubeObject, container: string, query: LogQuery): LogLine[] {
  const { name } = pod.metadata;
  requireHost(pod);
  const status = statusOf(pod, container);
  if (query.previous) {
    const last = status?.lastState?.terminated;
    if (!last) throw badRequest(`previous terminated container ${JSON.stringify(container)} in pod ${JSON.stringify(name)} not found`);
    return since(containerLogs(withState(pod, container, { terminated: last }), container), query);
  }
  const { waiting } = status?.state ?? {};
  if (waiting || !status) {
    const last = status?.lastState?.terminated;
    if (last) return since(containerLogs(withState(pod, container, { terminated: last }), container), query);
    const reason = waiting?.reason ?? "ContainerCreating";
    throw badRequest(`container ${JSON.stringify(container)} in pod ${JSON.stringify(name)} is waiting to start: ${reason}`);
  }
  return since(containerLogs(pod, container), query);
}

/** The pod as if the container were in another state. */
function withState(pod: KubeObject, container: string, state: object): KubeObject {
  const change = (list: any[] = []) => list.map((each) => (each.name === container ? { ...each, state } : each));
  const { containerStatuses, initContainerStatuses } = pod.status ?? {};
  const statuses = { containerStatuses: change(containerStatuses), initContainerStatuses: change(initContainerStatuses) };
  return { ...pod, status: { ...pod.status, ...statuses } };
}

const since = (lines: LogLine[], query: LogQuery) => lines.filter(({ at }) => query.since === undefined || at >= query.since);

function textOf(lines: readonly LogLine[], query: LogQuery): string {
  const shown = query.tail === undefined ? lines : query.tail === 0 ? [] : lines.slice(-query.tail);
  const stamp = (at: number) => (query.timestamps ? `${new Date(at).toISOString().slice(0, -1)}000000Z ` : "");
  const text = shown.map((line) => `${stamp(line.at)}${line.text}\n`).join("");
  return query.limitBytes === undefined ? text : Buffer.from(text).subarray(0, query.limitBytes).toString();
}

/** The lines so far, then silence until the container ends or nobody listens; a restarted container is another log. */
function follow(pod: KubeObject, container: string, query: LogQuery, lines: LogLine[], watch: WatchPod): AsyncIterable<Uint8Array> {
  const started = (each: KubeObject | undefined) => each && statusOf(each, container)?.state?.running?.startedAt;
  const run = started(pod);
  const end = Promise.withResolvers<void>();
  const done = { value: undefined, done: true as const };
  let first: string | undefined = textOf(lines, query);
  let subscription: { close(): void } | undefined;
  const iterator: AsyncIterator<Uint8Array> = {
    async next() {
      if (first) {
        const value = Buffer.from(first);
        first = undefined;
        return { value, done: false };
      }
      if (!run) return done;
      subscription ??= watch(pod.metadata.namespace ?? "", pod.metadata.name, (now) => {
        if (started(now) !== run) end.resolve();
      });
      await end.promise;
      subscription.close();
      return done;
    },
    async return() {
      subscription?.close();
      end.resolve();
      return done;
    },
  };
  return { [Symbol.asyncIterator]: () => iterator };
}
