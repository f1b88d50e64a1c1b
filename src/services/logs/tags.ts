// Tags of log groups: the operations by ARN and the older ones by name (CloudWatch Logs API Reference).
import type { Call, Operations, Sdk } from "../../aws/operation.ts";
import type { LogsDeps } from "./deps.ts";
import { tooManyTags } from "./errors.ts";
import { tagConditions } from "./groups.ts";
import { groupArn, groupOfArn, groupResource, ownGroupOfArn } from "./names.ts";

const MAX_TAGS = 50;

type Tags = Readonly<Record<string, string>>;

const arnResource = ({ resourceArn = "" }: { resourceArn?: string | undefined }, call: Call) =>
  groupArn(call, groupOfArn(resourceArn) ?? "");
const arnConditions = ({ resourceArn = "" }: { resourceArn?: string | undefined }, call: Call, deps: LogsDeps) =>
  tagConditions({ logGroupName: groupOfArn(resourceArn) ?? "" }, call, deps);

export const tagging = {
  TagResource: {
    resource: arnResource,
    conditions: arnConditions,
    run: ({ resourceArn = "", tags = {} }, call, deps) => add(ownGroupOfArn(resourceArn, call), tags, call, deps),
  },
  UntagResource: {
    resource: arnResource,
    conditions: arnConditions,
    run: ({ resourceArn = "", tagKeys = [] }, call, deps) => remove(ownGroupOfArn(resourceArn, call), tagKeys, call, deps),
  },
  ListTagsForResource: {
    resource: arnResource,
    conditions: arnConditions,
    run: ({ resourceArn = "" }, call, { book }) => ({ tags: { ...book.group(call, ownGroupOfArn(resourceArn, call)).tags } }),
  },
  TagLogGroup: {
    resource: groupResource,
    conditions: tagConditions,
    run: ({ logGroupName = "", tags = {} }, call, deps) => add(logGroupName, tags, call, deps),
  },
  UntagLogGroup: {
    resource: groupResource,
    conditions: tagConditions,
    run: ({ logGroupName = "", tags = [] }, call, deps) => remove(logGroupName, tags, call, deps),
  },
  ListTagsLogGroup: {
    resource: groupResource,
    conditions: tagConditions,
    run: ({ logGroupName = "" }, call, { book }) => ({ tags: { ...book.group(call, logGroupName).tags } }),
  },
} satisfies Operations<Sdk["logs"], LogsDeps>;

function add(name: string, added: Tags, call: Call, { book }: LogsDeps): Record<string, never> {
  const group = book.group(call, name);
  const tags = Object.fromEntries([...Object.entries(group.tags), ...Object.entries(added)]);
  if (Object.keys(tags).length > MAX_TAGS) throw tooManyTags(groupArn(call, name));
  book.groups.put(book.groupKey(call, name), { ...group, tags });
  return {};
}

function remove(name: string, keys: readonly string[], call: Call, { book }: LogsDeps): Record<string, never> {
  const group = book.group(call, name);
  const tags = Object.fromEntries(Object.entries(group.tags).filter(([key]) => !keys.includes(key)));
  book.groups.put(book.groupKey(call, name), { ...group, tags });
  return {};
}
