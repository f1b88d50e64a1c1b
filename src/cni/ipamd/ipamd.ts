// ipamd: keeps a node's pool of pod addresses filled from EC2 (spec vpc-cni §3).
import type { Clock, Timer } from "../../base/clock.ts";
import type { Log } from "../../base/log.ts";
import { type Assignment, type AttachmentKey, DataStore, type PodMeta } from "../pool/data-store.ts";
import { removableEni } from "../pool/removable-eni.ts";
import { isTooLow, type PoolLimits, surplus } from "../pool/targets.ts";
import { hasIpTargets, type IpamSettings } from "../settings.ts";
import type { Ec2 } from "./ec2.ts";
import { freeInterface } from "./free-interface.ts";
import { type GrowthFacts, grow, isShortage } from "./grow.ts";
import type { InstanceFacts } from "./instance.ts";
import { returnSurplus } from "./shrink.ts";

/** What an ipamd works with. */
export interface IpamdOptions {
  readonly instance: InstanceFacts;
  readonly settings: IpamSettings;
  readonly ec2: Ec2;
  readonly clock: Clock;
  readonly log: Log;
  /** Pods the kubelet runs at most. */
  maxPods(): number;
  /** Whether the node is cordoned: then the pool rests. */
  isCordoned(): boolean;
  /** Milliseconds between looks at the pool; upstream 5,000. */
  readonly period: number;
}

const SHRINK_PERIOD = 30_000;
const SHORTAGE_PAUSE = 120_000;

/** One node's address manager. `start` first, then `assign` and `unassign` at any time. */
export class Ipamd {
  readonly #options: IpamdOptions;
  readonly store: DataStore;
  readonly limits: PoolLimits;
  #timer: Timer | undefined;
  #pass: Promise<void> | undefined;
  #lastShortage = Number.NEGATIVE_INFINITY;
  #lastShrink: number;
  #closed = false;

  constructor(options: IpamdOptions) {
    const { settings, instance, clock } = options;
    this.#options = options;
    // Prefix delegation on a type that cannot hold prefixes falls back to secondary addresses.
    const prefixes = settings.prefixDelegation && instance.nitro;
    this.store = new DataStore(prefixes, settings.cooldown);
    const slotsPerEni = instance.ipv4PerEni - 1;
    const maxEnis = settings.maxEni ? Math.min(settings.maxEni, instance.maxEnis) : instance.maxEnis;
    this.limits = {
      slotsPerEni,
      maxEnis,
      get maxPods() {
        return options.maxPods();
      },
    };
    this.#lastShrink = clock.now();
  }

  /**
   * Reads the instance's interfaces, restores what pods hold and fills the pool. Rejects with EC2's error if that fails for anything but a
   * shortage of addresses: the node then stays NotReady, as upstream's does.
   */
  async start(held: readonly { key: AttachmentKey; meta: PodMeta; address: string }[]): Promise<void> {
    const { ec2, instance, clock } = this.#options;
    for (const eni of await ec2.interfacesOf(instance.instanceId)) {
      this.store.addEni({
        id: eni.id,
        createdAt: clock.now(),
        isPrimary: eni.deviceIndex === 0,
        deviceNumber: eni.deviceIndex,
        subnetId: eni.subnetId,
        primaryIp: eni.primaryIp,
        isExcluded: false,
      });
      for (const address of eni.addresses) this.store.addCidr(eni.id, `${address}/32`);
      for (const prefix of eni.prefixes) this.store.addCidr(eni.id, prefix);
    }
    for (const { key, meta, address } of held) {
      if (!this.store.restore(key, meta, address))
        this.#options.log.warn({ pod: `${meta.namespace}/${meta.name}`, address }, "pod address is on no interface");
    }
    if (this.#isTooLow()) await this.#grow();
    this.#schedule();
  }

  /** Gives a pod an address. Rejects with upstream's text if the pool has none. */
  async assign(key: AttachmentKey, meta: PodMeta): Promise<Assignment> {
    try {
      return this.store.assign(key, meta, this.#options.clock.now());
    } catch {
      // With a period of zero nobody waits for the next look at the pool: the request is the reason to look.
      if (this.#options.period === 0) await this.manage();
      return this.store.assign(key, meta, this.#options.clock.now());
    } finally {
      if (this.#options.period === 0 && this.#isTooLow()) void this.manage();
    }
  }

  /** Takes a pod's address back; false if it had none. */
  unassign(key: AttachmentKey): boolean {
    try {
      this.store.unassign(key, this.#options.clock.now());
      return true;
    } catch {
      return false;
    }
  }

  /** One pass of the pool manager; passes never overlap. */
  manage(): Promise<void> {
    this.#pass ??= this.#manage().finally(() => {
      this.#pass = undefined;
    });
    return this.#pass;
  }

  close(): void {
    this.#closed = true;
    this.#timer?.cancel();
  }

  async #manage(): Promise<void> {
    try {
      if (this.#isTooLow()) await this.#grow();
      else if (this.#options.clock.now() - this.#lastShrink >= SHRINK_PERIOD) await this.#shrink();
    } catch (error) {
      this.#options.log.warn({ error: (error as Error).message }, "pool manager pass failed");
    }
  }

  async #grow(): Promise<void> {
    const { clock, settings, isCordoned } = this.#options;
    if (this.#closed || (isCordoned() && !settings.manageNonSchedulable)) return;
    if (clock.now() - this.#lastShortage <= SHORTAGE_PAUSE) return;
    const facts: GrowthFacts = { ...this.#options, store: this.store, limits: this.limits };
    try {
      // One step adds to one interface; a period of zero takes the steps of many looks at once.
      do if (!(await grow(facts))) break;
      while (this.#options.period === 0 && this.#isTooLow());
    } catch (error) {
      if (!isShortage(error)) throw error;
      this.#lastShortage = clock.now();
      this.#options.log.warn({ error: (error as Error).message }, "subnet is short of addresses");
    }
  }

  async #shrink(): Promise<void> {
    const { clock, settings, ec2, isCordoned } = this.#options;
    this.#lastShrink = clock.now();
    if (this.#closed || (isCordoned() && !settings.manageNonSchedulable)) return;
    await returnSurplus(this.store, surplus(this.store.stats(clock.now()), settings), ec2);
    if (!this.#hasExtraEni()) return;
    const eni = removableEni(this.store, settings, clock.now());
    if (!eni) return;
    this.store.removeEni(eni.id);
    await freeInterface(eni.id, this.#options.instance.instanceId, ec2);
  }

  #hasExtraEni(): boolean {
    const { settings, clock } = this.#options;
    if (hasIpTargets(settings)) return true;
    const { total, assigned } = this.store.stats(clock.now());
    if (this.store.prefixMode) return this.store.enis.size > 1;
    return total - assigned >= (settings.warmEniTarget + 1) * this.limits.slotsPerEni;
  }

  #isTooLow(): boolean {
    const { settings, clock } = this.#options;
    return isTooLow(this.store.stats(clock.now()), settings, this.limits);
  }

  #schedule(): void {
    if (this.#closed) return;
    const { clock, period } = this.#options;
    this.#timer = clock.after(period || SHRINK_PERIOD, () => {
      void this.manage().then(() => this.#schedule());
    });
  }
}
