// Internet gateways and egress-only internet gateways.
import type { EgressOnlyInternetGateway, InternetGateway } from "@aws-sdk/client-ec2";
import { type Ec2Operations, scopeOf } from "./deps.ts";
import { dependencyViolation, ec2Error, required } from "./errors.ts";
import { describe } from "./filters.ts";
import { limits } from "./limits.ts";
import type { GatewayRecord } from "./records.ts";
import type { Scope } from "./scope.ts";
import { specifiedTags, tagList } from "./tags.ts";
import { once } from "./tokens.ts";

function internetGatewayView(scope: Scope, record: GatewayRecord): InternetGateway {
  return {
    InternetGatewayId: record.id,
    OwnerId: scope.account,
    // EC2 calls an attached gateway "available" here.
    Attachments: record.vpcId === undefined ? [] : [{ VpcId: record.vpcId, State: "available" as never }],
    Tags: tagList(record.tags),
  };
}

function egressOnlyView(record: GatewayRecord): EgressOnlyInternetGateway {
  return { EgressOnlyInternetGatewayId: record.id, Attachments: [{ VpcId: record.vpcId, State: "attached" }], Tags: tagList(record.tags) };
}

/** Whether public addresses of a VPC are in use, which keeps its gateway attached. */
function hasPublicAddresses(scope: Scope, vpcId: string): boolean {
  const inVpc = new Set(scope.list("network-interface").flatMap((record) => (record.vpcId === vpcId ? [record.id] : [])));
  return (
    scope.list("elastic-ip").some((address) => address.interfaceId !== undefined && inVpc.has(address.interfaceId)) ||
    scope.list("network-interface").some((record) => record.vpcId === vpcId && record.publicIp !== undefined)
  );
}

export const gatewayOperations = {
  CreateInternetGateway: {
    run(input, call, deps) {
      const scope = scopeOf(call, deps);
      const tags = specifiedTags(input.TagSpecifications, "internet-gateway");
      if (scope.count("internet-gateway") >= limits.internetGateways) {
        throw ec2Error("InternetGatewayLimitExceeded", "The maximum number of internet gateways has been reached.");
      }
      const record = scope.put("internet-gateway", { id: scope.newId("internet-gateway"), tags });
      return { InternetGateway: internetGatewayView(scope, record) };
    },
  },

  AttachInternetGateway: {
    run(input, call, deps) {
      const scope = scopeOf(call, deps);
      const gateway = scope.require("internet-gateway", required(input.InternetGatewayId, "internetGatewayId"));
      const vpc = scope.require("vpc", required(input.VpcId, "vpcId"));
      if (gateway.vpcId !== undefined) {
        throw ec2Error("Resource.AlreadyAssociated", `resource ${gateway.id} is already attached to network ${gateway.vpcId}`);
      }
      const other = scope.list("internet-gateway").find((each) => each.vpcId === vpc.id);
      if (other) throw ec2Error("InvalidParameterValue", `Network ${vpc.id} already has an internet gateway attached`);
      scope.put("internet-gateway", { ...gateway, vpcId: vpc.id });
      return {};
    },
  },

  DetachInternetGateway: {
    run(input, call, deps) {
      const scope = scopeOf(call, deps);
      const gateway = scope.require("internet-gateway", required(input.InternetGatewayId, "internetGatewayId"));
      const vpc = scope.require("vpc", required(input.VpcId, "vpcId"));
      if (gateway.vpcId !== vpc.id) throw ec2Error("Gateway.NotAttached", `resource ${gateway.id} is not attached to network ${vpc.id}`);
      if (hasPublicAddresses(scope, vpc.id)) {
        throw dependencyViolation(
          `Network ${vpc.id} has some mapped public address(es). Please unmap those public address(es) before detaching the gateway.`,
        );
      }
      const { vpcId: _, ...rest } = gateway;
      scope.put("internet-gateway", rest);
      return {};
    },
  },

  DescribeInternetGateways: {
    run(input, call, deps) {
      const scope = scopeOf(call, deps);
      const page = describe({
        input,
        kind: "internet-gateway",
        ids: input.InternetGatewayIds,
        idsName: "InternetGatewayIds",
        get: (id) => scope.get("internet-gateway", id),
        list: () => scope.list("internet-gateway"),
        view: (record) => internetGatewayView(scope, record),
        fields: {
          "attachment.state": (view) => view.Attachments?.map((each) => each.State),
          "attachment.vpc-id": (view) => view.Attachments?.map((each) => each.VpcId),
          "internet-gateway-id": (view) => view.InternetGatewayId,
          "owner-id": (view) => view.OwnerId,
        },
      });
      return { InternetGateways: page.items, NextToken: page.NextToken };
    },
  },

  DeleteInternetGateway: {
    run(input, call, deps) {
      const scope = scopeOf(call, deps);
      const gateway = scope.require("internet-gateway", required(input.InternetGatewayId, "internetGatewayId"));
      if (gateway.vpcId !== undefined) {
        throw dependencyViolation(`The internetGateway '${gateway.id}' has dependencies and cannot be deleted.`);
      }
      scope.delete("internet-gateway", gateway.id);
      return {};
    },
  },

  CreateEgressOnlyInternetGateway: {
    run(input, call, deps) {
      const scope = scopeOf(call, deps);
      const vpc = scope.require("vpc", required(input.VpcId, "vpcId"));
      const tags = specifiedTags(input.TagSpecifications, "egress-only-internet-gateway");
      const [id] = once(scope, "CreateEgressOnlyInternetGateway", input, () => [
        scope.put("egress-only-internet-gateway", { id: scope.newId("egress-only-internet-gateway"), tags, vpcId: vpc.id }).id,
      ]);
      const record = scope.require("egress-only-internet-gateway", id!);
      return { EgressOnlyInternetGateway: egressOnlyView(record), ...(input.ClientToken ? { ClientToken: input.ClientToken } : {}) };
    },
  },

  DescribeEgressOnlyInternetGateways: {
    run(input, call, deps) {
      const scope = scopeOf(call, deps);
      const page = describe({
        input,
        kind: "egress-only-internet-gateway",
        ids: input.EgressOnlyInternetGatewayIds,
        idsName: "EgressOnlyInternetGatewayIds",
        get: (id) => scope.get("egress-only-internet-gateway", id),
        list: () => scope.list("egress-only-internet-gateway"),
        view: egressOnlyView,
        fields: {},
        maximum: 255,
      });
      return { EgressOnlyInternetGateways: page.items, NextToken: page.NextToken };
    },
  },

  DeleteEgressOnlyInternetGateway: {
    run(input, call, deps) {
      const scope = scopeOf(call, deps);
      const record = scope.require(
        "egress-only-internet-gateway",
        required(input.EgressOnlyInternetGatewayId, "egressOnlyInternetGatewayId"),
      );
      scope.delete("egress-only-internet-gateway", record.id);
      return { ReturnCode: true };
    },
  },
} satisfies Ec2Operations;
