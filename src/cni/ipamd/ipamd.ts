// ipamd: keeps a node's pools of pod addresses filled from EC2 (spec vpc-cni §3).
import type { Timer } from "../../base/clock.ts";
import { type Assignment, type AttachmentKey, DataStore, type PodMeta, type PoolStats, UNKNOWN_POD } from "../pool/data-store.ts";
import { type PoolLimits, settingsOfCard } from "../pool/targets.ts";
import { type IpamSettings, interfaceLimit } from "../settings.ts";
import { CardPool } from "./card-pool.ts";
import { type IpamdContext, noHostNetwork } from "./context.ts";
import { Counters } from "./counters.ts";
import type { Ec2 } from "./ec2.ts";
import { codeOf } from "./errors.ts";
import { FreedCidrs } from "./freed-cidrs.ts";
import { laggingMetadata } from "./lagging-metadata.ts";
import { SWEEP_PERIOD, sweepDelay, sweepLeaked } from "./leak-sweep.ts";
import { promptMetadata } from "./metadata.ts";
import { observedEc2 } from "./observed-ec2.ts";
import type { IpamdOptions } from "./options.ts";
import { hurried } from "./retry.ts";
import type { HeldBefore } from "./start.ts";

export type { IpamdOptions } from "./options.ts";

/** An EC2 call that failed: EC2's code, empty if it gave none; epoch milliseconds. */
export interface CallFailure {
  readonly operation: string;
  readonly code: string;
  readonly message: string;
  readonly at: number;
}

/** Looks at the pool where nobody waits for them. */
const IDLE_PERIOD = 30_000;

/** One node's address manager. `start` first, then `assign` and `unassign` at any time. */
export class Ipamd {
  readonly #options: IpamdOptions;
  readonly #pools: readonly CardPool[];
  readonly #ec2: Ec2;
  readonly counters = new Counters();
  readonly #timers = new Map<string, Timer>();
  #pass: Promise<void> | undefined;
  #lastFailure: CallFailure | undefined;
  #closed = false;

  constructor(options: IpamdOptions) {
    const { instance, settings } = options;
    // Prefix delegation on a type that cannot hold prefixes falls back to secondary addresses.
    this.#options = { ...options, settings: { ...settings, prefixDelegation: settings.prefixDelegation && instance.nitro } };
    this.#ec2 = this.#observed(options.ec2);
    const limits = settings.multiNic ? (instance.cards ?? [instance.maxEnis]) : [instance.maxEnis];
    const grew = () => {
      this.#lastFailure = undefined;
    };
    this.#pools = limits.map((limit, card) => new CardPool(this.#contextOf(card, limit), options, { grew }));
  }

  /** The pools of the network cards that serve pods, by card. */
  get pools(): readonly CardPool[] {
    return this.#pools.filter(({ isManaged }) => isManaged);
  }

  /** The first card's data store. */
  get store(): DataStore {
    return this.#first.store;
  }

  /** The first card's limits. */
  get limits(): PoolLimits {
    return this.#first.limits;
  }

  /** The settings in force on the instance's type. */
  get settings(): IpamSettings {
    return this.#options.settings;
  }

  /** Counts of the first card's pool, now. */
  get stats(): PoolStats {
    return this.store.stats(this.#options.clock.now());
  }

  /** Until when the first card's pool does not grow after a shortage, in epoch milliseconds; undefined if there was none. */
  get pausedUntil(): number | undefined {
    return this.#first.pausedUntil;
  }

  /** The last EC2 call that failed; undefined when none did since the pool last grew. */
  get lastFailure(): CallFailure | undefined {
    return this.#lastFailure;
  }

  /** Interfaces of the first card that are not ipamd's. */
  get unmanaged(): ReadonlySet<string> {
    return this.#first.context.unmanaged;
  }

  get #first(): CardPool {
    return this.#pools[0] as CardPool;
  }

  /**
   * Reads the instance's interfaces, restores what pods hold and fills the pools. Rejects with EC2's error if that fails for anything but a
   * shortage of addresses: the node then stays NotReady, as upstream's does.
   */
  async start(held: readonly HeldBefore[]): Promise<void> {
    const { settings, instance, clock } = this.#options;
    const since = clock.now();
    const initialized = (success: boolean) =>
      this.counters.observe("ipamd_node_initialization_duration_seconds", { success: String(success) }, (clock.now() - since) / 1000);
    try {
      for (const pool of this.#pools) await pool.start(held);
    } catch (error) {
      initialized(false);
      throw error;
    }
    initialized(true);
    if (!settings.ipv6) this.#scheduleLook();
    if (settings.leakSweep) this.#scheduleSweep(sweepDelay(instance.instanceId));
  }

  /** Gives a pod an address: of the first card that has one. Rejects with upstream's text if none has. */
  async assign(key: AttachmentKey, meta: PodMeta): Promise<Assignment> {
    const { clock, period } = this.#options;
    const take = () => this.#find(key) ?? firstThat(this.pools, ({ store }) => store.assign(key, meta, clock.now()));
    this.counters.add("add_ip_req_count");
    try {
      return take();
    } catch (error) {
      // With a period of zero nobody waits for the next look at the pool: the request is the reason to look.
      if (period > 0) throw this.#counted(error);
      await this.manage();
      try {
        return take();
      } catch (failure) {
        throw this.#counted(failure);
      }
    } finally {
      if (period === 0 && this.pools.some(({ isTooLow }) => isTooLow)) void this.manage();
    }
  }

  /** Gives a pod an address of every card. Rejects if one has none; nothing is assigned then. */
  async assignOnEveryCard(key: AttachmentKey, meta: PodMeta): Promise<Assignment[]> {
    const { clock, period } = this.#options;
    this.counters.add("add_ip_req_count");
    const before = this.pools.map(({ store }) => store.find(key));
    const take = () => {
      const taken: Assignment[] = [];
      try {
        for (const { store } of this.pools) taken.push(store.assign(key, meta, clock.now()));
        return taken;
      } catch (error) {
        for (const [at, { store }] of this.pools.slice(0, taken.length).entries()) if (!before[at]) store.unassign(key, clock.now());
        throw error;
      }
    };
    try {
      return take();
    } catch (error) {
      if (period > 0) throw this.#counted(error);
    }
    await this.manage();
    try {
      return take();
    } catch (error) {
      throw this.#counted(error);
    }
  }

  /** Takes a pod's addresses back and tells them; none if it had none. Throws if the checkpoint cannot be written. */
  unassign(key: AttachmentKey, reason = "PodDeleted"): Assignment[] {
    this.counters.add("del_ip_req_count", { reason });
    return this.#pools.flatMap(({ store }) => {
      try {
        return [store.unassign(key, this.#options.clock.now())];
      } catch (error) {
        if ((error as Error).message === UNKNOWN_POD) return [];
        throw error;
      }
    });
  }

  /** Takes in the trunk that the resource controller has attached; harmless if it is known. Never rejects. */
  async findTrunk(): Promise<void> {
    while (this.#pass) await this.#pass;
    this.#pass = this.#first.findTrunk().finally(() => {
      this.#pass = undefined;
    });
    await this.#pass;
  }

  /** One pass of the pool manager; passes never overlap. */
  manage(): Promise<void> {
    this.#pass ??= this.#manage().finally(() => {
      this.#pass = undefined;
    });
    return this.#pass;
  }

  /** Begins nothing new; what is under way is brought to its end. */
  close(): void {
    this.#closed = true;
    for (const timer of this.#timers.values()) timer.cancel();
  }

  async #manage(): Promise<void> {
    for (const pool of this.pools) await pool.manage();
  }

  #find(key: AttachmentKey): Assignment | undefined {
    for (const { store } of this.#pools) {
      const held = store.find(key);
      if (held) return held;
    }
    return undefined;
  }

  #counted(error: unknown): unknown {
    this.counters.add("no_available_ip_addresses");
    return error;
  }

  #observed(ec2: Ec2): Ec2 {
    const { clock, ec2Failed } = this.#options;
    return observedEc2(ec2, {
      now: () => clock.now(),
      called: (fn) => this.counters.add("ec2api_req_count", { fn }),
      answered: (api, milliseconds, error) => {
        const status = error === undefined ? "200" : String((error as { status?: number }).status ?? 0);
        this.counters.observe("aws_api_latency_ms", { api, error: String(error !== undefined), status }, milliseconds);
      },
      failed: (fn, error) => {
        this.counters.add("ec2api_error_count", { fn });
        this.counters.add("aws_api_error_count", { api: fn, error: codeOf(error) });
        this.#lastFailure = { operation: fn, code: codeOf(error), message: (error as Error).message, at: clock.now() };
        ec2Failed?.(fn, error);
      },
    });
  }

  #contextOf(card: number, limit: number): IpamdContext {
    const { instance, settings: all, clock, log, period, host = noHostNetwork, metadataLag = 0, ...options } = this.#options;
    const settings = settingsOfCard(all, card);
    const prompt = options.metadata ?? promptMetadata(this.#ec2, instance.instanceId);
    return {
      card,
      store: new DataStore(settings.prefixDelegation, settings.cooldown, () => options.persist?.(), card),
      limits: {
        slotsPerEni: instance.ipv4PerEni - 1,
        maxEnis: interfaceLimit(settings, limit),
        get maxPods() {
          return options.maxPods();
        },
      },
      ...{ settings, instance, host, clock, log },
      ec2: this.#ec2,
      metadata: metadataLag > 0 ? laggingMetadata(prompt, clock, metadataLag) : prompt,
      counters: this.counters,
      freed: new FreedCidrs(clock),
      unmanaged: new Set(),
      groups: undefined,
      eniConfig: () => {
        if (!options.eniConfig) throw new Error("custom networking is on, but there is no ENIConfig");
        return options.eniConfig();
      },
      isStopping: () => this.#closed,
      // What lags is waited for, even where nothing else is.
      pace: (pace) => (period === 0 && metadataLag === 0 ? hurried(pace) : pace),
    };
  }

  #scheduleLook(): void {
    this.#after("look", this.#options.period || IDLE_PERIOD, () => {
      void this.manage().then(() => this.#scheduleLook());
    });
  }

  #scheduleSweep(delay: number): void {
    this.#after("sweep", delay, () => void this.#sweep().then(() => this.#scheduleSweep(SWEEP_PERIOD)));
  }

  async #sweep(): Promise<void> {
    try {
      await sweepLeaked(this.#first.context);
    } catch (error) {
      this.counters.add("ipamd_error_count", { fn: "cleanUpLeakedENIs" });
      this.#options.log.warn({ error: (error as Error).message }, "leaked interfaces could not be listed");
    }
  }

  #after(name: string, milliseconds: number, run: () => void): void {
    if (!this.#closed) this.#timers.set(name, this.#options.clock.after(milliseconds, run));
  }
}

/** What `attempt` returns for the first item it does not throw for; throws its first error if there is none. */
function firstThat<Item, Result>(items: readonly Item[], attempt: (item: Item) => Result): Result {
  let failure: unknown;
  for (const item of items) {
    try {
      return attempt(item);
    } catch (error) {
      failure ??= error;
    }
  }
  throw failure;
}
