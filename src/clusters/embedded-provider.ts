// Runs clusters in this process: the default implementation of ClusterRuntime.

import type { KubeClient } from "../kubernetes/client/client.ts";
import type { Store } from "../store/store.ts";
import { type ClusterEnvironment, EmbeddedCluster } from "./embedded-cluster.ts";
import type { AuthoritiesWanted, ClusterEndpoint, ClusterFacts, ClusterRuntime } from "./provider.ts";

/** Where clusters keep their state. */
export interface ClusterStores {
  open(cluster: ClusterFacts): Store;
  /** Erases what was kept for a cluster, by its key; its store is closed, or was never opened since a restart. */
  erase(key: string): void;
}

/** All clusters of the process, by key. */
export class EmbeddedProvider implements ClusterRuntime {
  readonly #environment: ClusterEnvironment;
  readonly #stores: ClusterStores;
  readonly #clusters = new Map<string, Promise<EmbeddedCluster>>();
  readonly #running = new Map<string, EmbeddedCluster>();
  readonly #listeners = new Set<(key: string) => void>();

  constructor(environment: ClusterEnvironment, stores: ClusterStores) {
    this.#environment = environment;
    this.#stores = stores;
  }

  async start(facts: ClusterFacts): Promise<ClusterEndpoint> {
    return (await this.#ensure(facts)).endpoint;
  }

  async apply(facts: ClusterFacts): Promise<ClusterEndpoint> {
    const cluster = await this.#ensure(facts);
    if (cluster.facts.version !== facts.version) {
      // Another minor version serves other types: the server is made anew over the same objects.
      await this.#close(facts.key);
      return (await this.#ensure(facts)).endpoint;
    }
    cluster.facts = facts;
    return cluster.endpoint;
  }

  async authorities(key: string, wanted: AuthoritiesWanted): Promise<Readonly<Record<string, string>>> {
    const cluster = this.#running.get(key);
    if (!cluster) throw new Error("the cluster does not run");
    return cluster.arrangeAuthorities(wanted);
  }

  async stop(key: string): Promise<void> {
    await this.#close(key);
    this.#stores.erase(key);
  }

  kube(key: string, username?: string): KubeClient | undefined {
    const cluster = this.#running.get(key);
    return username === undefined ? cluster?.client() : cluster?.component(username);
  }

  /** The running cluster; undefined if it does not run. */
  cluster(key: string): EmbeddedCluster | undefined {
    return this.#running.get(key);
  }

  /** All running clusters. */
  clusters(): readonly EmbeddedCluster[] {
    return [...this.#running.values()];
  }

  /** Tells when a cluster runs: at its start, and anew after it was made again for another version. */
  watch(listener: (key: string) => void): void {
    this.#listeners.add(listener);
  }

  /** Stops all clusters; their state is kept. */
  async close(): Promise<void> {
    await Promise.all([...this.#clusters.keys()].map((key) => this.#close(key)));
  }

  #ensure(facts: ClusterFacts): Promise<EmbeddedCluster> {
    let cluster = this.#clusters.get(facts.key);
    if (!cluster) {
      cluster = EmbeddedCluster.open(facts, this.#stores.open(facts), this.#environment);
      this.#clusters.set(facts.key, cluster);
      cluster.then(
        (opened) => {
          this.#running.set(facts.key, opened);
          for (const listener of this.#listeners) listener(facts.key);
        },
        () => this.#clusters.delete(facts.key),
      );
    }
    return cluster;
  }

  async #close(key: string): Promise<void> {
    const cluster = await this.#clusters.get(key)?.catch(() => undefined);
    this.#clusters.delete(key);
    this.#running.delete(key);
    await cluster?.close();
  }
}
