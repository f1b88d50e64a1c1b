// Rules of security groups: authorize, revoke, modify, describe.
import type { SecurityGroupRuleRequest } from "@aws-sdk/client-ec2";
import type { Call } from "../../aws/operation.ts";
import { type Ec2Deps, type Ec2Operations, scopeOf } from "./deps.ts";
import { ec2Error, invalidCombination, missingParameter, required } from "./errors.ts";
import { describe } from "./filters.ts";
import { limits } from "./limits.ts";
import type { GroupRecord, RuleRecord } from "./records.ts";
import type { Scope } from "./scope.ts";
import { duplicate, type PermissionInput, type RuleContent, requestedRules, sameRule } from "./security-group-permissions.ts";
import { ruleFields, ruleView } from "./security-group-views.ts";
import { groupByIdOrName } from "./security-groups.ts";
import { specifiedTags } from "./tags.ts";

const rulesOf = (scope: Scope, groupId: string, egress?: boolean) =>
  scope.list("security-group-rule").filter((rule) => rule.groupId === groupId && (egress === undefined || rule.egress === egress));

/** IPv4 and IPv6 rules are counted apart, 60 each (spec vpc-cni §2.6). */
function checkCount(rules: readonly RuleContent[]): void {
  const v6 = rules.filter((rule) => rule.cidr6 !== undefined).length;
  const v4 = rules.filter((rule) => rule.cidr !== undefined).length;
  const others = rules.length - v4 - v6;
  if (v4 + others > limits.rulesPerGroup || v6 + others > limits.rulesPerGroup) {
    throw ec2Error("RulesPerSecurityGroupLimitExceeded", "The maximum number of rules per security group has been reached.");
  }
}

type AuthorizeInput = PermissionInput & {
  GroupId?: string | undefined;
  GroupName?: string | undefined;
  TagSpecifications?: Parameters<typeof specifiedTags>[0];
};

function authorize(egress: boolean, input: AuthorizeInput, call: Call, deps: Ec2Deps) {
  const scope = scopeOf(call, deps);
  const group = groupByIdOrName(scope, input.GroupId, input.GroupName);
  const tags = specifiedTags(input.TagSpecifications, "security-group-rule");
  const existing = rulesOf(scope, group.id, egress);
  const wanted = requestedRules(scope, group, egress, input);
  for (const [index, rule] of wanted.entries()) {
    if (existing.some((each) => sameRule(each, rule))) throw duplicate(rule);
    if (wanted.slice(0, index).some((each) => sameRule(each, rule))) {
      throw ec2Error("InvalidParameterValue", "The same permission must not appear multiple times");
    }
  }
  checkCount([...existing, ...wanted]);
  const written = scope.change(() =>
    wanted.map((rule) => scope.put("security-group-rule", { ...rule, id: scope.newId("security-group-rule"), tags })),
  );
  return { Return: true, SecurityGroupRules: written.map((rule) => ruleView(scope, rule)) };
}

type RevokeInput = PermissionInput & {
  GroupId?: string | undefined;
  GroupName?: string | undefined;
  SecurityGroupRuleIds?: string[] | undefined;
};

/** Rules a revoke request names. In a default VPC unknown permissions are reported; elsewhere they are an error. */
function revoked(scope: Scope, group: GroupRecord, egress: boolean, input: RevokeInput): { found: RuleRecord[]; unknown: RuleContent[] } {
  const existing = rulesOf(scope, group.id, egress);
  if (input.SecurityGroupRuleIds?.length) {
    if (input.IpPermissions?.length || input.IpProtocol !== undefined) {
      throw invalidCombination("The parameter 'securityGroupRuleIds' may not be used in combination with 'ipPermissions'");
    }
    const found = input.SecurityGroupRuleIds.map((id) => {
      scope.require("security-group-rule", id);
      const rule = existing.find((each) => each.id === id);
      if (!rule) throw ec2Error("InvalidSecurityGroupRuleId.NotFound", `The security group rule ID '${id}' does not exist`);
      return rule;
    });
    return { found, unknown: [] };
  }
  const found: RuleRecord[] = [];
  const unknown: RuleContent[] = [];
  for (const rule of requestedRules(scope, group, egress, input)) {
    const match = existing.find((each) => sameRule(each, rule));
    if (match) found.push(match);
    else unknown.push(rule);
  }
  if (unknown.length > 0 && !scope.require("vpc", group.vpcId).isDefault) {
    throw ec2Error("InvalidPermission.NotFound", "The specified rule does not exist in this security group.");
  }
  return { found, unknown };
}

function revoke(egress: boolean, input: RevokeInput, call: Call, deps: Ec2Deps) {
  const scope = scopeOf(call, deps);
  const group = groupByIdOrName(scope, input.GroupId, input.GroupName);
  const { found, unknown } = revoked(scope, group, egress, input);
  scope.change(() => {
    for (const rule of found) scope.delete("security-group-rule", rule.id);
  });
  return {
    Return: true,
    RevokedSecurityGroupRules: found.map((rule) => {
      const { Tags, GroupOwnerId, SecurityGroupRuleArn, ReferencedGroupInfo, ...view } = ruleView(scope, rule);
      return { ...view, ...(ReferencedGroupInfo?.GroupId === undefined ? {} : { ReferencedGroupId: ReferencedGroupInfo.GroupId }) };
    }),
    UnknownIpPermissions: unknown.map((rule) => ({
      IpProtocol: rule.protocol,
      FromPort: rule.fromPort,
      ToPort: rule.toPort,
      ...(rule.cidr === undefined ? {} : { IpRanges: [{ CidrIp: rule.cidr }] }),
      ...(rule.cidr6 === undefined ? {} : { Ipv6Ranges: [{ CidrIpv6: rule.cidr6 }] }),
      ...(rule.prefixListId === undefined ? {} : { PrefixListIds: [{ PrefixListId: rule.prefixListId }] }),
      ...(rule.referencedGroupId === undefined ? {} : { UserIdGroupPairs: [{ GroupId: rule.referencedGroupId }] }),
    })),
  };
}

/** A rule of ModifySecurityGroupRules, as the one rule it becomes. */
function replacement(scope: Scope, group: GroupRecord, rule: RuleRecord, request: SecurityGroupRuleRequest): RuleContent {
  const described = request.Description === undefined ? {} : { Description: request.Description };
  const [content, ...more] = requestedRules(scope, group, rule.egress, {
    IpPermissions: [
      {
        IpProtocol: request.IpProtocol,
        FromPort: request.FromPort,
        ToPort: request.ToPort,
        IpRanges: request.CidrIpv4 === undefined ? [] : [{ CidrIp: request.CidrIpv4, ...described }],
        Ipv6Ranges: request.CidrIpv6 === undefined ? [] : [{ CidrIpv6: request.CidrIpv6, ...described }],
        PrefixListIds: request.PrefixListId === undefined ? [] : [{ PrefixListId: request.PrefixListId, ...described }],
        UserIdGroupPairs: request.ReferencedGroupId === undefined ? [] : [{ GroupId: request.ReferencedGroupId, ...described }],
      },
    ],
  });
  if (more.length > 0) throw invalidCombination("Specify exactly one of CidrIpv4, CidrIpv6, PrefixListId and ReferencedGroupId");
  return content!;
}

/** Sets rule descriptions, by rule id or by permission. */
function describeRules(
  egress: boolean,
  input: RevokeInput & {
    SecurityGroupRuleDescriptions?: { SecurityGroupRuleId?: string | undefined; Description?: string | undefined }[] | undefined;
  },
  call: Call,
  deps: Ec2Deps,
) {
  const scope = scopeOf(call, deps);
  const group = groupByIdOrName(scope, input.GroupId, input.GroupName);
  const existing = rulesOf(scope, group.id, egress);
  const changes = input.SecurityGroupRuleDescriptions?.length
    ? input.SecurityGroupRuleDescriptions.map(({ SecurityGroupRuleId, Description }) => ({
        match: existing.find((rule) => rule.id === SecurityGroupRuleId),
        description: Description,
      }))
    : requestedRules(scope, group, egress, input).map((wanted) => ({
        match: existing.find((rule) => sameRule(rule, wanted)),
        description: wanted.description,
      }));
  scope.change(() => {
    for (const { match, description } of changes) {
      if (!match) throw ec2Error("InvalidPermission.NotFound", "The specified rule does not exist in this security group.");
      const { description: _, ...rest } = match;
      scope.put("security-group-rule", { ...rest, ...(description ? { description } : {}) });
    }
  });
  return { Return: true };
}

export const securityGroupRuleOperations = {
  AuthorizeSecurityGroupIngress: { run: (input, call, deps) => authorize(false, input, call, deps) },
  AuthorizeSecurityGroupEgress: { run: (input, call, deps) => authorize(true, input, call, deps) },
  RevokeSecurityGroupIngress: { run: (input, call, deps) => revoke(false, input, call, deps) },
  RevokeSecurityGroupEgress: { run: (input, call, deps) => revoke(true, input, call, deps) },
  UpdateSecurityGroupRuleDescriptionsIngress: { run: (input, call, deps) => describeRules(false, input, call, deps) },
  UpdateSecurityGroupRuleDescriptionsEgress: { run: (input, call, deps) => describeRules(true, input, call, deps) },

  ModifySecurityGroupRules: {
    run(input, call, deps) {
      const scope = scopeOf(call, deps);
      const group = scope.require("security-group", required(input.GroupId, "groupId"));
      const updates = required(input.SecurityGroupRules, "securityGroupRules");
      if (updates.length === 0) throw missingParameter("securityGroupRules");
      scope.change(() => {
        for (const { SecurityGroupRuleId: id, SecurityGroupRule: request } of updates) {
          const rule = scope.require("security-group-rule", required(id, "securityGroupRuleId"));
          if (rule.groupId !== group.id) {
            throw ec2Error(
              "InvalidSecurityGroupRuleId.NotFound",
              `The security group rule ID '${rule.id}' does not exist in security group '${group.id}'`,
            );
          }
          const content = replacement(scope, group, rule, required(request, "securityGroupRule"));
          if (rulesOf(scope, group.id, rule.egress).some((each) => each.id !== rule.id && sameRule(each, content)))
            throw duplicate(content);
          scope.put("security-group-rule", { ...content, id: rule.id, tags: rule.tags });
        }
        for (const egress of [true, false]) checkCount(rulesOf(scope, group.id, egress));
      });
      return { Return: true };
    },
  },

  DescribeSecurityGroupRules: {
    run(input, call, deps) {
      const scope = scopeOf(call, deps);
      const page = describe({
        input,
        kind: "security-group-rule",
        ids: input.SecurityGroupRuleIds,
        idsName: "SecurityGroupRuleIds",
        get: (id) => scope.get("security-group-rule", id),
        list: () => scope.list("security-group-rule"),
        view: (rule) => ruleView(scope, rule),
        fields: ruleFields,
      });
      return { SecurityGroupRules: page.items, NextToken: page.NextToken };
    },
  },
} satisfies Ec2Operations;
