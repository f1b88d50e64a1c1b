// Which IPv6 addresses and /80 prefixes of a subnet are taken, and the choice of free ones (spec vpc-cni §2.3, §2.4).
import type { Random } from "../base/random.ts";
import { type Cidr, containsAddress, formatCidr, parseCidr, size } from "./cidr.ts";
import { formatIpv6, parseIpv6 } from "./ipv6.ts";

const hostBits = 48n;

/** The address book of one IPv6 block (/44 to /64). Sparse: it remembers only what is taken. */
export class AddressBook6 {
  readonly #cidr: Cidr;
  readonly #random: Random;
  readonly #addresses = new Set<bigint>();
  readonly #prefixes = new Set<bigint>();
  /** Single addresses taken inside each /80, by its number. */
  readonly #perPrefix = new Map<bigint, number>();

  constructor(cidr: Cidr, random: Random) {
    this.#cidr = cidr;
    this.#random = random;
  }

  get singles(): number {
    return this.#addresses.size;
  }

  get prefixes(): number {
    return this.#prefixes.size;
  }

  inside(address: string): boolean {
    const value = parseIpv6(address);
    return value !== undefined && containsAddress(this.#cidr, { family: 6, value });
  }

  /** Inside the block and not among the first four addresses or the last, which EC2 keeps. */
  assignable(address: string): boolean {
    const value = parseIpv6(address);
    return value !== undefined && this.#assignable(value);
  }

  take(address: string): boolean {
    const value = parseIpv6(address);
    if (value === undefined || !this.#assignable(value) || this.#addresses.has(value) || this.#prefixes.has(value >> hostBits))
      return false;
    this.#addresses.add(value);
    this.#perPrefix.set(value >> hostBits, (this.#perPrefix.get(value >> hostBits) ?? 0) + 1);
    return true;
  }

  release(address: string): boolean {
    const value = parseIpv6(address);
    if (value === undefined || !this.#addresses.delete(value)) return false;
    const left = this.#perPrefix.get(value >> hostBits)! - 1;
    if (left > 0) this.#perPrefix.set(value >> hostBits, left);
    else this.#perPrefix.delete(value >> hostBits);
    return true;
  }

  takePrefix(prefix: string): boolean {
    const number = this.#prefixNumber(prefix);
    if (number === undefined || this.#prefixes.has(number) || this.#perPrefix.has(number)) return false;
    this.#prefixes.add(number);
    return true;
  }

  releasePrefix(prefix: string): boolean {
    const number = this.#prefixNumber(prefix);
    return number !== undefined && this.#prefixes.delete(number);
  }

  /** Chooses and takes `count` addresses. */
  allocate(count: number): string[] {
    return Array.from({ length: count }, () => {
      for (;;) {
        const address = formatIpv6(this.#cidr.base + this.#draw(size(this.#cidr)));
        if (this.take(address)) return address;
      }
    });
  }

  /** Chooses and takes `count` /80 prefixes; undefined if the block is too full to find them. */
  allocatePrefixes(count: number): string[] | undefined {
    const blocks = size(this.#cidr) >> hostBits;
    if (blocks - BigInt(this.#prefixes.size + this.#perPrefix.size) < BigInt(count)) return undefined;
    const taken: string[] = [];
    while (taken.length < count) {
      const base = this.#cidr.base + (this.#draw(blocks) << hostBits);
      const prefix = formatCidr({ family: 6, base, prefix: 80 });
      if (this.takePrefix(prefix)) taken.push(prefix);
    }
    return taken;
  }

  #assignable(value: bigint): boolean {
    const offset = value - this.#cidr.base;
    return offset >= 4n && offset < size(this.#cidr) - 1n;
  }

  #prefixNumber(prefix: string): bigint | undefined {
    const cidr = parseCidr(prefix);
    if (cidr?.family !== 6 || cidr.prefix !== 80 || !containsAddress(this.#cidr, { family: 6, value: cidr.base })) return undefined;
    return cidr.base >> hostBits;
  }

  /** A number in [0, bound); bounds are powers of two. */
  #draw(bound: bigint): bigint {
    const bytes = this.#random.bytes(16);
    let value = 0n;
    for (const byte of bytes) value = (value << 8n) | BigInt(byte);
    return value & (bound - 1n);
  }
}
