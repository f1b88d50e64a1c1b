// Requirements over labels: what NodePools, NodeClaims and pods ask of a node (Karpenter documentation, "Scheduling").
import type { KubeObject } from "../../kubernetes/api/object.ts";
import { matchExpression } from "../../kubernetes/runtime/selectors.ts";

/** One requirement as NodePools write it. */
export interface Requirement {
  readonly key: string;
  readonly operator: string;
  readonly values?: readonly string[];
  readonly minValues?: number;
}

type Labels = Readonly<Record<string, string>>;

/** Whether labels meet every requirement. */
export function meets(labels: Labels, requirements: readonly Requirement[]): boolean {
  return requirements.every(({ key, operator, values }) => matchExpression(key, operator, [...(values ?? [])])(labels));
}

/** Labels that follow from requirements alone: those `In` exactly one value. */
export function impliedLabels(requirements: readonly Requirement[]): Record<string, string> {
  const single = requirements.filter(({ operator, values }) => operator === "In" && values?.length === 1);
  return Object.fromEntries(single.map(({ key, values }) => [key, values![0]!]));
}

/** What a pod's node selector and first required affinity term ask; pods with several terms are judged by the scheduler's own predicate. */
export function podRequirements(pod: KubeObject): Requirement[] {
  const selector = Object.entries((pod.spec?.nodeSelector ?? {}) as Record<string, string>);
  const terms = pod.spec?.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms ?? [];
  const expressions = (terms.length === 1 ? (terms[0].matchExpressions ?? []) : []) as Requirement[];
  return [...selector.map(([key, value]) => ({ key, operator: "In", values: [value] })), ...expressions];
}

/** Distinct values of a label over some offerings, for `minValues`. */
export function hasVariety(found: readonly { readonly labels: Labels }[], requirements: readonly Requirement[]): boolean {
  return requirements.every(({ key, minValues }) => {
    if (minValues === undefined) return true;
    return new Set(found.map(({ labels }) => labels[key]).filter((value) => value !== undefined)).size >= minValues;
  });
}
