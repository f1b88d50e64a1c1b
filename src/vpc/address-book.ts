// Which IPv4 addresses of a subnet are taken, and the choice of free ones (spec vpc-cni §2.3).
import { type Random, randomInt } from "../base/random.ts";
import { type Cidr, overlaps, parseCidr, size } from "./cidr.ts";
import { formatIpv4, parseIpv4 } from "./ipv4.ts";
import { NumberSet } from "./number-set.ts";

/** A CIDR reservation of a subnet: `prefix` feeds automatic prefixes only, `explicit` nothing automatic. */
export interface Reservation {
  readonly cidr: string;
  readonly type: "prefix" | "explicit";
}

/** Why nothing was allocated; the service turns it into EC2's codes. */
export type Shortage = "addresses" | "prefix-addresses" | "prefix-blocks";

/** How free addresses are chosen. EC2 does not say; random reproduces fragmentation. */
export type Choice = "random" | "sequential";

const perBlock = 16;

/** Offsets EC2 keeps in every subnet: network, router, resolver, future use (and the last one). */
const reservedHead = 4;

/**
 * The address book of one IPv4 subnet (/16 to /28). Addresses are dotted quads, prefixes `a.b.c.d/28`. Every change is all or
 * nothing: a method either takes everything asked for or nothing. Taking, freeing and choosing cost constant time per address.
 */
export class AddressBook {
  readonly #base: number;
  readonly #size: number;
  readonly #random: Random;
  readonly #choice: Choice;
  /** 1 taken as an address, 2 inside a taken prefix, 3 kept by EC2. */
  readonly #state: Uint8Array;
  /** 0 general, 1 prefix reservation, 2 explicit reservation. */
  readonly #zone: Uint8Array;
  /** Addresses of each /28 that are not free. */
  readonly #blockUsed: Uint8Array;
  readonly #free: NumberSet;
  readonly #freeBlocks: NumberSet;
  readonly #reservedBlocks: NumberSet;
  #reservedFree = 0;
  #prefixReservedFree = 0;
  #singles = 0;
  #blocks = 0;

  constructor(cidr: Cidr, random: Random, choice: Choice = "random") {
    this.#base = Number(cidr.base);
    this.#size = Number(size(cidr));
    this.#random = random;
    this.#choice = choice;
    this.#state = new Uint8Array(this.#size);
    this.#zone = new Uint8Array(this.#size);
    this.#blockUsed = new Uint8Array(this.#size / perBlock);
    this.#free = new NumberSet(this.#size);
    this.#freeBlocks = new NumberSet(this.#blockUsed.length);
    this.#reservedBlocks = new NumberSet(this.#blockUsed.length);
    for (let offset = 0; offset < this.#size; offset++) {
      if (offset < reservedHead || offset === this.#size - 1) this.#state[offset] = 3;
    }
    this.#index();
  }

  /** Addresses automatic assignment may use: `AvailableIpAddressCount`. Reserved but unused addresses do not count. */
  get available(): number {
    return this.#free.size;
  }

  /** Single addresses taken. */
  get singles(): number {
    return this.#singles;
  }

  /** /28 prefixes taken. */
  get prefixes(): number {
    return this.#blocks;
  }

  /** /28 prefixes that automatic assignment can still give, those of prefix reservations included. */
  get freePrefixes(): number {
    return this.#reservedBlocks.size + this.#freeBlocks.size;
  }

  /** Unused addresses inside reservations. */
  get reservedUnused(): number {
    return this.#reservedFree;
  }

  /** Addresses of the subnet that can ever be assigned: all but five. */
  get capacity(): number {
    return this.#size - reservedHead - 1;
  }

  /** Replaces the subnet's reservations. Ranges of other families or outside the subnet are ignored. */
  reserve(reservations: readonly Reservation[]): void {
    this.#zone.fill(0);
    const own: Cidr = { family: 4, base: BigInt(this.#base), prefix: 32 - Math.log2(this.#size) };
    for (const { cidr, type } of reservations) {
      const block = parseCidr(cidr);
      if (!block || !overlaps(own, block)) continue;
      const from = Math.max(0, Number(block.base) - this.#base);
      const to = Math.min(this.#size, Number(block.base + size(block)) - this.#base);
      this.#zone.fill(type === "prefix" ? 1 : 2, from, to);
    }
    this.#index();
  }

  /** `inside` the subnet and not one of the five EC2 keeps. */
  assignable(address: string): boolean {
    const offset = this.#offset(address);
    return offset !== undefined && this.#state[offset] !== 3;
  }

  /** Whether an address lies in the subnet at all. */
  inside(address: string): boolean {
    return this.#offset(address) !== undefined;
  }

  isFree(address: string): boolean {
    const offset = this.#offset(address);
    return offset !== undefined && this.#state[offset] === 0;
  }

  /** Takes a named address; false if it is not free. Reservations do not matter to callers who name addresses. */
  take(address: string): boolean {
    const offset = this.#offset(address);
    if (offset === undefined || this.#state[offset] !== 0) return false;
    this.#set(offset, 1);
    this.#singles++;
    return true;
  }

  /** Frees an address; false if it was not taken as a single one. */
  release(address: string): boolean {
    const offset = this.#offset(address);
    if (offset === undefined || this.#state[offset] !== 1) return false;
    this.#set(offset, 0);
    this.#singles--;
    return true;
  }

  /** Takes a named /28; false unless it is an aligned block of the subnet that is wholly free. */
  takePrefix(prefix: string): boolean {
    const block = this.#block(prefix);
    if (block === undefined || this.#blockUsed[block] !== 0) return false;
    this.#setBlock(block, 2);
    return true;
  }

  /** Frees a /28; false if it was not taken as a prefix. */
  releasePrefix(prefix: string): boolean {
    const block = this.#block(prefix);
    if (block === undefined || this.#state[block * perBlock] !== 2) return false;
    this.#setBlock(block, 0);
    return true;
  }

  /** What would be short if so many addresses and prefixes were asked for together; undefined if nothing. */
  shortage(addresses: number, prefixes: number): Shortage | undefined {
    if (this.#free.size < addresses) return "addresses";
    if (prefixes === 0) return undefined;
    if (this.#free.size + this.#prefixReservedFree < prefixes * perBlock + addresses) return "prefix-addresses";
    return this.#reservedBlocks.size + this.#freeBlocks.size < prefixes ? "prefix-blocks" : undefined;
  }

  /** Chooses and takes `count` addresses, or says what is short and takes none. */
  allocate(count: number): string[] | Shortage {
    const short = this.shortage(count, 0);
    if (short) return short;
    return Array.from({ length: count }, () => {
      const offset = this.#pick(this.#free);
      this.#set(offset, 1);
      this.#singles++;
      return formatIpv4(this.#base + offset);
    });
  }

  /** Chooses and takes `count` /28 prefixes: from prefix reservations while they last, then from the general pool. */
  allocatePrefixes(count: number): string[] | Shortage {
    const short = this.shortage(0, count);
    if (short) return short;
    return Array.from({ length: count }, () => {
      const block = this.#pick(this.#reservedBlocks.size > 0 ? this.#reservedBlocks : this.#freeBlocks);
      this.#setBlock(block, 2);
      return `${formatIpv4(this.#base + block * perBlock)}/28`;
    });
  }

  #pick(set: NumberSet): number {
    return this.#choice === "sequential" ? set.lowest()! : set.at(randomInt(this.#random, set.size));
  }

  #offset(address: string): number | undefined {
    const value = parseIpv4(address);
    if (value === undefined || value < this.#base || value >= this.#base + this.#size) return undefined;
    return value - this.#base;
  }

  #block(prefix: string): number | undefined {
    const cidr = parseCidr(prefix);
    if (cidr?.family !== 4 || cidr.prefix !== 28) return undefined;
    if (!prefix.startsWith(`${formatIpv4(Number(cidr.base))}/`)) return undefined;
    const offset = Number(cidr.base) - this.#base;
    return offset < 0 || offset >= this.#size ? undefined : offset / perBlock;
  }

  #setBlock(block: number, state: 0 | 2): void {
    for (let offset = block * perBlock; offset < (block + 1) * perBlock; offset++) this.#set(offset, state);
    this.#blocks += state === 2 ? 1 : -1;
  }

  /** Sets the state of one address and keeps the free sets and counters in step. */
  #set(offset: number, state: number): void {
    const becomesFree = state === 0;
    const change = becomesFree ? 1 : -1;
    this.#state[offset] = state;
    if (this.#zone[offset] === 0) {
      if (becomesFree) this.#free.add(offset);
      else this.#free.delete(offset);
    } else {
      this.#reservedFree += change;
      if (this.#zone[offset] === 1) this.#prefixReservedFree += change;
    }
    const block = Math.floor(offset / perBlock);
    this.#blockUsed[block]! -= change;
    this.#indexBlock(block);
  }

  #indexBlock(block: number): void {
    const zone = this.#blockUsed[block] === 0 ? this.#zoneOfBlock(block) : undefined;
    if (zone === 0) this.#freeBlocks.add(block);
    else this.#freeBlocks.delete(block);
    if (zone === 1) this.#reservedBlocks.add(block);
    else this.#reservedBlocks.delete(block);
  }

  /** The one zone a /28 lies in; undefined if it straddles several. */
  #zoneOfBlock(block: number): number | undefined {
    const first = this.#zone[block * perBlock];
    for (let offset = block * perBlock; offset < (block + 1) * perBlock; offset++) if (this.#zone[offset] !== first) return undefined;
    return first;
  }

  /** Rebuilds every derived set from the states and zones. */
  #index(): void {
    this.#free.clear();
    this.#freeBlocks.clear();
    this.#reservedBlocks.clear();
    this.#blockUsed.fill(0);
    this.#reservedFree = 0;
    this.#prefixReservedFree = 0;
    for (let offset = 0; offset < this.#size; offset++) {
      const zone = this.#zone[offset];
      if (this.#state[offset] !== 0) this.#blockUsed[Math.floor(offset / perBlock)]!++;
      else if (zone === 0) this.#free.add(offset);
      else {
        this.#reservedFree++;
        if (zone === 1) this.#prefixReservedFree++;
      }
    }
    for (let block = 0; block < this.#blockUsed.length; block++) this.#indexBlock(block);
  }
}
