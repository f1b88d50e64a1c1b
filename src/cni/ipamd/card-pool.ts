// The pool of one network card: filled at the start, grown, shrunk and compared with EC2 at every look (spec vpc-cni §3.6, §3.11).
import type { DataStore } from "../pool/data-store.ts";
import { isTooLow, type PoolLimits } from "../pool/targets.ts";
import { onCard } from "./classify.ts";
import type { IpamdContext } from "./context.ts";
import { isShortage } from "./errors.ts";
import { grow } from "./grow.ts";
import type { IpamdOptions } from "./options.ts";
import { reconcile } from "./reconcile.ts";
import { removeExtraInterface } from "./remove-extra.ts";
import { returnExcluded, returnOtherMode, returnSurplus } from "./shrink.ts";
import { type HeldBefore, takeStock } from "./start.ts";

const SHRINK_PERIOD = 30_000;
const RECONCILE_PERIOD = 60_000;
const SHORTAGE_PAUSE = 120_000;

/** What a pool reports. */
export interface PoolEvents {
  /** It holds more than before. */
  grew(): void;
}

/** One card's pool. */
export class CardPool {
  readonly context: IpamdContext;
  readonly #options: Pick<IpamdOptions, "period" | "isCordoned" | "strictReconcile">;
  readonly #events: PoolEvents;
  #lastShortage = Number.NEGATIVE_INFINITY;
  #lastShrink = Number.NEGATIVE_INFINITY;
  #lastAction: number;
  /** A card whose only interface has no addresses is left alone. */
  #isLeftAlone = false;

  constructor(context: IpamdContext, options: Pick<IpamdOptions, "period" | "isCordoned" | "strictReconcile">, events: PoolEvents) {
    this.context = context;
    this.#options = options;
    this.#events = events;
    this.#lastAction = context.clock.now();
  }

  get store(): DataStore {
    return this.context.store;
  }

  get limits(): PoolLimits {
    return this.context.limits;
  }

  /** Whether pods can get addresses of the card. */
  get isManaged(): boolean {
    return !this.#isLeftAlone;
  }

  /** Until when the pool does not grow after a shortage, in epoch milliseconds; undefined if there was none. */
  get pausedUntil(): number | undefined {
    return Number.isFinite(this.#lastShortage) ? this.#lastShortage + SHORTAGE_PAUSE : undefined;
  }

  get isTooLow(): boolean {
    const { store, settings, limits, clock } = this.context;
    return isTooLow(store.stats(clock.now()), settings, limits);
  }

  /** Reads the card's interfaces, restores what pods hold and fills the pool. Rejects with EC2's error unless it is a shortage. */
  async start(held: readonly HeldBefore[]): Promise<void> {
    const { settings, store, card } = this.context;
    const interfaces = await takeStock(this.context, held, this.#options.strictReconcile ?? true);
    const own = onCard(interfaces, card);
    this.#isLeftAlone = card > 0 && own.length > 0 && own.every(({ type }) => type === "efa-only");
    if (settings.ipv6 || this.#isLeftAlone) return;
    if (settings.provisioning && this.isTooLow) await this.#grow();
    if (settings.customNetworking && store.size === 0) throw new Error("Failed to attach any ENIs for custom networking");
  }

  /** One look at the pool. Never rejects. */
  async manage(): Promise<void> {
    const { settings } = this.context;
    if (this.#isLeftAlone || this.context.isStopping() || settings.ipv6) return;
    if (settings.provisioning) await this.#attempt("nodeIPPoolManager", "pool manager pass failed", () => this.#adjust());
    if (this.#isReconcileDue()) await this.#attempt("nodeIPPoolReconcile", "reconciliation failed", () => this.#reconcile());
  }

  /** Looks at the interfaces again unless the trunk is known. Never rejects. */
  async findTrunk(): Promise<void> {
    if (this.context.isStopping() || this.#hasTrunk) return;
    await this.#attempt("nodeIPPoolReconcile", "reconciliation failed", () => this.#reconcile());
  }

  get #hasTrunk(): boolean {
    return [...this.context.store.enis.values()].some(({ isTrunk }) => isTrunk);
  }

  async #attempt(fn: string, failure: string, run: () => Promise<void>): Promise<void> {
    const { counters, log } = this.context;
    try {
      await run();
    } catch (error) {
      counters.add("ipamd_error_count", { fn });
      log.warn({ error: (error as Error).message }, failure);
    }
  }

  async #adjust(): Promise<void> {
    const { clock, isStopping } = this.context;
    if (this.isTooLow) await this.#attempt("increaseDatastorePool", "pool did not grow", () => this.#grow());
    else if (clock.now() - this.#lastShrink > SHRINK_PERIOD) {
      this.#lastShrink = clock.now();
      await returnSurplus(this.context);
    }
    if (isStopping()) return;
    if (!this.#isResting() && (await removeExtraInterface(this.context))) this.#lastAction = clock.now();
    await returnExcluded(this.context);
    await returnOtherMode(this.context);
  }

  async #grow(): Promise<void> {
    const { clock, log, isStopping } = this.context;
    if (isStopping() || this.#isResting() || clock.now() - this.#lastShortage <= SHORTAGE_PAUSE) return;
    try {
      // One step adds to one interface; a period of zero takes the steps of many looks at once.
      do {
        if (!(await grow(this.context))) break;
        this.#lastAction = clock.now();
        this.#events.grew();
      } while (this.#options.period === 0 && this.isTooLow);
    } catch (error) {
      if (!isShortage(error)) throw error;
      this.#lastShortage = clock.now();
      log.warn({ error: (error as Error).message }, "subnet is short of addresses");
    }
  }

  #isReconcileDue(): boolean {
    const { settings, clock, card, isStopping } = this.context;
    const awaitsTrunk = card === 0 && this.#options.period > 0 && settings.podEni && !this.#hasTrunk;
    return !isStopping() && (awaitsTrunk || clock.now() - this.#lastAction >= RECONCILE_PERIOD);
  }

  async #reconcile(): Promise<void> {
    this.#lastAction = this.context.clock.now();
    await reconcile(this.context, this.#options.strictReconcile ?? true);
  }

  #isResting(): boolean {
    return this.#options.isCordoned() && !this.context.settings.manageNonSchedulable;
  }
}
