// What simulated containers and nodes use of cpu and memory, as a kubelet's statistics would show it. No process runs.
//
//   simulate.atoll.dev/cpu: 300m, simulate.atoll.dev/memory: 1Gi      what a pod uses, shared equally by its running containers
//   simulate.atoll.dev/<container>: "cpu=250m, memory=64Mi"           what one container uses
//
// Without annotations a container uses a part of what it requests, a little more or less from one sample to the next.
import { createHash } from "node:crypto";
import type { KubeObject } from "../api/object.ts";
import { milli } from "../runtime/quantity.ts";
import { parseTime } from "../runtime/time.ts";
import { annotationWords } from "./simulation.ts";

/** Cpu in nanocores, memory in bytes. */
export interface Usage {
  readonly cpu: number;
  readonly memory: number;
}

/** One look at a pod or node: over how many milliseconds, ending when (epoch milliseconds). */
export interface PodSample {
  readonly at: number;
  readonly window: number;
  /** By container; only those that run. */
  readonly containers: ReadonlyMap<string, Usage>;
}
export interface NodeSample {
  readonly at: number;
  readonly window: number;
  readonly usage: Usage;
}

/** Where the API server's resource metrics come from. */
export interface UsageSource {
  /** Undefined for a pod without running containers. */
  pod(pod: KubeObject, now: number): PodSample | undefined;
  /** `pods` are those on the node. */
  node(node: KubeObject, pods: readonly KubeObject[], now: number): NodeSample | undefined;
}

/** How often metrics-server looks (its `--metric-resolution`). Milliseconds. */
const resolution = 15_000;
/** Shares of a request that are used, and what is used without one. */
const parts = { cpu: 0.2, memory: 0.5 };
const least = { cpu: 1_000_000, memory: 16 * 2 ** 20 };
/** How far a sample may be from the base. */
const sway = { cpu: 0.1, memory: 0.02 };
/** What a node's own daemons use. */
const system = { cpu: 40_000_000, memory: 350 * 2 ** 20 };

/** Usage on simulated nodes. */
export const simulatedUsage: UsageSource = {
  pod(pod, now) {
    if (pod.status?.phase !== "Running") return undefined;
    const { containerStatuses = [], initContainerStatuses = [] } = pod.status;
    const running = [...containerStatuses, ...initContainerStatuses].filter(({ state }: any) => state?.running);
    if (running.length === 0) return undefined;
    const slot = Math.floor(now / resolution);
    const started = Math.max(...running.map(({ state }: any) => parseTime(state.running.startedAt)));
    const containers = running.map(({ name }: any) => [name, containerUsage(pod, name, running.length, slot)] as const);
    return { at: Math.min(now, Math.max(slot * resolution, started)), window: resolution, containers: new Map(containers) };
  },
  node({ metadata }, pods, now) {
    const slot = Math.floor(now / resolution);
    let { cpu, memory } = system;
    cpu *= 1 + sway.cpu * wobble(metadata.uid, slot, "cpu");
    for (const pod of pods) {
      for (const usage of this.pod(pod, now)?.containers.values() ?? []) {
        cpu += usage.cpu;
        memory += usage.memory;
      }
    }
    return { at: slot * resolution, window: resolution, usage: { cpu: Math.round(cpu), memory: Math.round(memory) } };
  },
};

function containerUsage(pod: KubeObject, name: string, count: number, slot: number): Usage {
  const words = annotationWords(pod, name);
  const spec = [...(pod.spec.containers ?? []), ...(pod.spec.initContainers ?? [])].find((each: { name: string }) => each.name === name);
  const amount = (resource: "cpu" | "memory", unit: number): number => {
    const own = amountIn(words.get(resource));
    if (own !== undefined) return own * unit;
    const shared = amountIn(pod.metadata.annotations?.[`simulate.atoll.dev/${resource}`]);
    if (shared !== undefined) return (shared / count) * unit;
    const { requests = {}, limits = {} } = spec?.resources ?? {};
    const request = milli(requests[resource] ?? limits[resource]) * unit;
    const base = request > 0 ? request * parts[resource] : least[resource];
    return base * (1 + sway[resource] * wobble(`${pod.metadata.uid} ${name}`, slot, resource));
  };
  // Thousandths of a core are millions of nanocores; thousandths of a byte are bytes by a thousand.
  return { cpu: Math.round(amount("cpu", 1e6)), memory: Math.round(amount("memory", 1e-3)) };
}

/** Thousandths in a quantity; undefined for text that is none. */
function amountIn(text: string | undefined): number | undefined {
  if (text === undefined || !/^\d/.test(text)) return undefined;
  const value = milli(text);
  return value > 0 || /^0/.test(text) ? value : undefined;
}

/** A number between -1 and 1, the same for the same sample. */
function wobble(subject: string, slot: number, resource: string): number {
  return createHash("sha256").update(`${subject} ${slot} ${resource}`).digest().readInt16BE(0) / 0x8000;
}
