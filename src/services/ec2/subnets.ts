// Subnets: create, describe, modify, delete.
import type { Subnet } from "@aws-sdk/client-ec2";
import { formatCidr, parseCidr, subBlock } from "../../vpc/cidr.ts";
import { type Ec2Operations, scopeOf } from "./deps.ts";
import { dependencyViolation, ec2Error, invalidCombination, invalidValue, missingParameter, required } from "./errors.ts";
import { describe, type Fields } from "./filters.ts";
import { newId } from "./ids.ts";
import { limits } from "./limits.ts";
import { makeSubnet } from "./make-vpc.ts";
import type { SubnetRecord } from "./records.ts";
import type { Scope } from "./scope.ts";
import { specifiedTags, tagList } from "./tags.ts";
import { subnetCidr, subnetCidr6 } from "./vpc-rules.ts";
import { zonesOf } from "./zones.ts";

/** A subnet as EC2 prints it. */
export function subnetView(scope: Scope, subnet: SubnetRecord): Subnet {
  return {
    SubnetId: subnet.id,
    SubnetArn: scope.arn("subnet", subnet.id),
    VpcId: subnet.vpcId,
    OwnerId: scope.account,
    State: "available",
    ...(subnet.cidr === undefined ? {} : { CidrBlock: subnet.cidr }),
    Ipv6CidrBlockAssociationSet: subnet.cidr6
      ? [
          {
            AssociationId: subnet.cidr6.id,
            Ipv6CidrBlock: subnet.cidr6.cidr,
            Ipv6CidrBlockState: { State: "associated" },
            Ipv6AddressAttribute: "public",
            IpSource: "amazon",
          },
        ]
      : [],
    AvailabilityZone: subnet.zone,
    AvailabilityZoneId: subnet.zoneId,
    AvailableIpAddressCount: scope.books.of(subnet.id).v4?.available ?? 0,
    DefaultForAz: subnet.defaultForAz,
    MapPublicIpOnLaunch: subnet.mapPublicIp,
    MapCustomerOwnedIpOnLaunch: false,
    AssignIpv6AddressOnCreation: subnet.assignIpv6,
    EnableDns64: subnet.dns64,
    Ipv6Native: subnet.ipv6Native,
    PrivateDnsNameOptionsOnLaunch: {
      HostnameType: subnet.hostnameType,
      EnableResourceNameDnsARecord: subnet.dnsARecord,
      EnableResourceNameDnsAAAARecord: subnet.dnsAaaaRecord,
    },
    BlockPublicAccessStates: { InternetGatewayBlockMode: "off" },
    Tags: tagList(subnet.tags),
  };
}

const fields: Fields<Subnet> = {
  "availability-zone": (view) => view.AvailabilityZone,
  availabilityZone: (view) => view.AvailabilityZone,
  "availability-zone-id": (view) => view.AvailabilityZoneId,
  availabilityZoneId: (view) => view.AvailabilityZoneId,
  "available-ip-address-count": (view) => view.AvailableIpAddressCount,
  cidr: (view) => view.CidrBlock,
  "cidr-block": (view) => view.CidrBlock,
  cidrBlock: (view) => view.CidrBlock,
  "default-for-az": (view) => view.DefaultForAz,
  defaultForAz: (view) => view.DefaultForAz,
  "enable-dns64": (view) => view.EnableDns64,
  "ipv6-cidr-block-association.ipv6-cidr-block": (view) => view.Ipv6CidrBlockAssociationSet?.map((each) => each.Ipv6CidrBlock),
  "ipv6-cidr-block-association.association-id": (view) => view.Ipv6CidrBlockAssociationSet?.map((each) => each.AssociationId),
  "ipv6-cidr-block-association.state": (view) => view.Ipv6CidrBlockAssociationSet?.map((each) => each.Ipv6CidrBlockState?.State),
  "ipv6-native": (view) => view.Ipv6Native,
  "map-public-ip-on-launch": (view) => view.MapPublicIpOnLaunch,
  "outpost-arn": () => [],
  "owner-id": (view) => view.OwnerId,
  "private-dns-name-options-on-launch.hostname-type": (view) => view.PrivateDnsNameOptionsOnLaunch?.HostnameType,
  state: (view) => view.State,
  "subnet-arn": (view) => view.SubnetArn,
  "subnet-id": (view) => view.SubnetId,
  "vpc-id": (view) => view.VpcId,
};

/** The zone a request names, by name or id; the first of the region if it names none. */
function zoneFor(scope: Scope, name: string | undefined, id: string | undefined) {
  const zones = zonesOf(scope.region);
  if (name !== undefined && id !== undefined)
    throw invalidCombination("Only one of AvailabilityZone and AvailabilityZoneId can be specified");
  if (name === undefined && id === undefined) return zones[0]!;
  const zone = zones.find((each) => (name === undefined ? each.id === id : each.name === name));
  if (zone) return zone;
  const names = zones.map((each) => (name === undefined ? each.id : each.name)).join(", ");
  throw invalidValue(
    `Value (${name ?? id}) for parameter availabilityZone is invalid. Subnets can currently only be created in the following availability zones: ${names}.`,
  );
}

export const subnetOperations = {
  CreateSubnet: {
    run(input, call, deps) {
      const scope = scopeOf(call, deps);
      const vpc = scope.require("vpc", required(input.VpcId, "vpcId"));
      if (!input.CidrBlock && !input.Ipv6Native) throw missingParameter("cidrBlock");
      if (input.Ipv6Native && (input.CidrBlock || !input.Ipv6CidrBlock)) {
        throw invalidCombination("An IPv6-only subnet takes an IPv6 CIDR block and no IPv4 CIDR block");
      }
      const zone = zoneFor(scope, input.AvailabilityZone, input.AvailabilityZoneId);
      const tags = specifiedTags(input.TagSpecifications, "subnet");
      const cidr = input.CidrBlock ? subnetCidr(scope, vpc, input.CidrBlock) : undefined;
      const cidr6 = input.Ipv6CidrBlock ? subnetCidr6(scope, vpc, input.Ipv6CidrBlock) : undefined;
      if (scope.list("subnet").filter((subnet) => subnet.vpcId === vpc.id).length >= limits.subnetsPerVpc) {
        throw ec2Error("SubnetLimitExceeded", "The maximum number of subnets has been reached.");
      }
      const subnet = scope.change(() =>
        makeSubnet(scope, {
          vpcId: vpc.id,
          ...(cidr ? { cidr } : {}),
          ...(cidr6 ? { cidr6 } : {}),
          zone: zone.name,
          zoneId: zone.id,
          ipv6Native: input.Ipv6Native ?? false,
          assignIpv6: input.Ipv6Native ?? false,
          tags,
        }),
      );
      return { Subnet: subnetView(scope, subnet) };
    },
  },

  CreateDefaultSubnet: {
    run(input, call, deps) {
      const scope = scopeOf(call, deps);
      const vpc = scope.list("vpc").find((record) => record.isDefault);
      if (!vpc) throw ec2Error("DefaultVpcDoesNotExist", "No default VPC for this user.");
      const zone = zoneFor(scope, input.AvailabilityZone, input.AvailabilityZoneId);
      const existing = scope.list("subnet").find((subnet) => subnet.defaultForAz && subnet.zone === zone.name);
      if (existing) {
        throw ec2Error("DefaultSubnetAlreadyExistsInAvailabilityZone", `'${existing.id}' is already the default subnet in ${zone.name}.`);
      }
      const free = Array.from({ length: 16 }, (_, index) => formatCidr(subBlock(parseCidr(vpc.cidrs[0]!.cidr)!, 20, index))).find(
        (candidate) => !scope.list("subnet").some((subnet) => subnet.vpcId === vpc.id && subnet.cidr === candidate),
      );
      const cidr = subnetCidr(scope, vpc, free ?? vpc.cidrs[0]!.cidr);
      const plan = { vpcId: vpc.id, cidr, zone: zone.name, zoneId: zone.id, defaultForAz: true, mapPublicIp: true, tags: {} };
      return {
        Subnet: subnetView(
          scope,
          scope.change(() => makeSubnet(scope, plan)),
        ),
      };
    },
  },

  DescribeSubnets: {
    run(input, call, deps) {
      const scope = scopeOf(call, deps);
      const page = describe({
        input,
        kind: "subnet",
        ids: input.SubnetIds,
        idsName: "SubnetIds",
        get: (id) => scope.get("subnet", id),
        list: () => scope.list("subnet"),
        view: (subnet) => subnetView(scope, subnet),
        fields,
      });
      return { Subnets: page.items, NextToken: page.NextToken };
    },
  },

  ModifySubnetAttribute: {
    run(input, call, deps) {
      const scope = scopeOf(call, deps);
      const subnet = scope.require("subnet", required(input.SubnetId, "subnetId"));
      const assignIpv6 = input.AssignIpv6AddressOnCreation?.Value;
      if (assignIpv6 && !subnet.cidr6)
        throw invalidValue(
          `Invalid value 'true' for assignIpv6AddressOnCreation. No IPv6 CIDR block is associated with subnet '${subnet.id}'.`,
        );
      if (input.MapCustomerOwnedIpOnLaunch || input.CustomerOwnedIpv4Pool || input.EnableLniAtDeviceIndex !== undefined) {
        throw ec2Error("UnsupportedOperation", "Outposts are not supported.");
      }
      scope.put("subnet", {
        ...subnet,
        assignIpv6: assignIpv6 ?? subnet.assignIpv6,
        mapPublicIp: input.MapPublicIpOnLaunch?.Value ?? subnet.mapPublicIp,
        dns64: input.EnableDns64?.Value ?? subnet.dns64,
        hostnameType: input.PrivateDnsHostnameTypeOnLaunch ?? subnet.hostnameType,
        dnsARecord: input.EnableResourceNameDnsARecordOnLaunch?.Value ?? subnet.dnsARecord,
        dnsAaaaRecord: input.EnableResourceNameDnsAAAARecordOnLaunch?.Value ?? subnet.dnsAaaaRecord,
      });
      return {};
    },
  },

  AssociateSubnetCidrBlock: {
    run(input, call, deps) {
      const scope = scopeOf(call, deps);
      const subnet = scope.require("subnet", required(input.SubnetId, "subnetId"));
      const cidr = subnetCidr6(scope, scope.require("vpc", subnet.vpcId), required(input.Ipv6CidrBlock, "ipv6CidrBlock"));
      if (subnet.cidr6) throw ec2Error("CidrLimitExceeded", `This subnet ${subnet.id} has met its maximum number of allowed CIDRs: 1`);
      const id = newId(scope.random, "subnet-cidr-assoc");
      scope.change(() => {
        scope.put("subnet", { ...subnet, cidr6: { id, cidr } });
        scope.books.drop(subnet.id);
      });
      return {
        SubnetId: subnet.id,
        Ipv6CidrBlockAssociation: { AssociationId: id, Ipv6CidrBlock: cidr, Ipv6CidrBlockState: { State: "associating" } },
      };
    },
  },

  DisassociateSubnetCidrBlock: {
    run(input, call, deps) {
      const scope = scopeOf(call, deps);
      const id = required(input.AssociationId, "associationId");
      const subnet = scope.list("subnet").find((record) => record.cidr6?.id === id);
      if (!subnet)
        throw ec2Error("InvalidSubnetCidrBlockAssociationID.NotFound", `The subnet CIDR block association ID '${id}' does not exist`);
      const { cidr6, ...rest } = subnet;
      const used = scope
        .list("network-interface")
        .some((each) => each.subnetId === subnet.id && each.addresses6.length + each.prefixes6.length > 0);
      if (used)
        throw ec2Error("InvalidCidrBlock.InUse", `The subnet ${subnet.id} has interfaces with IPv6 addresses in CIDR block ${cidr6!.cidr}`);
      scope.change(() => {
        scope.put("subnet", { ...rest, assignIpv6: false });
        scope.books.drop(subnet.id);
      });
      return {
        SubnetId: subnet.id,
        Ipv6CidrBlockAssociation: { AssociationId: id, Ipv6CidrBlock: cidr6!.cidr, Ipv6CidrBlockState: { State: "disassociating" } },
      };
    },
  },

  DeleteSubnet: {
    run(input, call, deps) {
      const scope = scopeOf(call, deps);
      const { id } = scope.require("subnet", required(input.SubnetId, "subnetId"));
      const interfaces = scope.list("network-interface").filter((record) => record.subnetId === id);
      if (interfaces.length > 0) throw dependencyViolation(`The subnet '${id}' has dependencies and cannot be deleted.`, interfaces);
      scope.change(() => {
        for (const table of scope.list("route-table")) {
          const associations = table.associations.filter((association) => association.subnetId !== id);
          if (associations.length < table.associations.length) scope.put("route-table", { ...table, associations });
        }
        for (const reservation of scope.list("subnet-cidr-reservation")) {
          if (reservation.subnetId === id) scope.delete("subnet-cidr-reservation", reservation.id);
        }
        for (const log of scope.list("vpc-flow-log")) if (log.resourceId === id) scope.delete("vpc-flow-log", log.id);
        scope.delete("subnet", id);
        scope.books.drop(id);
      });
      return {};
    },
  },
} satisfies Ec2Operations;
