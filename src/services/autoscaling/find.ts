// Finding groups: those behind managed node groups, and customers' own. And what IAM is asked about them.
import type { Call } from "../../aws/operation.ts";
import type { ScalingGroupFacts } from "../ports.ts";
import type { AutoScalingDeps } from "./deps.ts";
import { noGroup, unsupported } from "./errors.ts";
import { type GroupRecord, groupKey } from "./records.ts";
import { tagsOf } from "./tags-of.ts";

/** A group as operations see it; `own` is there unless EKS manages it. */
export interface Group extends ScalingGroupFacts {
  readonly own?: GroupRecord;
}

type Named = { readonly AutoScalingGroupName?: string | undefined };

/** The group of a customer in the form of EKS's. */
export const ownGroup = (own: GroupRecord): Group => ({
  name: own.name,
  uuid: own.uuid,
  createdAt: own.createdAt,
  minSize: own.minSize,
  maxSize: own.maxSize,
  desiredCapacity: own.desiredCapacity,
  subnetIds: own.subnetIds,
  launchTemplate: own.template,
  instanceTypes: own.mixed?.types ?? [],
  spot: false,
  deleting: own.deleting ?? false,
  tags: {},
  own,
});

/** Every group of the call's account and Region. */
export function allGroups({ account, region }: Pick<Call, "account" | "region">, { groups, state }: AutoScalingDeps): Group[] {
  return [...groups.list(account, region), ...state.groups.list(groupKey({ account, region }, "")).map(ownGroup)];
}

const findGroup = (name: string | undefined, call: Call, deps: AutoScalingDeps) => allGroups(call, deps).find((each) => each.name === name);

/** The group of that name. Throws ValidationError. */
export function requireGroup(name: string | undefined, call: Call, deps: AutoScalingDeps): Group {
  const group = findGroup(name, call, deps);
  if (!group) throw noGroup(name ?? "");
  return group;
}

/** A customer's own group. Throws ValidationError, and NotImplemented for one that EKS manages. */
export function requireOwn(name: string | undefined, operation: string, call: Call, deps: AutoScalingDeps): GroupRecord {
  const { own } = requireGroup(name, call, deps);
  if (!own) throw unsupported(`${operation} for a group that EKS manages`);
  return own;
}

export const groupArn = (
  { partition, region, account }: Pick<Call, "partition" | "region" | "account">,
  group: { uuid: string; name: string },
) => `arn:${partition}:autoscaling:${region}:${account}:autoScalingGroup:${group.uuid}:autoScalingGroupName/${group.name}`;

/** ARN that IAM is asked about. */
export const groupResource = ({ AutoScalingGroupName: name = "" }: Named, call: Call, deps: AutoScalingDeps) =>
  groupArn(call, findGroup(name, call, deps) ?? { uuid: "*", name });

/** Tags of the group a request names, for aws:ResourceTag and its like. */
export function groupConditions({ AutoScalingGroupName }: Named, call: Call, deps: AutoScalingDeps): Record<string, string> {
  const group = findGroup(AutoScalingGroupName, call, deps);
  const tags = group ? tagsOf(group, call, deps) : [];
  return Object.fromEntries(
    tags.flatMap(({ Key, Value }) => [
      [`aws:ResourceTag/${Key}`, Value ?? ""],
      [`autoscaling:ResourceTag/${Key}`, Value ?? ""],
    ]),
  );
}

/** What IAM is asked about operations on one group. */
export const onGroup = { resource: groupResource, conditions: groupConditions };
