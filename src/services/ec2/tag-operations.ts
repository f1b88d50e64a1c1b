// CreateTags, DeleteTags and DescribeTags, for every kind of resource.
import type { ResourceType, TagDescription } from "@aws-sdk/client-ec2";
import { type Ec2Operations, scopeOf } from "./deps.ts";
import { ec2Error, invalidValue, missingParameter, required } from "./errors.ts";
import { filterBy, paginate } from "./filters.ts";
import { kindOf, kinds, missing, type NamedKind } from "./kinds.ts";
import { isService } from "./managed.ts";
import type { Scope } from "./scope.ts";
import { checkTags, tagMap } from "./tags.ts";

/** The kind and id of every resource, all of which must exist. */
function resources(scope: Scope, ids: readonly string[] | undefined): [kind: NamedKind, id: string][] {
  if (!ids?.length) throw missingParameter("resourceIdSet");
  if (ids.length > 1000) throw invalidValue("The maximum number of resources is 1000");
  return [...new Set(ids)].map((id) => {
    const kind = kindOf(id);
    if (!kind || !kinds[kind].taggable) throw ec2Error("InvalidID", `The ID '${id}' is not valid`);
    if (!scope.get(kind, id)) throw missing(kind, id);
    return [kind, id];
  });
}

export const tagOperations = {
  CreateTags: {
    run(input, call, deps) {
      const scope = scopeOf(call, deps);
      const service = isService(call.caller);
      const tags = checkTags(tagMap(required(input.Tags, "tagSet")), service);
      const named = resources(scope, input.Resources);
      scope.change(() => {
        for (const [kind, id] of named) {
          const record = scope.require(kind, id);
          scope.patch(kind, id, { tags: checkTags({ ...record.tags, ...tags }, true) });
        }
      });
      return {};
    },
  },

  DeleteTags: {
    run(input, call, deps) {
      const scope = scopeOf(call, deps);
      const service = isService(call.caller);
      const named = resources(scope, input.Resources);
      const reserved = (input.Tags ?? []).find((tag) => !service && /^aws:/i.test(tag.Key ?? ""));
      if (reserved) throw invalidValue(`Tag keys starting with 'aws:' are reserved for internal use`);
      const unwanted = (key: string, value: string) =>
        input.Tags === undefined || input.Tags.length === 0
          ? !key.startsWith("aws:")
          : input.Tags.some((tag) => tag.Key === key && (tag.Value === undefined || tag.Value === value));
      scope.change(() => {
        for (const [kind, id] of named) {
          const kept = Object.entries(scope.require(kind, id).tags).filter(([key, value]) => !unwanted(key, value));
          scope.patch(kind, id, { tags: Object.fromEntries(kept) });
        }
      });
      return {};
    },
  },

  DescribeTags: {
    run(input, call, deps) {
      const scope = scopeOf(call, deps);
      const matches = filterBy<TagDescription>(input.Filters, {
        key: (view) => view.Key,
        "resource-id": (view) => view.ResourceId,
        "resource-type": (view) => view.ResourceType,
        value: (view) => view.Value,
        // Here `tag:<key>` selects the tags themselves.
      });
      const views = (Object.keys(kinds) as NamedKind[])
        .filter((kind) => kinds[kind].taggable)
        .flatMap((kind) =>
          scope.list(kind).flatMap(({ id, tags }) =>
            Object.entries(tags).map(([Key, Value]) => ({
              ResourceId: id,
              ResourceType: kind as ResourceType,
              Key,
              Value,
              Tags: [{ Key, Value }],
            })),
          ),
        )
        .filter(matches);
      const key = (view: TagDescription) => `${view.ResourceId}/${view.Key}`;
      const page = paginate(
        views.sort((a, b) => (key(a) < key(b) ? -1 : 1)),
        key,
        input,
      );
      return { Tags: page.items.map(({ Tags: _, ...view }) => view), NextToken: page.NextToken };
    },
  },
} satisfies Ec2Operations;
