// The pod's row: ready count, the STATUS text and restarts, as the API server computes them.
import { humanDuration, since } from "./age.ts";
import { columns, type Printer, type RowCondition } from "./printer.ts";

const completed: Readonly<Record<string, readonly RowCondition[]>> = {
  Succeeded: [{ type: "Completed", status: "True", reason: "Succeeded", message: "The pod has completed successfully." }],
  Failed: [{ type: "Completed", status: "True", reason: "Failed", message: "The pod failed." }],
};

/** What the columns Ready, Status and Restarts say. */
export interface PodSummary {
  readonly ready: number;
  readonly total: number;
  readonly status: string;
  readonly restarts: number;
  /** Milliseconds since the epoch. */
  readonly lastRestart?: number;
}

/** Counts restarts and remembers the latest. */
class Restarts {
  count = 0;
  last: number | undefined;

  add(status: any): void {
    this.count += status.restartCount ?? 0;
    const finished = Date.parse(status.lastState?.terminated?.finishedAt ?? "");
    if (!Number.isNaN(finished) && (this.last === undefined || finished > this.last)) this.last = finished;
  }
}

function exitText(terminated: any): string {
  if (terminated.reason) return terminated.reason;
  return terminated.signal ? `Signal:${terminated.signal}` : `ExitCode:${terminated.exitCode ?? 0}`;
}

function hasCondition(pod: any, type: string): boolean {
  return (pod.status?.conditions ?? []).some((condition: any) => condition.type === type && condition.status === "True");
}

interface InitState {
  reason: string | undefined;
  ready: number;
  all: Restarts;
  sidecars: Restarts;
}

/** Walks the init containers up to the first that is still at work; `reason` is set when there is one. */
function initState(pod: any): InitState {
  const specs: any[] = pod.spec?.initContainers ?? [];
  const isSidecar = (name: string) => specs.find((spec) => spec.name === name)?.restartPolicy === "Always";
  const state: InitState = { reason: undefined, ready: 0, all: new Restarts(), sidecars: new Restarts() };
  for (const [index, status] of (pod.status?.initContainerStatuses ?? []).entries()) {
    const { terminated, waiting } = status.state ?? {};
    state.all.add(status);
    const sidecar = isSidecar(status.name);
    if (sidecar) state.sidecars.add(status);
    if (terminated && (terminated.exitCode ?? 0) === 0) continue;
    if (sidecar && status.started) {
      if (status.ready) state.ready++;
      continue;
    }
    if (terminated) state.reason = `Init:${exitText(terminated)}`;
    else if (waiting?.reason && waiting.reason !== "PodInitializing") state.reason = `Init:${waiting.reason}`;
    else state.reason = `Init:${index}/${specs.length}`;
    break;
  }
  return state;
}

/** Summarises a pod. */
export function summarizePod(pod: any): PodSummary {
  const { spec = {}, status = {}, metadata } = pod;
  const sidecars = (spec.initContainers ?? []).filter((container: any) => container.restartPolicy === "Always").length;
  const total = (spec.containers ?? []).length + sidecars;
  let reason: string = status.reason || status.phase || "";
  const gated = (status.conditions ?? []).some((entry: any) => entry.type === "PodScheduled" && entry.reason === "SchedulingGated");
  if (gated) reason = "SchedulingGated";

  const init = initState(pod);
  let { ready } = init;
  let restarts = init.all;
  if (init.reason !== undefined) reason = init.reason;
  if (init.reason === undefined || hasCondition(pod, "Initialized")) {
    restarts = init.sidecars;
    let running = false;
    // From the last container to the first, so that the first one with something to say has the last word.
    for (const container of [...(status.containerStatuses ?? [])].reverse()) {
      restarts.add(container);
      const state = container.state ?? {};
      if (state.waiting?.reason) reason = state.waiting.reason;
      else if (state.terminated) reason = exitText(state.terminated);
      else if (container.ready && state.running) {
        running = true;
        ready++;
      }
    }
    if (reason === "Completed" && running) reason = hasCondition(pod, "Ready") ? "Running" : "NotReady";
  }

  if (metadata?.deletionTimestamp) {
    if (status.reason === "NodeLost") reason = "Unknown";
    else if (status.phase !== "Succeeded" && status.phase !== "Failed") reason = "Terminating";
  }
  return {
    ready,
    total,
    status: reason,
    restarts: restarts.count,
    ...(restarts.last === undefined ? {} : { lastRestart: restarts.last }),
  };
}

function readinessGates(pod: any): string {
  const gates: any[] = pod.spec?.readinessGates ?? [];
  if (gates.length === 0) return "<none>";
  return `${gates.filter(({ conditionType }) => hasCondition(pod, conditionType)).length}/${gates.length}`;
}

export const podPrinter: Printer = {
  columns: columns("Name|Ready|Status|Restarts|Age|IP+|Node+|Nominated Node+|Readiness Gates+"),
  cells(pod, { now }) {
    const { ready, total, status, restarts, lastRestart } = summarizePod(pod);
    const ago = restarts !== 0 && lastRestart !== undefined ? ` (${humanDuration(now - lastRestart)} ago)` : "";
    return [
      pod.metadata.name,
      `${ready}/${total}`,
      status,
      `${restarts}${ago}`,
      since(pod.metadata.creationTimestamp, now),
      pod.status?.podIPs?.[0]?.ip || pod.status?.podIP || "<none>",
      pod.spec?.nodeName || "<none>",
      pod.status?.nominatedNodeName || "<none>",
      readinessGates(pod),
    ];
  },
  conditions: (pod) => completed[pod.status?.phase],
};
