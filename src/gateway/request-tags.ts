// Tags in a request's input become aws:RequestTag/… and aws:TagKeys. Every service spells them differently.
import type { Conditions } from "../aws/operation.ts";

type Input = Readonly<Record<string, unknown>>;

/** Condition keys for the tags an input carries (IAM User Guide, "Controlling access using tags"). */
export function requestTagConditions(input: object): Conditions {
  const { tags, Tags, TagsList, TagSpecifications, tagKeys, TagKeys, TagKeyList } = input as Input;
  const found = new Map<string, string>();
  collect(tags, found);
  collect(Tags, found);
  collect(TagsList, found);
  for (const specification of list(TagSpecifications)) collect((specification as Input | undefined)?.Tags, found);
  const keys = new Set([...found.keys(), ...texts(tagKeys), ...texts(TagKeys), ...texts(TagKeyList)]);
  if (keys.size === 0) return {};
  const conditions: Record<string, string | string[]> = { "aws:TagKeys": [...keys] };
  for (const [key, value] of found) conditions[`aws:RequestTag/${key}`] = value;
  return conditions;
}

// A map (EKS, Logs) or a list of {Key, Value} (EC2, IAM, STS, CloudTrail) or {TagKey, TagValue} (KMS).
function collect(tags: unknown, found: Map<string, string>): void {
  if (Array.isArray(tags)) {
    for (const tag of tags as Input[]) {
      const key = tag?.Key ?? tag?.TagKey;
      if (typeof key === "string") found.set(key, String(tag.Value ?? tag.TagValue ?? ""));
    }
  } else if (typeof tags === "object" && tags !== null) {
    for (const [key, value] of Object.entries(tags)) found.set(key, String(value));
  }
}

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function texts(value: unknown): string[] {
  return list(value).filter((item) => typeof item === "string");
}
