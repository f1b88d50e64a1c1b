// Tags of EKS resources, by ARN (spec eks-control-plane §1.7).
import type { Operations, Sdk } from "../../aws/operation.ts";
import { childKey, clusterKey, type Place } from "./arn.ts";
import { tagProblem } from "./checks.ts";
import { resourceTags, tagConditions } from "./cluster-conditions.ts";
import type { EksDeps } from "./deps.ts";
import { badRequest, tagTargetNotFound } from "./errors.ts";
import type { Tags } from "./records.ts";
import type { EksState } from "./state.ts";

/** A tagged record: its tags and how to replace them. */
interface Tagged {
  readonly tags: Tags;
  replace(tags: Tags): void;
}

interface Records<T> {
  get(key: string): Readonly<T> | undefined;
  put(key: string, record: T): T;
}

function tagged<T extends { readonly tags: Tags; readonly arn: string }>(
  records: Records<T>,
  key: string,
  arn: string,
): Tagged | undefined {
  const record = records.get(key);
  if (!record || record.arn !== arn) return undefined;
  return { tags: record.tags, replace: (tags) => void records.put(key, { ...record, tags }) };
}

/** What an ARN names; undefined if it does not exist. Throws BadRequestException for text that is no ARN of an EKS resource here. */
function find(state: EksState, place: Place, arn: string): Tagged | undefined {
  const [scheme, partition, service, region, account, resource, ...rest] = arn.split(":");
  const local =
    scheme === "arn" && partition === place.partition && service === "eks" && region === place.region && account === place.account;
  if (!local || !resource || rest.length > 0) throw badRequest(`The provided ARN is not valid: ${arn}`);
  const [kind, cluster = "", id = "", name = ""] = resource.split("/");
  switch (kind) {
    case "cluster":
      return tagged(state.clusters, clusterKey(place, cluster), arn) ?? tagged(state.connectedClusters, clusterKey(place, cluster), arn);
    case "nodegroup":
      return tagged(state.nodegroups, childKey(place, cluster, id), arn);
    case "addon":
      return tagged(state.addons, childKey(place, cluster, id), arn);
    case "fargateprofile":
      return tagged(state.fargateProfiles, childKey(place, cluster, id), arn);
    case "identityproviderconfig":
      return tagged(state.identityProviders, childKey(place, cluster, name), arn);
    case "podidentityassociation":
      return tagged(state.associations, childKey(place, cluster, id), arn);
    case "access-entry": {
      const entry = state.accessEntries.list(`${clusterKey(place, cluster)}/`).find((candidate) => candidate.arn === arn);
      return entry && tagged(state.accessEntries, childKey(place, cluster, entry.principalArn), arn);
    }
    case "eks-anywhere-subscription":
      return tagged(state.subscriptions, clusterKey(place, cluster), arn);
    case "capability":
      return tagged(state.capabilities, childKey(place, cluster, name), arn);
    default:
      throw badRequest(`The provided ARN is not valid: ${arn}`);
  }
}

/** Like {@link find}; throws NotFoundException if the resource does not exist. */
function requireTagged(state: EksState, place: Place, arn: string | undefined): Tagged {
  const found = find(state, place, arn ?? "");
  if (!found) throw tagTargetNotFound(`No resource found with ARN: ${arn}`);
  return found;
}

/** Tags as condition keys; nothing for ARNs the operation will refuse anyway. */
function existingTags(state: EksState, place: Place, arn: string | undefined) {
  try {
    return resourceTags(find(state, place, arn ?? "")?.tags);
  } catch {
    return {};
  }
}

export const tags = {
  TagResource: {
    resource: ({ resourceArn }) => resourceArn ?? "*",
    conditions: (input, call, { state }) => ({ ...tagConditions(input.tags), ...existingTags(state, call, input.resourceArn) }),
    run({ resourceArn, tags: added = {} }, call, { state }) {
      const target = requireTagged(state, call, resourceArn);
      const merged = { ...target.tags, ...added };
      const problem = tagProblem(added) ?? tagProblem(merged);
      if (problem) throw badRequest(problem);
      target.replace(merged);
      return {};
    },
  },

  UntagResource: {
    resource: ({ resourceArn }) => resourceArn ?? "*",
    conditions: (input, call, { state }) => ({ "aws:TagKeys": input.tagKeys, ...existingTags(state, call, input.resourceArn) }),
    run({ resourceArn, tagKeys = [] }, call, { state }) {
      const target = requireTagged(state, call, resourceArn);
      const gone = new Set(tagKeys);
      target.replace(Object.fromEntries(Object.entries(target.tags).filter(([key]) => !gone.has(key))));
      return {};
    },
  },

  ListTagsForResource: {
    resource: ({ resourceArn }) => resourceArn ?? "*",
    conditions: (input, call, { state }) => existingTags(state, call, input.resourceArn),
    run: ({ resourceArn }, call, { state }) => ({ tags: { ...requireTagged(state, call, resourceArn).tags } }),
  },
} satisfies Operations<Sdk["eks"], EksDeps>;
