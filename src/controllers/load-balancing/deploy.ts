// Brings AWS to what a model says: groups, target groups, the load balancer, its listeners and rules.
import type { LoadBalancer } from "@aws-sdk/client-elastic-load-balancing-v2";
import { tagList } from "../../aws/tags.ts";
import type { LoadBalancerModel } from "../../clusters/load-balancing/model.ts";
import { chooseSubnets } from "../../clusters/load-balancing/subnets.ts";
import type { Balancing } from "./context.ts";
import { ensureGroups } from "./groups.ts";
import { arrangeListeners } from "./listeners.ts";
import type { Observed } from "./observed.ts";
import { removeResources } from "./remove.ts";
import { tagsOf } from "./stack-tags.ts";
import { arrangeTargetGroups } from "./target-groups.ts";

/** What came of it. */
export interface Deployed {
  readonly hostname: string;
  /** ARNs of target groups by their id in the model. */
  readonly targetGroups: ReadonlyMap<string, string>;
}

/** Chooses the subnets of a model. Rejects with ModelError. */
export async function subnetsOf({ asService, cluster }: Balancing, model: LoadBalancerModel): Promise<string[]> {
  const Filters = [{ Name: "vpc-id", Values: [cluster.vpcId] }];
  const { Subnets = [] } = await asService.ec2("DescribeSubnets", { Filters });
  const facts = Subnets.map(({ SubnetId = "", AvailabilityZone = "", AvailableIpAddressCount = 0, Tags = [] }) => ({
    id: SubnetId,
    zone: AvailabilityZone,
    free: AvailableIpAddressCount,
    tags: Object.fromEntries(Tags.map(({ Key = "", Value = "" }) => [Key, Value])),
  }));
  const { kind, scheme, subnets } = model;
  return chooseSubnets(facts, subnets, { kind, scheme, clusterName: cluster.name });
}

/** Makes and changes what is needed, and deletes what the stack does not need any more. Rejects with AwsError. */
export async function deploy(
  balancing: Balancing,
  model: LoadBalancerModel,
  subnets: readonly string[],
  observed: Observed,
): Promise<Deployed> {
  const { origin, stack } = model;
  const isOwn = (each: { readonly origin: string; readonly stack: string }) => each.origin === origin && each.stack === stack;
  const groups = await ensureGroups(balancing, model, observed);
  const present = observed.loadBalancers.filter(isOwn);
  const fitting = present.find(({ value }) => value.LoadBalancerName === model.name);
  const outdated = present.filter((each) => each !== fitting).map(({ arn }) => arn);
  await removeResources(balancing, { ...observed, targetGroups: [], groups: [] }, ({ arn }) => outdated.includes(arn));
  const targetGroups = await arrangeTargetGroups(balancing, model, observed.targetGroups.filter(isOwn));
  const balancer = fitting?.value ?? (await create(balancing, model, subnets, groups));
  if (fitting) await follow(balancing, fitting.value, model, subnets, groups);
  await changeAttributes(balancing, balancer.LoadBalancerArn!, model);
  await arrangeListeners(balancing, balancer.LoadBalancerArn!, model, targetGroups);
  const used = new Set(targetGroups.values());
  await removeResources(balancing, { ...observed, loadBalancers: [], groups: [] }, (each) => isOwn(each) && !used.has(each.arn));
  return { hostname: balancer.DNSName!, targetGroups };
}

async function create(
  { asClusterRole, cluster }: Balancing,
  model: LoadBalancerModel,
  Subnets: readonly string[],
  SecurityGroups: string[],
): Promise<LoadBalancer> {
  const { LoadBalancers } = await asClusterRole.elb("CreateLoadBalancer", {
    ...{ Name: model.name, Type: model.kind, Scheme: model.scheme, IpAddressType: model.ipAddressType, SecurityGroups },
    SubnetMappings: Subnets.map((SubnetId) => ({ SubnetId })),
    Tags: tagList({ ...tagsOf(cluster.name, model, "LoadBalancer"), ...model.tags }),
  });
  return LoadBalancers![0]!;
}

const isSame = (a: readonly (string | undefined)[] | undefined, b: readonly string[]) =>
  [...(a ?? [])].sort().join() === [...b].sort().join();

/** A load balancer that is there is moved. */
async function follow(
  { asClusterRole }: Balancing,
  { LoadBalancerArn, AvailabilityZones, SecurityGroups, IpAddressType }: LoadBalancer,
  model: LoadBalancerModel,
  subnets: readonly string[],
  groups: string[],
): Promise<void> {
  const present = AvailabilityZones?.map(({ SubnetId }) => SubnetId);
  if (!isSame(present, subnets))
    await asClusterRole.elb("SetSubnets", { LoadBalancerArn, SubnetMappings: subnets.map((SubnetId) => ({ SubnetId })) });
  if (!isSame(SecurityGroups, groups)) await asClusterRole.elb("SetSecurityGroups", { LoadBalancerArn, SecurityGroups: groups });
  if (IpAddressType !== model.ipAddressType)
    await asClusterRole.elb("SetIpAddressType", { LoadBalancerArn, IpAddressType: model.ipAddressType });
}

/** Attributes that the model names; others stay as they are. */
async function changeAttributes({ asClusterRole, asService }: Balancing, LoadBalancerArn: string, model: LoadBalancerModel): Promise<void> {
  if (Object.keys(model.attributes).length === 0) return;
  const { Attributes = [] } = await asService.elb("DescribeLoadBalancerAttributes", { LoadBalancerArn });
  const changed = Object.entries(model.attributes).filter(([key, value]) => Attributes.find(({ Key }) => Key === key)?.Value !== value);
  if (changed.length === 0) return;
  await asClusterRole.elb("ModifyLoadBalancerAttributes", { LoadBalancerArn, Attributes: changed.map(([Key, Value]) => ({ Key, Value })) });
}
