// Network interfaces: create, describe, modify, delete.
import type { CreateNetworkInterfaceRequest } from "@aws-sdk/client-ec2";
import { type Ec2Operations, scopeOf } from "./deps.ts";
import { ec2Error, invalidCombination, invalidValue, missingParameter, required } from "./errors.ts";
import { describe } from "./filters.ts";
import type { AddressRequest } from "./interface-addresses.ts";
import { candidates } from "./interface-candidates.ts";
import { interfaceContext, interfaceFacts, interfaceFields, interfaceView } from "./interface-views.ts";
import { kindOf } from "./kinds.ts";
import { checkGroups, isOfNetworkBalancer, makeInterface, removeInterface, requester, serviceAttachment } from "./make-interface.ts";
import { isService, refuseManaged } from "./managed.ts";
import type { InterfaceRecord } from "./records.ts";
import { specifiedTags } from "./tags.ts";
import { once } from "./tokens.ts";

const creatable = ["interface", "efa", "efa-only", "branch", "trunk"];

/** Named addresses and counts of a create request, and its primary address. */
export function requestedAddresses(
  input: Pick<
    CreateNetworkInterfaceRequest,
    | "PrivateIpAddress"
    | "PrivateIpAddresses"
    | "SecondaryPrivateIpAddressCount"
    | "Ipv4Prefixes"
    | "Ipv4PrefixCount"
    | "Ipv6Addresses"
    | "Ipv6AddressCount"
    | "Ipv6Prefixes"
    | "Ipv6PrefixCount"
  >,
): { readonly primary: string | undefined; readonly request: AddressRequest } {
  const listed = input.PrivateIpAddresses ?? [];
  const primaries = listed.filter((each) => each.Primary).map((each) => required(each.PrivateIpAddress, "privateIpAddress"));
  if (primaries.length > 1) throw invalidCombination("Only one primary private IP address can be specified.");
  if (primaries.length > 0 && input.PrivateIpAddress !== undefined && input.PrivateIpAddress !== primaries[0]) {
    throw invalidCombination("Only one primary private IP address can be specified.");
  }
  const present = <K extends string, T>(key: K, value: T | undefined) => (value === undefined ? {} : ({ [key]: value } as Record<K, T>));
  const secondaries = listed.filter((each) => !each.Primary).map((each) => required(each.PrivateIpAddress, "privateIpAddress"));
  return {
    primary: primaries[0] ?? input.PrivateIpAddress,
    request: {
      addresses: secondaries,
      ...present("count", input.SecondaryPrivateIpAddressCount),
      prefixes: (input.Ipv4Prefixes ?? []).map((each) => required(each.Ipv4Prefix, "ipv4Prefix")),
      ...present("prefixCount", input.Ipv4PrefixCount),
      addresses6: (input.Ipv6Addresses ?? []).map((each) => required(each.Ipv6Address, "ipv6Address")),
      ...present("count6", input.Ipv6AddressCount),
      prefixes6: (input.Ipv6Prefixes ?? []).map((each) => required(each.Ipv6Prefix, "ipv6Prefix")),
      ...present("prefixCount6", input.Ipv6PrefixCount),
    },
  };
}

export const interfaceOperations = {
  CreateNetworkInterface: {
    run(input, call, deps) {
      const scope = scopeOf(call, deps);
      const subnet = scope.require("subnet", required(input.SubnetId, "subnetId"));
      if (input.InterfaceType && !creatable.includes(input.InterfaceType)) {
        throw invalidValue(`Value (${input.InterfaceType}) for parameter interfaceType is invalid.`);
      }
      const unknown = input.Groups?.find((id) => kindOf(id) === "security-group" && !scope.get("security-group", id));
      // Other operations answer InvalidGroup.NotFound.
      if (unknown) throw ec2Error("InvalidSecurityGroupID.NotFound", `The security group '${unknown}' does not exist`);
      const tags = specifiedTags(input.TagSpecifications, "network-interface", { service: isService(call.caller) });
      const { primary, request } = requestedAddresses(input);
      const tracking = input.ConnectionTrackingSpecification;
      const owner = requester(call.caller);
      const balancer = isOfNetworkBalancer(call.caller, input.Description);
      const [id] = once(scope, "CreateNetworkInterface", input, () => [
        makeInterface(scope, {
          subnet,
          description: input.Description ?? "",
          ...(input.Groups ? { groups: input.Groups } : {}),
          ...(primary === undefined ? {} : { primary }),
          request,
          primaryIpv6: input.EnablePrimaryIpv6 ?? false,
          type: balancer ? "network_load_balancer" : ((input.InterfaceType as InterfaceRecord["type"] | undefined) ?? "interface"),
          tags,
          ...owner,
          ...(owner.requesterManaged ? { attachment: serviceAttachment(scope) } : {}),
          ...(tracking
            ? {
                connectionTracking: { tcp: tracking.TcpEstablishedTimeout, udp: tracking.UdpTimeout, udpStream: tracking.UdpStreamTimeout },
              }
            : {}),
        } as Parameters<typeof makeInterface>[1]).id,
      ]);
      const made = scope.require("network-interface", id!);
      const record = balancer && !input.Groups ? scope.put("network-interface", { ...made, groups: [] }) : made;
      const view = interfaceView(scope, record, interfaceContext(scope));
      return {
        NetworkInterface: view,
        ...(input.ClientToken ? { ClientToken: input.ClientToken } : {}),
      };
    },
  },

  DescribeNetworkInterfaces: {
    run(input, call, deps) {
      const scope = scopeOf(call, deps);
      const context = interfaceContext(scope);
      const page = describe({
        input,
        kind: "network-interface",
        ids: input.NetworkInterfaceIds,
        idsName: "networkInterfaceIds",
        get: (id) => scope.get("network-interface", id),
        list: () => candidates(scope, input.Filters),
        facts: interfaceFacts,
        view: (record) => {
          const view = interfaceView(scope, record, context);
          return { ...view, Tags: view.TagSet };
        },
        fields: interfaceFields,
      });
      return { NetworkInterfaces: page.items.map(({ Tags: _, ...view }) => view), NextToken: page.NextToken };
    },
  },

  DescribeNetworkInterfaceAttribute: {
    run(input, call, deps) {
      const scope = scopeOf(call, deps);
      const record = scope.require("network-interface", required(input.NetworkInterfaceId, "networkInterfaceId"));
      const view = interfaceView(scope, record, interfaceContext(scope));
      const NetworkInterfaceId = record.id;
      switch (input.Attribute) {
        case "description":
          return { NetworkInterfaceId, Description: { Value: record.description } };
        case "groupSet":
          return { NetworkInterfaceId, Groups: view.Groups };
        case "sourceDestCheck":
          return { NetworkInterfaceId, SourceDestCheck: { Value: record.sourceDestCheck } };
        case "attachment":
          return { NetworkInterfaceId, Attachment: view.Attachment };
        case "associatePublicIpAddress":
          return { NetworkInterfaceId, AssociatePublicIpAddress: record.publicIp !== undefined };
        default:
          throw missingParameter("attribute");
      }
    },
  },

  ModifyNetworkInterfaceAttribute: {
    run(input, call, deps) {
      const scope = scopeOf(call, deps);
      const record = scope.require("network-interface", required(input.NetworkInterfaceId, "networkInterfaceId"));
      refuseManaged(call.caller, record);
      const tracking = input.ConnectionTrackingSpecification;
      const given = [
        input.Attachment,
        input.Description,
        input.Groups,
        input.SourceDestCheck,
        tracking,
        input.EnablePrimaryIpv6,
        input.EnaSrdSpecification,
        input.AssociatePublicIpAddress,
      ];
      if (given.filter((each) => each !== undefined).length !== 1) {
        throw invalidCombination("Fields for multiple attribute types specified: change exactly one attribute at a time");
      }
      const changed = { ...record };
      if (input.Attachment) {
        const { AttachmentId: id, DeleteOnTermination: deleteOnTermination } = input.Attachment;
        if (!record.attachment || (id !== undefined && id !== record.attachment.id)) {
          throw ec2Error("InvalidAttachmentID.NotFound", `The attachment '${id ?? ""}' does not exist`);
        }
        changed.attachment = { ...record.attachment, deleteOnTermination: deleteOnTermination ?? record.attachment.deleteOnTermination };
      } else if (input.Groups) {
        if (input.Groups.length === 0) throw invalidValue("You must specify one or more security groups");
        changed.groups = checkGroups(scope, record.vpcId, input.Groups);
      } else if (tracking) {
        changed.connectionTracking = {
          ...(tracking.TcpEstablishedTimeout === undefined ? {} : { tcp: tracking.TcpEstablishedTimeout }),
          ...(tracking.UdpTimeout === undefined ? {} : { udp: tracking.UdpTimeout }),
          ...(tracking.UdpStreamTimeout === undefined ? {} : { udpStream: tracking.UdpStreamTimeout }),
        };
      } else if (input.EnaSrdSpecification || input.AssociatePublicIpAddress !== undefined) {
        throw ec2Error("UnsupportedOperation", "This attribute of a network interface cannot be changed here.");
      } else {
        changed.description = input.Description?.Value ?? record.description;
        changed.sourceDestCheck = input.SourceDestCheck?.Value ?? record.sourceDestCheck;
        changed.primaryIpv6 = input.EnablePrimaryIpv6 ?? record.primaryIpv6;
      }
      scope.put("network-interface", changed);
      return {};
    },
  },

  ResetNetworkInterfaceAttribute: {
    run(input, call, deps) {
      const scope = scopeOf(call, deps);
      const record = scope.require("network-interface", required(input.NetworkInterfaceId, "networkInterfaceId"));
      refuseManaged(call.caller, record);
      scope.put("network-interface", { ...record, sourceDestCheck: true });
      return {};
    },
  },

  DeleteNetworkInterface: {
    run(input, call, deps) {
      const scope = scopeOf(call, deps);
      const record = scope.require("network-interface", required(input.NetworkInterfaceId, "networkInterfaceId"));
      refuseManaged(call.caller, record);
      const held = record.attachment && (record.attachment.instanceId !== undefined || !record.requesterManaged);
      const branch = scope.list("trunk-association").some((each) => each.branchId === record.id || each.trunkId === record.id);
      if (held || branch) throw invalidValue(`Network interface '${record.id}' is currently in use.`);
      scope.change(() => removeInterface(scope, record));
      return {};
    },
  },
} satisfies Ec2Operations;
