// All simulated kubelets of a cluster: one watch of the pods and one ticker for thousands of nodes.
import type { Clock, Timer } from "../../base/clock.ts";
import type { Log } from "../../base/log.ts";
import type { KubeClient } from "../client/client.ts";
import type { Activity } from "../runtime/activity.ts";
import type { Stores } from "../runtime/stores.ts";
import { Kubelet } from "./kubelet.ts";
import type { NetworkState } from "./node-status.ts";
import type { NodeFacts, PodNetwork } from "./types.ts";

const heartbeatEvery = 10_000;
/** The nodes take turns in this many slots, so that renewals do not come all at once. */
const slots = 20;
const turn = heartbeatEvery / slots;

export interface FleetOptions {
  /** A client acting as `system:node:<name>` in group `system:nodes`. */
  readonly clientFor: (node: string) => KubeClient;
  /** Shared with the controllers if they run in this process. */
  readonly stores: Stores;
  readonly clock: Clock;
  readonly log: Log;
  readonly activity: Activity;
}

export class KubeletFleet {
  readonly #options: FleetOptions;
  readonly #kubelets = new Map<string, Kubelet>();
  readonly #subscription: { close(): void };
  #timer: Timer;
  #slot = 0;

  constructor(options: FleetOptions) {
    this.#options = options;
    this.#subscription = options.stores.pods.subscribe((change) => {
      const node = change.object.spec?.nodeName;
      if (node) this.#kubelets.get(node)?.podChanged(change);
    });
    this.#timer = this.#tick();
  }

  /** Starts the kubelet of a machine. Resolves when its node is registered and posted its first status. */
  async add(facts: NodeFacts, network: PodNetwork, networkState?: NetworkState): Promise<Kubelet> {
    const { clientFor, stores, clock, log, activity } = this.#options;
    const present = this.#kubelets.get(facts.name);
    if (present) return present;
    const client = clientFor(facts.name);
    const kubelet = new Kubelet({ client, stores, clock, log, activity, facts, network, ...(networkState ? { networkState } : {}) });
    this.#kubelets.set(facts.name, kubelet);
    try {
      await activity.track(kubelet.start());
    } catch (error) {
      this.#kubelets.delete(facts.name);
      throw error;
    }
    return kubelet;
  }

  get(name: string): Kubelet | undefined {
    return this.#kubelets.get(name);
  }

  /** Switches a machine off. The node object stays: whoever owns the machine deletes it. */
  remove(name: string): void {
    this.#kubelets.get(name)?.close();
    this.#kubelets.delete(name);
  }

  close(): void {
    this.#timer.cancel();
    this.#subscription.close();
    for (const kubelet of this.#kubelets.values()) kubelet.close();
    this.#kubelets.clear();
  }

  /** Waits for the next turn. If the machine slept through some, all that missed theirs have it at once, and no node is given up. */
  #tick(): Timer {
    const { clock, activity } = this.#options;
    const began = clock.now();
    return clock.after(turn, () => {
      const turns = Math.min(slots, Math.max(1, Math.floor((clock.now() - began) / turn)));
      let index = 0;
      for (const kubelet of this.#kubelets.values()) {
        const wait = (index++ - this.#slot - 1 + slots) % slots;
        if (wait < turns) void activity.track(kubelet.heartbeat());
      }
      this.#slot = (this.#slot + turns) % slots;
      this.#timer = this.#tick();
    });
  }
}
