// Building VPCs and subnets with everything EC2 gives them: default group, network ACL, main route table.
import { formatCidr, parseCidr } from "../../vpc/cidr.ts";
import { newId } from "./ids.ts";
import type { NetworkAclRecord, RuleRecord, SubnetRecord, Tags, VpcRecord } from "./records.ts";
import type { Scope } from "./scope.ts";

/** Entries every network ACL ends with: deny what nothing else matched. */
export function denyEntries(ipv6: boolean): NetworkAclRecord["entries"] {
  const entry = (ruleNumber: number, cidr: string, egress: boolean) => ({
    ruleNumber,
    egress,
    protocol: "-1",
    action: "deny" as const,
    cidr,
  });
  return [true, false].flatMap((egress) => [entry(32767, "0.0.0.0/0", egress), ...(ipv6 ? [entry(32768, "::/0", egress)] : [])]);
}

/** Entries of a default network ACL: allow everything. */
export function allowEntries(ipv6: boolean): NetworkAclRecord["entries"] {
  const entry = (ruleNumber: number, cidr: string, egress: boolean) => ({
    ruleNumber,
    egress,
    protocol: "-1",
    action: "allow" as const,
    cidr,
  });
  return [true, false].flatMap((egress) => [entry(100, "0.0.0.0/0", egress), ...(ipv6 ? [entry(101, "::/0", egress)] : [])]);
}

/** A rule that lets everything out, as every new group has one. */
export function egressAll(scope: Scope, groupId: string, family: 4 | 6 = 4): RuleRecord {
  const source = family === 4 ? { cidr: "0.0.0.0/0" } : { cidr6: "::/0" };
  return { id: scope.newId("security-group-rule"), tags: {}, groupId, egress: true, protocol: "-1", fromPort: -1, toPort: -1, ...source };
}

/** What a new VPC is made of. */
export interface VpcPlan {
  readonly cidr: string;
  readonly cidr6?: string;
  readonly borderGroup?: string;
  readonly dhcpOptionsId: string;
  readonly isDefault?: boolean;
  readonly tenancy?: "default" | "dedicated";
  readonly tags: Tags;
}

/** Writes a VPC with its default security group, network ACL and main route table. Call inside a change. */
export function makeVpc(scope: Scope, plan: VpcPlan): VpcRecord {
  const id = scope.newId("vpc");
  const association = () => newId(scope.random, "vpc-cidr-assoc");
  const vpc = scope.put("vpc", {
    id,
    tags: plan.tags,
    cidrs: [{ id: association(), cidr: formatCidr(parseCidr(plan.cidr)!) }],
    cidrs6: plan.cidr6 ? [{ id: association(), cidr: plan.cidr6, borderGroup: plan.borderGroup ?? scope.region }] : [],
    dhcpOptionsId: plan.dhcpOptionsId,
    isDefault: plan.isDefault ?? false,
    tenancy: plan.tenancy ?? "default",
    dnsSupport: true,
    dnsHostnames: plan.isDefault ?? false,
    addressUsageMetrics: false,
  });
  const group = scope.put("security-group", {
    id: scope.newId("security-group"),
    tags: {},
    name: "default",
    description: "default VPC security group",
    vpcId: id,
  });
  scope.put("security-group-rule", {
    ...egressAll(scope, group.id),
    id: scope.newId("security-group-rule"),
    egress: false,
    cidr: undefined,
    referencedGroupId: group.id,
  });
  const egress = egressAll(scope, group.id);
  scope.put("security-group-rule", egress);
  const entries = [...allowEntries(plan.cidr6 !== undefined), ...denyEntries(plan.cidr6 !== undefined)];
  scope.put("network-acl", { id: scope.newId("network-acl"), tags: {}, vpcId: id, isDefault: true, entries });
  scope.put("route-table", {
    id: scope.newId("route-table"),
    tags: {},
    vpcId: id,
    routes: [],
    associations: [{ id: newId(scope.random, "rtbassoc"), main: true }],
  });
  return vpc;
}

/** What a new subnet is made of. */
export type SubnetPlan = Pick<SubnetRecord, "vpcId" | "cidr" | "zone" | "zoneId" | "tags"> &
  Partial<Pick<SubnetRecord, "defaultForAz" | "mapPublicIp" | "ipv6Native" | "assignIpv6">> & { readonly cidr6?: string };

/** Writes a subnet, associated with its VPC's default network ACL. Call inside a change. */
export function makeSubnet(scope: Scope, plan: SubnetPlan): SubnetRecord {
  const acl = scope.list("network-acl").find((record) => record.vpcId === plan.vpcId && record.isDefault)!;
  return scope.put("subnet", {
    id: scope.newId("subnet"),
    tags: plan.tags,
    vpcId: plan.vpcId,
    ...(plan.cidr === undefined ? {} : { cidr: plan.cidr }),
    ...(plan.cidr6 === undefined ? {} : { cidr6: { id: newId(scope.random, "subnet-cidr-assoc"), cidr: plan.cidr6 } }),
    zone: plan.zone,
    zoneId: plan.zoneId,
    defaultForAz: plan.defaultForAz ?? false,
    mapPublicIp: plan.mapPublicIp ?? false,
    assignIpv6: plan.assignIpv6 ?? false,
    dns64: false,
    ipv6Native: plan.ipv6Native ?? false,
    hostnameType: plan.ipv6Native ? "resource-name" : "ip-name",
    dnsARecord: false,
    dnsAaaaRecord: plan.ipv6Native ?? false,
    aclId: acl.id,
    aclAssociationId: newId(scope.random, "aclassoc"),
  });
}
