// Both pools of a Windows node, of which one serves and the other drains, kept at their targets in EC2 (spec vpc-cni §7.3).
import { AddressPool } from "./address-pool.ts";
import type { WindowsEc2 } from "./ec2.ts";
import type { WindowsSettings } from "./settings.ts";
import { deviation } from "./targets.ts";

/** What a node's pools are made for. */
export interface NodePoolsOptions {
  readonly ec2: WindowsEc2;
  readonly instanceId: string;
  /** Addresses or prefixes the primary interface takes besides its primary address. */
  readonly slots: number;
  /** Of addresses that are not out of prefixes: the length of the subnet's mask. */
  readonly mask: number;
}

/** State of one node. Calls must not overlap. */
export class NodePools {
  readonly #options: NodePoolsOptions;
  readonly #addresses = new AddressPool();
  readonly #prefixes = new AddressPool();
  #interfaceId = "";
  #serving = this.#addresses;

  constructor(options: NodePoolsOptions) {
    this.#options = options;
  }

  /** The pool that new pods are served from. */
  get serving(): AddressPool {
    return this.#serving;
  }

  /** Uids of pods that hold addresses. */
  get pods(): readonly string[] {
    return [...this.#addresses.pods, ...this.#prefixes.pods];
  }

  /** When the next address has cooled down, in epoch milliseconds; undefined if none cools. */
  get nextWarm(): number | undefined {
    const times = [this.#addresses.nextWarm, this.#prefixes.nextWarm].filter((each) => each !== undefined);
    return times.length > 0 ? Math.min(...times) : undefined;
  }

  /** A pod's address as its annotation has it; undefined if it has none. */
  of(uid: string): string | undefined {
    const single = this.#addresses.of(uid);
    if (single !== undefined) return `${single}/${this.#options.mask}`;
    const delegated = this.#prefixes.of(uid);
    return delegated === undefined ? undefined : `${delegated}/32`;
  }

  /** Takes in what EC2 has. Rejects with its error. */
  async sync(): Promise<void> {
    const { ec2, instanceId } = this.#options;
    const { id, addresses, prefixes } = await ec2.primary(instanceId);
    this.#interfaceId = id;
    this.#addresses.sync(addresses);
    this.#prefixes.sync(prefixes);
  }

  /** Notes what a pod holds already; false if the node does not have the address. */
  adopt(uid: string, address: string): boolean {
    return this.#addresses.adopt(uid, address) || this.#prefixes.adopt(uid, address);
  }

  /** An address for a pod, as its annotation is to have it; undefined if none is warm. */
  assign(uid: string): string | undefined {
    return this.of(uid) ?? (this.#serving.assign(uid) === undefined ? undefined : this.of(uid));
  }

  /** Begins the cool-down of a pod's address. */
  release(uid: string, now: number): void {
    this.#addresses.release(uid, now);
    this.#prefixes.release(uid, now);
  }

  /** Brings both pools to their targets: one by the settings, the other to nothing. Rejects with EC2's error; then `sync` is due. */
  async maintain(settings: WindowsSettings, now: number): Promise<void> {
    this.#serving = settings.prefixes ? this.#prefixes : this.#addresses;
    const draining = settings.prefixes ? this.#addresses : this.#prefixes;
    for (const pool of [this.#addresses, this.#prefixes]) pool.warmUp(now);
    await this.#giveBack(draining, draining.counts.freeGroups);
    const wanted = deviation(this.#serving.counts, settings);
    if (wanted < 0) return this.#giveBack(this.#serving, -wanted);
    const room = this.#options.slots - this.#addresses.counts.groups - this.#prefixes.counts.groups;
    const count = Math.min(wanted, room);
    if (count <= 0) return;
    for (const name of await this.#options.ec2.assign(this.#interfaceId, count, settings.prefixes)) this.#serving.add(name);
  }

  async #giveBack(pool: AddressPool, count: number): Promise<void> {
    const names = pool.takeFree(count);
    if (names.length > 0) await this.#options.ec2.unassign(this.#interfaceId, names, pool === this.#prefixes);
  }
}
