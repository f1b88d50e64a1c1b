// Watches of running clusters that feed a loop: opened anew for each version, and heard in batches.
import type { Clock, Timer } from "../base/clock.ts";
import type { KubeObject } from "../kubernetes/api/object.ts";
import type { KubeClient } from "../kubernetes/client/client.ts";
import type { ClusterRecord } from "../services/eks/records.ts";

interface Watched<T> {
  /** A version update makes the server, and its watches, anew. */
  readonly version: string;
  readonly memory: T;
  close(): void;
}

/** What is watched, and who hears of it. */
export interface WatchOptions<T> {
  readonly clock: Clock;
  /** Milliseconds for which changes are gathered. */
  readonly batch: number;
  readonly types: readonly string[];
  /** Whether a change matters. Default: all do. */
  concerns?(object: KubeObject): boolean;
  /** Looks at a cluster, by its key. */
  look(key: string): void;
  /** Makes what is remembered of a cluster while it is watched. */
  remember(kube: KubeClient): T;
}

/** The watches of all clusters. */
export class ClusterWatches<T> {
  readonly #options: WatchOptions<T>;
  readonly #watched = new Map<string, Watched<T>>();
  readonly #pending = new Map<string, Timer>();

  constructor(options: WatchOptions<T>) {
    this.#options = options;
  }

  /** Watches a cluster, unless it is watched already; answers what is remembered of it. */
  of(key: string, cluster: ClusterRecord, kube: KubeClient): T {
    const present = this.#watched.get(key);
    if (present?.version === cluster.version) return present.memory;
    this.forget(key);
    const { types, concerns, remember } = this.#options;
    let quiet = true;
    const subscriptions = types.map((type) =>
      kube.watch(type, {}, ({ object }) => {
        if (!quiet && concerns?.(object) !== false) this.#lookSoon(key);
      }),
    );
    quiet = false;
    const close = () => {
      for (const subscription of subscriptions) subscription.close();
    };
    const made = { version: cluster.version, memory: remember(kube), close };
    this.#watched.set(key, made);
    return made.memory;
  }

  forget(key: string): void {
    this.#watched.get(key)?.close();
    this.#watched.delete(key);
    this.#pending.get(key)?.cancel();
    this.#pending.delete(key);
  }

  /** Forgets all clusters. */
  stop(): void {
    for (const key of [...this.#watched.keys()]) this.forget(key);
  }

  #lookSoon(key: string): void {
    if (this.#pending.has(key)) return;
    const { clock, batch, look } = this.#options;
    const timer = clock.after(batch, () => {
      this.#pending.delete(key);
      look(key);
    });
    this.#pending.set(key, timer);
  }
}
