// Tags of keys (AWS KMS API Reference).
import type { Operations, Sdk } from "../../aws/operation.ts";
import type { KmsDeps } from "./deps.ts";
import { onKey } from "./on-key.ts";
import { page } from "./paging.ts";
import { checkTags, tagConditions } from "./tag-rules.ts";

export const tags = {
  TagResource: onKey(
    "TagResource",
    { state: "kept", noAlias: true, policyOnly: true, conditions: ({ Tags }) => tagConditions(Tags) },
    ({ key }, { Tags = [] }, call, { state }) => {
      state.put(call, { ...key, tags: checkTags(key.tags, Tags) });
      return {};
    },
  ),

  UntagResource: onKey(
    "UntagResource",
    { state: "kept", noAlias: true, policyOnly: true, conditions: ({ TagKeys = [] }) => ({ "aws:TagKeys": TagKeys }) },
    ({ key }, { TagKeys = [] }, call, { state }) => {
      state.put(call, { ...key, tags: Object.fromEntries(Object.entries(key.tags).filter(([name]) => !TagKeys.includes(name))) });
      return {};
    },
  ),

  ListResourceTags: onKey("ListResourceTags", { noAlias: true, policyOnly: true }, ({ key }, input) => {
    const { items, rest } = page(Object.entries(key.tags), ([name]) => name, input);
    return { Tags: items.map(([TagKey, TagValue]) => ({ TagKey, TagValue })), ...rest };
  }),
} satisfies Operations<Sdk["kms"], KmsDeps>;
