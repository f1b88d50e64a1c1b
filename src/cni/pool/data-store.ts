// ipamd's data store: which addresses the node holds and which pod has which (spec vpc-cni §3.4).
import { formatIpv4, parseIpv4 } from "../../vpc/ipv4.ts";

/** Identifies a pod's attachment: sandbox and interface. */
export interface AttachmentKey {
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
  unassignedAt: number;
}

/** A secondary address (/32) or a delegated prefix (/28). */
export interface Cidr {
  readonly cidr: string;
  readonly isPrefix: boolean;
  readonly base: number;
  readonly size: number;
  readonly addresses: Map<string, Address>;
}

/** An interface of the node. */
export interface Eni {
  readonly id: string;
  readonly createdAt: number;
  readonly isPrimary: boolean;
  readonly deviceNumber: number;
  readonly subnetId: string;
  readonly primaryIp: string;
  isExcluded: boolean;
  readonly cidrs: Map<string, Cidr>;
}

/** Where a pod's address came from. */
export interface Assignment {
  readonly address: string;
  readonly eniId: string;
  readonly deviceNumber: number;
}

/** Counts over the CIDRs of the mode in force on interfaces that may serve pods. */
export interface PoolStats {
  readonly total: number;
  readonly assigned: number;
  readonly cooldown: number;
  readonly prefixes: number;
  readonly freePrefixes: number;
}

/** The pool of one network card. Throws Error with upstream's texts. */
export class DataStore {
  readonly enis = new Map<string, Eni>();
  readonly #byKey = new Map<string, { eni: Eni; cidr: Cidr; address: Address }>();
  readonly prefixMode: boolean;
  readonly #cooldown: number;

  constructor(prefixMode: boolean, cooldown: number) {
    this.prefixMode = prefixMode;
    this.#cooldown = cooldown;
  }

  addEni(eni: Omit<Eni, "cidrs">): void {
    if (this.enis.has(eni.id)) throw new Error("data store: duplicate ENI");
    this.enis.set(eni.id, { ...eni, cidrs: new Map() });
  }

  /** Adds `10.0.0.7/32` or `10.0.0.16/28`. */
  addCidr(eniId: string, cidr: string): void {
    const eni = this.#eni(eniId);
    if (eni.cidrs.has(cidr)) throw new Error("datastore: IP already in data store");
    const [address = "", length = "32"] = cidr.split("/");
    const base = parseIpv4(address);
    if (base === undefined) throw new Error(`datastore: ${cidr} is not a CIDR`);
    eni.cidrs.set(cidr, { cidr, isPrefix: length !== "32", base, size: 2 ** (32 - Number(length)), addresses: new Map() });
  }

  /** Removes a CIDR without assigned addresses; with `force`, also one with. */
  removeCidr(eniId: string, cidr: string, force = false): void {
    const entry = this.#eni(eniId).cidrs.get(cidr);
    if (!entry) throw new Error("datastore: unknown IP");
    if (!force && assignedIn(entry) > 0) throw new Error("datastore: IP is used and can not be deleted");
    for (const { key } of entry.addresses.values()) if (key) this.#byKey.delete(keyText(key));
    this.#eni(eniId).cidrs.delete(cidr);
  }

  removeEni(eniId: string, force = false): void {
    const eni = this.#eni(eniId);
    if (!force && podsOn(eni) > 0) throw new Error("datastore: ENI is used and can not be deleted");
    for (const cidr of [...eni.cidrs.keys()]) this.removeCidr(eniId, cidr, true);
    this.enis.delete(eniId);
  }

  /** Gives the key an address, the same one if it has one. `now` is epoch milliseconds. */
  assign(key: AttachmentKey, meta: PodMeta, now: number): Assignment {
    const present = this.#byKey.get(keyText(key));
    if (present) return assignment(present.eni, present.address.address);
    for (const eni of this.enis.values()) {
      if (eni.isExcluded) continue;
      for (const cidr of eni.cidrs.values()) {
        if (cidr.isPrefix !== this.prefixMode) continue;
        const address = this.#freeIn(cidr, now);
        if (address === undefined) continue;
        this.#take(eni, cidr, address, key, meta);
        return assignment(eni, address);
      }
    }
    throw new Error("AssignPodIPAddress: no available IP/Prefix addresses");
  }

  /** Restores an assignment made before a restart. False if no interface holds the address or somebody else has it. */
  restore(key: AttachmentKey, meta: PodMeta, address: string): boolean {
    const value = parseIpv4(address);
    if (value === undefined || this.#byKey.has(keyText(key))) return false;
    for (const eni of this.enis.values()) {
      for (const cidr of eni.cidrs.values()) {
        if (value < cidr.base || value >= cidr.base + cidr.size) continue;
        if (cidr.addresses.get(address)?.key) return false;
        this.#take(eni, cidr, address, key, meta);
        return true;
      }
    }
    return false;
  }

  /** Takes the key's address back; it cools down before it is used again. */
  unassign(key: AttachmentKey, now: number): Assignment {
    const present = this.#byKey.get(keyText(key));
    if (!present) throw new Error("datastore: unknown pod");
    this.#byKey.delete(keyText(key));
    present.address.key = undefined;
    present.address.meta = undefined;
    present.address.unassignedAt = now;
    return assignment(present.eni, present.address.address);
  }

  /** The keys that hold addresses. */
  *assignments(): Iterable<{ key: AttachmentKey; meta: PodMeta; address: string; eniId: string }> {
    for (const { eni, address } of this.#byKey.values()) {
      if (address.key && address.meta) yield { key: address.key, meta: address.meta, address: address.address, eniId: eni.id };
    }
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

  #take(eni: Eni, cidr: Cidr, address: string, key: AttachmentKey, meta: PodMeta): void {
    const entry: Address = { address, key, meta, unassignedAt: 0 };
    cidr.addresses.set(address, entry);
    this.#byKey.set(keyText(key), { eni, cidr, address: entry });
  }

  /** First an address that has cooled down, else the lowest one never used. */
  #freeIn(cidr: Cidr, now: number): string | undefined {
    for (const entry of cidr.addresses.values()) {
      if (!entry.key && now - entry.unassignedAt >= this.#cooldown) {
        cidr.addresses.delete(entry.address);
        return entry.address;
      }
    }
    if (cidr.addresses.size >= cidr.size) return undefined;
    for (let offset = 0; offset < cidr.size; offset++) {
      const address = formatIpv4(cidr.base + offset);
      if (!cidr.addresses.has(address)) return address;
    }
    return undefined;
  }

  #coolingIn(cidr: Cidr, now: number): number {
    let cooling = 0;
    for (const entry of cidr.addresses.values()) if (!entry.key && now - entry.unassignedAt < this.#cooldown) cooling++;
    return cooling;
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

function assignment(eni: Eni, address: string): Assignment {
  return { address, eniId: eni.id, deviceNumber: eni.deviceNumber };
}

function keyText({ containerId, ifName }: AttachmentKey): string {
  return `${containerId}/${ifName}`;
}
