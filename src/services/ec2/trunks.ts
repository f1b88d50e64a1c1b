// Trunk and branch interfaces, and permissions on interfaces (spec vpc-cni §2.5).
import type { TrunkInterfaceAssociation } from "@aws-sdk/client-ec2";
import type { Call } from "../../aws/operation.ts";
import { instanceType } from "../../vpc/instance-types.ts";
import { type Ec2Operations, scopeOf } from "./deps.ts";
import { ec2Error, invalidCombination, invalidValue, required } from "./errors.ts";
import { describe } from "./filters.ts";
import { permissionView } from "./interface-views.ts";
import type { TrunkAssociationRecord } from "./records.ts";
import type { Scope } from "./scope.ts";
import { tagList } from "./tags.ts";
import { once } from "./tokens.ts";

function view(record: TrunkAssociationRecord): TrunkInterfaceAssociation {
  return {
    AssociationId: record.id,
    BranchInterfaceId: record.branchId,
    TrunkInterfaceId: record.trunkId,
    InterfaceProtocol: record.protocol,
    ...(record.vlanId === undefined ? {} : { VlanId: record.vlanId }),
    ...(record.greKey === undefined ? {} : { GreKey: record.greKey }),
    Tags: tagList(record.tags),
  };
}

/** Refuses another account that the interface's owner has not let attach it. */
function checkPermitted(scope: Scope, { caller, account }: Call, interfaceId: string): void {
  if (caller.accountId === account) return;
  const permissions = scope.list("interface-permission").filter((each) => each.interfaceId === interfaceId);
  if (!permissions.some(({ permission, accountId }) => permission === "INSTANCE-ATTACH" && accountId === caller.accountId))
    throw ec2Error("OperationNotPermitted", "You do not have permission to access the specified resource.");
}

/** Checks that the trunk's instance can carry one more branch. */
function checkBranches(scope: Scope, trunkId: string): void {
  const instanceId = scope.require("network-interface", trunkId).attachment?.instanceId;
  const instance = instanceId === undefined ? undefined : scope.get("instance", instanceId);
  const limit = instance && instanceType(instance.type)?.branches;
  const count = scope.list("trunk-association").filter((each) => each.trunkId === trunkId).length;
  if (limit !== undefined && count + 1 > limit) {
    throw ec2Error("AttachmentLimitExceeded", `Branch interface count ${count + 1} exceeds the limit for ${instance!.type}`);
  }
}

export const trunkOperations = {
  AssociateTrunkInterface: {
    run(input, call, deps) {
      const scope = scopeOf(call, deps);
      const branch = scope.require("network-interface", required(input.BranchInterfaceId, "branchInterfaceId"));
      const trunk = scope.require("network-interface", required(input.TrunkInterfaceId, "trunkInterfaceId"));
      for (const { id } of [branch, trunk]) checkPermitted(scope, call, id);
      if (input.VlanId !== undefined && input.GreKey !== undefined) throw invalidCombination("VlanId and GreKey cannot be used together");
      const [id] = once(scope, "AssociateTrunkInterface", input, () => {
        if (trunk.type !== "trunk") throw invalidValue(`Network interface '${trunk.id}' is not a trunk interface.`);
        if (branch.attachment || scope.list("trunk-association").some((each) => each.branchId === branch.id)) {
          throw ec2Error("InvalidNetworkInterface.InUse", `Interface: [${branch.id}] in use.`);
        }
        if (branch.zone !== trunk.zone) throw invalidValue("Branch and trunk interfaces must be in the same availability zone.");
        if (input.VlanId !== undefined) {
          if (input.VlanId < 1 || input.VlanId > 4094) throw invalidValue(`Value (${input.VlanId}) for parameter vlanId is invalid.`);
          if (scope.list("trunk-association").some((each) => each.trunkId === trunk.id && each.vlanId === input.VlanId)) {
            throw invalidValue(`VLAN id ${input.VlanId} is already in use on trunk interface '${trunk.id}'.`);
          }
        }
        checkBranches(scope, trunk.id);
        scope.put("network-interface", { ...branch, type: "branch" });
        const record = scope.put("trunk-association", {
          id: scope.newId("trunk-association"),
          tags: {},
          branchId: branch.id,
          trunkId: trunk.id,
          protocol: input.GreKey === undefined ? "VLAN" : "GRE",
          ...(input.VlanId === undefined ? {} : { vlanId: input.VlanId }),
          ...(input.GreKey === undefined ? {} : { greKey: input.GreKey }),
        });
        return [record.id];
      });
      return {
        InterfaceAssociation: view(scope.require("trunk-association", id!)),
        ...(input.ClientToken ? { ClientToken: input.ClientToken } : {}),
      };
    },
  },

  DisassociateTrunkInterface: {
    run(input, call, deps) {
      const scope = scopeOf(call, deps);
      const record = scope.require("trunk-association", required(input.AssociationId, "associationId"));
      scope.delete("trunk-association", record.id);
      return { Return: true, ...(input.ClientToken ? { ClientToken: input.ClientToken } : {}) };
    },
  },

  DescribeTrunkInterfaceAssociations: {
    run(input, call, deps) {
      const scope = scopeOf(call, deps);
      const page = describe({
        input,
        kind: "trunk-association",
        ids: input.AssociationIds,
        idsName: "AssociationIds",
        get: (id) => scope.get("trunk-association", id),
        list: () => scope.list("trunk-association"),
        view,
        fields: { "gre-key": (each) => each.GreKey, "interface-protocol": (each) => each.InterfaceProtocol },
        maximum: 255,
      });
      return { InterfaceAssociations: page.items, NextToken: page.NextToken };
    },
  },

  CreateNetworkInterfacePermission: {
    run(input, call, deps) {
      const scope = scopeOf(call, deps);
      const record = scope.require("network-interface", required(input.NetworkInterfaceId, "networkInterfaceId"));
      const permission = required(input.Permission, "permission");
      if (permission !== "INSTANCE-ATTACH" && permission !== "EIP-ASSOCIATE") {
        throw invalidValue(`Value (${permission}) for parameter permission is invalid.`);
      }
      const written = scope.put("interface-permission", {
        id: scope.newId("interface-permission"),
        tags: {},
        interfaceId: record.id,
        permission,
        ...(input.AwsAccountId === undefined ? {} : { accountId: input.AwsAccountId }),
        ...(input.AwsService === undefined ? {} : { service: input.AwsService }),
      });
      return { InterfacePermission: permissionView(written) };
    },
  },

  DeleteNetworkInterfacePermission: {
    run(input, call, deps) {
      const scope = scopeOf(call, deps);
      const record = scope.require("interface-permission", required(input.NetworkInterfacePermissionId, "networkInterfacePermissionId"));
      scope.delete("interface-permission", record.id);
      return { Return: true };
    },
  },

  DescribeNetworkInterfacePermissions: {
    run(input, call, deps) {
      const scope = scopeOf(call, deps);
      const page = describe({
        input,
        kind: "interface-permission",
        ids: input.NetworkInterfacePermissionIds,
        idsName: "NetworkInterfacePermissionIds",
        get: (id) => scope.get("interface-permission", id),
        list: () => scope.list("interface-permission"),
        view: permissionView,
        fields: {
          "network-interface-permission.aws-account-id": (each) => each.AwsAccountId,
          "network-interface-permission.aws-service": (each) => each.AwsService,
          "network-interface-permission.network-interface-id": (each) => each.NetworkInterfaceId,
          "network-interface-permission.network-interface-permission-id": (each) => each.NetworkInterfacePermissionId,
          "network-interface-permission.permission": (each) => each.Permission,
        },
        maximum: 255,
      });
      return { NetworkInterfacePermissions: page.items, NextToken: page.NextToken };
    },
  },
} satisfies Ec2Operations;
