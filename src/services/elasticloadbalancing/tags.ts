// Tags of load balancers, target groups, listeners and rules (Elastic Load Balancing API Reference).
import type { Tag } from "@aws-sdk/client-elastic-load-balancing-v2";
import type { TagMap } from "../../aws/caller.ts";
import type { Call } from "../../aws/operation.ts";
import { MAX_TAGS, mergeTags, removeTags, tagList, tagMap, tagProblem } from "../../aws/tags.ts";
import { tagConditions } from "./access.ts";
import type { ElbDeps, ElbOperations } from "./deps.ts";
import { duplicateTags, invalid, noListener, noLoadBalancer, noRule, noTargetGroup, tooMany } from "./errors.ts";
import type { Resource } from "./records.ts";

/** A request's tags if they may be put on something that has `present`. Throws DuplicateTagKeys, TooManyTags, ValidationError. */
export function checkTags(list: readonly Tag[] | undefined, present: TagMap = {}): TagMap {
  const tags = tagMap(list as Parameters<typeof tagMap>[0]);
  if (Object.keys(tags).length < (list?.length ?? 0)) throw duplicateTags();
  if (Object.keys(mergeTags(present, tags)).length > MAX_TAGS) throw tooMany("Tags", `A resource can have up to ${MAX_TAGS} tags`);
  const problem = tagProblem(tags, present);
  if (problem) throw invalid(problem);
  return tags;
}

function requireResource(call: Call, { state }: ElbDeps, arn: string): Resource {
  const found = state.resource(call, arn);
  if (found) return found;
  if (arn.includes(":targetgroup/")) throw noTargetGroup(arn);
  if (arn.includes(":listener/")) throw noListener();
  if (arn.includes(":listener-rule/")) throw noRule();
  throw noLoadBalancer(arn);
}

/** Writes tags back to wherever the resource lives. */
function put({ state }: ElbDeps, call: Call, arn: string, tags: TagMap): void {
  for (const table of [state.loadBalancers, state.targetGroups, state.listeners, state.rules]) {
    const record = table.get(call, arn);
    if (record) (table as { put(record: Resource): Resource }).put({ ...record, tags });
  }
}

interface Named {
  readonly ResourceArns?: string[] | undefined;
}

/** Each resource is asked for with its own tags. */
const each = (action: string) => ({
  resource: ({ ResourceArns = [] }: Named) => ResourceArns[0] ?? "*",
  conditions: ({ ResourceArns = [] }: Named, call: Call, { state }: ElbDeps) =>
    tagConditions(state.resource(call, ResourceArns[0] ?? "")?.tags ?? {}),
  requires: ({ ResourceArns = [] }: Named, call: Call, { state }: ElbDeps) =>
    ResourceArns.slice(1).map((arn) => ({ action, resources: [arn], conditions: tagConditions(state.resource(call, arn)?.tags ?? {}) })),
});

export const tagging = {
  AddTags: {
    ...each("elasticloadbalancing:AddTags"),
    run({ ResourceArns = [], Tags }, call, deps) {
      const added = tagMap(Tags);
      const found = [...new Set(ResourceArns)].map((arn) => requireResource(call, deps, arn));
      for (const { tags } of found) checkTags(Tags, tags);
      for (const { arn, tags } of found) put(deps, call, arn, mergeTags(tags, added));
      return {};
    },
  },
  RemoveTags: {
    ...each("elasticloadbalancing:RemoveTags"),
    run({ ResourceArns = [], TagKeys = [] }, call, deps) {
      const found = [...new Set(ResourceArns)].map((arn) => requireResource(call, deps, arn));
      for (const { arn, tags } of found) put(deps, call, arn, removeTags(tags, TagKeys));
      return {};
    },
  },
  DescribeTags: {
    run({ ResourceArns = [] }, call, deps) {
      const found = ResourceArns.map((arn) => requireResource(call, deps, arn));
      return { TagDescriptions: found.map(({ arn, tags }) => ({ ResourceArn: arn, Tags: tagList(tags) })) };
    },
  },
} satisfies ElbOperations;
