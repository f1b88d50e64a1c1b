// ipamd: keeps a node's pool of pod addresses filled from EC2 (spec vpc-cni §3).
import type { Timer } from "../../base/clock.ts";
import { type Assignment, type AttachmentKey, DataStore, type PodMeta, type PoolStats } from "../pool/data-store.ts";
import { isTooLow, type PoolLimits } from "../pool/targets.ts";
import { type IpamSettings, interfaceLimit } from "../settings.ts";
import { type IpamdContext, noHostNetwork } from "./context.ts";
import { Counters } from "./counters.ts";
import { codeOf, isShortage } from "./errors.ts";
import { FreedCidrs } from "./freed-cidrs.ts";
import { grow } from "./grow.ts";
import { SWEEP_PERIOD, sweepDelay, sweepLeaked } from "./leak-sweep.ts";
import { promptMetadata } from "./metadata.ts";
import { observedEc2 } from "./observed-ec2.ts";
import type { IpamdOptions } from "./options.ts";
import { reconcile } from "./reconcile.ts";
import { removeExtraInterface } from "./remove-extra.ts";
import { hurried } from "./retry.ts";
import { returnExcluded, returnOtherMode, returnSurplus } from "./shrink.ts";
import { takeStock } from "./start.ts";

export type { IpamdOptions } from "./options.ts";

/** An EC2 call that failed: EC2's code, empty if it gave none; epoch milliseconds. */
export interface CallFailure {
  readonly operation: string;
  readonly code: string;
  readonly message: string;
  readonly at: number;
}

const SHRINK_PERIOD = 30_000;
const RECONCILE_PERIOD = 60_000;
const SHORTAGE_PAUSE = 120_000;
/** Looks at the pool where nobody waits for them. */
const IDLE_PERIOD = 30_000;

/** One node's address manager. `start` first, then `assign` and `unassign` at any time. */
export class Ipamd {
  readonly #options: IpamdOptions;
  readonly #context: IpamdContext;
  readonly store: DataStore;
  readonly limits: PoolLimits;
  readonly counters = new Counters();
  readonly #timers = new Map<string, Timer>();
  #pass: Promise<void> | undefined;
  #lastShortage = Number.NEGATIVE_INFINITY;
  #lastFailure: CallFailure | undefined;
  #lastShrink = Number.NEGATIVE_INFINITY;
  #lastAction: number;
  #closed = false;

  constructor(options: IpamdOptions) {
    const { instance, clock, log, period, ec2, host = noHostNetwork } = options;
    // Prefix delegation on a type that cannot hold prefixes falls back to secondary addresses.
    const settings = { ...options.settings, prefixDelegation: options.settings.prefixDelegation && instance.nitro };
    this.#options = { ...options, settings };
    this.store = new DataStore(settings.prefixDelegation, settings.cooldown, () => options.persist?.());
    this.limits = {
      slotsPerEni: instance.ipv4PerEni - 1,
      maxEnis: interfaceLimit(settings, instance.maxEnis),
      get maxPods() {
        return options.maxPods();
      },
    };
    const calls = observedEc2(ec2, {
      called: (fn) => this.counters.add("ec2api_req_count", { fn }),
      failed: (fn, error) => {
        this.counters.add("ec2api_error_count", { fn });
        this.counters.add("aws_api_error_count", { api: fn, error: codeOf(error) });
        this.#lastFailure = { operation: fn, code: codeOf(error), message: (error as Error).message, at: clock.now() };
        options.ec2Failed?.(fn, error);
      },
    });
    this.#context = {
      store: this.store,
      limits: this.limits,
      settings,
      instance,
      ec2: calls,
      metadata: options.metadata ?? promptMetadata(calls, instance.instanceId),
      host,
      clock,
      log,
      counters: this.counters,
      freed: new FreedCidrs(clock),
      unmanaged: new Set(),
      groups: undefined,
      eniConfig: () => {
        if (!options.eniConfig) throw new Error("custom networking is on, but there is no ENIConfig");
        return options.eniConfig();
      },
      isStopping: () => this.#closed,
      pace: (pace) => (period === 0 ? hurried(pace) : pace),
    };
    this.#lastAction = clock.now();
  }

  /** The settings in force on the instance's type. */
  get settings(): IpamSettings {
    return this.#context.settings;
  }

  /** Counts of the pool, now. */
  get stats(): PoolStats {
    return this.store.stats(this.#options.clock.now());
  }

  /** Until when the pool does not grow after a shortage, in epoch milliseconds; undefined if there was none. */
  get pausedUntil(): number | undefined {
    return Number.isFinite(this.#lastShortage) ? this.#lastShortage + SHORTAGE_PAUSE : undefined;
  }

  /** The last EC2 call that failed; undefined when none did since the pool last grew. */
  get lastFailure(): CallFailure | undefined {
    return this.#lastFailure;
  }

  /** Interfaces of the instance that are not ipamd's. */
  get unmanaged(): ReadonlySet<string> {
    return this.#context.unmanaged;
  }

  /**
   * Reads the instance's interfaces, restores what pods hold and fills the pool. Rejects with EC2's error if that fails for anything but a
   * shortage of addresses: the node then stays NotReady, as upstream's does.
   */
  async start(held: readonly { key: AttachmentKey; meta: PodMeta; address: string }[]): Promise<void> {
    const { settings } = this.#context;
    await takeStock(this.#context, held, this.#options.strictReconcile ?? true);
    if (!settings.ipv6) {
      if (settings.provisioning && this.#isTooLow()) await this.#grow();
      if (settings.customNetworking && this.store.size === 0) throw new Error("Failed to attach any ENIs for custom networking");
      this.#scheduleLook();
    }
    if (settings.leakSweep) this.#scheduleSweep(sweepDelay(this.#context.instance.instanceId));
  }

  /** Gives a pod an address. Rejects with upstream's text if the pool has none. */
  async assign(key: AttachmentKey, meta: PodMeta): Promise<Assignment> {
    const { clock, period } = this.#options;
    this.counters.add("add_ip_req_count");
    try {
      return this.store.assign(key, meta, clock.now());
    } catch (error) {
      // With a period of zero nobody waits for the next look at the pool: the request is the reason to look.
      if (period === 0) {
        await this.manage();
        return this.#assignOrCount(key, meta);
      }
      this.counters.add("no_available_ip_addresses");
      throw error;
    } finally {
      if (period === 0 && this.#isTooLow()) void this.manage();
    }
  }

  #assignOrCount(key: AttachmentKey, meta: PodMeta): Assignment {
    try {
      return this.store.assign(key, meta, this.#options.clock.now());
    } catch (error) {
      this.counters.add("no_available_ip_addresses");
      throw error;
    }
  }

  /** Takes a pod's address back; false if it had none. Throws if the checkpoint cannot be written. */
  unassign(key: AttachmentKey): boolean {
    this.counters.add("del_ip_req_count", { reason: "PodDeleted" });
    try {
      this.store.unassign(key, this.#options.clock.now());
      return true;
    } catch (error) {
      if ((error as Error).message === "datastore: unknown pod") return false;
      throw error;
    }
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
    if (this.#closed || this.#context.settings.ipv6) return;
    if (this.#context.settings.provisioning) await this.#attempt("nodeIPPoolManager", "pool manager pass failed", () => this.#adjust());
    if (this.#isReconcileDue()) await this.#attempt("nodeIPPoolReconcile", "reconciliation failed", () => this.#reconcile());
  }

  async #attempt(fn: string, failure: string, run: () => Promise<void>): Promise<void> {
    try {
      await run();
    } catch (error) {
      this.counters.add("ipamd_error_count", { fn });
      this.#options.log.warn({ error: (error as Error).message }, failure);
    }
  }

  async #adjust(): Promise<void> {
    const { clock } = this.#options;
    if (this.#isTooLow()) await this.#attempt("increaseDatastorePool", "pool did not grow", () => this.#grow());
    else if (clock.now() - this.#lastShrink > SHRINK_PERIOD) {
      this.#lastShrink = clock.now();
      await returnSurplus(this.#context);
    }
    if (this.#closed) return;
    if (!this.#isResting() && (await removeExtraInterface(this.#context))) this.#lastAction = clock.now();
    await returnExcluded(this.#context);
    await returnOtherMode(this.#context);
  }

  async #grow(): Promise<void> {
    const { clock, period, log } = this.#options;
    if (this.#closed || this.#isResting() || clock.now() - this.#lastShortage <= SHORTAGE_PAUSE) return;
    try {
      // One step adds to one interface; a period of zero takes the steps of many looks at once.
      do {
        if (!(await grow(this.#context))) break;
        this.#lastAction = clock.now();
        this.#lastFailure = undefined;
      } while (period === 0 && this.#isTooLow());
    } catch (error) {
      if (!isShortage(error)) throw error;
      this.#lastShortage = clock.now();
      log.warn({ error: (error as Error).message }, "subnet is short of addresses");
    }
  }

  #isReconcileDue(): boolean {
    const { settings, clock, period } = this.#options;
    const awaitsTrunk = period > 0 && settings.podEni && ![...this.store.enis.values()].some((eni) => eni.isTrunk);
    return !this.#closed && (awaitsTrunk || clock.now() - this.#lastAction >= RECONCILE_PERIOD);
  }

  async #reconcile(): Promise<void> {
    this.#lastAction = this.#options.clock.now();
    await reconcile(this.#context, this.#options.strictReconcile ?? true);
  }

  #isResting(): boolean {
    return this.#options.isCordoned() && !this.#context.settings.manageNonSchedulable;
  }

  #isTooLow(): boolean {
    const { settings, clock } = this.#options;
    return isTooLow(this.store.stats(clock.now()), settings, this.limits);
  }

  #scheduleLook(): void {
    this.#after("look", this.#options.period || IDLE_PERIOD, () => {
      void this.manage().then(() => this.#scheduleLook());
    });
  }

  #scheduleSweep(delay: number): void {
    this.#after("sweep", delay, () => {
      void this.#attempt("cleanUpLeakedENIs", "leaked interfaces could not be listed", () => sweepLeaked(this.#context)).then(() =>
        this.#scheduleSweep(SWEEP_PERIOD),
      );
    });
  }

  #after(name: string, milliseconds: number, run: () => void): void {
    if (!this.#closed) this.#timers.set(name, this.#options.clock.after(milliseconds, run));
  }
}
