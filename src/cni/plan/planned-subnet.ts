// A subnet of a plan: the address book EC2 itself uses, and EC2's codes for what it cannot give (spec vpc-cni §2.3, §2.11).
import type { PlanSubnet, PlanSubnetReport } from "../../base/net-plan.ts";
import type { Random } from "../../base/random.ts";
import { AddressBook, type Shortage } from "../../vpc/address-book.ts";
import { parseCidr } from "../../vpc/cidr.ts";
import { PREFIX_SIZE } from "../pool/targets.ts";
import { PlanError } from "./errors.ts";

/** What EC2 answers to each shortage. */
export const SHORTAGE_ANSWERS: Readonly<Record<Shortage, { readonly code: string; readonly message: string }>> = {
  addresses: {
    code: "InsufficientFreeAddressesInSubnet",
    message: "The specified subnet does not have enough free addresses to satisfy the request.",
  },
  "prefix-addresses": { code: "InvalidParameterValue", message: "There aren't sufficient free Ipv4 addresses or prefixes" },
  "prefix-blocks": {
    code: "InsufficientCidrBlocks",
    message: "The specified subnet does not have enough free cidr blocks to satisfy the request.",
  },
};

/** What was taken together, to be given back together. */
export interface Taken {
  readonly addresses: readonly string[];
  readonly prefixes: readonly string[];
}

/** One subnet. Throws PlanError for a block that is no subnet, or for addresses that are not in it. */
export class PlannedSubnet {
  readonly name: string;
  readonly cidr: string;
  readonly zone: string | undefined;
  readonly #book: AddressBook;

  constructor({ name, cidr, zone, taken = [], takenPrefixes = [], used = 0, reservations = [] }: PlanSubnet, random: Random) {
    const block = parseCidr(cidr);
    if (block?.family !== 4 || block.prefix < 16 || block.prefix > 28) throw new PlanError(`${cidr} is not an IPv4 subnet of /16 to /28`);
    this.name = name;
    this.cidr = cidr;
    this.zone = zone;
    this.#book = new AddressBook(block, random);
    this.#book.reserve(reservations);
    for (const prefix of takenPrefixes) this.#book.takePrefix(prefix);
    for (const address of taken) this.#book.take(address);
    if (typeof this.#book.allocate(used) === "string") {
      throw new PlanError(`${cidr} has ${this.#book.available} free addresses; ${used} of them cannot be in use`);
    }
  }

  /** Takes addresses and prefixes, all or nothing. */
  take(addresses: number, prefixes: number): Taken | Shortage {
    const short = this.#book.shortage(addresses, prefixes);
    if (short) return short;
    // Prefixes first, as one call of EC2's would have it: its own single addresses do not break blocks it needs.
    const blocks = prefixes > 0 ? this.#book.allocatePrefixes(prefixes) : [];
    if (typeof blocks === "string") return blocks;
    const singles = addresses > 0 ? this.#book.allocate(addresses) : [];
    if (typeof singles !== "string") return { addresses: singles, prefixes: blocks };
    for (const prefix of blocks) this.#book.releasePrefix(prefix);
    return singles;
  }

  giveBack({ addresses, prefixes }: Taken): void {
    for (const address of addresses) this.#book.release(address);
    for (const prefix of prefixes) this.#book.releasePrefix(prefix);
  }

  report(): PlanSubnetReport {
    const { capacity, available, freePrefixes, singles } = this.#book;
    const size = capacity + 5;
    return {
      ...{ name: this.name, cidr: this.cidr, capacity, used: capacity - available, available, freePrefixes },
      estimatedFreePrefixes: expectedFreeBlocks(size, singles, this.#book.prefixes),
      unusableForPrefixes: Math.max(0, available - PREFIX_SIZE * freePrefixes),
    };
  }
}

/**
 * Expected number of wholly free /28 blocks of a subnet of `size` addresses, when `singles` single addresses lie in it at random beside
 * `prefixes` delegated blocks (spec vpc-cni §10.2). The first and the last block hold addresses that EC2 keeps.
 */
export function expectedFreeBlocks(size: number, singles: number, prefixes = 0): number {
  const blocks = size / PREFIX_SIZE - (size === PREFIX_SIZE ? 1 : 2) - prefixes;
  const open = size - PREFIX_SIZE * prefixes;
  if (blocks <= 0 || singles >= open) return 0;
  return Math.round(blocks * ((open - singles) / open) ** PREFIX_SIZE * 10) / 10;
}
