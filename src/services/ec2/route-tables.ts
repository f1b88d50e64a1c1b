// Route tables and their associations.
import { type Ec2Operations, scopeOf } from "./deps.ts";
import { dependencyViolation, ec2Error, invalidCombination, invalidValue, missingParameter, required } from "./errors.ts";
import { describe } from "./filters.ts";
import { newId } from "./ids.ts";
import { limits } from "./limits.ts";
import type { RouteTableAssociation, RouteTableRecord } from "./records.ts";
import { routeTableFields, routeTableView } from "./route-table-views.ts";
import type { Scope } from "./scope.ts";
import { specifiedTags } from "./tags.ts";
import { once } from "./tokens.ts";

/** The table and association an association id names. */
function associationOf(scope: Scope, id: string): { readonly table: RouteTableRecord; readonly association: RouteTableAssociation } {
  for (const table of scope.list("route-table")) {
    const association = table.associations.find((each) => each.id === id);
    if (association) return { table, association };
  }
  throw ec2Error("InvalidAssociationID.NotFound", `The association ID '${id}' does not exist`);
}

const without = (table: RouteTableRecord, id: string): RouteTableRecord => ({
  ...table,
  associations: table.associations.filter((each) => each.id !== id),
});

export const routeTableOperations = {
  CreateRouteTable: {
    run(input, call, deps) {
      const scope = scopeOf(call, deps);
      const vpc = scope.require("vpc", required(input.VpcId, "vpcId"));
      const tags = specifiedTags(input.TagSpecifications, "route-table");
      const [id] = once(scope, "CreateRouteTable", input, () => {
        if (scope.list("route-table").filter((table) => table.vpcId === vpc.id).length >= limits.routeTablesPerVpc) {
          throw ec2Error("RouteTableLimitExceeded", "The maximum number of route tables has been reached.");
        }
        return [scope.put("route-table", { id: scope.newId("route-table"), tags, vpcId: vpc.id, routes: [], associations: [] }).id];
      });
      const view = routeTableView(scope, scope.require("route-table", id!));
      return { RouteTable: view, ...(input.ClientToken ? { ClientToken: input.ClientToken } : {}) };
    },
  },

  DescribeRouteTables: {
    run(input, call, deps) {
      const scope = scopeOf(call, deps);
      const page = describe({
        input,
        kind: "route-table",
        ids: input.RouteTableIds,
        idsName: "RouteTableIds",
        get: (id) => scope.get("route-table", id),
        list: () => scope.list("route-table"),
        view: (table) => routeTableView(scope, table),
        fields: routeTableFields,
        maximum: 100,
      });
      return { RouteTables: page.items, NextToken: page.NextToken };
    },
  },

  DeleteRouteTable: {
    run(input, call, deps) {
      const scope = scopeOf(call, deps);
      const table = scope.require("route-table", required(input.RouteTableId, "routeTableId"));
      const endpoint = scope.list("vpc-endpoint").some((each) => each.routeTables.includes(table.id));
      if (table.associations.length > 0 || endpoint) {
        throw dependencyViolation(`The routeTable '${table.id}' has dependencies and cannot be deleted.`);
      }
      scope.delete("route-table", table.id);
      return {};
    },
  },

  AssociateRouteTable: {
    run(input, call, deps) {
      const scope = scopeOf(call, deps);
      const table = scope.require("route-table", required(input.RouteTableId, "routeTableId"));
      if (input.SubnetId !== undefined && input.GatewayId !== undefined)
        throw invalidCombination("Specify either a subnet or a gateway, not both");
      const target = input.SubnetId ?? input.GatewayId;
      if (target === undefined) throw missingParameter("subnetId");
      const vpcId = input.SubnetId !== undefined ? scope.require("subnet", target).vpcId : scope.require("internet-gateway", target).vpcId;
      if (vpcId !== table.vpcId) throw invalidValue(`Route table ${table.id} and ${target} belong to different networks`);
      const member = input.SubnetId !== undefined ? { subnetId: target } : { gatewayId: target };
      for (const other of scope.list("route-table")) {
        const existing = other.associations.find((each) => each.subnetId === target || each.gatewayId === target);
        if (!existing) continue;
        if (other.id === table.id) return { AssociationId: existing.id, AssociationState: { State: "associated" as const } };
        throw ec2Error(
          "Resource.AlreadyAssociated",
          `the specified association for route table ${table.id} conflicts with an existing association`,
        );
      }
      const id = newId(scope.random, "rtbassoc");
      scope.put("route-table", { ...table, associations: [...table.associations, { id, main: false, ...member }] });
      return { AssociationId: id, AssociationState: { State: "associated" as const } };
    },
  },

  DisassociateRouteTable: {
    run(input, call, deps) {
      const scope = scopeOf(call, deps);
      const { table, association } = associationOf(scope, required(input.AssociationId, "associationId"));
      if (association.main) throw invalidValue(`cannot disassociate the main route table association ${association.id}`);
      scope.put("route-table", without(table, association.id));
      return {};
    },
  },

  ReplaceRouteTableAssociation: {
    run(input, call, deps) {
      const scope = scopeOf(call, deps);
      const { table, association } = associationOf(scope, required(input.AssociationId, "associationId"));
      const next = scope.require("route-table", required(input.RouteTableId, "routeTableId"));
      if (next.vpcId !== table.vpcId) throw invalidValue(`Route tables ${table.id} and ${next.id} belong to different networks`);
      const id = newId(scope.random, "rtbassoc");
      scope.change(() => {
        scope.put("route-table", without(table, association.id));
        const current = scope.require("route-table", next.id);
        scope.put("route-table", { ...current, associations: [...current.associations, { ...association, id }] });
      });
      return { NewAssociationId: id, AssociationState: { State: "associated" as const } };
    },
  },
} satisfies Ec2Operations;
