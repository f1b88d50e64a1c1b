// The address books of a region's subnets: derived from interface records at first use, kept in step with every write.

import type { Random } from "../../base/random.ts";
import { AddressBook, type Choice } from "../../vpc/address-book.ts";
import { AddressBook6 } from "../../vpc/address-book6.ts";
import { parseCidr } from "../../vpc/cidr.ts";
import type { InterfaceRecord, ReservationRecord, SubnetRecord } from "./records.ts";

/** Where books are read from: the records of one scope. */
export interface BookSource {
  readonly random: Random;
  readonly addressChoice: Choice;
  get(kind: "subnet", id: string): Readonly<SubnetRecord> | undefined;
  list(kind: "network-interface"): readonly Readonly<InterfaceRecord>[];
  list(kind: "subnet-cidr-reservation"): readonly Readonly<ReservationRecord>[];
}

/** Books of one subnet, by family. */
export interface SubnetBook {
  readonly v4: AddressBook | undefined;
  readonly v6: AddressBook6 | undefined;
}

/** All books of a scope. */
export class Books {
  readonly #scope: BookSource;
  readonly #books = new Map<string, SubnetBook>();
  #touched: Set<string> | undefined;

  constructor(scope: BookSource) {
    this.#scope = scope;
  }

  /** The books of a subnet, for reading. */
  of(subnetId: string): SubnetBook {
    let book = this.#books.get(subnetId);
    if (!book) {
      book = this.#build(subnetId);
      this.#books.set(subnetId, book);
      // Built in the middle of a change, it holds that change's writes.
      this.#touched?.add(subnetId);
    }
    return book;
  }

  /** The books of a subnet, for changing inside {@link guard}. */
  edit(subnetId: string): SubnetBook {
    if (!this.#touched) throw new Error("address books change only inside a guarded change");
    this.#touched.add(subnetId);
    return this.of(subnetId);
  }

  /** Forgets a subnet's books; they are built again when needed. */
  drop(subnetId: string): void {
    this.#books.delete(subnetId);
  }

  /** Runs a change; if it throws, forgets every book it touched. */
  guard<T>(run: () => T): T {
    if (this.#touched) return run();
    const touched = new Set<string>();
    this.#touched = touched;
    try {
      return run();
    } catch (error) {
      for (const subnetId of touched) this.drop(subnetId);
      throw error;
    } finally {
      this.#touched = undefined;
    }
  }

  #build(subnetId: string): SubnetBook {
    const subnet = this.#scope.get("subnet", subnetId);
    if (!subnet) throw new Error(`no subnet ${subnetId}`);
    const v4 = subnet.cidr ? new AddressBook(parseCidr(subnet.cidr)!, this.#scope.random, this.#scope.addressChoice) : undefined;
    const v6 = subnet.cidr6 ? new AddressBook6(parseCidr(subnet.cidr6.cidr)!, this.#scope.random) : undefined;
    for (const record of this.#scope.list("network-interface")) {
      if (record.subnetId !== subnetId) continue;
      for (const address of record.addresses) v4?.take(address);
      for (const prefix of record.prefixes) v4?.takePrefix(prefix);
      for (const address of record.addresses6) v6?.take(address);
      for (const prefix of record.prefixes6) v6?.takePrefix(prefix);
    }
    v4?.reserve(this.#scope.list("subnet-cidr-reservation").filter((reservation) => reservation.subnetId === subnetId));
    return { v4, v6 };
  }
}
