// Building blocks of access rules: resources with the condition keys that describe them.

import type { Tag, TagSpecification } from "@aws-sdk/client-ec2";
import type { Call, Conditions } from "../../aws/operation.ts";
import type { Demand } from "./demand.ts";
import { bareScope, type Ec2Deps } from "./deps.ts";
import { kindOf, type NamedKind } from "./kinds.ts";
import type { InterfaceRecord, SubnetRecord, Tags } from "./records.ts";
import type { Scope } from "./scope.ts";

/** Tags of a request as condition keys. */
export function requestTags(tags: readonly Tag[]): Conditions {
  if (tags.length === 0) return {};
  const keys = tags.map((tag) => [`aws:RequestTag/${tag.Key ?? ""}`, tag.Value ?? ""] as const);
  return { ...Object.fromEntries(keys), "aws:TagKeys": [...new Set(tags.map((tag) => tag.Key ?? ""))] };
}

/** Tags of a resource as condition keys, under both names EC2 gives them. */
export function resourceTags(tags: Tags): Conditions {
  return Object.fromEntries(
    Object.entries(tags).flatMap(([key, value]) => [
      [`aws:ResourceTag/${key}`, value] as const,
      [`ec2:ResourceTag/${key}`, value] as const,
    ]),
  );
}

/** Tags asked for on one resource type. */
export function wantedTags(specifications: readonly TagSpecification[] | undefined, type: string): Tag[] {
  return (specifications ?? []).flatMap((each) => (each.ResourceType === type ? (each.Tags ?? []) : []));
}

/** What a call is about, for rules. */
export interface GrantContext {
  readonly scope: Scope;
  readonly call: Call;
}

/** The context of a call. It never makes the default VPC: rules only look. */
export function grantContext(call: Call, deps: Ec2Deps): GrantContext {
  return { scope: bareScope(deps, call.account, call.region, call.partition), call };
}

/** Condition keys beyond tags that a kind of resource has. */
function facts({ scope }: GrantContext, kind: NamedKind, id: string): Conditions {
  const record = scope.get(kind, id);
  if (!record) return {};
  const vpcId = (record as { vpcId?: string }).vpcId;
  const common: Record<string, string | boolean> = vpcId === undefined || kind === "vpc" ? {} : { "ec2:Vpc": scope.arn("vpc", vpcId) };
  if (kind === "subnet" || kind === "network-interface") common["ec2:AvailabilityZone"] = (record as SubnetRecord | InterfaceRecord).zone;
  if (kind === "network-interface") common["ec2:Subnet"] = scope.arn("subnet", (record as InterfaceRecord).subnetId);
  if (kind === "instance") {
    const instance = scope.get("instance", id)!;
    common["ec2:InstanceType"] = instance.type;
    common["ec2:AvailabilityZone"] = instance.zone;
    if (instance.profile) common["ec2:InstanceProfile"] = instance.profile.arn;
    if (instance.operator) common["ec2:ManagedResourceOperator"] = instance.operator;
  }
  if (kind === "volume") common["ec2:AvailabilityZone"] = scope.get("volume", id)!.zone;
  return { ...common, ...resourceTags(record.tags) };
}

/** An existing resource of a kind. An id that is absent stands for every resource of the kind. */
export function existing(context: GrantContext, kind: NamedKind, id: string | undefined): Demand {
  if (!id) return { resource: context.scope.arn(kind, "*") };
  return { resource: context.scope.arn(kind, id), conditions: facts(context, kind, id) };
}

/** Existing resources named by id, whatever they are. */
export function anyExisting(context: GrantContext, ids: readonly string[], conditions: Conditions = {}): Demand[] {
  if (ids.length === 0) return [{ resource: "*", conditions }];
  return ids.map((id) => {
    const kind = kindOf(id);
    if (!kind) return { resource: "*", conditions };
    const demand = existing(context, kind, id);
    return { ...demand, conditions: { ...demand.conditions, ...conditions } };
  });
}

/** A resource about to be made, with the tags it will carry and what else is known of it. */
export function made(
  context: GrantContext,
  kind: NamedKind,
  specifications: readonly TagSpecification[] | undefined,
  conditions: Conditions = {},
): Demand {
  return { resource: context.scope.arn(kind, "*"), conditions: { ...requestTags(wantedTags(specifications, kind)), ...conditions } };
}

/** ec2:CreateTags on what a create operation makes, when it is given tags (EC2 User Guide, "Grant permission to tag resources during creation"). */
export function tagging(context: GrantContext, operation: string, specifications: readonly TagSpecification[] | undefined): Demand[] {
  const types = [...new Set((specifications ?? []).flatMap((each) => (each.Tags?.length && each.ResourceType ? [each.ResourceType] : [])))];
  return types.map((type) => ({
    action: "ec2:CreateTags",
    resource: context.scope.arn(type, "*"),
    conditions: { ...requestTags(wantedTags(specifications, type)), "ec2:CreateAction": operation },
  }));
}
