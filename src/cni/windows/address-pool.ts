// The addresses of one Windows node, single ones or those of prefixes: in use, warm, cooling down (spec vpc-cni §7.3).
import { addressAt, holds, parseBlock } from "../pool/block.ts";

/** Milliseconds an address rests after its pod. */
export const COOLDOWN = 30_000;

/** Sizes of a pool, in addresses but for groups: a group is a prefix, or a single address. */
export interface PoolCounts {
  readonly used: number;
  readonly warm: number;
  readonly cooling: number;
  readonly groups: number;
  /** Groups all of whose addresses are warm. */
  readonly freeGroups: number;
}

interface Group {
  readonly size: number;
  readonly warm: Set<string>;
}

interface Held {
  readonly address: string;
  readonly group: string;
}

/** State of one pool. Groups are named as EC2 does: `10.0.0.7` or `10.0.0.16/28`. */
export class AddressPool {
  readonly #groups = new Map<string, Group>();
  readonly #used = new Map<string, Held>();
  #cooling: (Held & { readonly since: number })[] = [];

  get counts(): PoolCounts {
    let [warm, freeGroups] = [0, 0];
    for (const group of this.#groups.values()) {
      warm += group.warm.size;
      if (group.warm.size === group.size) freeGroups++;
    }
    return { used: this.#used.size, warm, cooling: this.#cooling.length, groups: this.#groups.size, freeGroups };
  }

  /** Uids of pods that hold addresses. */
  get pods(): readonly string[] {
    return [...this.#used.keys()];
  }

  /** When the next address has cooled down, in epoch milliseconds; undefined if none cools. */
  get nextWarm(): number | undefined {
    const first = this.#cooling[0];
    return first && first.since + COOLDOWN;
  }

  of(uid: string): string | undefined {
    return this.#used.get(uid)?.address;
  }

  /** Takes groups in as EC2 has them: new ones are warm, those that are gone take their addresses with them, but for those in use. */
  sync(names: readonly string[]): void {
    for (const name of names) this.add(name);
    const present = new Set(names);
    for (const name of this.#groups.keys()) if (!present.has(name)) this.#groups.delete(name);
    this.#cooling = this.#cooling.filter(({ group }) => present.has(group));
  }

  /** A group that EC2 has given. */
  add(name: string): void {
    if (this.#groups.has(name)) return;
    const taken = new Set([...this.#used.values(), ...this.#cooling].map(({ address }) => address));
    const addresses = addressesOf(name);
    this.#groups.set(name, { size: addresses.length, warm: new Set(addresses.filter((address) => !taken.has(address))) });
  }

  /** Notes that a pod holds an address already, as its annotation says; false if it is of no group of the pool. */
  adopt(uid: string, address: string): boolean {
    const name = [...this.#groups.keys()].find((each) => isIn(each, address));
    if (name === undefined) return false;
    this.#groups.get(name)?.warm.delete(address);
    this.#cooling = this.#cooling.filter((each) => each.address !== address);
    this.#used.set(uid, { address, group: name });
    return true;
  }

  /** A warm address for a pod, out of the fullest group, so that others become free; undefined if none is warm. What it holds is its answer. */
  assign(uid: string): string | undefined {
    const held = this.of(uid);
    if (held !== undefined) return held;
    let best: readonly [string, Group] | undefined;
    for (const entry of this.#groups) if (entry[1].warm.size > 0 && (!best || entry[1].warm.size < best[1].warm.size)) best = entry;
    if (!best) return undefined;
    const [name, { warm }] = best;
    const [address = ""] = warm;
    warm.delete(address);
    this.#used.set(uid, { address, group: name });
    return address;
  }

  /** Begins the cool-down of a pod's address. `now` is epoch milliseconds. */
  release(uid: string, now: number): void {
    const held = this.#used.get(uid);
    if (!held) return;
    this.#used.delete(uid);
    if (this.#groups.has(held.group)) this.#cooling.push({ ...held, since: now });
  }

  /** Takes back what a pod never learned of: there is no cool-down. */
  revoke(uid: string): void {
    const held = this.#used.get(uid);
    this.#used.delete(uid);
    if (held) this.#groups.get(held.group)?.warm.add(held.address);
  }

  /** Makes warm again what has cooled down. */
  warmUp(now: number): void {
    const isDue = ({ since }: { since: number }) => now - since >= COOLDOWN;
    for (const { address, group } of this.#cooling.filter(isDue)) this.#groups.get(group)?.warm.add(address);
    this.#cooling = this.#cooling.filter((each) => !isDue(each));
  }

  /** Takes up to `count` free groups out, to be given back to EC2. */
  takeFree(count: number): string[] {
    const free = [...this.#groups].filter(([, { size, warm }]) => warm.size === size).slice(0, Math.max(0, count));
    for (const [name] of free) this.#groups.delete(name);
    return free.map(([name]) => name);
  }
}

function addressesOf(name: string): string[] {
  const block = blockOf(name);
  return block ? Array.from({ length: block.size }, (_, offset) => addressAt(block, offset)) : [];
}

function isIn(name: string, address: string): boolean {
  const block = blockOf(name);
  return block !== undefined && holds(block, address);
}

const blockOf = (name: string) => parseBlock(name.includes("/") ? name : `${name}/32`);
