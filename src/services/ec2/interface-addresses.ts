// Taking and freeing addresses of interfaces: named or automatic, single or in prefixes (spec vpc-cni §2.3, §2.4).
import { instanceType, supportsPrefixes } from "../../vpc/instance-types.ts";
import { ec2Error, invalidCombination, invalidValue, shortage, unsupported } from "./errors.ts";
import { limits } from "./limits.ts";
import type { InterfaceRecord } from "./records.ts";
import type { Scope } from "./scope.ts";

/** What a request wants beyond the primary address. Counts are automatic, lists named. */
export interface AddressRequest {
  readonly addresses?: readonly string[];
  readonly count?: number;
  readonly prefixes?: readonly string[];
  readonly prefixCount?: number;
  readonly addresses6?: readonly string[];
  readonly count6?: number;
  readonly prefixes6?: readonly string[];
  readonly prefixCount6?: number;
}

/** Addresses of an interface. */
export type Addresses = Pick<InterfaceRecord, "addresses" | "prefixes" | "addresses6" | "prefixes6">;

const filled = (...members: (readonly unknown[] | number | undefined)[]) =>
  members.filter((member) => (typeof member === "number" ? member > 0 : member !== undefined && member.length > 0)).length;

/** At most one of the IPv4 members and one of the IPv6 members may be given. */
export function checkExclusive(request: AddressRequest): void {
  for (const count of [request.count, request.prefixCount, request.count6, request.prefixCount6]) {
    if (count !== undefined && count < 0)
      throw invalidValue(`Value (${count}) for a count of addresses is invalid. It must not be negative.`);
  }
  if (filled(request.addresses, request.count, request.prefixes, request.prefixCount) > 1) {
    throw invalidCombination(
      "You may specify only one of these parameters: privateIpAddresses, secondaryPrivateIpAddressCount, ipv4Prefixes, ipv4PrefixCount",
    );
  }
  if (filled(request.addresses6, request.count6, request.prefixes6, request.prefixCount6) > 1) {
    throw invalidCombination(
      "You may specify only one of these parameters: ipv6Addresses, ipv6AddressCount, ipv6Prefixes, ipv6PrefixCount",
    );
  }
}

/** How many IPv4 and IPv6 slots a request takes. */
function slots(request: AddressRequest): { readonly v4: number; readonly v6: number } {
  const { addresses = [], count = 0, prefixes = [], prefixCount = 0 } = request;
  const { addresses6 = [], count6 = 0, prefixes6 = [], prefixCount6 = 0 } = request;
  return { v4: addresses.length + count + prefixes.length + prefixCount, v6: addresses6.length + count6 + prefixes6.length + prefixCount6 };
}

/**
 * Checks that an interface with `held` addresses has room for a request. `typeName` is the instance's type when it is attached.
 * Errors: PrivateIpAddressLimitExceeded; UnsupportedOperation for prefixes on types that are not Nitro.
 */
export function checkRoom(held: Addresses, request: AddressRequest, typeName: string | undefined): void {
  const type = typeName === undefined ? undefined : instanceType(typeName);
  const limit = type?.ipv4PerInterface ?? limits.addressesPerInterface;
  const { v4, v6 } = slots(request);
  if (held.addresses.length + held.prefixes.length + v4 > limit) {
    throw ec2Error("PrivateIpAddressLimitExceeded", "Number of private addresses will exceed limit.");
  }
  if (held.addresses6.length + held.prefixes6.length + v6 > limit) {
    throw ec2Error("PrivateIpAddressLimitExceeded", "Number of IPv6 addresses will exceed limit.");
  }
  if (type && !supportsPrefixes(type) && filled(request.prefixes, request.prefixCount, request.prefixes6, request.prefixCount6) > 0) {
    throw unsupported(`Prefix delegation is not supported on instance type '${type.name}'.`);
  }
}

/** Takes one named IPv4 address. */
function takeNamed(scope: Scope, subnetId: string, address: string): string {
  const book = scope.books.edit(subnetId).v4;
  if (!book?.inside(address)) throw invalidValue("Address does not fall within the subnet's address range");
  if (!book.assignable(address)) throw invalidValue("Address is in subnet's reserved address range");
  if (!book.take(address)) throw ec2Error("InvalidIPAddress.InUse", `Address ${address} is in use.`);
  return address;
}

/** Chooses the primary address, or takes the one asked for. Call inside a change. */
export function takePrimary(scope: Scope, subnetId: string, wanted: string | undefined): string {
  if (wanted !== undefined) return takeNamed(scope, subnetId, wanted);
  if (!scope.books.of(subnetId).v4) throw invalidValue(`The subnet '${subnetId}' has no IPv4 CIDR block.`);
  const taken = scope.books.edit(subnetId).v4!.allocate(1);
  if (typeof taken === "string") throw shortage[taken]();
  return taken[0]!;
}

/** Refuses a request the subnet cannot satisfy, before anything is taken. `primary` automatic addresses come on top. */
export function checkSupply(scope: Scope, subnetId: string, request: AddressRequest, primary = 0): void {
  const { v4, v6 } = scope.books.of(subnetId);
  const short = v4?.shortage((request.count ?? 0) + primary, request.prefixCount ?? 0);
  if (short) throw shortage[short]();
  if (!v6 && slots(request).v6 > 0) throw invalidValue(`The subnet '${subnetId}' does not have an IPv6 CIDR block.`);
}

/** Takes everything a request wants. Call inside a change; it throws when something is not to be had. */
export function takeAddresses(scope: Scope, subnetId: string, request: AddressRequest): Addresses {
  checkSupply(scope, subnetId, request);
  const { v4, v6 } = scope.books.edit(subnetId);
  const named = (request.addresses ?? []).map((address) => takeNamed(scope, subnetId, address));
  const namedPrefixes = (request.prefixes ?? []).map((prefix) => {
    if (!v4?.takePrefix(prefix)) throw ec2Error("InvalidCidrBlock.InUse", `The prefix ${prefix} is not a free /28 of the subnet.`);
    return prefix;
  });
  const chosen = request.count ? v4!.allocate(request.count) : [];
  const chosenPrefixes = request.prefixCount ? v4!.allocatePrefixes(request.prefixCount) : [];
  if (typeof chosen === "string") throw shortage[chosen]();
  if (typeof chosenPrefixes === "string") throw shortage[chosenPrefixes]();
  const named6 = (request.addresses6 ?? []).map((address) => {
    if (!v6!.inside(address)) throw invalidValue("Address does not fall within the subnet's address range");
    if (!v6!.assignable(address)) throw invalidValue("Address is in subnet's reserved address range");
    if (!v6!.take(address)) throw ec2Error("InvalidIPAddress.InUse", `Address ${address} is in use.`);
    return address;
  });
  const namedPrefixes6 = (request.prefixes6 ?? []).map((prefix) => {
    if (!v6!.takePrefix(prefix)) throw ec2Error("InvalidCidrBlock.InUse", `The prefix ${prefix} is not a free /80 of the subnet.`);
    return prefix;
  });
  const chosen6 = request.count6 ? v6!.allocate(request.count6) : [];
  const chosenPrefixes6 = request.prefixCount6 ? v6!.allocatePrefixes(request.prefixCount6) : [];
  if (!chosenPrefixes6) throw shortage["prefix-blocks"]();
  return {
    addresses: [...named, ...chosen],
    prefixes: [...namedPrefixes, ...chosenPrefixes],
    addresses6: [...named6, ...chosen6],
    prefixes6: [...namedPrefixes6, ...chosenPrefixes6],
  };
}

/** Gives addresses back. Call inside a change. */
export function releaseAddresses(scope: Scope, subnetId: string, held: Partial<Addresses>): void {
  const { v4, v6 } = scope.books.edit(subnetId);
  for (const address of held.addresses ?? []) v4?.release(address);
  for (const prefix of held.prefixes ?? []) v4?.releasePrefix(prefix);
  for (const address of held.addresses6 ?? []) v6?.release(address);
  for (const prefix of held.prefixes6 ?? []) v6?.releasePrefix(prefix);
}
