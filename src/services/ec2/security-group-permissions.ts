// Turning permissions of a request into single rules, and comparing rules.
import type { IpPermission } from "@aws-sdk/client-ec2";
import { formatCidr, parseCidr } from "../../vpc/cidr.ts";
import { protocolName } from "../../vpc/security-groups.ts";
import { ec2Error, invalidCombination, invalidValue, missingParameter } from "./errors.ts";
import { missing } from "./kinds.ts";
import { isPrefixList } from "./prefix-lists.ts";
import type { GroupRecord, RuleRecord } from "./records.ts";
import type { Scope } from "./scope.ts";

/** A rule before it has an id. */
export type RuleContent = Omit<RuleRecord, "id" | "tags">;

/** The permission members of Authorize and Revoke requests: a list, or one permission spelled out. */
export interface PermissionInput {
  readonly IpPermissions?: IpPermission[] | undefined;
  readonly IpProtocol?: string | undefined;
  readonly FromPort?: number | undefined;
  readonly ToPort?: number | undefined;
  readonly CidrIp?: string | undefined;
  readonly SourceSecurityGroupName?: string | undefined;
}

/** Protocol and ports, checked and normal: all protocols have no ports, and -1 is all of them. */
function ports(permission: IpPermission): Pick<RuleContent, "protocol" | "fromPort" | "toPort"> {
  if (permission.IpProtocol === undefined) throw missingParameter("ipProtocol");
  const protocol = protocolName(permission.IpProtocol);
  const number = Number(protocol);
  if (!["tcp", "udp", "icmp", "icmpv6", "-1"].includes(protocol) && !(Number.isInteger(number) && number >= 0 && number <= 255)) {
    throw ec2Error(
      "InvalidPermission.Malformed",
      `Unsupported IP protocol "${permission.IpProtocol}" - supported: [tcp, udp, icmp, -1] or a protocol number`,
    );
  }
  if (protocol === "tcp" || protocol === "udp") {
    const { FromPort: from, ToPort: to } = permission;
    if (from === undefined || to === undefined)
      throw invalidValue(`Invalid value 'Must specify both from and to ports with TCP/UDP.' for portRange.`);
    for (const port of [from, to]) {
      if (port < 0 || port > 65535) throw invalidValue(`TCP/UDP port (${port}) out of range`);
    }
    if (from > to) throw invalidValue(`Invalid TCP/UDP port range (${from}:${to})`);
    return { protocol, fromPort: from, toPort: to };
  }
  if (protocol === "icmp" || protocol === "icmpv6")
    return { protocol, fromPort: permission.FromPort ?? -1, toPort: permission.ToPort ?? -1 };
  return { protocol, fromPort: -1, toPort: -1 };
}

function cidrOf(text: string | undefined, family: 4 | 6): string {
  const cidr = parseCidr(text ?? "");
  if (!cidr || cidr.family !== family)
    throw invalidValue(family === 4 ? `CIDR block ${text ?? ""} is malformed` : `IPv6 CIDR block ${text ?? ""} is malformed`);
  return formatCidr(cidr);
}

function describedAs(text: string | undefined): { readonly description?: string } {
  if (text === undefined || text === "") return {};
  if (text.length > 255 || !/^[a-zA-Z0-9. _\-:/()#,@[\]+=&;{}!$*]*$/.test(text)) {
    throw invalidValue(
      `Invalid rule description. Valid descriptions are strings less than 256 characters from the following set: a-zA-Z0-9. _-:/()#,@[]+=&;{}!$*`,
    );
  }
  return { description: text };
}

/** The group a pair refers to, by id or, in the same VPC, by name. */
function referenced(scope: Scope, group: GroupRecord, id: string | undefined, name: string | undefined): string {
  if (id !== undefined) {
    const other = scope.get("security-group", id);
    if (!other) throw missing("security-group", id);
    if (other.vpcId !== group.vpcId) {
      throw ec2Error("InvalidGroup.NotFound", `You have specified two resources that belong to different networks.`);
    }
    return id;
  }
  const other = scope.list("security-group").find((each) => each.vpcId === group.vpcId && each.name === name);
  if (!other) throw ec2Error("InvalidGroup.NotFound", `The security group '${name ?? ""}' does not exist`);
  return other.id;
}

/** All single rules a request names. */
export function requestedRules(scope: Scope, group: GroupRecord, egress: boolean, input: PermissionInput): RuleContent[] {
  const listed = input.IpPermissions ?? [];
  const spelled =
    input.IpProtocol !== undefined || input.CidrIp !== undefined || input.SourceSecurityGroupName !== undefined
      ? [
          {
            IpProtocol: input.IpProtocol ?? (input.SourceSecurityGroupName === undefined ? undefined : "-1"),
            FromPort: input.FromPort,
            ToPort: input.ToPort,
            ...(input.CidrIp === undefined ? {} : { IpRanges: [{ CidrIp: input.CidrIp }] }),
            ...(input.SourceSecurityGroupName === undefined ? {} : { UserIdGroupPairs: [{ GroupName: input.SourceSecurityGroupName }] }),
          } as IpPermission,
        ]
      : [];
  if (listed.length > 0 && spelled.length > 0)
    throw invalidCombination("The parameter 'ipPermissions' may not be used in combination with 'ipProtocol'");
  if (listed.length + spelled.length === 0) throw missingParameter("ipPermissions");
  return [...listed, ...spelled].flatMap((permission) => {
    const base = { groupId: group.id, egress, ...ports(permission) };
    const rules: RuleContent[] = [
      ...(permission.IpRanges ?? []).map((range) => ({ ...base, cidr: cidrOf(range.CidrIp, 4), ...describedAs(range.Description) })),
      ...(permission.Ipv6Ranges ?? []).map((range) => ({ ...base, cidr6: cidrOf(range.CidrIpv6, 6), ...describedAs(range.Description) })),
      ...(permission.PrefixListIds ?? []).map((list) => {
        if (!isPrefixList(scope, list.PrefixListId ?? "")) {
          throw ec2Error("InvalidPrefixListID.NotFound", `The prefix list ID '${list.PrefixListId ?? ""}' does not exist`);
        }
        return { ...base, prefixListId: list.PrefixListId!, ...describedAs(list.Description) };
      }),
      ...(permission.UserIdGroupPairs ?? []).map((pair) => ({
        ...base,
        referencedGroupId: referenced(scope, group, pair.GroupId, pair.GroupName),
        ...describedAs(pair.Description),
      })),
    ];
    if (rules.length === 0)
      throw ec2Error("InvalidParameterValue", "A rule needs a source or destination: an IPv4 or IPv6 range, a prefix list or a group");
    return rules;
  });
}

/** The far side of a rule, as EC2's messages name it. */
export function peerOf(rule: RuleContent): string {
  return rule.cidr ?? rule.cidr6 ?? rule.prefixListId ?? rule.referencedGroupId ?? "";
}

/** Whether two rules allow the same thing; descriptions do not matter. */
export function sameRule(a: RuleContent, b: RuleContent): boolean {
  return (
    a.groupId === b.groupId &&
    a.egress === b.egress &&
    a.protocol === b.protocol &&
    a.fromPort === b.fromPort &&
    a.toPort === b.toPort &&
    peerOf(a) === peerOf(b)
  );
}

/** InvalidPermission.Duplicate, in EC2's words. */
export function duplicate(rule: RuleContent) {
  const range =
    rule.protocol === "-1"
      ? "ALL"
      : rule.protocol === "tcp" || rule.protocol === "udp"
        ? `${rule.protocol.toUpperCase()}, from port: ${rule.fromPort}, to port: ${rule.toPort}`
        : rule.protocol.startsWith("icmp")
          ? `${rule.protocol.toUpperCase()}, type: ${rule.fromPort}, code: ${rule.toPort}`
          : rule.protocol;
  return ec2Error("InvalidPermission.Duplicate", `the specified rule "peer: ${peerOf(rule)}, ${range}, ALLOW" already exists`);
}
