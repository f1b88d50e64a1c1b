// Security groups and rules as EC2 prints them, in both shapes: merged permissions and single rules.
import type { IpPermission, SecurityGroup, SecurityGroupRule } from "@aws-sdk/client-ec2";
import type { Fields } from "./filters.ts";
import type { GroupRecord, RuleRecord } from "./records.ts";
import type { Scope } from "./scope.ts";
import { tagList } from "./tags.ts";

/** Rules that share protocol and ports print as one permission. */
function permissions(scope: Scope, rules: readonly RuleRecord[]): IpPermission[] {
  const merged = new Map<
    string,
    Required<Pick<IpPermission, "IpRanges" | "Ipv6Ranges" | "PrefixListIds" | "UserIdGroupPairs">> & IpPermission
  >();
  for (const rule of rules) {
    const key = `${rule.protocol}/${rule.fromPort}/${rule.toPort}`;
    let permission = merged.get(key);
    if (!permission) {
      permission = {
        IpProtocol: rule.protocol,
        ...(rule.protocol === "-1" ? {} : { FromPort: rule.fromPort, ToPort: rule.toPort }),
        IpRanges: [],
        Ipv6Ranges: [],
        PrefixListIds: [],
        UserIdGroupPairs: [],
      };
      merged.set(key, permission);
    }
    const described = rule.description === undefined ? {} : { Description: rule.description };
    if (rule.cidr !== undefined) permission.IpRanges!.push({ CidrIp: rule.cidr, ...described });
    if (rule.cidr6 !== undefined) permission.Ipv6Ranges!.push({ CidrIpv6: rule.cidr6, ...described });
    if (rule.prefixListId !== undefined) permission.PrefixListIds!.push({ PrefixListId: rule.prefixListId, ...described });
    if (rule.referencedGroupId !== undefined) {
      permission.UserIdGroupPairs!.push({ GroupId: rule.referencedGroupId, UserId: scope.account, ...described });
    }
  }
  return [...merged.values()];
}

/** A group with its rules. */
export function groupView(scope: Scope, group: GroupRecord, rules: readonly RuleRecord[]): SecurityGroup {
  return {
    GroupId: group.id,
    GroupName: group.name,
    Description: group.description,
    VpcId: group.vpcId,
    OwnerId: scope.account,
    SecurityGroupArn: scope.arn("security-group", group.id),
    IpPermissions: permissions(
      scope,
      rules.filter((rule) => !rule.egress),
    ),
    IpPermissionsEgress: permissions(
      scope,
      rules.filter((rule) => rule.egress),
    ),
    Tags: tagList(group.tags),
  };
}

/** A single rule. */
export function ruleView(scope: Scope, rule: RuleRecord): SecurityGroupRule {
  return {
    SecurityGroupRuleId: rule.id,
    SecurityGroupRuleArn: scope.arn("security-group-rule", rule.id),
    GroupId: rule.groupId,
    GroupOwnerId: scope.account,
    IsEgress: rule.egress,
    IpProtocol: rule.protocol,
    FromPort: rule.fromPort,
    ToPort: rule.toPort,
    ...(rule.cidr === undefined ? {} : { CidrIpv4: rule.cidr }),
    ...(rule.cidr6 === undefined ? {} : { CidrIpv6: rule.cidr6 }),
    ...(rule.prefixListId === undefined ? {} : { PrefixListId: rule.prefixListId }),
    ...(rule.referencedGroupId === undefined ? {} : { ReferencedGroupInfo: { GroupId: rule.referencedGroupId, UserId: scope.account } }),
    ...(rule.description === undefined ? {} : { Description: rule.description }),
    Tags: tagList(rule.tags),
  };
}

/** Rules by group, in the order they were made. */
export function rulesByGroup(scope: Scope): Map<string, RuleRecord[]> {
  const byGroup = new Map<string, RuleRecord[]>();
  for (const rule of scope.list("security-group-rule")) {
    const list = byGroup.get(rule.groupId);
    if (list) list.push(rule);
    else byGroup.set(rule.groupId, [rule]);
  }
  return byGroup;
}

function permissionFields(prefix: string, pick: (view: SecurityGroup) => IpPermission[] | undefined): Fields<SecurityGroup> {
  return {
    [`${prefix}.cidr`]: (view) => pick(view)?.flatMap((each) => each.IpRanges?.map((range) => range.CidrIp)),
    [`${prefix}.from-port`]: (view) => pick(view)?.map((each) => each.FromPort),
    [`${prefix}.group-id`]: (view) => pick(view)?.flatMap((each) => each.UserIdGroupPairs?.map((pair) => pair.GroupId)),
    [`${prefix}.ipv6-cidr`]: (view) => pick(view)?.flatMap((each) => each.Ipv6Ranges?.map((range) => range.CidrIpv6)),
    [`${prefix}.prefix-list-id`]: (view) => pick(view)?.flatMap((each) => each.PrefixListIds?.map((list) => list.PrefixListId)),
    [`${prefix}.protocol`]: (view) => pick(view)?.map((each) => each.IpProtocol),
    [`${prefix}.to-port`]: (view) => pick(view)?.map((each) => each.ToPort),
    [`${prefix}.user-id`]: (view) => pick(view)?.flatMap((each) => each.UserIdGroupPairs?.map((pair) => pair.UserId)),
  };
}

/** Filters of DescribeSecurityGroups. */
export const groupFields: Fields<SecurityGroup> = {
  description: (view) => view.Description,
  "group-id": (view) => view.GroupId,
  "group-name": (view) => view.GroupName,
  "owner-id": (view) => view.OwnerId,
  "vpc-id": (view) => view.VpcId,
  ...permissionFields("ip-permission", (view) => view.IpPermissions),
  ...permissionFields("egress.ip-permission", (view) => view.IpPermissionsEgress),
};

/** Filters of DescribeSecurityGroupRules. */
export const ruleFields: Fields<SecurityGroupRule> = {
  "group-id": (view) => view.GroupId,
  "security-group-rule-id": (view) => view.SecurityGroupRuleId,
};
