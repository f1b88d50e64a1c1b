// Assigning and unassigning secondary addresses and prefixes of interfaces.
import { type Ec2Operations, scopeOf } from "./deps.ts";
import { ec2Error, invalidValue, missingParameter, required } from "./errors.ts";
import { checkExclusive, checkRoom, releaseAddresses, takeAddresses } from "./interface-addresses.ts";
import { disassociated } from "./make-interface.ts";
import { refuseManaged } from "./managed.ts";
import type { InterfaceRecord } from "./records.ts";
import type { Scope } from "./scope.ts";

/** Type of the instance an interface is attached to. */
function typeOf(scope: Scope, record: InterfaceRecord): string | undefined {
  return record.attachment?.instanceId === undefined ? undefined : scope.get("instance", record.attachment.instanceId)?.type;
}

/** With reassignment allowed, takes named addresses away from the interfaces that hold them. */
function reassign(scope: Scope, record: InterfaceRecord, addresses: readonly string[]): void {
  for (const other of scope.list("network-interface")) {
    if (other.subnetId !== record.subnetId || other.id === record.id) continue;
    const moved = other.addresses.slice(1).filter((address) => addresses.includes(address));
    if (moved.length === 0) continue;
    releaseAddresses(scope, other.subnetId, { addresses: moved });
    scope.put("network-interface", { ...other, addresses: other.addresses.filter((address) => !moved.includes(address)) });
  }
}

/** Frees elastic IPs of addresses that leave an interface. */
function dropPublic(scope: Scope, record: InterfaceRecord, addresses: readonly string[]): void {
  for (const elastic of scope.list("elastic-ip")) {
    if (elastic.interfaceId === record.id && addresses.includes(elastic.privateIp ?? "")) scope.put("elastic-ip", disassociated(elastic));
  }
}

/** What of `unwanted` the interface does not hold is an error. */
function checkHeld(record: InterfaceRecord, held: readonly string[], unwanted: readonly string[], noun: string): void {
  for (const each of unwanted) {
    if (!held.includes(each)) throw invalidValue(`Some networkInterface ${noun} are not assigned to interface ${record.id}: [${each}]`);
  }
}

export const interfaceAssignmentOperations = {
  AssignPrivateIpAddresses: {
    run(input, call, deps) {
      const scope = scopeOf(call, deps);
      const record = scope.require("network-interface", required(input.NetworkInterfaceId, "networkInterfaceId"));
      refuseManaged(call.caller, record);
      const addresses = input.PrivateIpAddresses ?? [];
      const request = {
        addresses: addresses.filter((address) => !record.addresses.includes(address)),
        count: input.SecondaryPrivateIpAddressCount ?? 0,
        prefixes: input.Ipv4Prefixes ?? [],
        prefixCount: input.Ipv4PrefixCount ?? 0,
      };
      if (addresses.length + request.count + request.prefixes.length + request.prefixCount === 0)
        throw missingParameter("secondaryPrivateIpAddressCount");
      checkExclusive({ ...request, addresses });
      checkRoom(record, request, typeOf(scope, record));
      const taken = scope.change(() => {
        if (input.AllowReassignment) reassign(scope, record, request.addresses);
        const added = takeAddresses(scope, record.subnetId, request);
        scope.put("network-interface", {
          ...record,
          addresses: [...record.addresses, ...added.addresses],
          prefixes: [...record.prefixes, ...added.prefixes],
        });
        return added;
      });
      return {
        NetworkInterfaceId: record.id,
        AssignedPrivateIpAddresses: taken.addresses.map((PrivateIpAddress) => ({ PrivateIpAddress })),
        AssignedIpv4Prefixes: taken.prefixes.map((Ipv4Prefix) => ({ Ipv4Prefix })),
      };
    },
  },

  UnassignPrivateIpAddresses: {
    run(input, call, deps) {
      const scope = scopeOf(call, deps);
      const record = scope.require("network-interface", required(input.NetworkInterfaceId, "networkInterfaceId"));
      refuseManaged(call.caller, record);
      const addresses = [...new Set(input.PrivateIpAddresses ?? [])];
      const prefixes = [...new Set(input.Ipv4Prefixes ?? [])];
      if (addresses.length + prefixes.length === 0) throw missingParameter("privateIpAddresses");
      if (addresses.includes(record.addresses[0] ?? "")) {
        throw invalidValue(`The primary private IP address ${record.addresses[0]} of interface ${record.id} cannot be unassigned`);
      }
      checkHeld(record, record.addresses, addresses, "private IP addresses");
      checkHeld(record, record.prefixes, prefixes, "IPv4 prefixes");
      scope.change(() => {
        releaseAddresses(scope, record.subnetId, { addresses, prefixes });
        dropPublic(scope, record, addresses);
        scope.put("network-interface", {
          ...record,
          addresses: record.addresses.filter((address) => !addresses.includes(address)),
          prefixes: record.prefixes.filter((prefix) => !prefixes.includes(prefix)),
        });
      });
      return {};
    },
  },

  AssignIpv6Addresses: {
    run(input, call, deps) {
      const scope = scopeOf(call, deps);
      const record = scope.require("network-interface", required(input.NetworkInterfaceId, "networkInterfaceId"));
      refuseManaged(call.caller, record);
      const request = {
        addresses6: input.Ipv6Addresses ?? [],
        count6: input.Ipv6AddressCount ?? 0,
        prefixes6: input.Ipv6Prefixes ?? [],
        prefixCount6: input.Ipv6PrefixCount ?? 0,
      };
      if (request.addresses6.length + request.count6 + request.prefixes6.length + request.prefixCount6 === 0)
        throw missingParameter("ipv6AddressCount");
      checkExclusive(request);
      checkRoom(record, request, typeOf(scope, record));
      const taken = scope.change(() => {
        const added = takeAddresses(scope, record.subnetId, request);
        scope.put("network-interface", {
          ...record,
          addresses6: [...record.addresses6, ...added.addresses6],
          prefixes6: [...record.prefixes6, ...added.prefixes6],
        });
        return added;
      });
      return { NetworkInterfaceId: record.id, AssignedIpv6Addresses: [...taken.addresses6], AssignedIpv6Prefixes: [...taken.prefixes6] };
    },
  },

  UnassignIpv6Addresses: {
    run(input, call, deps) {
      const scope = scopeOf(call, deps);
      const record = scope.require("network-interface", required(input.NetworkInterfaceId, "networkInterfaceId"));
      refuseManaged(call.caller, record);
      const addresses6 = [...new Set(input.Ipv6Addresses ?? [])];
      const prefixes6 = [...new Set(input.Ipv6Prefixes ?? [])];
      if (addresses6.length + prefixes6.length === 0) throw missingParameter("ipv6Addresses");
      if (record.primaryIpv6 && addresses6.includes(record.addresses6[0] ?? "")) {
        throw ec2Error("OperationNotPermitted", "A primary IPv6 address cannot be unassigned");
      }
      checkHeld(record, record.addresses6, addresses6, "IPv6 addresses");
      checkHeld(record, record.prefixes6, prefixes6, "IPv6 prefixes");
      scope.change(() => {
        releaseAddresses(scope, record.subnetId, { addresses6, prefixes6 });
        scope.put("network-interface", {
          ...record,
          addresses6: record.addresses6.filter((address) => !addresses6.includes(address)),
          prefixes6: record.prefixes6.filter((prefix) => !prefixes6.includes(prefix)),
        });
      });
      return { NetworkInterfaceId: record.id, UnassignedIpv6Addresses: addresses6, UnassignedIpv6Prefixes: prefixes6 };
    },
  },
} satisfies Ec2Operations;
