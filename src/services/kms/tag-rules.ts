// Rules of tags on keys (AWS KMS Developer Guide, "Tags in AWS KMS").
import type { Tag } from "@aws-sdk/client-kms";
import type { TagMap } from "../../aws/caller.ts";
import type { Conditions } from "../../aws/operation.ts";
import { badTag } from "./errors.ts";

const MAX_TAGS = 50;

/** `present` with `added`. Throws TagException. */
export function checkTags(present: TagMap, added: readonly Tag[]): TagMap {
  const given = new Set<string>();
  const tags = new Map(Object.entries(present));
  for (const { TagKey = "", TagValue = "" } of added) {
    if (given.has(TagKey)) throw badTag("Tag keys must be unique.");
    if (/^aws:/i.test(TagKey)) throw badTag("Tags beginning with aws: are reserved.");
    if (!/^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$/u.test(TagKey + TagValue)) throw badTag("A tag has a character that is not allowed.");
    given.add(TagKey);
    tags.set(TagKey, TagValue);
  }
  if (tags.size > MAX_TAGS) throw badTag(`A key may have up to ${MAX_TAGS} tags.`);
  return Object.fromEntries(tags);
}

/** Condition keys of the tags in a request. */
export function tagConditions(tags: readonly Tag[] = []): Conditions {
  return {
    "aws:TagKeys": tags.map(({ TagKey = "" }) => TagKey),
    ...Object.fromEntries(tags.map(({ TagKey = "", TagValue = "" }) => [`aws:RequestTag/${TagKey}`, TagValue])),
  };
}
