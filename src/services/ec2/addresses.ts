// Elastic IP addresses.
import type { Address } from "@aws-sdk/client-ec2";
import { type Ec2Operations, scopeOf } from "./deps.ts";
import { ec2Error, invalidCombination, invalidValue, missingParameter } from "./errors.ts";
import { filterBy, paginate } from "./filters.ts";
import { newId, newPublicIp } from "./ids.ts";
import { interfacesOf } from "./interface-attachments.ts";
import { limits } from "./limits.ts";
import { disassociated } from "./make-interface.ts";
import type { AddressRecord, InterfaceRecord } from "./records.ts";
import type { Scope } from "./scope.ts";
import { specifiedTags, tagList } from "./tags.ts";

function view(scope: Scope, record: AddressRecord): Address {
  const owner = record.interfaceId === undefined ? undefined : scope.get("network-interface", record.interfaceId);
  const instanceId = owner?.attachment?.instanceId;
  return {
    AllocationId: record.id,
    PublicIp: record.publicIp,
    Domain: "vpc",
    PublicIpv4Pool: "amazon",
    NetworkBorderGroup: record.borderGroup,
    ...(record.associationId === undefined
      ? {}
      : {
          AssociationId: record.associationId,
          NetworkInterfaceId: record.interfaceId,
          NetworkInterfaceOwnerId: scope.account,
          PrivateIpAddress: record.privateIp,
        }),
    ...(instanceId === undefined ? {} : { InstanceId: instanceId }),
    Tags: tagList(record.tags),
  };
}

/** The address a request names by allocation or by the address itself. */
function addressOf(scope: Scope, allocationId: string | undefined, publicIp: string | undefined): AddressRecord {
  if (allocationId !== undefined) return scope.require("elastic-ip", allocationId);
  if (publicIp === undefined) throw missingParameter("allocationId");
  const record = scope.list("elastic-ip").find((each) => each.publicIp === publicIp);
  if (!record) throw ec2Error("InvalidAddress.NotFound", `Address '${publicIp}' not found.`);
  return record;
}

/** A public address nobody in the scope has. */
function freePublicIp(scope: Scope): string {
  const taken = new Set(scope.list("elastic-ip").map((each) => each.publicIp));
  for (;;) {
    const address = newPublicIp(scope.random);
    if (!taken.has(address)) return address;
  }
}

/** Puts an elastic IP on an address of an interface. Call inside a change. Errors: Resource.AlreadyAssociated. */
export function associate(
  scope: Scope,
  record: AddressRecord,
  owner: InterfaceRecord,
  privateIp: string | undefined,
  again: boolean,
): AddressRecord {
  const target = privateIp ?? owner.addresses[0];
  if (target === undefined || !owner.addresses.includes(target)) {
    throw invalidValue(`The private IP address ${target ?? ""} is not assigned to network interface ${owner.id}`);
  }
  if (record.interfaceId === owner.id && record.privateIp === target) return record;
  if (record.associationId !== undefined && !again) {
    throw ec2Error("Resource.AlreadyAssociated", `resource ${record.id} is already associated with associate-id ${record.associationId}`);
  }
  for (const other of scope.list("elastic-ip")) {
    if (other.id !== record.id && other.interfaceId === owner.id && other.privateIp === target) {
      if (!again)
        throw ec2Error("Resource.AlreadyAssociated", `resource ${owner.id} is already associated with associate-id ${other.associationId}`);
      scope.put("elastic-ip", disassociated(other));
    }
  }
  const { publicIp: _, ...rest } = owner;
  if (target === owner.addresses[0]) scope.put("network-interface", rest);
  return scope.put("elastic-ip", { ...record, associationId: newId(scope.random, "eipassoc"), interfaceId: owner.id, privateIp: target });
}

export const addressOperations = {
  AllocateAddress: {
    run(input, call, deps) {
      const scope = scopeOf(call, deps);
      const tags = specifiedTags(input.TagSpecifications, "elastic-ip");
      if (input.Address || input.CustomerOwnedIpv4Pool || input.IpamPoolId || (input.PublicIpv4Pool && input.PublicIpv4Pool !== "amazon")) {
        throw ec2Error("UnsupportedOperation", "Address pools are not supported.");
      }
      if (scope.count("elastic-ip") >= limits.elasticIps) {
        throw ec2Error("AddressLimitExceeded", "The maximum number of addresses has been reached.");
      }
      const borderGroup = input.NetworkBorderGroup ?? scope.region;
      const record = scope.put("elastic-ip", { id: scope.newId("elastic-ip"), tags, publicIp: freePublicIp(scope), borderGroup });
      return {
        AllocationId: record.id,
        PublicIp: record.publicIp,
        Domain: "vpc",
        PublicIpv4Pool: "amazon",
        NetworkBorderGroup: borderGroup,
      };
    },
  },

  DescribeAddresses: {
    run(input, call, deps) {
      const scope = scopeOf(call, deps);
      const named = [
        ...(input.AllocationIds ?? []).map((id) => addressOf(scope, id, undefined)),
        ...(input.PublicIps ?? []).map((address) => addressOf(scope, undefined, address)),
      ];
      const matches = filterBy<Address>(input.Filters, {
        "allocation-id": (each) => each.AllocationId,
        "association-id": (each) => each.AssociationId,
        domain: (each) => each.Domain,
        "instance-id": (each) => each.InstanceId,
        "network-border-group": (each) => each.NetworkBorderGroup,
        "network-interface-id": (each) => each.NetworkInterfaceId,
        "network-interface-owner-id": (each) => each.NetworkInterfaceOwnerId,
        "private-ip-address": (each) => each.PrivateIpAddress,
        "public-ip": (each) => each.PublicIp,
      });
      const records = named.length > 0 ? named : scope.list("elastic-ip");
      return { Addresses: records.map((record) => view(scope, record)).filter(matches) };
    },
  },

  DescribeAddressesAttribute: {
    run(input, call, deps) {
      const scope = scopeOf(call, deps);
      if (input.Attribute !== undefined && input.Attribute !== "domain-name")
        throw invalidValue(`Value (${input.Attribute}) for parameter attribute is invalid.`);
      const records = input.AllocationIds?.length
        ? input.AllocationIds.map((id) => scope.require("elastic-ip", id))
        : scope.list("elastic-ip");
      const page = paginate(records, (record) => record.id, input, 1, 1000);
      return { Addresses: page.items.map((record) => ({ PublicIp: record.publicIp, AllocationId: record.id })), NextToken: page.NextToken };
    },
  },

  AssociateAddress: {
    run(input, call, deps) {
      const scope = scopeOf(call, deps);
      const record = addressOf(scope, input.AllocationId, input.PublicIp);
      if ((input.InstanceId === undefined) === (input.NetworkInterfaceId === undefined)) {
        throw invalidCombination("You must specify either an instance ID or a network interface ID");
      }
      const owner =
        input.NetworkInterfaceId === undefined
          ? interfacesOf(scope, scope.require("instance", input.InstanceId!))[0]
          : scope.require("network-interface", input.NetworkInterfaceId);
      if (!owner) throw ec2Error("InvalidInstanceID", `The instance '${input.InstanceId}' has no network interface.`);
      if (!scope.list("internet-gateway").some((gateway) => gateway.vpcId === owner.vpcId)) {
        throw ec2Error("Gateway.NotAttached", `Network ${owner.vpcId} is not attached to any internet gateway`);
      }
      const written = scope.change(() => associate(scope, record, owner, input.PrivateIpAddress, input.AllowReassociation ?? false));
      return { AssociationId: written.associationId };
    },
  },

  DisassociateAddress: {
    run(input, call, deps) {
      const scope = scopeOf(call, deps);
      const record =
        input.AssociationId === undefined
          ? addressOf(scope, undefined, input.PublicIp)
          : scope.list("elastic-ip").find((each) => each.associationId === input.AssociationId);
      if (record?.associationId === undefined) {
        throw ec2Error("InvalidAssociationID.NotFound", `The association ID '${input.AssociationId ?? ""}' does not exist`);
      }
      const owner = scope.get("network-interface", record.interfaceId!);
      if (owner?.type === "natGateway") throw ec2Error("AuthFailure", "You do not have permission to access the specified resource.");
      scope.put("elastic-ip", disassociated(record));
      return {};
    },
  },

  ReleaseAddress: {
    run(input, call, deps) {
      const scope = scopeOf(call, deps);
      const record = addressOf(scope, input.AllocationId, input.PublicIp);
      if (record.associationId !== undefined) throw ec2Error("InvalidIPAddress.InUse", `Address ${record.publicIp} is in use.`);
      scope.delete("elastic-ip", record.id);
      return {};
    },
  },
} satisfies Ec2Operations;
