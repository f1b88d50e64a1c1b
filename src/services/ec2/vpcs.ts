// VPCs: create, describe, delete.
import type { Vpc } from "@aws-sdk/client-ec2";
import { defaultDhcpOptions, makeDefaultVpc } from "./defaults.ts";
import { type Ec2Operations, scopeOf } from "./deps.ts";
import { dependencyViolation, ec2Error, invalidCombination, missingParameter, required } from "./errors.ts";
import { describe, type Fields } from "./filters.ts";
import { newIpv6Block } from "./ids.ts";
import { limits } from "./limits.ts";
import { makeVpc } from "./make-vpc.ts";
import type { VpcRecord } from "./records.ts";
import type { Scope } from "./scope.ts";
import { specifiedTags, tagList } from "./tags.ts";
import { vpcCidr } from "./vpc-rules.ts";

/** A VPC as EC2 prints it. */
export function vpcView(scope: Scope, vpc: VpcRecord): Vpc {
  return {
    VpcId: vpc.id,
    OwnerId: scope.account,
    State: "available",
    CidrBlock: vpc.cidrs[0]!.cidr,
    CidrBlockAssociationSet: vpc.cidrs.map(({ id, cidr }) => ({
      AssociationId: id,
      CidrBlock: cidr,
      CidrBlockState: { State: "associated" },
    })),
    Ipv6CidrBlockAssociationSet: vpc.cidrs6.map(({ id, cidr, borderGroup }) => ({
      AssociationId: id,
      Ipv6CidrBlock: cidr,
      Ipv6CidrBlockState: { State: "associated" },
      NetworkBorderGroup: borderGroup,
      Ipv6Pool: "Amazon",
      Ipv6AddressAttribute: "public",
      IpSource: "amazon",
    })),
    DhcpOptionsId: vpc.dhcpOptionsId,
    InstanceTenancy: vpc.tenancy,
    IsDefault: vpc.isDefault,
    BlockPublicAccessStates: { InternetGatewayBlockMode: "off" },
    Tags: tagList(vpc.tags),
  };
}

const fields: Fields<Vpc> = {
  cidr: (view) => view.CidrBlock,
  "cidr-block": (view) => view.CidrBlock,
  cidrBlock: (view) => view.CidrBlock,
  "cidr-block-association.cidr-block": (view) => view.CidrBlockAssociationSet?.map((each) => each.CidrBlock),
  "cidr-block-association.association-id": (view) => view.CidrBlockAssociationSet?.map((each) => each.AssociationId),
  "cidr-block-association.state": (view) => view.CidrBlockAssociationSet?.map((each) => each.CidrBlockState?.State),
  "dhcp-options-id": (view) => view.DhcpOptionsId,
  "ipv6-cidr-block-association.ipv6-cidr-block": (view) => view.Ipv6CidrBlockAssociationSet?.map((each) => each.Ipv6CidrBlock),
  "ipv6-cidr-block-association.ipv6-pool": (view) => view.Ipv6CidrBlockAssociationSet?.map((each) => each.Ipv6Pool),
  "ipv6-cidr-block-association.association-id": (view) => view.Ipv6CidrBlockAssociationSet?.map((each) => each.AssociationId),
  "ipv6-cidr-block-association.state": (view) => view.Ipv6CidrBlockAssociationSet?.map((each) => each.Ipv6CidrBlockState?.State),
  "is-default": (view) => view.IsDefault,
  isDefault: (view) => view.IsDefault,
  "owner-id": (view) => view.OwnerId,
  state: (view) => view.State,
  "vpc-id": (view) => view.VpcId,
};

/** Things that keep a VPC from being deleted, each with a text of what it is. */
function dependents(scope: Scope, vpcId: string): boolean {
  const inVpc = (record: { readonly vpcId?: string }) => record.vpcId === vpcId;
  return (
    scope.list("subnet").some(inVpc) ||
    scope.list("network-interface").some(inVpc) ||
    scope.list("internet-gateway").some(inVpc) ||
    scope.list("egress-only-internet-gateway").some(inVpc) ||
    scope.list("vpc-endpoint").some(inVpc) ||
    scope.list("security-group").some((group) => inVpc(group) && group.name !== "default") ||
    scope.list("network-acl").some((acl) => inVpc(acl) && !acl.isDefault) ||
    scope.list("route-table").some((table) => inVpc(table) && !table.associations.some(({ main }) => main))
  );
}

export const vpcOperations = {
  CreateVpc: {
    run(input, call, deps) {
      const scope = scopeOf(call, deps);
      if (!input.CidrBlock) throw missingParameter("cidrBlock");
      if (input.Ipv4IpamPoolId || input.Ipv6IpamPoolId || input.Ipv6Pool) {
        throw ec2Error("UnsupportedOperation", "Address pools are not supported.");
      }
      if (input.Ipv6CidrBlock) throw invalidCombination("Ipv6CidrBlock can only be used together with Ipv6Pool");
      const cidr = vpcCidr(input.CidrBlock);
      if (input.InstanceTenancy === "host") throw ec2Error("InvalidParameterValue", "Invalid value 'host' for instanceTenancy.");
      const tags = specifiedTags(input.TagSpecifications, "vpc");
      if (scope.count("vpc") >= limits.vpcs) throw ec2Error("VpcLimitExceeded", "The maximum number of VPCs has been reached.");
      const vpc = scope.change(() =>
        makeVpc(scope, {
          cidr,
          ...(input.AmazonProvidedIpv6CidrBlock ? { cidr6: newIpv6Block(scope.random) } : {}),
          ...(input.Ipv6CidrBlockNetworkBorderGroup ? { borderGroup: input.Ipv6CidrBlockNetworkBorderGroup } : {}),
          dhcpOptionsId: defaultDhcpOptions(scope),
          tenancy: input.InstanceTenancy === "dedicated" ? "dedicated" : "default",
          tags,
        }),
      );
      return { Vpc: vpcView(scope, vpc) };
    },
  },

  CreateDefaultVpc: {
    run(_input, call, deps) {
      const scope = scopeOf(call, deps);
      const existing = scope.list("vpc").find((vpc) => vpc.isDefault);
      if (existing) {
        throw ec2Error("DefaultVpcAlreadyExists", `A Default VPC already exists for this account in this region.`);
      }
      const id = scope.change(() => makeDefaultVpc(scope, defaultDhcpOptions(scope)));
      return { Vpc: vpcView(scope, scope.require("vpc", id)) };
    },
  },

  DescribeVpcs: {
    run(input, call, deps) {
      const scope = scopeOf(call, deps);
      const page = describe({
        input,
        kind: "vpc",
        ids: input.VpcIds,
        idsName: "VpcIds",
        get: (id) => scope.get("vpc", id),
        list: () => scope.list("vpc"),
        view: (vpc) => vpcView(scope, vpc),
        fields,
      });
      return { Vpcs: page.items, NextToken: page.NextToken };
    },
  },

  DeleteVpc: {
    run(input, call, deps) {
      const scope = scopeOf(call, deps);
      const { id } = scope.require("vpc", required(input.VpcId, "vpcId"));
      if (dependents(scope, id)) {
        const interfaces = scope.list("network-interface").filter((record) => record.vpcId === id);
        throw dependencyViolation(`The vpc '${id}' has dependencies and cannot be deleted.`, interfaces);
      }
      scope.change(() => {
        const groups = scope.list("security-group").filter((group) => group.vpcId === id);
        for (const rule of scope.list("security-group-rule")) {
          if (groups.some((group) => group.id === rule.groupId)) scope.delete("security-group-rule", rule.id);
        }
        for (const group of groups) scope.delete("security-group", group.id);
        for (const acl of scope.list("network-acl")) if (acl.vpcId === id) scope.delete("network-acl", acl.id);
        for (const table of scope.list("route-table")) if (table.vpcId === id) scope.delete("route-table", table.id);
        for (const log of scope.list("vpc-flow-log")) if (log.resourceId === id) scope.delete("vpc-flow-log", log.id);
        scope.delete("vpc", id);
      });
      return {};
    },
  },
} satisfies Ec2Operations;
