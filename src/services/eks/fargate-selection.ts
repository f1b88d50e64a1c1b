// Which Fargate profile takes a pod (EKS User Guide, "Define which Pods use AWS Fargate when launched").
import type { FargateProfileRecord, SelectorRecord } from "./fargate-records.ts";

/** Label with which a pod asks for a profile by name, and which says afterwards which profile took it. */
export const PROFILE_LABEL = "eks.amazonaws.com/fargate-profile";

/** A pod as profiles see it. */
export interface Selectable {
  readonly namespace: string;
  readonly labels: Readonly<Record<string, string>>;
}

/** `*` stands for any number of characters, `?` for exactly one. */
export function matchesPattern(pattern: string, text: string): boolean {
  let [at, next] = [0, 0];
  let [star, retry] = [-1, 0];
  while (next < text.length) {
    if (at < pattern.length && pattern[at] === "*") {
      star = at++;
      retry = next;
    } else if (at < pattern.length && (pattern[at] === "?" || pattern[at] === text[next])) {
      at++;
      next++;
    } else if (star >= 0) {
      at = star + 1;
      next = ++retry;
    } else {
      return false;
    }
  }
  while (pattern[at] === "*") at++;
  return at === pattern.length;
}

/** Namespace and every label of a selector must match; wildcards count in namespaces, label keys and label values. */
export function selects(selector: SelectorRecord, pod: Selectable): boolean {
  const labels = Object.entries(pod.labels);
  return (
    matchesPattern(selector.namespace, pod.namespace) &&
    Object.entries(selector.labels).every(([key, value]) =>
      labels.some(([own, ownValue]) => matchesPattern(key, own) && matchesPattern(value, ownValue)),
    )
  );
}

/**
 * The profile that takes a pod: among the ACTIVE ones that match, the one the pod names by label, otherwise the first by name.
 * Undefined if none matches.
 */
export function selectProfile<P extends Pick<FargateProfileRecord, "name" | "status" | "selectors">>(
  profiles: readonly P[],
  pod: Selectable,
): P | undefined {
  const matching = profiles
    .filter((profile) => profile.status === "ACTIVE" && profile.selectors.some((selector) => selects(selector, pod)))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
  return matching.find((profile) => profile.name === pod.labels[PROFILE_LABEL]) ?? matching[0];
}
