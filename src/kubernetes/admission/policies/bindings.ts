// Which admission policies, by which of their bindings, are to see a request.
import type { KubeObject } from "../../api/object.ts";
import type { ObjectStorage } from "../../storage/objects.ts";
import { ruleMatches, selectorsMatch } from "../match.ts";
import type { AdmissionRequest } from "../types.ts";

const group = "admissionregistration.k8s.io";

/** A policy that wants a request, with the bindings that put it in force. */
export interface BoundPolicy {
  readonly policy: KubeObject;
  readonly bindings: readonly KubeObject[];
}

/**
 * Policies of a sort and their bindings that match a request, by name. Each policy is looked at when its turn comes: what those before it
 * changed may decide. Policies do not see the objects of their own group, so that a mistaken one can be removed.
 */
export function* policiesFor(sort: "validating" | "mutating", request: AdmissionRequest, objects: ObjectStorage): Generator<BoundPolicy> {
  const plural = `${sort}admissionpolicies`;
  if (objects.count({ group, plural }) === 0 || request.group === group) return;
  for (const policy of objects.list({ group, plural })) {
    if (!chosen(policy.spec?.matchConstraints, request, objects)) continue;
    const bindings = objects
      .list({ group, plural: `${sort}admissionpolicybindings` })
      .filter(({ spec }) => spec?.policyName === policy.metadata.name && boundTo(spec.matchResources, request, objects));
    if (bindings.length > 0) yield { policy, bindings };
  }
}

function chosen(match: any, request: AdmissionRequest, objects: ObjectStorage): boolean {
  if (!(match?.resourceRules ?? []).some((rule: object) => ruleMatches(rule, request))) return false;
  if ((match.excludeResourceRules ?? []).some((rule: object) => ruleMatches(rule, request))) return false;
  return selectorsMatch(match, request, objects);
}

function boundTo(match: any, request: AdmissionRequest, objects: ObjectStorage): boolean {
  if (!match) return true;
  if (match.resourceRules?.length) return chosen(match, request, objects);
  if ((match.excludeResourceRules ?? []).some((rule: object) => ruleMatches(rule, request))) return false;
  return selectorsMatch(match, request, objects);
}
