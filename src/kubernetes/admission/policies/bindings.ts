// Which admission policies, by which of their bindings, are to see a request.
import type { KubeObject } from "../../api/object.ts";
import type { ObjectStorage } from "../../storage/objects.ts";
import type { FindEquivalents } from "../equivalents.ts";
import { ruleMatches, selectorsMatch } from "../match.ts";
import type { AdmissionRequest } from "../types.ts";
import type { Matched } from "../webhook-match.ts";

const group = "admissionregistration.k8s.io";

/** A policy that wants a request, with the bindings that put it in force. */
export interface BoundPolicy {
  readonly policy: KubeObject;
  readonly bindings: readonly KubeObject[];
  /** The request in the form the policy's rules name. */
  readonly form: Matched;
}

/**
 * Policies of a sort and their bindings that match a request, by name. Each policy is looked at when its turn comes: what those before it
 * changed may decide. Policies do not see the objects of their own group, so that a mistaken one can be removed.
 */
export function* policiesFor(
  sort: "validating" | "mutating",
  request: AdmissionRequest,
  objects: ObjectStorage,
  equivalents: FindEquivalents,
): Generator<BoundPolicy> {
  const plural = `${sort}admissionpolicies`;
  if (objects.count({ group, plural }) === 0 || request.group === group) return;
  for (const policy of objects.list({ group, plural })) {
    const { matchConstraints } = policy.spec ?? {};
    const form = matchConstraints?.resourceRules?.length ? formFor(matchConstraints, request, objects, equivalents) : undefined;
    if (!form) continue;
    const bindings = objects
      .list({ group, plural: `${sort}admissionpolicybindings` })
      .filter(({ spec }) => spec?.policyName === policy.metadata.name)
      .filter(({ spec }) => !spec.matchResources || formFor(spec.matchResources, request, objects, equivalents));
    if (bindings.length > 0) yield { policy, bindings, form };
  }
}

/** The form in which MatchResources choose the request; without rules they choose every one that is not excluded. */
function formFor(match: any, request: AdmissionRequest, objects: ObjectStorage, equivalents: FindEquivalents): Matched | undefined {
  if (!selectorsMatch(match, request, objects)) return undefined;
  const others = () => (match.matchPolicy === "Exact" ? [] : equivalents(request));
  const named = (rules: readonly object[]): Matched | undefined => {
    const by = (each: Matched) => rules.some((rule) => ruleMatches(rule, each.request));
    return by({ request }) ? { request } : others().find(by);
  };
  const { resourceRules, excludeResourceRules } = match;
  if (excludeResourceRules?.length && named(excludeResourceRules)) return undefined;
  return resourceRules?.length ? named(resourceRules) : { request };
}
