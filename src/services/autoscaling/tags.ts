// Tags that customers put on groups, as cluster autoscalers are told about node groups (Amazon EC2 Auto Scaling API Reference).
import type { Filter, Tag } from "@aws-sdk/client-auto-scaling";
import type { Call, Operations, Sdk } from "../../aws/operation.ts";
import type { AutoScalingDeps } from "./deps.ts";
import { invalid } from "./errors.ts";
import { allGroups, groupResource, requireGroup } from "./find.ts";
import { page } from "./paging.ts";
import { type GroupTags, groupKey } from "./records.ts";
import { tagsOf } from "./tags-of.ts";

const MAX_TAGS = 50;

const resources = ({ Tags = [] }: { Tags?: Tag[] | undefined }, call: Call, deps: AutoScalingDeps) =>
  [...new Set(Tags.map(({ ResourceId }) => ResourceId ?? ""))].map((name) => groupResource({ AutoScalingGroupName: name }, call, deps));

export const tagging = {
  CreateOrUpdateTags: {
    resource: resources,
    run({ Tags = [] }, call, deps) {
      for (const tag of Tags) requireTaggable(tag, call, deps);
      write(Tags, call, deps, withTag);
      return {};
    },
  },

  DeleteTags: {
    resource: resources,
    run({ Tags = [] }, call, deps) {
      for (const tag of Tags) requireTaggable(tag, call, deps);
      write(Tags, call, deps, ({ tags, propagated = [] }, { Key, Value }) => ({
        tags: Object.fromEntries(Object.entries(tags).filter(([key, value]) => key !== Key || (Value ?? value) !== value)),
        propagated,
      }));
      return {};
    },
  },

  DescribeTags: {
    run(input, call, deps) {
      const all = allGroups(call, deps).flatMap((group) => tagsOf(group, call, deps));
      const wanted = all.filter((tag) => (input.Filters ?? []).every((filter) => matches(filter, tag)));
      const { items, NextToken } = page(wanted, ({ ResourceId, Key }) => `${ResourceId}\n${Key}`, input);
      return { Tags: items, NextToken };
    },
  },
} satisfies Operations<Sdk["autoscaling"], AutoScalingDeps>;

function requireTaggable({ ResourceId = "", ResourceType }: Partial<Tag>, call: Call, deps: AutoScalingDeps): void {
  if (ResourceType !== undefined && ResourceType !== "auto-scaling-group") throw invalid(`Resource type ${ResourceType} is not supported.`);
  requireGroup(ResourceId, call, deps);
}

/** Tags with one more, or another value of it. Throws ValidationError for reserved keys. */
export function withTag({ tags, propagated = [] }: GroupTags, { Key = "", Value = "", PropagateAtLaunch }: Partial<Tag>): GroupTags {
  if (/^aws:/i.test(Key)) throw invalid("Tag keys that begin with aws: are reserved.");
  const others = propagated.filter((key) => key !== Key);
  return { tags: { ...tags, [Key]: Value }, propagated: PropagateAtLaunch ? [...others, Key] : others };
}

/** Tags within the limit. Throws ValidationError. */
export function checkCount(all: GroupTags): GroupTags {
  if (Object.keys(all.tags).length > MAX_TAGS) throw invalid(`A group may have up to ${MAX_TAGS} tags.`);
  return all;
}

/** All or nothing: every group's new tags are checked before any is written. */
function write(tags: readonly Tag[], call: Call, { state }: AutoScalingDeps, change: (present: GroupTags, tag: Tag) => GroupTags): void {
  const changed = new Map<string, GroupTags>();
  for (const tag of tags) {
    const key = groupKey(call, tag.ResourceId ?? "");
    changed.set(key, change(changed.get(key) ?? state.tags.get(key) ?? { tags: {} }, tag));
  }
  for (const all of changed.values()) checkCount(all);
  state.store.transact(() => {
    for (const [key, all] of changed) state.tags.put(key, all);
  });
}

function matches({ Name = "", Values = [] }: Filter, tag: ReturnType<typeof tagsOf>[number]): boolean {
  switch (Name) {
    case "auto-scaling-group":
      return Values.includes(tag.ResourceId!);
    case "key":
      return Values.includes(tag.Key!);
    case "value":
      return Values.includes(tag.Value!);
    case "propagate-at-launch":
      return Values.includes(String(tag.PropagateAtLaunch));
    default:
      throw invalid(`Filter type ${Name} is not correct. Allowed Filter types are: auto-scaling-group key value propagate-at-launch`);
  }
}
