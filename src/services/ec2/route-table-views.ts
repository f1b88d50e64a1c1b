// Route tables as EC2 prints them, with the local routes that follow the VPC's CIDRs.
import type { Route, RouteTable } from "@aws-sdk/client-ec2";
import { lookupRoute } from "../../vpc/routes.ts";
import type { Fields } from "./filters.ts";
import type { RouteRecord, RouteTableRecord } from "./records.ts";
import type { Scope } from "./scope.ts";
import { tagList } from "./tags.ts";

/** Whether a route's target can take traffic: it exists and is attached or available. */
export function routeState(scope: Scope, route: RouteRecord): "active" | "blackhole" {
  const { target } = route;
  const alive = target.startsWith("igw-")
    ? scope.get("internet-gateway", target)?.vpcId !== undefined
    : target.startsWith("nat-")
      ? ["pending", "available"].includes(scope.get("natgateway", target)?.state ?? "")
      : target.startsWith("eigw-")
        ? scope.get("egress-only-internet-gateway", target) !== undefined
        : target.startsWith("eni-")
          ? scope.get("network-interface", target)?.attachment !== undefined
          : target.startsWith("vpce-")
            ? scope.get("vpc-endpoint", target) !== undefined
            : true;
  return alive ? "active" : "blackhole";
}

function destinationOf(destination: string): Partial<Route> {
  if (destination.startsWith("pl-")) return { DestinationPrefixListId: destination };
  return destination.includes(":") ? { DestinationIpv6CidrBlock: destination } : { DestinationCidrBlock: destination };
}

function targetOf(scope: Scope, target: string): Partial<Route> {
  if (target.startsWith("nat-")) return { NatGatewayId: target };
  if (target.startsWith("eigw-")) return { EgressOnlyInternetGatewayId: target };
  if (target.startsWith("eni-")) {
    const instanceId = scope.get("network-interface", target)?.attachment?.instanceId;
    return { NetworkInterfaceId: target, ...(instanceId === undefined ? {} : { InstanceId: instanceId, InstanceOwnerId: scope.account }) };
  }
  return { GatewayId: target };
}

/** All routes of a table: the local ones first. */
export function routesOf(scope: Scope, table: RouteTableRecord): Route[] {
  const vpc = scope.get("vpc", table.vpcId);
  const local = [...(vpc?.cidrs ?? []), ...(vpc?.cidrs6 ?? [])].map(({ cidr }) => ({
    ...destinationOf(cidr),
    GatewayId: "local",
    Origin: "CreateRouteTable" as const,
    State: "active" as const,
  }));
  const own = table.routes.map((route) => ({
    ...destinationOf(route.destination),
    ...targetOf(scope, route.target),
    Origin: "CreateRoute" as const,
    State: routeState(scope, route),
  }));
  return [...local, ...own];
}

/** The id of what an address is routed to from a subnet; `local` inside the VPC, undefined without a route. */
export function nextHop(scope: Scope, subnetId: string, address: string): string | undefined {
  const table = tableOf(scope, subnetId);
  const vpc = table && scope.get("vpc", table.vpcId);
  const local = [...(vpc?.cidrs ?? []), ...(vpc?.cidrs6 ?? [])].map(({ cidr }) => ({
    destination: cidr,
    target: "local",
    state: "active" as const,
  }));
  const own = (table?.routes ?? []).map((route) => ({ ...route, state: routeState(scope, route) }));
  const route = lookupRoute([...local, ...own], address);
  return route?.state === "active" ? route.target : undefined;
}

/** The table in force for a subnet: its own, or its VPC's main one. */
export function tableOf(scope: Scope, subnetId: string): RouteTableRecord | undefined {
  const vpcId = scope.get("subnet", subnetId)?.vpcId;
  const tables = scope.list("route-table").filter((table) => table.vpcId === vpcId);
  return (
    tables.find((table) => table.associations.some((association) => association.subnetId === subnetId)) ??
    tables.find((table) => table.associations.some(({ main }) => main))
  );
}

/** A table as DescribeRouteTables prints it. */
export function routeTableView(scope: Scope, table: RouteTableRecord): RouteTable {
  return {
    RouteTableId: table.id,
    VpcId: table.vpcId,
    OwnerId: scope.account,
    Associations: table.associations.map((association) => ({
      RouteTableAssociationId: association.id,
      RouteTableId: table.id,
      Main: association.main,
      ...(association.subnetId === undefined ? {} : { SubnetId: association.subnetId }),
      ...(association.gatewayId === undefined ? {} : { GatewayId: association.gatewayId }),
      AssociationState: { State: "associated" },
    })),
    PropagatingVgws: [],
    Routes: routesOf(scope, table),
    Tags: tagList(table.tags),
  };
}

/** Filters of DescribeRouteTables. */
export const routeTableFields: Fields<RouteTable> = {
  "association.gateway-id": (view) => view.Associations?.map((each) => each.GatewayId),
  "association.main": (view) => view.Associations?.map((each) => each.Main),
  "association.route-table-association-id": (view) => view.Associations?.map((each) => each.RouteTableAssociationId),
  "association.route-table-id": (view) => view.Associations?.map((each) => each.RouteTableId),
  "association.subnet-id": (view) => view.Associations?.map((each) => each.SubnetId),
  "owner-id": (view) => view.OwnerId,
  "route-table-id": (view) => view.RouteTableId,
  "route.destination-cidr-block": (view) => view.Routes?.map((each) => each.DestinationCidrBlock),
  "route.destination-ipv6-cidr-block": (view) => view.Routes?.map((each) => each.DestinationIpv6CidrBlock),
  "route.destination-prefix-list-id": (view) => view.Routes?.map((each) => each.DestinationPrefixListId),
  "route.egress-only-internet-gateway-id": (view) => view.Routes?.map((each) => each.EgressOnlyInternetGatewayId),
  "route.gateway-id": (view) => view.Routes?.map((each) => each.GatewayId),
  "route.instance-id": (view) => view.Routes?.map((each) => each.InstanceId),
  "route.nat-gateway-id": (view) => view.Routes?.map((each) => each.NatGatewayId),
  "route.origin": (view) => view.Routes?.map((each) => each.Origin),
  "route.state": (view) => view.Routes?.map((each) => each.State),
  "vpc-id": (view) => view.VpcId,
};
