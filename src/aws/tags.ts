// Tags of resources: the rules all services share, and merging (EKS User Guide, "Tagging your resources"; spec eks §1.4, §1.7).
import type { TagMap } from "./caller.ts";

/** Most tags a resource may have. */
export const MAX_TAGS = 50;
const TEXT = /^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$/u;

/** What is wrong with `tags`, in words; undefined if nothing is. `existing` are those the resource has already. */
export function tagProblem(tags: TagMap, existing: TagMap = {}): string | undefined {
  for (const [key, value] of Object.entries(tags)) {
    const problem = keyProblem(key) ?? valueProblem(key, value);
    if (problem) return problem;
  }
  const count = Object.keys(mergeTags(existing, tags)).length;
  return count > MAX_TAGS ? `The number of tags exceeds the limit of ${MAX_TAGS}` : undefined;
}

function keyProblem(key: string): string | undefined {
  if ([...key].length < 1 || [...key].length > 128) return `The tag key must have between 1 and 128 characters: ${key.slice(0, 128)}`;
  if (!TEXT.test(key)) return `The tag key contains characters that are not allowed: ${key}`;
  return /^aws:/i.test(key) ? `The tag key must not begin with the reserved prefix aws: ${key}` : undefined;
}

function valueProblem(key: string, value: string): string | undefined {
  if ([...value].length > 256) return `The value of tag ${key} must not have more than 256 characters`;
  return TEXT.test(value) ? undefined : `The value of tag ${key} contains characters that are not allowed`;
}

/** `changes` over `existing`; equal keys are overwritten. */
export function mergeTags(existing: TagMap, changes: TagMap): TagMap {
  return Object.fromEntries([...Object.entries(existing), ...Object.entries(changes)]);
}

/** `existing` without `keys`; keys that are not there do no harm. */
export function removeTags(existing: TagMap, keys: readonly string[]): TagMap {
  return Object.fromEntries(Object.entries(existing).filter(([key]) => !keys.includes(key)));
}

/** IAM's and EC2's list form. */
export function tagList(tags: TagMap): { Key: string; Value: string }[] {
  return Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));
}

/** From the list form; the last of equal keys counts. */
export function tagMap(list: readonly { readonly Key?: string; readonly Value?: string }[] | undefined): TagMap {
  return Object.fromEntries((list ?? []).map(({ Key = "", Value = "" }) => [Key, Value]));
}
