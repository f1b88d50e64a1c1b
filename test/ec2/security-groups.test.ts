import assert from "node:assert/strict";
import { test } from "node:test";
import { rejectsWith } from "./errors.ts";
import { ec2, type Harness, network } from "./harness.ts";

async function group(aws: Harness, vpcId: string, name = "web") {
  return (await aws.run("CreateSecurityGroup", { VpcId: vpcId, GroupName: name, Description: "for tests" })).GroupId!;
}

const https = { IpProtocol: "tcp", FromPort: 443, ToPort: 443 };

test("a new group lets everything out and nothing in", async () => {
  const aws = ec2();
  const { vpcId } = await network(aws);
  const id = await group(aws, vpcId);
  const { SecurityGroups } = await aws.run("DescribeSecurityGroups", { GroupIds: [id] });
  const [only] = SecurityGroups!;
  assert.deepEqual(only!.IpPermissions, []);
  assert.deepEqual(only!.IpPermissionsEgress, [
    { IpProtocol: "-1", IpRanges: [{ CidrIp: "0.0.0.0/0" }], Ipv6Ranges: [], PrefixListIds: [], UserIdGroupPairs: [] },
  ]);
  await rejectsWith(group(aws, vpcId), "InvalidGroup.Duplicate", `The security group 'web' already exists for VPC '${vpcId}'`);
  await rejectsWith(group(aws, vpcId, "sg-web"), "InvalidParameterValue");
  await rejectsWith(aws.run("CreateSecurityGroup", { GroupName: "x", VpcId: vpcId } as never), "MissingParameter");
});

test("rules are single records that print merged", async () => {
  const aws = ec2();
  const { vpcId } = await network(aws);
  const id = await group(aws, vpcId);
  const { SecurityGroupRules } = await aws.run("AuthorizeSecurityGroupIngress", {
    GroupId: id,
    IpPermissions: [
      { ...https, IpRanges: [{ CidrIp: "10.1.2.3/8", Description: "inside" }, { CidrIp: "192.168.0.0/16" }] },
      { ...https, UserIdGroupPairs: [{ GroupId: id }] },
    ],
    TagSpecifications: [{ ResourceType: "security-group-rule", Tags: [{ Key: "why", Value: "web" }] }],
  });
  assert.equal(SecurityGroupRules!.length, 3);
  assert.match(SecurityGroupRules![0]!.SecurityGroupRuleId!, /^sgr-[0-9a-f]{17}$/);
  assert.equal(SecurityGroupRules![0]!.CidrIpv4, "10.0.0.0/8");
  const { SecurityGroups } = await aws.run("DescribeSecurityGroups", { Filters: [{ Name: "ip-permission.cidr", Values: ["10.0.0.0/8"] }] });
  assert.equal(SecurityGroups!.length, 1);
  assert.equal(SecurityGroups![0]!.IpPermissions!.length, 1);
  assert.equal(SecurityGroups![0]!.IpPermissions![0]!.IpRanges!.length, 2);
  const rules = await aws.run("DescribeSecurityGroupRules", {
    Filters: [
      { Name: "group-id", Values: [id] },
      { Name: "tag:why", Values: ["web"] },
    ],
  });
  assert.equal(rules.SecurityGroupRules!.length, 3);
  await rejectsWith(
    aws.run("AuthorizeSecurityGroupIngress", { GroupId: id, ...https, CidrIp: "10.0.0.0/8" }),
    "InvalidPermission.Duplicate",
    'the specified rule "peer: 10.0.0.0/8, TCP, from port: 443, to port: 443, ALLOW" already exists',
  );
});

test("what a rule may not be", async () => {
  const aws = ec2();
  const { vpcId } = await network(aws);
  const id = await group(aws, vpcId);
  const range = { IpRanges: [{ CidrIp: "0.0.0.0/0" }] };
  for (const [permission, code] of [
    [{ ...https }, "InvalidParameterValue"],
    [{ IpProtocol: "tcp", FromPort: 443, ...range }, "InvalidParameterValue"],
    [{ IpProtocol: "tcp", FromPort: 444, ToPort: 443, ...range }, "InvalidParameterValue"],
    [{ IpProtocol: "tcp", FromPort: 0, ToPort: 70000, ...range }, "InvalidParameterValue"],
    [{ IpProtocol: "carrier-pigeon", ...range }, "InvalidPermission.Malformed"],
    [{ ...https, IpRanges: [{ CidrIp: "10.0.0.0" }] }, "InvalidParameterValue"],
    [{ ...https, UserIdGroupPairs: [{ GroupId: "sg-0123456789abcdef0" }] }, "InvalidGroup.NotFound"],
    [{ ...https, PrefixListIds: [{ PrefixListId: "pl-00000000" }] }, "InvalidPrefixListID.NotFound"],
    [{ ...https, IpRanges: [{ CidrIp: "10.0.0.0/8", Description: "what\nnow" }] }, "InvalidParameterValue"],
  ] as const) {
    await rejectsWith(aws.run("AuthorizeSecurityGroupIngress", { GroupId: id, IpPermissions: [permission as never] }), code);
  }
  await rejectsWith(aws.run("AuthorizeSecurityGroupIngress", { GroupId: id }), "MissingParameter");
});

test("revoking what is not there: an error, except in a default VPC", async () => {
  const aws = ec2();
  const { vpcId } = await network(aws);
  const id = await group(aws, vpcId);
  const permission = { ...https, IpRanges: [{ CidrIp: "10.0.0.0/8" }] };
  await rejectsWith(
    aws.run("RevokeSecurityGroupIngress", { GroupId: id, IpPermissions: [permission] }),
    "InvalidPermission.NotFound",
    "The specified rule does not exist in this security group.",
  );
  const inDefault = (await aws.run("CreateSecurityGroup", { GroupName: "d", Description: "d" })).GroupId!;
  const lenient = await aws.run("RevokeSecurityGroupIngress", { GroupId: inDefault, IpPermissions: [permission] });
  assert.equal(lenient.UnknownIpPermissions!.length, 1);
  const { SecurityGroupRules } = await aws.run("DescribeSecurityGroupRules", { Filters: [{ Name: "group-id", Values: [id] }] });
  const egress = SecurityGroupRules!.find((rule) => rule.IsEgress)!.SecurityGroupRuleId!;
  await rejectsWith(
    aws.run("RevokeSecurityGroupIngress", { GroupId: id, SecurityGroupRuleIds: [egress] }),
    "InvalidSecurityGroupRuleId.NotFound",
  );
  const revoked = await aws.run("RevokeSecurityGroupEgress", {
    GroupId: id,
    IpPermissions: [{ IpProtocol: "-1", FromPort: 0, ToPort: 0, IpRanges: [{ CidrIp: "0.0.0.0/0" }] }],
  });
  assert.equal(revoked.RevokedSecurityGroupRules![0]!.SecurityGroupRuleId, egress);
});

test("sixty rules each way and per family", async () => {
  const aws = ec2();
  const { vpcId } = await network(aws);
  const id = await group(aws, vpcId);
  const ranges = (count: number) => Array.from({ length: count }, (_, index) => ({ CidrIp: `10.${index}.0.0/16` }));
  await aws.run("AuthorizeSecurityGroupIngress", { GroupId: id, IpPermissions: [{ ...https, IpRanges: ranges(60) }] });
  await rejectsWith(
    aws.run("AuthorizeSecurityGroupIngress", { GroupId: id, IpPermissions: [{ ...https, IpRanges: [{ CidrIp: "192.168.0.0/16" }] }] }),
    "RulesPerSecurityGroupLimitExceeded",
    "The maximum number of rules per security group has been reached.",
  );
  await aws.run("AuthorizeSecurityGroupIngress", { GroupId: id, IpPermissions: [{ ...https, Ipv6Ranges: [{ CidrIpv6: "::/0" }] }] });
});

test("modifying a rule replaces it whole, and never makes a twin", async () => {
  const aws = ec2();
  const { vpcId } = await network(aws);
  const id = await group(aws, vpcId);
  const { SecurityGroupRules } = await aws.run("AuthorizeSecurityGroupIngress", {
    GroupId: id,
    IpPermissions: [{ ...https, IpRanges: [{ CidrIp: "10.0.0.0/8" }, { CidrIp: "10.0.0.0/16" }] }],
  });
  const [first, second] = SecurityGroupRules!.map((rule) => rule.SecurityGroupRuleId!);
  const change = (SecurityGroupRuleId: string, CidrIpv4: string) =>
    aws.run("ModifySecurityGroupRules", {
      GroupId: id,
      SecurityGroupRules: [
        { SecurityGroupRuleId, SecurityGroupRule: { IpProtocol: "tcp", FromPort: 80, ToPort: 80, CidrIpv4, Description: "new" } },
      ],
    });
  await change(first!, "172.16.0.0/12");
  const after = await aws.run("DescribeSecurityGroupRules", { SecurityGroupRuleIds: [first!] });
  assert.deepEqual(
    [after.SecurityGroupRules![0]!.CidrIpv4, after.SecurityGroupRules![0]!.FromPort, after.SecurityGroupRules![0]!.Description],
    ["172.16.0.0/12", 80, "new"],
  );
  await rejectsWith(change(second!, "172.16.0.0/12"), "InvalidPermission.Duplicate");
});

test("a group in use, even by a leaked interface or a foreign rule, cannot go", async () => {
  const aws = ec2();
  const { vpcId, subnetId } = await network(aws);
  const id = await group(aws, vpcId);
  const other = await group(aws, vpcId, "other");
  const { NetworkInterface } = await aws.run("CreateNetworkInterface", { SubnetId: subnetId, Groups: [id] });
  const blocked = `resource ${id} has a dependent object. Network interfaces: ${NetworkInterface!.NetworkInterfaceId}.`;
  await rejectsWith(aws.run("DeleteSecurityGroup", { GroupId: id }), "DependencyViolation", blocked);
  await aws.run("DeleteNetworkInterface", { NetworkInterfaceId: NetworkInterface!.NetworkInterfaceId });
  await aws.run("AuthorizeSecurityGroupIngress", { GroupId: other, IpPermissions: [{ ...https, UserIdGroupPairs: [{ GroupId: id }] }] });
  await rejectsWith(aws.run("DeleteSecurityGroup", { GroupId: id }), "DependencyViolation");
  await aws.run("DeleteSecurityGroup", { GroupId: other });
  await aws.run("DeleteSecurityGroup", { GroupId: id });
  await rejectsWith(aws.run("DeleteSecurityGroup", { GroupId: id }), "InvalidGroup.NotFound", `The security group '${id}' does not exist`);
  const defaults = await aws.run("DescribeSecurityGroups", { Filters: [{ Name: "vpc-id", Values: [vpcId] }] });
  await rejectsWith(aws.run("DeleteSecurityGroup", { GroupId: defaults.SecurityGroups![0]!.GroupId }), "CannotDelete");
});

test("at most five groups on an interface", async () => {
  const aws = ec2();
  const { vpcId, subnetId } = await network(aws);
  const groups = await Promise.all(Array.from({ length: 6 }, (_, index) => group(aws, vpcId, `g${index}`)));
  await rejectsWith(
    aws.run("CreateNetworkInterface", { SubnetId: subnetId, Groups: groups }),
    "InvalidParameterValue",
    "user 111122223333 exceeded limit 5 on the number of interface security group memberships",
  );
  await aws.run("CreateNetworkInterface", { SubnetId: subnetId, Groups: groups.slice(0, 5) });
});
