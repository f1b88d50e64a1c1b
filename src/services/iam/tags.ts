// Tags of IAM entities: validation, merging and the condition keys they give rise to.
import type { Tag } from "@aws-sdk/client-iam";
import type { TagMap } from "../../aws/caller.ts";
import type { Conditions } from "../../aws/operation.ts";
import { validate } from "../validation.ts";
import { invalidInput, limitExceeded } from "./errors.ts";

const LIMIT = 50;
const PATTERN = "[\\p{L}\\p{Z}\\p{N}_.:/=+\\-@]*";

/** Checks tags as given. Throws ValidationError, InvalidInput or LimitExceeded. */
export function checkTags(tags: readonly Tag[] | undefined): void {
  if (!tags) return;
  validate(
    { member: "tags", value: tags, max: LIMIT },
    ...tags.flatMap(({ Key, Value }, index) => [
      { member: `tags.${index + 1}.member.key`, value: Key ?? "", min: 1, max: 128, pattern: PATTERN },
      { member: `tags.${index + 1}.member.value`, value: Value, max: 256, pattern: PATTERN },
    ]),
  );
  const keys = tags.map(({ Key }) => (Key ?? "").toLowerCase());
  if (new Set(keys).size < keys.length) throw invalidInput("Duplicate tag keys found. Please note that Tag keys are case insensitive.");
  if (keys.some((key) => key.startsWith("aws:"))) throw invalidInput("Caller is an end user and not allowed to mutate system tags");
}

/** Tags as given, checked, as a map. */
export function toMap(tags: readonly Tag[] | undefined): TagMap {
  checkTags(tags);
  return Object.fromEntries((tags ?? []).map(({ Key, Value }) => [Key ?? "", Value ?? ""]));
}

/** `current` with `tags` put over it; a key of other case is the same key and takes the new spelling. */
export function merge(current: TagMap, tags: readonly Tag[] | undefined): TagMap {
  const added = toMap(tags);
  const merged = { ...without(current, Object.keys(added)), ...added };
  if (Object.keys(merged).length > LIMIT) throw limitExceeded("The number of tags has reached the maximum limit.");
  return merged;
}

/** `current` without some keys, whatever their case. */
export function without(current: TagMap, keys: readonly string[] | undefined): TagMap {
  const gone = new Set((keys ?? []).map((key) => key.toLowerCase()));
  return Object.fromEntries(Object.entries(current).filter(([key]) => !gone.has(key.toLowerCase())));
}

/** Tags as IAM answers them. */
export const toList = (tags: TagMap): { Key: string; Value: string }[] => Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));

/** `aws:RequestTag/*` and `aws:TagKeys` of tags in a request. */
export function requestTagConditions(tags: readonly Tag[] | undefined): Conditions {
  if (!tags || tags.length === 0) return {};
  const values = tags.map(({ Key, Value }) => [`aws:RequestTag/${Key}`, Value ?? ""]);
  return { ...Object.fromEntries(values), "aws:TagKeys": tags.map(({ Key }) => Key ?? "") };
}

/** `aws:ResourceTag/*` and `iam:ResourceTag/*` of an entity. */
export function resourceTagConditions(tags: TagMap | undefined): Conditions {
  const entries = Object.entries(tags ?? {}).flatMap(([key, value]) => [
    [`aws:ResourceTag/${key}`, value],
    [`iam:ResourceTag/${key}`, value],
  ]);
  return Object.fromEntries(entries);
}
