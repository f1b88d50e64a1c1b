// Security groups: create, describe, delete, and where they are referenced.
import { type Ec2Operations, scopeOf } from "./deps.ts";
import { dependencyViolation, ec2Error, invalidValue, required } from "./errors.ts";
import { describe } from "./filters.ts";
import { limits } from "./limits.ts";
import { egressAll } from "./make-vpc.ts";
import { isService } from "./managed.ts";
import type { GroupRecord } from "./records.ts";
import type { Scope } from "./scope.ts";
import { groupFields, groupView, rulesByGroup } from "./security-group-views.ts";
import { specifiedTags, tagList } from "./tags.ts";

const characters = /^[a-zA-Z0-9. _\-:/()#,@[\]+=&;{}!$*]{1,255}$/;

/** The default group of a VPC. */
export function defaultGroup(scope: Scope, vpcId: string): GroupRecord {
  return scope.list("security-group").find((group) => group.vpcId === vpcId && group.name === "default")!;
}

/** A group by id, or by name in the default VPC. */
export function groupByIdOrName(scope: Scope, id: string | undefined, name: string | undefined): GroupRecord {
  if (id !== undefined) return scope.require("security-group", id);
  const groupName = required(name, "GroupName or GroupId");
  const vpc = scope.list("vpc").find((each) => each.isDefault);
  const group = vpc && scope.list("security-group").find((each) => each.vpcId === vpc.id && each.name === groupName);
  if (!group)
    throw ec2Error("InvalidGroup.NotFound", `The security group '${groupName}' does not exist in default VPC '${vpc?.id ?? "none"}'`);
  return group;
}

/** Whether anything keeps a group from being deleted: an interface, attached or not, an endpoint, or a rule of another group. */
function inUse(scope: Scope, id: string): boolean {
  return (
    scope.list("network-interface").some((record) => record.groups.includes(id)) ||
    scope.list("security-group-rule").some((rule) => rule.referencedGroupId === id && rule.groupId !== id)
  );
}

export const securityGroupOperations = {
  CreateSecurityGroup: {
    run(input, call, deps) {
      const scope = scopeOf(call, deps);
      const name = required(input.GroupName, "GroupName");
      const description = required(input.Description, "GroupDescription");
      for (const [label, text] of [
        ["GroupName", name],
        ["GroupDescription", description],
      ] as const) {
        if (!characters.test(text)) {
          throw invalidValue(`Value (${text}) for parameter ${label} is invalid. Character sets beyond ASCII are not supported.`);
        }
      }
      const vpcId = input.VpcId ?? scope.list("vpc").find((vpc) => vpc.isDefault)?.id;
      if (vpcId === undefined) throw ec2Error("VPCIdNotSpecified", "No default VPC for this user");
      scope.require("vpc", vpcId);
      if (/^sg-/i.test(name))
        throw invalidValue(`Value (${name}) for parameter GroupName is invalid. Group names may not be in the format sg-*.`);
      const tags = specifiedTags(input.TagSpecifications, "security-group", { service: isService(call.caller) });
      const groups = scope.list("security-group");
      if (groups.some((group) => group.vpcId === vpcId && group.name === name)) {
        throw ec2Error("InvalidGroup.Duplicate", `The security group '${name}' already exists for VPC '${vpcId}'`);
      }
      if (groups.length >= limits.groupsPerRegion) {
        throw ec2Error("SecurityGroupLimitExceeded", `The maximum number of security groups for VPC '${vpcId}' has been reached.`);
      }
      const group = scope.change(() => {
        const written = scope.put("security-group", { id: scope.newId("security-group"), tags, name, description, vpcId });
        scope.put("security-group-rule", egressAll(scope, written.id));
        if (scope.require("vpc", vpcId).cidrs6.length > 0) scope.put("security-group-rule", egressAll(scope, written.id, 6));
        return written;
      });
      return { GroupId: group.id, Tags: tagList(tags), SecurityGroupArn: scope.arn("security-group", group.id) };
    },
  },

  DescribeSecurityGroups: {
    run(input, call, deps) {
      const scope = scopeOf(call, deps);
      const rules = rulesByGroup(scope);
      const named = (input.GroupNames ?? []).map((name) => groupByIdOrName(scope, undefined, name).id);
      const page = describe({
        input,
        kind: "security-group",
        ids: [...(input.GroupIds ?? []), ...named],
        idsName: input.GroupIds?.length ? "groupIds" : "groupNames",
        get: (id) => scope.get("security-group", id),
        list: () => scope.list("security-group"),
        view: (group) => groupView(scope, group, rules.get(group.id) ?? []),
        fields: groupFields,
      });
      return { SecurityGroups: page.items, NextToken: page.NextToken };
    },
  },

  DeleteSecurityGroup: {
    run(input, call, deps) {
      const scope = scopeOf(call, deps);
      const group = groupByIdOrName(scope, input.GroupId, input.GroupName);
      if (group.name === "default")
        throw ec2Error("CannotDelete", `the specified group: "${group.id}" name: "default" cannot be deleted by a user`);
      if (inUse(scope, group.id)) {
        const interfaces = scope.list("network-interface").filter((record) => record.groups.includes(group.id));
        throw dependencyViolation(`resource ${group.id} has a dependent object`, interfaces);
      }
      scope.change(() => {
        for (const rule of scope.list("security-group-rule")) if (rule.groupId === group.id) scope.delete("security-group-rule", rule.id);
        scope.delete("security-group", group.id);
      });
      return { Return: true, GroupId: group.id };
    },
  },

  DescribeSecurityGroupReferences: {
    run(input, call, deps) {
      const scope = scopeOf(call, deps);
      for (const id of required(input.GroupId, "groupId")) scope.require("security-group", id);
      // Only references across VPC peering are listed, and there is no peering.
      return { SecurityGroupReferenceSet: [] };
    },
  },

  GetSecurityGroupsForVpc: {
    run(input, call, deps) {
      const scope = scopeOf(call, deps);
      const vpcId = required(input.VpcId, "vpcId");
      scope.require("vpc", vpcId);
      const page = describe({
        input,
        kind: "security-group",
        get: (id) => scope.get("security-group", id),
        list: () => scope.list("security-group").filter((group) => group.vpcId === vpcId),
        view: (group) => ({
          GroupId: group.id,
          GroupName: group.name,
          Description: group.description,
          OwnerId: scope.account,
          PrimaryVpcId: group.vpcId,
          Tags: tagList(group.tags),
        }),
        fields: {
          "group-id": (view) => view.GroupId,
          description: (view) => view.Description,
          "group-name": (view) => view.GroupName,
          "owner-id": (view) => view.OwnerId,
          "primary-vpc-id": (view) => view.PrimaryVpcId,
        },
      });
      return { SecurityGroupForVpcs: page.items, NextToken: page.NextToken };
    },
  },
} satisfies Ec2Operations;
