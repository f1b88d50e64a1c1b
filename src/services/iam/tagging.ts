// Tag, Untag and List…Tags of users, roles, policies, instance profiles and OIDC providers.
import type { Tag } from "@aws-sdk/client-iam";
import type { TagMap } from "../../aws/caller.ts";
import type { Call, Conditions, Operations, Sdk } from "../../aws/operation.ts";
import { validate } from "../validation.ts";
import { nameIn, onPrincipal, type PrincipalInput } from "./access.ts";
import type { IamDeps } from "./deps.ts";
import { refuseServiceLinked } from "./guards.ts";
import { onProfile } from "./instance-profiles.ts";
import { onProvider, putProvider, requireProvider } from "./oidc-providers.ts";
import { type PageInput, page } from "./paging.ts";
import { onPolicy, requireCustomerPolicy, requirePolicy } from "./policy-access.ts";
import { merge, requestTagConditions, toList, without } from "./tags.ts";

/** How one kind of resource is found, authorized and has its tags replaced. */
interface Taggable<In> {
  resource(input: In, call: Call, deps: IamDeps): string;
  conditions(input: In, call: Call, deps: IamDeps): Conditions;
  read(input: In, call: Call, deps: IamDeps): TagMap;
  write(input: In, call: Call, deps: IamDeps, change: (tags: TagMap) => TagMap): void;
}

function tag<In>({ resource, conditions, write }: Taggable<In>) {
  return {
    resource,
    conditions: (input: In & { Tags?: Tag[] | undefined }, call: Call, deps: IamDeps) => ({
      ...conditions(input, call, deps),
      ...requestTagConditions(input.Tags),
    }),
    run(input: In & { Tags?: Tag[] | undefined }, call: Call, deps: IamDeps) {
      write(input, call, deps, (tags) => merge(tags, input.Tags));
      return {};
    },
  };
}

function untag<In>({ resource, conditions, write }: Taggable<In>) {
  return {
    resource,
    conditions: (input: In & { TagKeys?: string[] | undefined }, call: Call, deps: IamDeps) => ({
      ...conditions(input, call, deps),
      "aws:TagKeys": input.TagKeys ?? [],
    }),
    run(input: In & { TagKeys?: string[] | undefined }, call: Call, deps: IamDeps) {
      validate({ member: "tagKeys", value: input.TagKeys, max: 50 });
      write(input, call, deps, (tags) => without(tags, input.TagKeys));
      return {};
    },
  };
}

function list<In>({ resource, conditions, read }: Taggable<In>) {
  return {
    resource,
    conditions,
    run(input: In & PageInput, call: Call, deps: IamDeps) {
      const { items, ...rest } = page(toList(read(input, call, deps)), ({ Key }) => Key, input);
      return { Tags: items, ...rest };
    },
  };
}

function principal(kind: "user" | "role"): Taggable<PrincipalInput> {
  const nameOf = nameIn(kind);
  return {
    ...onPrincipal<PrincipalInput>(kind),
    read: (input, { account }, { state }) => state.principals(kind).require(account, nameOf(input) ?? "").tags,
    write(input, { account }, { state }, change) {
      const record = state.principals(kind).require(account, nameOf(input) ?? "");
      refuseServiceLinked(record);
      state.principals(kind).put({ ...record, tags: change(record.tags) });
    },
  };
}

const policy: Taggable<{ PolicyArn?: string | undefined }> = {
  ...onPolicy,
  read: (input, call, deps) => requirePolicy(input, call, deps).tags,
  write(input, call, deps, change) {
    const record = requireCustomerPolicy(input, call, deps);
    deps.state.policies.put({ ...record, tags: change(record.tags) });
  },
};

const profile: Taggable<{ InstanceProfileName?: string | undefined }> = {
  ...onProfile,
  read: ({ InstanceProfileName = "" }, { account }, { state }) => state.profiles.require(account, InstanceProfileName).tags,
  write({ InstanceProfileName = "" }, { account }, { state }, change) {
    state.profiles.update(account, InstanceProfileName, (record) => ({ ...record, tags: change(record.tags) }));
  },
};

const provider: Taggable<{ OpenIDConnectProviderArn?: string | undefined }> = {
  ...onProvider,
  read: (input, call, deps) => requireProvider(input, call, deps).tags,
  write(input, call, deps, change) {
    const record = requireProvider(input, call, deps);
    putProvider({ ...record, tags: change(record.tags) }, deps);
  },
};

export const tagging = {
  TagUser: tag(principal("user")),
  UntagUser: untag(principal("user")),
  ListUserTags: list(principal("user")),
  TagRole: tag(principal("role")),
  UntagRole: untag(principal("role")),
  ListRoleTags: list(principal("role")),
  TagPolicy: tag(policy),
  UntagPolicy: untag(policy),
  ListPolicyTags: list(policy),
  TagInstanceProfile: tag(profile),
  UntagInstanceProfile: untag(profile),
  ListInstanceProfileTags: list(profile),
  TagOpenIDConnectProvider: tag(provider),
  UntagOpenIDConnectProvider: untag(provider),
  ListOpenIDConnectProviderTags: list(provider),
} satisfies Operations<Sdk["iam"], IamDeps>;
