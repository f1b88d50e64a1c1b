// Pods that wait for a node: the active ones by priority, and those that fit nowhere until something changes.
import type { Clock, Timer } from "../../base/clock.ts";
import type { KubeObject } from "../api/object.ts";
import { parseTime } from "../runtime/time.ts";

interface Entry {
  pod: KubeObject;
  attempts: number;
  readyAt: number;
  sequence: number;
  /** Of the pod; never changes. */
  readonly priority: number;
  readonly created: number;
}

const firstBackoff = 1000;
const longestBackoff = 10_000;
const flushAfter = 300_000;

/**
 * The scheduling queue. Pods set aside come back when {@link changed} says so: behind the active ones, and before their back-off ends if nothing
 * else is to be done (as kube-scheduler does since 1.33).
 */
export class SchedulingQueue {
  readonly #clock: Clock;
  readonly #active = new Map<string, Entry>();
  #order: Entry[] = [];
  #sorted = true;
  readonly #backoff = new Map<string, Entry>();
  readonly #aside = new Map<string, Entry>();
  #sequence = 0;
  #timer: Timer | undefined;
  onReady: () => void = () => {};

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#scheduleFlush();
  }

  /** A pod wants a node, or a waiting one changed. */
  add(pod: KubeObject): void {
    const { uid } = pod.metadata;
    const present = this.#active.get(uid) ?? this.#backoff.get(uid) ?? this.#aside.get(uid);
    if (present) present.pod = pod;
    else this.#activate(this.#entry(pod, 0, 0));
  }

  /** A waiting pod's specification changed in a way that may help. */
  retry(pod: KubeObject): void {
    const entry = this.#aside.get(pod.metadata.uid);
    if (!entry) {
      this.add(pod);
      return;
    }
    this.#aside.delete(pod.metadata.uid);
    entry.pod = pod;
    this.#backoff.set(pod.metadata.uid, entry);
    this.onReady();
  }

  remove(uid: string): void {
    this.#active.delete(uid);
    this.#backoff.delete(uid);
    this.#aside.delete(uid);
  }

  /** Takes the next pod. Give it back with {@link setAside} if it fits nowhere, or {@link again} after a failure. */
  take(): { pod: KubeObject; attempts: number } | undefined {
    if (!this.#sorted) {
      this.#order.sort(compare);
      this.#sorted = true;
    }
    for (let entry = this.#order.pop(); entry; entry = this.#order.pop()) {
      if (this.#active.get(entry.pod.metadata.uid) !== entry) continue;
      this.#active.delete(entry.pod.metadata.uid);
      return { pod: entry.pod, attempts: entry.attempts };
    }
    let best: Entry | undefined;
    for (const entry of this.#backoff.values()) if (!best || entry.readyAt < best.readyAt) best = entry;
    if (!best) return undefined;
    this.#backoff.delete(best.pod.metadata.uid);
    return { pod: best.pod, attempts: best.attempts };
  }

  /** The pod fits nowhere now. */
  setAside({ pod, attempts }: { pod: KubeObject; attempts: number }): void {
    const readyAt = this.#clock.now() + Math.min(longestBackoff, firstBackoff * 2 ** attempts);
    this.#aside.set(pod.metadata.uid, this.#entry(pod, attempts + 1, readyAt));
  }

  /** Scheduling failed for another reason: tried again after the back-off. */
  again(taken: { pod: KubeObject; attempts: number }): void {
    this.setAside(taken);
    const { uid } = taken.pod.metadata;
    const entry = this.#aside.get(uid)!;
    this.#clock.after(entry.readyAt - this.#clock.now(), () => {
      if (this.#aside.get(uid) === entry) this.retry(entry.pod);
    });
  }

  /** Nodes or pods changed so that pods set aside may fit now. */
  changed(concerns: (pod: KubeObject) => boolean = () => true): void {
    for (const [uid, entry] of this.#aside) {
      if (!concerns(entry.pod)) continue;
      this.#aside.delete(uid);
      this.#backoff.set(uid, entry);
    }
    if (this.#backoff.size) this.onReady();
  }

  get busy(): boolean {
    return this.#active.size > 0 || this.#backoff.size > 0;
  }

  close(): void {
    this.#timer?.cancel();
    this.onReady = () => {};
  }

  #entry(pod: KubeObject, attempts: number, readyAt: number): Entry {
    const created = parseTime(pod.metadata.creationTimestamp);
    return { pod, attempts, readyAt, sequence: this.#sequence++, priority: pod.spec.priority ?? 0, created };
  }

  #activate(entry: Entry): void {
    this.#active.set(entry.pod.metadata.uid, entry);
    this.#order.push(entry);
    this.#sorted = false;
    this.onReady();
  }

  /** Nothing waits longer than five minutes without another try. */
  #scheduleFlush(): void {
    this.#timer = this.#clock.after(flushAfter, () => {
      this.changed();
      this.#scheduleFlush();
    });
  }
}

/** Sorts so that the last is taken first: highest priority, then longest waiting. */
function compare(a: Entry, b: Entry): number {
  return a.priority - b.priority || b.created - a.created || b.sequence - a.sequence;
}
