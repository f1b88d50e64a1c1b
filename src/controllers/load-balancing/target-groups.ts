// The target groups of a stack.
import type { TargetGroup } from "@aws-sdk/client-elastic-load-balancing-v2";
import { tagList } from "../../aws/tags.ts";
import type { CheckModel, LoadBalancerModel, TargetGroupModel } from "../../clusters/load-balancing/model.ts";
import type { Balancing } from "./context.ts";
import type { Owned } from "./observed.ts";
import { tagsOf } from "./stack-tags.ts";

/** Makes what is missing and changes what differs. Answers ARNs by the model's ids. */
export async function arrangeTargetGroups(
  balancing: Balancing,
  model: LoadBalancerModel,
  present: readonly Owned<TargetGroup>[],
): Promise<Map<string, string>> {
  const arns = new Map<string, string>();
  for (const group of model.targetGroups) {
    const found = present.find(({ id, value }) => id === group.id && value.TargetGroupName === group.name);
    const arn = found?.arn ?? (await create(balancing, model, group));
    if (found) await follow(balancing, found.value, group.check);
    await changeAttributes(balancing, arn, group);
    arns.set(group.id, arn);
  }
  return arns;
}

const settings = ({ protocol, port, path, codes, interval, timeout, healthy, unhealthy }: CheckModel) => ({
  HealthCheckProtocol: protocol as never,
  HealthCheckPort: port,
  ...(path === undefined ? {} : { HealthCheckPath: path }),
  ...(codes === undefined ? {} : { Matcher: { HttpCode: codes } }),
  HealthCheckIntervalSeconds: interval,
  HealthCheckTimeoutSeconds: timeout,
  HealthyThresholdCount: healthy,
  UnhealthyThresholdCount: unhealthy,
});

async function create({ asClusterRole, cluster }: Balancing, model: LoadBalancerModel, group: TargetGroupModel): Promise<string> {
  const { TargetGroups } = await asClusterRole.elb("CreateTargetGroup", {
    ...{ Name: group.name, Protocol: group.protocol as never, Port: group.port, VpcId: cluster.vpcId },
    ...{ TargetType: group.targetType, IpAddressType: group.ipAddressType, ...settings(group.check) },
    Tags: tagList({ ...tagsOf(cluster.name, model, group.id), ...model.tags }),
  });
  return TargetGroups![0]!.TargetGroupArn!;
}

async function follow({ asClusterRole }: Balancing, present: TargetGroup, check: CheckModel): Promise<void> {
  const wanted = settings(check);
  const differs = Object.entries(wanted).some(
    ([member, value]) => JSON.stringify(present[member as keyof TargetGroup]) !== JSON.stringify(value),
  );
  if (differs) await asClusterRole.elb("ModifyTargetGroup", { TargetGroupArn: present.TargetGroupArn, ...wanted });
}

async function changeAttributes(
  { asClusterRole, asService }: Balancing,
  TargetGroupArn: string,
  { attributes }: TargetGroupModel,
): Promise<void> {
  if (Object.keys(attributes).length === 0) return;
  const { Attributes = [] } = await asService.elb("DescribeTargetGroupAttributes", { TargetGroupArn });
  const changed = Object.entries(attributes).filter(([key, value]) => Attributes.find(({ Key }) => Key === key)?.Value !== value);
  if (changed.length === 0) return;
  await asClusterRole.elb("ModifyTargetGroupAttributes", { TargetGroupArn, Attributes: changed.map(([Key, Value]) => ({ Key, Value })) });
}
