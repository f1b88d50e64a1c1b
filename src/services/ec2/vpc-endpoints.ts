// VPC endpoints: gateway endpoints put prefix-list routes into route tables, interface endpoints own interfaces.
import { createHash } from "node:crypto";
import type { VpcEndpoint } from "@aws-sdk/client-ec2";
import { type Ec2Operations, scopeOf } from "./deps.ts";
import { ec2Error, invalidValue, required } from "./errors.ts";
import { describe } from "./filters.ts";
import { missing } from "./kinds.ts";
import { checkGroups, makeInterface, removeInterface, serviceAttachment } from "./make-interface.ts";
import { managedLists } from "./prefix-lists.ts";
import type { EndpointRecord } from "./records.ts";
import type { Scope } from "./scope.ts";
import { defaultGroup } from "./security-groups.ts";
import { specifiedTags, tagList } from "./tags.ts";
import { once } from "./tokens.ts";

const openPolicy = '{"Statement":[{"Action":"*","Effect":"Allow","Principal":"*","Resource":"*"}]}';

function view(scope: Scope, record: EndpointRecord): VpcEndpoint {
  const service = record.serviceName.split(".").slice(3).join(".");
  return {
    VpcEndpointId: record.id,
    VpcEndpointType: record.type,
    VpcId: record.vpcId,
    ServiceName: record.serviceName,
    // EC2 sends this state in lower case, against its own model.
    State: "available" as never,
    PolicyDocument: record.policy,
    RouteTableIds: [...record.routeTables],
    SubnetIds: [...record.subnets],
    Groups: record.groups.map((id) => ({ GroupId: id, GroupName: scope.get("security-group", id)?.name })),
    PrivateDnsEnabled: record.privateDns,
    RequesterManaged: record.requesterManaged,
    NetworkInterfaceIds: [...record.interfaces],
    DnsEntries:
      record.type === "Interface"
        ? [
            { DnsName: `${record.id}-${record.dnsLabel}.${service}.${scope.region}.vpce.amazonaws.com`, HostedZoneId: "Z1HUB23UULQXV" },
            ...(record.privateDns ? [{ DnsName: `${service}.${scope.region}.amazonaws.com`, HostedZoneId: "Z1HUB23UULQXV" }] : []),
          ]
        : [],
    ...(record.type === "Interface"
      ? {
          IpAddressType: record.ipAddressType,
          DnsOptions: { DnsRecordIpType: record.ipAddressType, PrivateDnsOnlyForInboundResolverEndpoint: false },
        }
      : {}),
    CreationTimestamp: new Date(record.createdAt),
    OwnerId: scope.account,
    Tags: tagList(record.tags),
  };
}

/** Gateway endpoints exist for S3 and DynamoDB alone. */
function prefixListOf(scope: Scope, serviceName: string): string | undefined {
  return managedLists(scope).find((list) => list.name === serviceName)?.id;
}

/** Adds the endpoint's route to tables, and takes it out of others. Call inside a change. */
function routeVia(scope: Scope, endpoint: EndpointRecord, tables: readonly string[]): void {
  const destination = prefixListOf(scope, endpoint.serviceName)!;
  for (const table of scope.list("route-table")) {
    if (table.vpcId !== endpoint.vpcId) continue;
    const others = table.routes.filter((route) => route.target !== endpoint.id);
    const routes = tables.includes(table.id) ? [...others, { destination, target: endpoint.id }] : others;
    if (routes.length !== table.routes.length) scope.put("route-table", { ...table, routes });
  }
}

/** Makes the endpoint's interface in a subnet. Call inside a change. */
function placeIn(scope: Scope, endpoint: Pick<EndpointRecord, "id" | "groups">, subnetId: string): string {
  return makeInterface(scope, {
    subnet: scope.require("subnet", subnetId),
    description: `VPC Endpoint Interface ${endpoint.id}`,
    groups: endpoint.groups,
    request: {},
    type: "vpc_endpoint",
    tags: {},
    attachment: serviceAttachment(scope),
    requesterId: scope.account,
    requesterManaged: true,
  }).id;
}

export const vpcEndpointOperations = {
  CreateVpcEndpoint: {
    run(input, call, deps) {
      const scope = scopeOf(call, deps);
      const vpc = scope.require("vpc", required(input.VpcId, "vpcId"));
      const serviceName = required(input.ServiceName, "serviceName");
      const type = input.VpcEndpointType ?? "Gateway";
      if (type !== "Gateway" && type !== "Interface")
        throw ec2Error("UnsupportedOperation", `Endpoints of type ${type} are not supported.`);
      if (!serviceName.startsWith(`com.amazonaws.${scope.region}.`) || (type === "Gateway" && !prefixListOf(scope, serviceName))) {
        throw ec2Error("InvalidServiceName", `The Vpc Endpoint Service '${serviceName}' does not exist`);
      }
      const tags = specifiedTags(input.TagSpecifications, "vpc-endpoint");
      if (type === "Interface" && input.PrivateDnsEnabled !== false && !(vpc.dnsSupport && vpc.dnsHostnames)) {
        throw invalidValue(
          `Enabling private DNS requires both enableDnsSupport and enableDnsHostnames VPC attributes set to true for ${vpc.id}`,
        );
      }
      const tables = (input.RouteTableIds ?? []).map((id) => scope.require("route-table", id).id);
      const subnets = (input.SubnetIds ?? []).map((id) => scope.require("subnet", id).id);
      const [id] = once(scope, "CreateVpcEndpoint", input, () => {
        const endpointId = scope.newId("vpc-endpoint");
        const groups =
          type === "Interface"
            ? checkGroups(scope, vpc.id, input.SecurityGroupIds?.length ? input.SecurityGroupIds : [defaultGroup(scope, vpc.id).id])
            : [];
        const record = scope.put("vpc-endpoint", {
          id: endpointId,
          tags,
          vpcId: vpc.id,
          type,
          serviceName,
          policy: input.PolicyDocument ?? openPolicy,
          routeTables: tables,
          subnets,
          groups,
          interfaces: type === "Interface" ? subnets.map((subnetId) => placeIn(scope, { id: endpointId, groups }, subnetId)) : [],
          privateDns: type === "Interface" && input.PrivateDnsEnabled !== false,
          dnsLabel: createHash("sha256").update(endpointId).digest("hex").slice(0, 8),
          ipAddressType: input.IpAddressType === "dualstack" || input.IpAddressType === "ipv6" ? input.IpAddressType : "ipv4",
          requesterManaged: false,
          createdAt: scope.clock.now(),
        });
        if (type === "Gateway") routeVia(scope, record, tables);
        return [endpointId];
      });
      return {
        VpcEndpoint: view(scope, scope.require("vpc-endpoint", id!)),
        ...(input.ClientToken ? { ClientToken: input.ClientToken } : {}),
      };
    },
  },

  DescribeVpcEndpoints: {
    run(input, call, deps) {
      const scope = scopeOf(call, deps);
      const page = describe({
        input,
        kind: "vpc-endpoint",
        ids: input.VpcEndpointIds,
        idsName: "VpcEndpointIds",
        get: (id) => scope.get("vpc-endpoint", id),
        list: () => scope.list("vpc-endpoint"),
        view: (record) => view(scope, record),
        fields: {
          "ip-address-type": (each) => each.IpAddressType,
          "service-name": (each) => each.ServiceName,
          "vpc-endpoint-id": (each) => each.VpcEndpointId,
          "vpc-endpoint-state": (each) => each.State,
          "vpc-endpoint-type": (each) => each.VpcEndpointType,
          "vpc-id": (each) => each.VpcId,
        },
        minimum: 1,
      });
      return { VpcEndpoints: page.items, NextToken: page.NextToken };
    },
  },

  ModifyVpcEndpoint: {
    run(input, call, deps) {
      const scope = scopeOf(call, deps);
      const record = scope.require("vpc-endpoint", required(input.VpcEndpointId, "vpcEndpointId"));
      const edit = (own: readonly string[], add: readonly string[] = [], remove: readonly string[] = []) =>
        [...new Set([...own, ...add])].filter((id) => !remove.includes(id));
      const routeTables = edit(
        record.routeTables,
        (input.AddRouteTableIds ?? []).map((id) => scope.require("route-table", id).id),
        input.RemoveRouteTableIds,
      );
      const subnets = edit(record.subnets, input.AddSubnetIds, input.RemoveSubnetIds);
      const groups = edit(record.groups, input.AddSecurityGroupIds, input.RemoveSecurityGroupIds);
      scope.change(() => {
        if (record.type === "Interface") checkGroups(scope, record.vpcId, groups);
        const kept: string[] = [];
        for (const id of record.interfaces) {
          const own = scope.require("network-interface", id);
          if (subnets.includes(own.subnetId)) kept.push(scope.put("network-interface", { ...own, groups }).id);
          else removeInterface(scope, own);
        }
        const added = record.type === "Interface" ? subnets.filter((id) => !record.subnets.includes(id)) : [];
        const interfaces = [...kept, ...added.map((subnetId) => placeIn(scope, { id: record.id, groups }, subnetId))];
        const written = scope.put("vpc-endpoint", {
          ...record,
          routeTables,
          subnets,
          groups,
          interfaces,
          policy: input.ResetPolicy ? openPolicy : (input.PolicyDocument ?? record.policy),
          privateDns: input.PrivateDnsEnabled ?? record.privateDns,
        });
        if (record.type === "Gateway") routeVia(scope, written, routeTables);
      });
      return { Return: true };
    },
  },

  DeleteVpcEndpoints: {
    run(input, call, deps) {
      const scope = scopeOf(call, deps);
      const Unsuccessful = scope.change(() =>
        required(input.VpcEndpointIds, "vpcEndpointId").flatMap((id) => {
          const record = scope.get("vpc-endpoint", id);
          if (!record) {
            const error = missing("vpc-endpoint", id);
            return [{ ResourceId: id, Error: { Code: error.code, Message: error.message } }];
          }
          if (record.type === "Gateway") routeVia(scope, record, []);
          for (const interfaceId of record.interfaces) {
            const own = scope.get("network-interface", interfaceId);
            if (own) removeInterface(scope, own);
          }
          scope.delete("vpc-endpoint", id);
          return [];
        }),
      );
      return { Unsuccessful };
    },
  },

  DescribeVpcEndpointServices: {
    run(input, call, deps) {
      const scope = scopeOf(call, deps);
      const gateways = managedLists(scope).map(({ name }) => ({ name, type: "Gateway" as const }));
      const interfaces = ["ec2", "ecr.api", "ecr.dkr", "eks", "eks-auth", "elasticloadbalancing", "logs", "sts", "ssm"].map((service) => ({
        name: `com.amazonaws.${scope.region}.${service}`,
        type: "Interface" as const,
      }));
      const all = [...gateways, ...interfaces];
      for (const name of input.ServiceNames ?? []) {
        if (!all.some((each) => each.name === name))
          throw ec2Error("InvalidServiceName", `The Vpc Endpoint Service '${name}' does not exist`);
      }
      const accepts = (each: (typeof all)[number]) =>
        (!input.ServiceNames?.length || input.ServiceNames.includes(each.name)) &&
        (input.Filters ?? []).every((filter) => {
          const value =
            filter.Name === "service-name"
              ? each.name
              : filter.Name === "service-type"
                ? each.type
                : filter.Name === "owner"
                  ? "amazon"
                  : undefined;
          if (value === undefined) throw invalidValue(`The filter '${filter.Name}' is invalid`);
          return filter.Values?.includes(value);
        });
      const found = all.filter(accepts);
      return {
        ServiceNames: found.map(({ name }) => name),
        ServiceDetails: found.map(({ name, type }) => ({
          ServiceName: name,
          ServiceType: [{ ServiceType: type }],
          AvailabilityZones: [],
          Owner: "amazon",
          VpcEndpointPolicySupported: true,
          AcceptanceRequired: false,
          ManagesVpcEndpoints: false,
          SupportedIpAddressTypes: ["ipv4" as const],
          Tags: [],
        })),
      };
    },
  },
} satisfies Ec2Operations;
