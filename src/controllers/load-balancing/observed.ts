// What a cluster has in Elastic Load Balancing and EC2, told by its tags.
import type { LoadBalancer, TargetGroup } from "@aws-sdk/client-elastic-load-balancing-v2";
import { tagMap } from "../../aws/tags.ts";
import { clusterTag, type Origin, resourceTag, stackTag } from "../../clusters/load-balancing/names.ts";
import type { Calls, Owner } from "./context.ts";

/** Something with the cluster's tags. */
export interface Owned<T> {
  readonly arn: string;
  readonly origin: Origin;
  readonly stack: string;
  /** Value of its resource tag. */
  readonly id: string;
  readonly tags: Readonly<Record<string, string>>;
  readonly value: T;
}

export interface Observed {
  readonly loadBalancers: readonly Owned<LoadBalancer>[];
  readonly targetGroups: readonly Owned<TargetGroup>[];
  /** Managed security groups: their ids. */
  readonly groups: readonly Owned<string>[];
  /** The group through which load balancers reach pods. */
  readonly backendGroup: string | undefined;
}

export const BACKEND = "backend-sg";
const TAGS_PER_CALL = 20;

/** Looks everything up. */
export async function observe({ cluster, asService }: Owner): Promise<Observed> {
  const loadBalancers = await all(asService, "DescribeLoadBalancers", "LoadBalancers");
  const targetGroups = await all(asService, "DescribeTargetGroups", "TargetGroups");
  const Filters = [{ Name: `tag:${clusterTag}`, Values: [cluster.name] }];
  const { SecurityGroups = [] } = await asService.ec2("DescribeSecurityGroups", { Filters });
  const tagged = SecurityGroups.map(({ GroupId = "", Tags }) => ({ arn: GroupId, value: GroupId, tags: tagMap(Tags) }));
  return {
    loadBalancers: owned(
      cluster.name,
      await withTags(asService, loadBalancers as LoadBalancer[], ({ LoadBalancerArn }) => LoadBalancerArn!),
    ),
    targetGroups: owned(cluster.name, await withTags(asService, targetGroups as TargetGroup[], ({ TargetGroupArn }) => TargetGroupArn!)),
    groups: owned(cluster.name, tagged),
    backendGroup: tagged.find(({ tags }) => tags[resourceTag("ingress")] === BACKEND)?.value,
  };
}

async function all(calls: Calls, name: "DescribeLoadBalancers" | "DescribeTargetGroups", member: string): Promise<object[]> {
  const found: object[] = [];
  let Marker: string | undefined;
  do {
    const page = (await calls.elb(name, Marker === undefined ? {} : { Marker })) as { NextMarker?: string };
    found.push(...((page as Record<string, object[]>)[member] ?? []));
    Marker = page.NextMarker;
  } while (Marker !== undefined);
  return found;
}

interface Tagged<T> {
  readonly arn: string;
  readonly value: T;
  readonly tags: Readonly<Record<string, string>>;
}

/** Resources with their tags, which are asked for a few at a time. */
export async function withTags<T>(calls: Calls, values: readonly T[], arnOf: (value: T) => string): Promise<Tagged<T>[]> {
  const found: Tagged<T>[] = [];
  for (let at = 0; at < values.length; at += TAGS_PER_CALL) {
    const some = values.slice(at, at + TAGS_PER_CALL);
    const { TagDescriptions = [] } = await calls.elb("DescribeTags", { ResourceArns: some.map(arnOf) });
    const tags = new Map(TagDescriptions.map(({ ResourceArn, Tags }) => [ResourceArn, tagMap(Tags)]));
    found.push(...some.map((value) => ({ value, arn: arnOf(value), tags: tags.get(arnOf(value)) ?? {} })));
  }
  return found;
}

function owned<T>(clusterName: string, tagged: readonly Tagged<T>[]): Owned<T>[] {
  return tagged.flatMap((each) => {
    if (each.tags[clusterTag] !== clusterName) return [];
    const origin = (["service", "ingress"] as const).find((one) => each.tags[stackTag(one)] !== undefined);
    if (!origin) return [];
    return [{ ...each, origin, stack: each.tags[stackTag(origin)]!, id: each.tags[resourceTag(origin)] ?? "" }];
  });
}
