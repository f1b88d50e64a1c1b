// One account's view of one region: typed access to its records.
import type { Clock } from "../../base/clock.ts";
import type { Random } from "../../base/random.ts";
import { Collection } from "../../store/collection.ts";
import type { Store } from "../../store/store.ts";
import type { Choice } from "../../vpc/address-book.ts";
import { Books } from "./books.ts";
import { newId } from "./ids.ts";
import { kinds, missing, type NamedKind } from "./kinds.ts";
import { LooseInterfaces } from "./loose-interfaces.ts";
import type { InterfaceRecord, Kind, Tables } from "./records.ts";

/** What a scope is made of. */
export interface ScopeOptions {
  readonly store: Store;
  readonly clock: Clock;
  readonly random: Random;
  readonly addressChoice: Choice;
  /** Interfaces the region may have. */
  readonly interfaceQuota: number;
  readonly account: string;
  readonly region: string;
  readonly partition: string;
}

/** Records of an account in a region. Writes belong inside {@link change}. */
export class Scope {
  readonly account: string;
  readonly region: string;
  readonly partition: string;
  readonly addressChoice: Choice;
  readonly interfaceQuota: number;
  readonly random: Random;
  readonly clock: Clock;
  readonly books: Books;
  readonly #store: Store;
  readonly #prefix: string;
  readonly #loose = new LooseInterfaces(this);
  readonly #collections = new Map<Kind, Collection<object>>();

  constructor(options: ScopeOptions) {
    this.account = options.account;
    this.region = options.region;
    this.partition = options.partition;
    this.addressChoice = options.addressChoice;
    this.interfaceQuota = options.interfaceQuota;
    this.random = options.random;
    this.clock = options.clock;
    this.#store = options.store;
    this.#prefix = `${options.account}/${options.region}/`;
    this.books = new Books(this);
  }

  /** The record, if there is one. */
  get<K extends Kind>(kind: K, id: string): Readonly<Tables[K]> | undefined {
    return this.#collection(kind).get(this.#prefix + id);
  }

  /** The record, or the error EC2 gives for an id nobody has. */
  require<K extends NamedKind>(kind: K, id: string): Readonly<Tables[K]> {
    const record = this.get(kind, id);
    if (!record) throw missing(kind, id);
    return record;
  }

  /** All records of a kind, by id; `under` narrows to ids that begin with it. */
  list<K extends Kind>(kind: K, under = ""): Readonly<Tables[K]>[] {
    return this.#collection(kind).list(this.#prefix + under);
  }

  /** Number of records of a kind. */
  count(kind: Kind): number {
    return this.#collection(kind).count(this.#prefix);
  }

  /** Interfaces without attachment, by id. */
  looseInterfaces(): readonly InterfaceRecord[] {
    return this.#loose.all();
  }

  put<K extends Kind>(kind: K, record: Tables[K]): Tables[K] {
    if (kind === "network-interface") this.#loose.note(record as InterfaceRecord);
    return this.#collection(kind).put(this.#prefix + record.id, record);
  }

  /** Merges `changes` into a record that must exist. */
  patch<K extends NamedKind>(kind: K, id: string, changes: Partial<Tables[K]>): Tables[K] {
    return this.put(kind, { ...this.require(kind, id), ...changes } as Tables[K]);
  }

  delete(kind: Kind, id: string): boolean {
    return this.#collection(kind).delete(this.#prefix + id);
  }

  /** Runs a change: all of its writes happen, or none and the address books forget what it touched. */
  change<T>(run: () => T): T {
    return this.books.guard(() => this.#store.transact(run));
  }

  /** A new id of a kind. */
  newId(kind: NamedKind): string {
    return newId(this.random, kinds[kind].prefix);
  }

  /** ARN of a resource; `type` is the ARN's resource type. */
  arn(type: string, id: string): string {
    return `arn:${this.partition}:ec2:${this.region}:${this.account}:${type}/${id}`;
  }

  #collection<K extends Kind>(kind: K): Collection<Tables[K]> {
    let collection = this.#collections.get(kind);
    if (!collection) {
      collection = new Collection(this.#store, `ec2/${kind}`);
      this.#collections.set(kind, collection);
    }
    return collection as Collection<Tables[K]>;
  }
}
