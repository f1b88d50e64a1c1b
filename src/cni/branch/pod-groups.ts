// Which security groups SecurityGroupPolicy objects give a pod (spec vpc-cni §6.1; EKS User Guide, "Assign security groups to individual Pods").
import { type LabelSelector, type Labels, selectorOf } from "../../kubernetes/api/label-selector.ts";

/** The spec of a SecurityGroupPolicy. */
export interface GroupPolicy {
  readonly podSelector?: LabelSelector;
  readonly serviceAccountSelector?: LabelSelector;
  readonly securityGroups?: { readonly groupIds?: readonly string[] };
}

/** Groups of all matching policies of the pod's namespace, without duplicates; empty if none matches. */
export function groupsOfPod(policies: readonly GroupPolicy[], pod: Labels, serviceAccount: Labels): string[] {
  const matching = policies.filter((policy) => isMatch(policy, pod, serviceAccount));
  return [...new Set(matching.flatMap(({ securityGroups }) => securityGroups?.groupIds ?? []))];
}

/** Both selectors must match where both are given; a policy without any matches nothing. */
function isMatch({ podSelector, serviceAccountSelector }: GroupPolicy, pod: Labels, serviceAccount: Labels): boolean {
  if (!podSelector && !serviceAccountSelector) return false;
  return (!podSelector || selectorOf(podSelector)(pod)) && (!serviceAccountSelector || selectorOf(serviceAccountSelector)(serviceAccount));
}
