// Routes: create, replace, delete.
import type { CreateRouteRequest } from "@aws-sdk/client-ec2";
import { contains, formatCidr, parseCidr } from "../../vpc/cidr.ts";
import { type Ec2Operations, scopeOf } from "./deps.ts";
import { ec2Error, invalidCombination, invalidValue, missingParameter, required, unsupported } from "./errors.ts";
import { limits } from "./limits.ts";
import { isPrefixList } from "./prefix-lists.ts";
import type { RouteTableRecord } from "./records.ts";
import type { Scope } from "./scope.ts";
import { ipv4Cidr, ipv6Cidr } from "./vpc-rules.ts";

type DestinationInput = Pick<CreateRouteRequest, "DestinationCidrBlock" | "DestinationIpv6CidrBlock" | "DestinationPrefixListId">;

/** The one destination of a request, in canonical form. */
function destinationOf(scope: Scope, input: DestinationInput): string {
  const given = [input.DestinationCidrBlock, input.DestinationIpv6CidrBlock, input.DestinationPrefixListId].filter(
    (each) => each !== undefined,
  );
  if (given.length === 0) throw missingParameter("destinationCidrBlock");
  if (given.length > 1) throw invalidCombination("Specify exactly one destination");
  if (input.DestinationCidrBlock !== undefined) return formatCidr(ipv4Cidr(input.DestinationCidrBlock, "destinationCidrBlock"));
  if (input.DestinationIpv6CidrBlock !== undefined) return formatCidr(ipv6Cidr(input.DestinationIpv6CidrBlock, "destinationIpv6CidrBlock"));
  const id = input.DestinationPrefixListId!;
  if (!isPrefixList(scope, id)) throw ec2Error("InvalidPrefixListID.NotFound", `The prefix list ID '${id}' does not exist`);
  return id;
}

/** The one target of a request; it must exist, and internet gateways must be attached to the table's VPC. */
function targetOf(scope: Scope, table: RouteTableRecord, input: CreateRouteRequest, destination: string): string {
  const given = [
    input.GatewayId,
    input.NatGatewayId,
    input.EgressOnlyInternetGatewayId,
    input.NetworkInterfaceId,
    input.InstanceId,
    input.VpcEndpointId,
  ].filter((each) => each !== undefined);
  const foreign = [
    input.TransitGatewayId,
    input.VpcPeeringConnectionId,
    input.LocalGatewayId,
    input.CarrierGatewayId,
    input.CoreNetworkArn,
  ];
  if (foreign.some((each) => each !== undefined))
    throw unsupported("Routes to transit, peering, local and carrier gateways are not supported.");
  if (given.length !== 1) throw given.length === 0 ? missingParameter("gatewayId") : invalidCombination("Specify exactly one target");
  if (input.GatewayId !== undefined) {
    if (!input.GatewayId.startsWith("igw-")) throw invalidValue(`invalid gateway id: ${input.GatewayId}`);
    const gateway = scope.get("internet-gateway", input.GatewayId);
    if (!gateway) throw ec2Error("InvalidGatewayID.NotFound", `The gateway ID '${input.GatewayId}' does not exist`);
    if (gateway.vpcId !== table.vpcId) {
      throw invalidValue(`route table ${table.id} and network gateway ${gateway.id} belong to different networks`);
    }
    return gateway.id;
  }
  if (input.NatGatewayId !== undefined) {
    const gateway = scope.require("natgateway", input.NatGatewayId);
    if (gateway.vpcId !== table.vpcId)
      throw invalidValue(`route table ${table.id} and NAT gateway ${gateway.id} belong to different networks`);
    return gateway.id;
  }
  if (input.EgressOnlyInternetGatewayId !== undefined) {
    if (!destination.includes(":")) throw invalidValue("Egress-only internet gateways take IPv6 destinations only");
    return scope.require("egress-only-internet-gateway", input.EgressOnlyInternetGatewayId).id;
  }
  if (input.NetworkInterfaceId !== undefined) return scope.require("network-interface", input.NetworkInterfaceId).id;
  if (input.VpcEndpointId !== undefined) return scope.require("vpc-endpoint", input.VpcEndpointId).id;
  const instance = scope.require("instance", input.InstanceId!);
  if (instance.interfaces.length !== 1) {
    throw ec2Error(
      "InvalidInstanceID",
      `There are multiple interfaces attached to instance '${instance.id}'. Please specify an interface ID for the operation instead.`,
    );
  }
  return instance.interfaces[0]!;
}

/** Local routes cannot be changed, and nothing more specific than a VPC's block may shadow it. */
function refuseLocal(scope: Scope, table: RouteTableRecord, destination: string, text: string): void {
  const vpc = scope.require("vpc", table.vpcId);
  const cidr = parseCidr(destination);
  if (
    cidr &&
    [...vpc.cidrs, ...vpc.cidrs6].some((local) => contains(parseCidr(local.cidr)!, cidr) && parseCidr(local.cidr)!.prefix === cidr.prefix)
  ) {
    throw invalidValue(text);
  }
}

export const routeOperations = {
  CreateRoute: {
    run(input, call, deps) {
      const scope = scopeOf(call, deps);
      const table = scope.require("route-table", required(input.RouteTableId, "routeTableId"));
      const destination = destinationOf(scope, input);
      const target = targetOf(scope, table, input, destination);
      refuseLocal(
        scope,
        table,
        destination,
        `The destination CIDR block ${destination} is equal to or more specific than one of this VPC's CIDR blocks. This route can target only an interface or an instance.`,
      );
      const existing = table.routes.find((route) => route.destination === destination);
      if (existing && existing.target !== target)
        throw ec2Error("RouteAlreadyExists", `The route identified by ${destination} already exists.`);
      if (table.routes.length >= limits.routesPerTable)
        throw ec2Error("RouteLimitExceeded", "The maximum number of routes has been reached.");
      if (!existing) scope.put("route-table", { ...table, routes: [...table.routes, { destination, target }] });
      return { Return: true };
    },
  },

  ReplaceRoute: {
    run(input, call, deps) {
      const scope = scopeOf(call, deps);
      const table = scope.require("route-table", required(input.RouteTableId, "routeTableId"));
      const destination = destinationOf(scope, input);
      const index = table.routes.findIndex((route) => route.destination === destination);
      if (index < 0) {
        throw invalidValue(`There is no route defined for '${destination}' in the route table. Use CreateRoute instead.`);
      }
      const target = targetOf(scope, table, input, destination);
      scope.put("route-table", { ...table, routes: table.routes.with(index, { destination, target }) });
      return {};
    },
  },

  DeleteRoute: {
    run(input, call, deps) {
      const scope = scopeOf(call, deps);
      const table = scope.require("route-table", required(input.RouteTableId, "routeTableId"));
      const destination = destinationOf(scope, input);
      refuseLocal(scope, table, destination, `cannot remove local route ${destination} in route table ${table.id}`);
      const routes = table.routes.filter((route) => route.destination !== destination);
      if (routes.length === table.routes.length) {
        throw ec2Error("InvalidRoute.NotFound", `no route with destination-cidr-block ${destination} in route table ${table.id}`);
      }
      scope.put("route-table", { ...table, routes });
      return {};
    },
  },
} satisfies Ec2Operations;
