// Attributes and further CIDR blocks of a VPC.
import { overlaps, parseCidr } from "../../vpc/cidr.ts";
import { type Ec2Operations, scopeOf } from "./deps.ts";
import { ec2Error, invalidCombination, invalidValue, notPermitted, required } from "./errors.ts";
import { newId, newIpv6Block } from "./ids.ts";
import { limits } from "./limits.ts";
import { allowEntries, denyEntries } from "./make-vpc.ts";
import type { Scope } from "./scope.ts";
import { secondaryCidr } from "./vpc-rules.ts";

/** Gives the VPC's default ACL its IPv6 entries once it has an IPv6 block, as EC2 does. */
function addIpv6AclEntries(scope: Scope, vpcId: string): void {
  for (const acl of scope.list("network-acl")) {
    if (acl.vpcId !== vpcId) continue;
    const wanted = [...(acl.isDefault ? allowEntries(true) : []), ...denyEntries(true)];
    const added = wanted.filter((entry) => !acl.entries.some((own) => own.ruleNumber === entry.ruleNumber && own.egress === entry.egress));
    if (added.length > 0) scope.put("network-acl", { ...acl, entries: [...acl.entries, ...added] });
  }
}

export const vpcAttributeOperations = {
  DescribeVpcAttribute: {
    run(input, call, deps) {
      const vpc = scopeOf(call, deps).require("vpc", required(input.VpcId, "vpcId"));
      switch (input.Attribute) {
        case "enableDnsSupport":
          return { VpcId: vpc.id, EnableDnsSupport: { Value: vpc.dnsSupport } };
        case "enableDnsHostnames":
          return { VpcId: vpc.id, EnableDnsHostnames: { Value: vpc.dnsHostnames } };
        case "enableNetworkAddressUsageMetrics":
          return { VpcId: vpc.id, EnableNetworkAddressUsageMetrics: { Value: vpc.addressUsageMetrics } };
        default:
          throw invalidValue(`Value (${input.Attribute}) for parameter attribute is invalid. Unknown attribute.`);
      }
    },
  },

  ModifyVpcAttribute: {
    run(input, call, deps) {
      const scope = scopeOf(call, deps);
      const vpc = scope.require("vpc", required(input.VpcId, "vpcId"));
      const given = [input.EnableDnsSupport, input.EnableDnsHostnames, input.EnableNetworkAddressUsageMetrics].filter(Boolean);
      if (given.length !== 1) throw invalidCombination("Fields for multiple attribute types specified or none: change exactly one");
      const dnsSupport = input.EnableDnsSupport?.Value ?? vpc.dnsSupport;
      const dnsHostnames = input.EnableDnsHostnames?.Value ?? vpc.dnsHostnames;
      if (input.EnableDnsHostnames?.Value && !dnsSupport) {
        throw invalidCombination("You can only enable DNS hostnames if you have enabled DNS support.");
      }
      const addressUsageMetrics = input.EnableNetworkAddressUsageMetrics?.Value ?? vpc.addressUsageMetrics;
      scope.put("vpc", { ...vpc, dnsSupport, dnsHostnames, addressUsageMetrics });
      return {};
    },
  },

  ModifyVpcTenancy: {
    run(input, call, deps) {
      const scope = scopeOf(call, deps);
      scope.patch("vpc", required(input.VpcId, "vpcId"), { tenancy: "default" });
      return { ReturnValue: true };
    },
  },

  AssociateVpcCidrBlock: {
    run(input, call, deps) {
      const scope = scopeOf(call, deps);
      const vpc = scope.require("vpc", required(input.VpcId, "vpcId"));
      if (input.Ipv4IpamPoolId || input.Ipv6IpamPoolId || input.Ipv6Pool) {
        throw ec2Error("UnsupportedOperation", "Address pools are not supported.");
      }
      const exceeded = (count: number) =>
        ec2Error("CidrLimitExceeded", `This network ${vpc.id} has met its maximum number of allowed CIDRs: ${count}`);
      const id = newId(scope.random, "vpc-cidr-assoc");
      if (input.AmazonProvidedIpv6CidrBlock) {
        if (input.CidrBlock) throw invalidCombination("CidrBlock and AmazonProvidedIpv6CidrBlock cannot be used together");
        if (vpc.cidrs6.length >= limits.cidrs6PerVpc) throw exceeded(limits.cidrs6PerVpc);
        const borderGroup = input.Ipv6CidrBlockNetworkBorderGroup ?? scope.region;
        const cidr = newIpv6Block(scope.random);
        scope.change(() => {
          scope.put("vpc", { ...vpc, cidrs6: [...vpc.cidrs6, { id, cidr, borderGroup }] });
          addIpv6AclEntries(scope, vpc.id);
        });
        return {
          VpcId: vpc.id,
          Ipv6CidrBlockAssociation: {
            AssociationId: id,
            Ipv6CidrBlock: cidr,
            Ipv6CidrBlockState: { State: "associating" },
            NetworkBorderGroup: borderGroup,
            Ipv6Pool: "Amazon",
          },
        };
      }
      const cidr = secondaryCidr(vpc, required(input.CidrBlock, "cidrBlock"));
      if (vpc.cidrs.length >= limits.cidrsPerVpc) throw exceeded(limits.cidrsPerVpc);
      scope.put("vpc", { ...vpc, cidrs: [...vpc.cidrs, { id, cidr }] });
      return { VpcId: vpc.id, CidrBlockAssociation: { AssociationId: id, CidrBlock: cidr, CidrBlockState: { State: "associating" } } };
    },
  },

  DisassociateVpcCidrBlock: {
    run(input, call, deps) {
      const scope = scopeOf(call, deps);
      const id = required(input.AssociationId, "associationId");
      const vpc = scope.list("vpc").find((record) => [...record.cidrs, ...record.cidrs6].some((association) => association.id === id));
      if (!vpc) throw ec2Error("InvalidVpcCidrBlockAssociationID.NotFound", `The vpc CIDR block association ID '${id}' does not exist`);
      const primary = vpc.cidrs[0]!;
      if (primary.id === id) {
        throw notPermitted(
          `The vpc CIDR block with association ID ${id} may not be disassociated. It is the primary IPv4 CIDR block of the VPC`,
        );
      }
      const association = [...vpc.cidrs, ...vpc.cidrs6].find((each) => each.id === id)!;
      const block = parseCidr(association.cidr)!;
      const used = scope
        .list("subnet")
        .filter((subnet) => subnet.vpcId === vpc.id)
        .some((subnet) => [subnet.cidr, subnet.cidr6?.cidr].some((cidr) => cidr !== undefined && overlaps(parseCidr(cidr)!, block)));
      if (used) {
        throw ec2Error("InvalidCidrBlock.InUse", `The vpc ${vpc.id} currently has a subnet within CIDR block ${association.cidr}`);
      }
      const without = <T extends { readonly id: string }>(list: readonly T[]) => list.filter((each) => each.id !== id);
      scope.put("vpc", { ...vpc, cidrs: without(vpc.cidrs), cidrs6: without(vpc.cidrs6) });
      return block.family === 4
        ? {
            VpcId: vpc.id,
            CidrBlockAssociation: { AssociationId: id, CidrBlock: association.cidr, CidrBlockState: { State: "disassociating" } },
          }
        : {
            VpcId: vpc.id,
            Ipv6CidrBlockAssociation: {
              AssociationId: id,
              Ipv6CidrBlock: association.cidr,
              Ipv6CidrBlockState: { State: "disassociating" },
            },
          };
    },
  },
} satisfies Ec2Operations;
