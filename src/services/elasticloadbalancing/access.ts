// What IAM is asked: resources and condition keys (Service Authorization Reference, "AWS Elastic Load Balancing V2").
import type { TagMap } from "../../aws/caller.ts";
import type { Call, Conditions, Requirement } from "../../aws/operation.ts";
import type { ElbDeps } from "./deps.ts";

const SERVICE = "elasticloadbalancing";

/** Tags of a resource under both names that policies know. */
export const tagConditions = (tags: TagMap): Conditions =>
  Object.fromEntries(
    Object.entries(tags).flatMap(([key, value]) => [
      [`aws:ResourceTag/${key}`, value],
      [`${SERVICE}:ResourceTag/${key}`, value],
    ]),
  );

/** An operation on the existing resource that a member names. */
export function on<Member extends string>(member: Member) {
  return {
    resource: (input: { readonly [M in Member]?: string | undefined }) => input[member] ?? "*",
    conditions: (input: { readonly [M in Member]?: string | undefined }, call: Call, { state }: ElbDeps) =>
      tagConditions(state.resource(call, input[member] ?? "")?.tags ?? {}),
  };
}

/** Leave to tag what a call makes, if it asks for tags. */
export function tagsOnCreate(operation: string, tags: readonly object[] | undefined, resource: string): readonly Requirement[] {
  if (!tags?.length) return [];
  return [{ action: `${SERVICE}:AddTags`, resources: [resource], conditions: { [`${SERVICE}:CreateAction`]: operation } }];
}

/** An ARN of something about to be made. */
export const madeArn = ({ partition, region, account }: Call, resource: string) =>
  `arn:${partition}:${SERVICE}:${region}:${account}:${resource}`;
