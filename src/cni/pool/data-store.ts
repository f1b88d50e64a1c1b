// ipamd's data store: which addresses the node holds and which pod has which (spec vpc-cni §3.4).
import { addressAt, type Block, holds, parseBlock } from "./block.ts";

/** Name of the network in the plugin chain. */
export const NETWORK_NAME = "aws-cni";
/** Text of the error for a key that holds nothing. */
export const UNKNOWN_POD = "datastore: unknown pod";
const MIGRATED_NETWORK = "_migrated-from-cri";

/** Identifies a pod's attachment: sandbox and interface. */
export interface AttachmentKey {
  /** Name of the CNI network; that of the plugin chain if absent. */
  readonly networkName?: string;
  readonly containerId: string;
  readonly ifName: string;
}

/** Who an address was given to. */
export interface PodMeta {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
}

/** One address that is or was in use. */
interface Address {
  readonly address: string;
  key: AttachmentKey | undefined;
  meta: PodMeta | undefined;
  assignedAt: number;
  unassignedAt: number;
}

/** A secondary address (/32) or a delegated prefix (/28, /80). */
export interface Cidr extends Block {
  readonly cidr: string;
  readonly addresses: Map<string, Address>;
}

/** An interface of the node. */
export interface Eni {
  readonly id: string;
  readonly createdAt: number;
  readonly isPrimary: boolean;
  /** Carries branch interfaces: serves no pods, is never removed. */
  readonly isTrunk?: boolean;
  /** Elastic Fabric Adapter: never removed. */
  readonly isEfa?: boolean;
  readonly deviceNumber: number;
  readonly subnetId: string;
  readonly primaryIp: string;
  /** Its subnet may no longer serve new pods. */
  isExcluded: boolean;
  readonly cidrs: Map<string, Cidr>;
}

/** Where a pod's address came from. */
export interface Assignment {
  readonly address: string;
  readonly eniId: string;
  readonly deviceNumber: number;
  /** Network card of the interface. */
  readonly card: number;
}

/** Counts over the CIDRs of the mode in force on interfaces that may serve pods. */
export interface PoolStats {
  readonly total: number;
  readonly assigned: number;
  readonly cooldown: number;
  readonly prefixes: number;
  readonly freePrefixes: number;
}

/** A pod's hold on an address. */
export interface Held {
  readonly key: AttachmentKey;
  readonly meta: PodMeta;
  readonly address: string;
  readonly eniId: string;
  /** Epoch milliseconds. */
  readonly assignedAt: number;
}

/** The pool of one network card. Throws Error with upstream's texts. */
export class DataStore {
  readonly enis = new Map<string, Eni>();
  readonly #byKey = new Map<string, { eni: Eni; cidr: Cidr; address: Address }>();
  readonly #cooldown: number;
  readonly #persist: () => void;
  /** Whether prefixes serve pods, or single addresses. */
  prefixMode: boolean;
  /** The network card. */
  readonly card: number;
  /** Interfaces and assigned addresses that were taken away from pods. */
  readonly forced = { enis: 0, addresses: 0 };

  /** `cooldown` is milliseconds. `persist` writes the checkpoint; when it throws, the change is undone. */
  constructor(prefixMode: boolean, cooldown: number, persist: () => void = () => {}, card = 0) {
    this.card = card;
    this.prefixMode = prefixMode;
    this.#cooldown = cooldown;
    this.#persist = persist;
  }

  /** Addresses of all CIDRs, of either mode. */
  get size(): number {
    let size = 0;
    for (const eni of this.enis.values()) for (const cidr of eni.cidrs.values()) size += cidr.size;
    return size;
  }

  addEni(eni: Omit<Eni, "cidrs">): void {
    if (this.enis.has(eni.id)) throw new Error("data store: duplicate ENI");
    this.enis.set(eni.id, { ...eni, cidrs: new Map() });
  }

  /** Adds `10.0.0.7/32` or `10.0.0.16/28`. */
  addCidr(eniId: string, cidr: string): void {
    const eni = this.#eni(eniId);
    if (eni.cidrs.has(cidr)) throw new Error("datastore: IP already in data store");
    const block = parseBlock(cidr);
    if (!block) throw new Error(`datastore: ${cidr} is not a CIDR`);
    eni.cidrs.set(cidr, { cidr, ...block, addresses: new Map() });
  }

  /** Removes a CIDR without assigned addresses; with `force`, also one with. */
  removeCidr(eniId: string, cidr: string, force = false): void {
    const entry = this.#eni(eniId).cidrs.get(cidr);
    if (!entry) throw new Error("datastore: unknown IP");
    const assigned = assignedIn(entry);
    if (!force && assigned > 0) throw new Error("datastore: IP is used and can not be deleted");
    for (const { key } of entry.addresses.values()) if (key) this.#byKey.delete(keyText(key));
    this.#eni(eniId).cidrs.delete(cidr);
    if (assigned === 0) return;
    this.forced.addresses += assigned;
    this.#persist();
  }

  removeEni(eniId: string, force = false): void {
    const eni = this.#eni(eniId);
    const pods = podsOn(eni);
    if (!force && pods > 0) throw new Error("datastore: ENI is used and can not be deleted");
    if (pods > 0) this.forced.enis++;
    for (const cidr of [...eni.cidrs.keys()]) this.removeCidr(eniId, cidr, true);
    this.enis.delete(eniId);
  }

  /** Gives the key an address, the same one if it has one. `now` is epoch milliseconds. */
  assign(key: AttachmentKey, meta: PodMeta, now: number): Assignment {
    const present = this.#byKey.get(keyText(key));
    if (present) return this.#assignment(present.eni, present.address.address);
    for (const eni of this.enis.values()) {
      if (eni.isExcluded) continue;
      for (const cidr of eni.cidrs.values()) {
        if (cidr.isPrefix !== this.prefixMode) continue;
        const address = this.#freeIn(cidr, now);
        if (address === undefined) continue;
        this.#take(eni, cidr, address, key, meta, now);
        this.#persistOr(() => {
          this.#byKey.delete(keyText(key));
          cidr.addresses.delete(address);
        });
        return this.#assignment(eni, address);
      }
    }
    throw new Error("AssignPodIPAddress: no available IP/Prefix addresses");
  }

  /** Restores an assignment made before a restart. False if no interface holds the address or somebody else has it. */
  restore(key: AttachmentKey, meta: PodMeta, address: string, assignedAt = 0): boolean {
    if (this.#byKey.has(keyText(key))) return false;
    for (const eni of this.enis.values()) {
      for (const cidr of eni.cidrs.values()) {
        if (!holds(cidr, address)) continue;
        if (cidr.addresses.get(address)?.key) return false;
        this.#take(eni, cidr, address, key, meta, assignedAt);
        return true;
      }
    }
    return false;
  }

  /** Takes the key's address back; it cools down before it is used again. A key of before upstream kept a checkpoint of its own is found too. */
  unassign(key: AttachmentKey, now: number): Assignment {
    const text = [keyText(key), keyText({ networkName: MIGRATED_NETWORK, containerId: key.containerId, ifName: "unknown" })].find((each) =>
      this.#byKey.has(each),
    );
    const present = text === undefined ? undefined : this.#byKey.get(text);
    if (text === undefined || !present) throw new Error(UNKNOWN_POD);
    const { address } = present;
    const before = { ...address };
    this.#byKey.delete(text);
    Object.assign(address, { key: undefined, meta: undefined, unassignedAt: now });
    this.#persistOr(() => {
      Object.assign(address, before);
      this.#byKey.set(text, present);
    });
    return this.#assignment(present.eni, address.address);
  }

  /** What the key holds; undefined: nothing. */
  find(key: AttachmentKey): Assignment | undefined {
    const present = this.#byKey.get(keyText(key));
    return present && this.#assignment(present.eni, present.address.address);
  }

  /** The keys that hold addresses. */
  *assignments(): Iterable<Held> {
    for (const { eni, address } of this.#byKey.values()) {
      const { key, meta, assignedAt } = address;
      if (key && meta) yield { key, meta, address: address.address, eniId: eni.id, assignedAt };
    }
  }

  /** Writes the checkpoint as it should be now. */
  persist(): void {
    this.#persist();
  }

  stats(now: number): PoolStats {
    let total = 0;
    let assigned = 0;
    let cooldown = 0;
    let prefixes = 0;
    let freePrefixes = 0;
    for (const eni of this.enis.values()) {
      if (eni.isExcluded) continue;
      for (const cidr of eni.cidrs.values()) {
        if (cidr.isPrefix !== this.prefixMode) continue;
        const used = assignedIn(cidr);
        total += cidr.size;
        assigned += used;
        cooldown += this.#coolingIn(cidr, now);
        if (cidr.isPrefix) prefixes++;
        if (cidr.isPrefix && used === 0) freePrefixes++;
      }
    }
    return { total, assigned, cooldown, prefixes, freePrefixes };
  }

  /** Whether an interface has addresses that wait out their cool-down. */
  isCooling(eni: Eni, now: number): boolean {
    return [...eni.cidrs.values()].some((cidr) => this.#coolingIn(cidr, now) > 0);
  }

  #take(eni: Eni, cidr: Cidr, address: string, key: AttachmentKey, meta: PodMeta, assignedAt: number): void {
    const entry: Address = { address, key, meta, assignedAt, unassignedAt: 0 };
    cidr.addresses.set(address, entry);
    this.#byKey.set(keyText(key), { eni, cidr, address: entry });
  }

  #persistOr(undo: () => void): void {
    try {
      this.#persist();
    } catch (error) {
      undo();
      throw error;
    }
  }

  /** The first address that has cooled down (the others that have are forgotten with it), else the lowest one not in use or cooling. */
  #freeIn(cidr: Cidr, now: number): string | undefined {
    let cooled: string | undefined;
    for (const entry of cidr.addresses.values()) {
      if (entry.key || now - entry.unassignedAt < this.#cooldown) continue;
      cidr.addresses.delete(entry.address);
      cooled ??= entry.address;
    }
    if (cooled !== undefined || cidr.addresses.size >= cidr.size) return cooled;
    for (let offset = 0; offset < cidr.size; offset++) {
      const address = addressAt(cidr, offset);
      if (!cidr.addresses.has(address)) return address;
    }
    return undefined;
  }

  #coolingIn(cidr: Cidr, now: number): number {
    let cooling = 0;
    for (const entry of cidr.addresses.values()) if (!entry.key && now - entry.unassignedAt < this.#cooldown) cooling++;
    return cooling;
  }

  #assignment(eni: Eni, address: string): Assignment {
    return { address, eniId: eni.id, deviceNumber: eni.deviceNumber, card: this.card };
  }

  #eni(id: string): Eni {
    const eni = this.enis.get(id);
    if (!eni) throw new Error("datastore: unknown ENI");
    return eni;
  }
}

/** Addresses of a CIDR that pods hold. */
export function assignedIn(cidr: Cidr): number {
  let assigned = 0;
  for (const entry of cidr.addresses.values()) if (entry.key) assigned++;
  return assigned;
}

/** Pods on an interface. */
export function podsOn(eni: Eni): number {
  let pods = 0;
  for (const cidr of eni.cidrs.values()) pods += assignedIn(cidr);
  return pods;
}

function keyText({ networkName = NETWORK_NAME, containerId, ifName }: AttachmentKey): string {
  return `${networkName}/${containerId}/${ifName}`;
}
