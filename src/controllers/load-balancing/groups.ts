// Security groups of load balancers: one of its own that clients come through, and one shared by all through which they reach pods.
import type { IpPermission } from "@aws-sdk/client-ec2";
import { AwsError } from "../../aws/errors.ts";
import type { LoadBalancerModel } from "../../clusters/load-balancing/model.ts";
import { clusterTag, resourceName, resourceTag } from "../../clusters/load-balancing/names.ts";
import type { Balancing, Owner } from "./context.ts";
import { BACKEND, type Observed } from "./observed.ts";
import { tagsOf } from "./stack-tags.ts";

/** Ports by protocol. */
export type PortRanges = ReadonlyMap<string, readonly [from: number, to: number]>;

const tagList = (tags: Readonly<Record<string, string>>) => Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));

/** The two groups of a load balancer: made, and with exactly the rules that its listeners need. */
export async function ensureGroups(balancing: Balancing, model: LoadBalancerModel, { groups, backendGroup }: Observed): Promise<string[]> {
  const own = groups.find(({ origin, stack }) => origin === model.origin && stack === model.stack)?.value;
  const tags = tagsOf(balancing.cluster.name, model, "ManagedLBSecurityGroup");
  const front = own ?? (await create(balancing, model.name, "[k8s] Managed SecurityGroup for LoadBalancer", { ...tags, ...model.tags }));
  await arrangeRules(balancing, front, permissionsOf(model));
  return [front, backendGroup ?? (await createBackend(balancing))];
}

function createBackend(balancing: Balancing): Promise<string> {
  const { name } = balancing.cluster;
  const groupName = resourceName("traffic", name, name);
  return create(balancing, groupName, "[k8s] Shared Backend SecurityGroup for LoadBalancer", {
    [clusterTag]: name,
    [resourceTag("ingress")]: BACKEND,
  });
}

async function create(
  balancing: Balancing,
  GroupName: string,
  Description: string,
  tags: Readonly<Record<string, string>>,
): Promise<string> {
  const { GroupId } = await balancing.asClusterRole.ec2("CreateSecurityGroup", {
    ...{ GroupName, Description, VpcId: balancing.cluster.vpcId },
    TagSpecifications: [{ ResourceType: "security-group", Tags: tagList(tags) }],
  });
  return GroupId!;
}

function permissionsOf({ listeners, sources }: LoadBalancerModel): IpPermission[] {
  return listeners.flatMap(({ protocol, port }) =>
    (protocol === "TCP_UDP" ? ["tcp", "udp"] : [protocol === "UDP" ? "udp" : "tcp"]).flatMap((IpProtocol) =>
      sources.map((source) => ({
        ...{ IpProtocol, FromPort: port, ToPort: port },
        ...(source.includes(":") ? { Ipv6Ranges: [{ CidrIpv6: source }] } : { IpRanges: [{ CidrIp: source }] }),
      })),
    ),
  );
}

const keyOf = ({ IpProtocol, FromPort, ToPort, IpRanges, Ipv6Ranges, UserIdGroupPairs }: IpPermission) =>
  [IpProtocol, FromPort, ToPort, IpRanges?.[0]?.CidrIp ?? Ipv6Ranges?.[0]?.CidrIpv6 ?? UserIdGroupPairs?.[0]?.GroupId].join("|");

/** Single rules of a group that come from somewhere `counts` knows. */
async function rulesOf({ asService }: Owner, groupId: string, counts: (rule: IpPermission) => boolean): Promise<IpPermission[]> {
  const { SecurityGroups = [] } = await asService.ec2("DescribeSecurityGroups", { GroupIds: [groupId] });
  return (SecurityGroups[0]?.IpPermissions ?? [])
    .flatMap(({ IpProtocol, FromPort, ToPort, IpRanges = [], Ipv6Ranges = [], UserIdGroupPairs = [] }) => {
      const ports = { IpProtocol, FromPort, ToPort };
      return [
        ...IpRanges.map(({ CidrIp }) => ({ ...ports, IpRanges: [{ CidrIp }] })),
        ...Ipv6Ranges.map(({ CidrIpv6 }) => ({ ...ports, Ipv6Ranges: [{ CidrIpv6 }] })),
        ...UserIdGroupPairs.map(({ GroupId }) => ({ ...ports, UserIdGroupPairs: [{ GroupId }] })),
      ];
    })
    .filter(counts);
}

/** Gives a group exactly the wanted rules, among those that count. */
async function arrangeRules(
  balancing: Balancing,
  GroupId: string,
  wanted: readonly IpPermission[],
  counts: (rule: IpPermission) => boolean = () => true,
): Promise<void> {
  const present = await rulesOf(balancing, GroupId, counts);
  const has = (rules: readonly IpPermission[], rule: IpPermission) => rules.some((each) => keyOf(each) === keyOf(rule));
  const extra = present.filter((rule) => !has(wanted, rule));
  const lacking = wanted.filter((rule) => !has(present, rule));
  const { asClusterRole, cluster } = balancing;
  if (extra.length > 0) await asClusterRole.ec2("RevokeSecurityGroupIngress", { GroupId, IpPermissions: extra });
  if (lacking.length === 0) return;
  const TagSpecifications = [{ ResourceType: "security-group-rule" as const, Tags: tagList({ [clusterTag]: cluster.name }) }];
  await asClusterRole.ec2("AuthorizeSecurityGroupIngress", { GroupId, IpPermissions: [...lacking], TagSpecifications });
}

/** Lets load balancers reach pods on these ports through the cluster's security group. */
export async function openCluster(balancing: Balancing, backendGroup: string, ports: PortRanges): Promise<void> {
  const { clusterSecurityGroupId } = balancing.cluster;
  if (clusterSecurityGroupId === undefined) return;
  const wanted = [...ports].map(([IpProtocol, [FromPort, ToPort]]) => ({
    ...{ IpProtocol, FromPort, ToPort },
    UserIdGroupPairs: [{ GroupId: backendGroup }],
  }));
  await arrangeRules(balancing, clusterSecurityGroupId, wanted, fromGroup(backendGroup));
}

const fromGroup = (groupId: string) => (rule: IpPermission) => rule.UserIdGroupPairs?.[0]?.GroupId === groupId;

/** Takes the shared group back, with the rules that name it. */
export async function removeBackend(owner: Owner, GroupId: string): Promise<void> {
  const { asService, cluster } = owner;
  const { clusterSecurityGroupId } = cluster;
  if (clusterSecurityGroupId !== undefined) {
    const rules = await rulesOf(owner, clusterSecurityGroupId, fromGroup(GroupId)).catch(noSuchGroup);
    if (rules.length > 0) await asService.ec2("RevokeSecurityGroupIngress", { GroupId: clusterSecurityGroupId, IpPermissions: rules });
  }
  await asService.ec2("DeleteSecurityGroup", { GroupId });
}

/** The customer may have deleted the cluster's group. */
function noSuchGroup(error: unknown): IpPermission[] {
  if (error instanceof AwsError && error.code === "InvalidGroup.NotFound") return [];
  throw error;
}
