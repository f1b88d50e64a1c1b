// Tags: reading them from requests, printing them, and their limits (EC2 User Guide, "Tag your Amazon EC2 resources").
import type { Tag, TagSpecification } from "@aws-sdk/client-ec2";
import { ec2Error, invalidValue } from "./errors.ts";
import type { Tags } from "./records.ts";

const limit = 50;

/** Checks tags a user gives. `aws:` keys are for AWS services alone. */
export function checkTags(tags: Tags, service = false): Tags {
  for (const [key, value] of Object.entries(tags)) {
    if (key.length < 1 || key.length > 128) throw invalidValue(`Tag key exceeds the maximum length of 128 characters`);
    if (value.length > 256) throw invalidValue(`Tag value exceeds the maximum length of 256 characters`);
    if (!service && /^aws:/i.test(key)) {
      throw invalidValue(`Tag keys starting with 'aws:' are reserved for internal use`);
    }
  }
  if (Object.keys(tags).filter((key) => !key.startsWith("aws:")).length > limit) {
    throw ec2Error("TagLimitExceeded", `The maximum number of Tags for a resource has been reached.`);
  }
  return tags;
}

/** A list of tags as a map; a key given twice is an error. */
export function tagMap(tags: readonly Tag[] | undefined): Tags {
  const map: Record<string, string> = {};
  for (const { Key: key = "", Value: value = "" } of tags ?? []) {
    if (Object.hasOwn(map, key)) throw invalidValue(`Duplicate tag key '${key}' specified.`);
    Object.defineProperty(map, key, { value, enumerable: true, configurable: true, writable: true });
  }
  return map;
}

/** Tags for one of the resource types a create operation makes; types it does not make are an error. */
export function specifiedTags(
  specifications: readonly TagSpecification[] | undefined,
  type: string,
  options: { readonly others?: readonly string[]; readonly service?: boolean } = {},
): Tags {
  const allowed = [type, ...(options.others ?? [])];
  const wanted: Tag[] = [];
  for (const { ResourceType: resourceType, Tags: tags } of specifications ?? []) {
    if (!resourceType || !allowed.includes(resourceType)) {
      throw invalidValue(`'${resourceType ?? ""}' is not a valid taggable resource type for this operation.`);
    }
    if (resourceType === type) wanted.push(...(tags ?? []));
  }
  return checkTags(tagMap(wanted), options.service);
}

/** Tags as EC2 prints them. */
export function tagList(tags: Tags): Tag[] {
  return Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));
}
