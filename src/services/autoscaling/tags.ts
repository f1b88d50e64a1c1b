// Tags that customers put on groups, as cluster autoscalers are told about node groups (Amazon EC2 Auto Scaling API Reference).
import type { Filter, Tag } from "@aws-sdk/client-auto-scaling";
import type { Call, Operations, Sdk } from "../../aws/operation.ts";
import type { AutoScalingDeps } from "./deps.ts";
import { invalid, unsupported } from "./errors.ts";
import { groupResource, requireGroup } from "./groups.ts";
import { page } from "./paging.ts";
import { tagKey, tagsOf } from "./tags-of.ts";

const MAX_TAGS = 50;

const resources = ({ Tags = [] }: { Tags?: Tag[] | undefined }, call: Call, deps: AutoScalingDeps) =>
  [...new Set(Tags.map(({ ResourceId }) => ResourceId ?? ""))].map((name) => groupResource({ AutoScalingGroupName: name }, call, deps));

export const tagging = {
  CreateOrUpdateTags: {
    resource: resources,
    run({ Tags = [] }, call, deps) {
      for (const { Key = "", PropagateAtLaunch, ...tag } of Tags) {
        requireTaggable(tag, call, deps);
        if (/^aws:/i.test(Key)) throw invalid("Tag keys that begin with aws: are reserved.");
        if (PropagateAtLaunch) throw unsupported("PropagateAtLaunch of tags on the groups of EKS");
      }
      write(Tags, call, deps, (present, { Key = "", Value = "" }) => ({ ...present, [Key]: Value }));
      return {};
    },
  },

  DeleteTags: {
    resource: resources,
    run({ Tags = [] }, call, deps) {
      for (const tag of Tags) requireTaggable(tag, call, deps);
      write(Tags, call, deps, (present, { Key, Value }) =>
        Object.fromEntries(Object.entries(present).filter(([key, value]) => key !== Key || (Value ?? value) !== value)),
      );
      return {};
    },
  },

  DescribeTags: {
    run(input, call, deps) {
      const all = deps.groups.list(call.account, call.region).flatMap((group) => tagsOf(group, call, deps));
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

type TagMap = Readonly<Record<string, string>>;

/** All or nothing: every group's new tags are checked before any is written. */
function write(tags: readonly Tag[], call: Call, deps: AutoScalingDeps, change: (present: TagMap, tag: Tag) => TagMap): void {
  const changed = new Map<string, TagMap>();
  for (const tag of tags) {
    const key = tagKey(call, tag.ResourceId ?? "");
    changed.set(key, change(changed.get(key) ?? deps.tags.get(key)?.tags ?? {}, tag));
  }
  for (const all of changed.values()) if (Object.keys(all).length > MAX_TAGS) throw invalid(`A group may have up to ${MAX_TAGS} tags.`);
  for (const [key, all] of changed) deps.tags.put(key, { tags: all });
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
