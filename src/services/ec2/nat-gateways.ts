// NAT gateways. Each owns a requester-managed interface in its subnet.
import type { NatGateway } from "@aws-sdk/client-ec2";
import { associate } from "./addresses.ts";
import { type Ec2Operations, scopeOf } from "./deps.ts";
import { ec2Error, invalidCombination, missingParameter, required } from "./errors.ts";
import { describe } from "./filters.ts";
import { limits } from "./limits.ts";
import { makeInterface, serviceAttachment } from "./make-interface.ts";
import type { NatGatewayRecord } from "./records.ts";
import { specifiedTags, tagList } from "./tags.ts";
import { once } from "./tokens.ts";

function view(record: NatGatewayRecord): NatGateway {
  return {
    NatGatewayId: record.id,
    VpcId: record.vpcId,
    SubnetId: record.subnetId,
    ConnectivityType: record.connectivity,
    AvailabilityMode: "zonal",
    State: record.state,
    CreateTime: new Date(record.createdAt),
    ...(record.deletedAt === undefined ? {} : { DeleteTime: new Date(record.deletedAt) }),
    NatGatewayAddresses: [
      {
        NetworkInterfaceId: record.interfaceId,
        PrivateIp: record.privateIp,
        IsPrimary: true,
        Status: "succeeded",
        ...(record.allocationId === undefined
          ? {}
          : { AllocationId: record.allocationId, PublicIp: record.publicIp, AssociationId: record.associationId }),
      },
    ],
    Tags: tagList(record.tags),
  };
}

export const natGatewayOperations = {
  CreateNatGateway: {
    run(input, call, deps) {
      const scope = scopeOf(call, deps);
      if (input.VpcId !== undefined || input.AvailabilityMode === "regional" || input.AvailabilityZoneAddresses?.length) {
        throw ec2Error("UnsupportedOperation", "Regional NAT gateways are not supported.");
      }
      if (input.SecondaryAllocationIds?.length || input.SecondaryPrivateIpAddresses?.length || input.SecondaryPrivateIpAddressCount) {
        throw ec2Error("UnsupportedOperation", "Secondary addresses of NAT gateways are not supported.");
      }
      const subnet = scope.get("subnet", required(input.SubnetId, "subnetId"));
      if (!subnet) throw ec2Error("InvalidSubnetID.NotFound", `The subnet ID '${input.SubnetId}' does not exist`);
      const connectivity = input.ConnectivityType ?? "public";
      const tags = specifiedTags(input.TagSpecifications, "natgateway");
      if (connectivity === "public" && !input.AllocationId) throw missingParameter("AllocationId");
      if (connectivity === "private" && input.AllocationId)
        throw invalidCombination("AllocationId is not allowed for private NAT gateways");
      const elastic = input.AllocationId ? scope.require("elastic-ip", input.AllocationId) : undefined;
      const [id] = once(scope, "CreateNatGateway", input, () => {
        if (elastic?.associationId !== undefined) {
          throw ec2Error("Resource.AlreadyAssociated", `Elastic IP address [${elastic.id}] is already associated`);
        }
        const inZone = scope
          .list("natgateway")
          .filter((each) => each.state !== "deleted" && scope.get("subnet", each.subnetId)?.zone === subnet.zone);
        if (inZone.length >= limits.natGatewaysPerZone) {
          throw ec2Error(
            "NatGatewayLimitExceeded",
            `Performing this operation would exceed the limit of ${limits.natGatewaysPerZone} NAT gateways`,
          );
        }
        if (connectivity === "public" && !scope.list("internet-gateway").some((each) => each.vpcId === subnet.vpcId)) {
          throw ec2Error("Gateway.NotAttached", `Network ${subnet.vpcId} has no Internet gateway attached`);
        }
        const gatewayId = scope.newId("natgateway");
        const made = makeInterface(scope, {
          subnet,
          description: `Interface for NAT Gateway ${gatewayId}`,
          ...(input.PrivateIpAddress === undefined ? {} : { primary: input.PrivateIpAddress }),
          request: {},
          type: "natGateway",
          tags: {},
          attachment: serviceAttachment(scope),
          requesterId: scope.account,
          requesterManaged: true,
        });
        // EC2's own interfaces carry no security groups.
        const owner = scope.put("network-interface", { ...made, groups: [], sourceDestCheck: false });
        const associated = elastic && associate(scope, elastic, owner, undefined, false);
        scope.put("natgateway", {
          id: gatewayId,
          tags,
          vpcId: subnet.vpcId,
          subnetId: subnet.id,
          connectivity,
          interfaceId: owner.id,
          privateIp: owner.addresses[0]!,
          ...(associated
            ? {
                allocationId: associated.id,
                publicIp: associated.publicIp,
                ...(associated.associationId ? { associationId: associated.associationId } : {}),
              }
            : {}),
          state: "pending",
          createdAt: scope.clock.now(),
        });
        return [gatewayId];
      });
      deps.transition(scope, "natgateway", id!);
      return { NatGateway: view(scope.require("natgateway", id!)), ...(input.ClientToken ? { ClientToken: input.ClientToken } : {}) };
    },
  },

  DescribeNatGateways: {
    run(input, call, deps) {
      const scope = scopeOf(call, deps);
      const page = describe({
        input: { ...input, Filters: input.Filter },
        kind: "natgateway",
        ids: input.NatGatewayIds,
        idsName: "NatGatewayIds",
        get: (id) => scope.get("natgateway", id),
        list: () => scope.list("natgateway"),
        view,
        fields: {
          "nat-gateway-id": (each) => each.NatGatewayId,
          state: (each) => each.State,
          "subnet-id": (each) => each.SubnetId,
          "vpc-id": (each) => each.VpcId,
        },
      });
      return { NatGateways: page.items, NextToken: page.NextToken };
    },
  },

  DeleteNatGateway: {
    run(input, call, deps) {
      const scope = scopeOf(call, deps);
      const record = scope.require("natgateway", required(input.NatGatewayId, "natGatewayId"));
      if (record.state !== "deleting" && record.state !== "deleted") {
        scope.put("natgateway", { ...record, state: "deleting" });
        deps.transition(scope, "natgateway", record.id);
      }
      return { NatGatewayId: record.id };
    },
  },
} satisfies Ec2Operations;
