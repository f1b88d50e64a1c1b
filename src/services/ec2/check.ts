// The invariant of addresses, checked against the records alone: for crash tests and for operators who doubt.

import { seededRandom } from "../../base/random.ts";
import { Collection } from "../../store/collection.ts";
import type { Store } from "../../store/store.ts";
import { AddressBook } from "../../vpc/address-book.ts";
import { AddressBook6 } from "../../vpc/address-book6.ts";
import { type Cidr, overlaps, parseCidr } from "../../vpc/cidr.ts";
import type { InstanceRecord, InterfaceRecord, ReservationRecord, SubnetRecord } from "./records.ts";

/** One broken promise. */
export interface AddressFault {
  /** Key of the record at fault. */
  readonly key: string;
  readonly problem: string;
}

/**
 * Checks every account and region: no address or prefix owned twice, each inside its subnet and not among the reserved ones, free
 * counts adding up, subnets apart, and interfaces and instances naming each other. An empty list means all is well.
 */
export function checkAddresses(store: Store): AddressFault[] {
  const faults: AddressFault[] = [];
  const subnets = new Map(new Collection<SubnetRecord>(store, "ec2/subnet").entries());
  const instances = new Map(new Collection<InstanceRecord>(store, "ec2/instance").entries());
  const interfaces = new Map(new Collection<InterfaceRecord>(store, "ec2/network-interface").entries());
  const reservations = new Collection<ReservationRecord>(store, "ec2/subnet-cidr-reservation").entries();
  const scopeOf = (key: string) => key.slice(0, key.lastIndexOf("/") + 1);

  const books = new Map<string, { v4: AddressBook | undefined; v6: AddressBook6 | undefined; taken: number }>();
  for (const [key, subnet] of subnets) {
    const v4 = subnet.cidr ? new AddressBook(parseCidr(subnet.cidr)!, seededRandom(1)) : undefined;
    const v6 = subnet.cidr6 ? new AddressBook6(parseCidr(subnet.cidr6.cidr)!, seededRandom(1)) : undefined;
    v4?.reserve(
      reservations.filter(([other, each]) => scopeOf(other) === scopeOf(key) && each.subnetId === subnet.id).map(([, each]) => each),
    );
    books.set(key, { v4, v6, taken: 0 });
  }
  for (const [key, record] of interfaces) {
    const book = books.get(scopeOf(key) + record.subnetId);
    if (!book) {
      faults.push({ key, problem: `its subnet ${record.subnetId} does not exist` });
      continue;
    }
    for (const address of record.addresses) {
      if (!book.v4?.assignable(address)) faults.push({ key, problem: `${address} is outside the subnet or reserved` });
      else if (!book.v4.take(address)) faults.push({ key, problem: `${address} is owned twice` });
      else book.taken += 1;
    }
    for (const prefix of record.prefixes) {
      if (!book.v4?.takePrefix(prefix)) faults.push({ key, problem: `${prefix} is owned twice, outside the subnet or not aligned` });
      else book.taken += 16;
    }
    for (const address of record.addresses6)
      if (!book.v6?.take(address)) faults.push({ key, problem: `${address} is owned twice or outside` });
    for (const prefix of record.prefixes6)
      if (!book.v6?.takePrefix(prefix)) faults.push({ key, problem: `${prefix} is owned twice or outside` });
    const instanceId = record.attachment?.instanceId;
    if (instanceId !== undefined && !instances.get(scopeOf(key) + instanceId)?.interfaces.includes(record.id)) {
      faults.push({ key, problem: `attached to ${instanceId}, which does not know it` });
    }
  }
  for (const [key, { v4, taken }] of books) {
    if (v4 && v4.available + v4.reservedUnused + taken !== v4.capacity) {
      faults.push({ key, problem: `${v4.available} free, ${v4.reservedUnused} reserved and ${taken} taken do not make ${v4.capacity}` });
    }
  }
  for (const [key, instance] of instances) {
    for (const id of instance.interfaces) {
      if (interfaces.get(scopeOf(key) + id)?.attachment?.instanceId !== instance.id)
        faults.push({ key, problem: `names ${id}, which is not attached to it` });
    }
  }
  faults.push(...overlapping(subnets, scopeOf));
  return faults;
}

/** Subnets of one VPC that share addresses. */
function overlapping(subnets: ReadonlyMap<string, SubnetRecord>, scopeOf: (key: string) => string): AddressFault[] {
  const seen = new Map<string, { id: string; cidr: Cidr }[]>();
  const faults: AddressFault[] = [];
  for (const [key, subnet] of subnets) {
    const vpc = scopeOf(key) + subnet.vpcId;
    const others = seen.get(vpc) ?? [];
    for (const text of [subnet.cidr, subnet.cidr6?.cidr]) {
      if (text === undefined) continue;
      const cidr = parseCidr(text)!;
      const clash = others.find((other) => overlaps(other.cidr, cidr));
      if (clash) faults.push({ key, problem: `${text} overlaps subnet ${clash.id}` });
      others.push({ id: subnet.id, cidr });
    }
    seen.set(vpc, others);
  }
  return faults;
}
