// A node with what runs on it, kept up to date pod by pod.
import type { KubeObject } from "../api/object.ts";
import { type Amounts, add } from "../runtime/pod-resources.ts";
import { milli } from "../runtime/quantity.ts";
import type { PodInfo } from "./pod-info.ts";

export class NodeInfo {
  node: KubeObject;
  allocatable: Amounts;
  readonly used: Amounts = {};
  readonly pods = new Map<string, PodInfo>();
  readonly ports = new Map<string, number>();
  /** Pods per controlling owner, for spreading. */
  readonly owners = new Map<string, number>();
  /** Pods taken away for a what-if of preemption. */
  removed: readonly PodInfo[] = [];

  constructor(node: KubeObject) {
    this.node = node;
    this.allocatable = amountsOf(node);
  }

  get name(): string {
    return this.node.metadata.name;
  }

  /** The node object changed. */
  set(node: KubeObject): void {
    this.node = node;
    this.allocatable = amountsOf(node);
  }

  label(key: string): string | undefined {
    return this.node.metadata.labels?.[key];
  }

  add(info: PodInfo): void {
    this.pods.set(info.pod.metadata.uid, info);
    this.#count(info, 1);
  }

  remove(info: PodInfo): void {
    if (this.pods.delete(info.pod.metadata.uid)) this.#count(info, -1);
  }

  /** A copy without some pods and with others, for a what-if. */
  without(removed: readonly PodInfo[], added: readonly PodInfo[] = []): NodeInfo {
    const copy = new NodeInfo(this.node);
    const gone = new Set(removed.map(({ pod }) => pod.metadata.uid));
    for (const info of this.pods.values()) if (!gone.has(info.pod.metadata.uid)) copy.add(info);
    for (const info of added) if (!copy.pods.has(info.pod.metadata.uid)) copy.add(info);
    copy.removed = removed;
    return copy;
  }

  #count(info: PodInfo, sign: 1 | -1): void {
    add(this.used, info.requests, sign);
    for (const port of info.ports) bump(this.ports, port, sign);
    if (info.owner) bump(this.owners, info.owner, sign);
  }
}

function amountsOf(node: KubeObject): Amounts {
  const result: Amounts = {};
  for (const [name, value] of Object.entries(node.status?.allocatable ?? node.status?.capacity ?? {}))
    result[name] = milli(value as string);
  return result;
}

/** Adds to a count and drops it at zero. */
export function bump(counts: Map<string, number>, key: string, by: number): void {
  const next = (counts.get(key) ?? 0) + by;
  if (next === 0) counts.delete(key);
  else counts.set(key, next);
}
