// Node selectors and required node affinity of pods.
import type { KubeObject } from "../api/object.ts";
import { matchExpression } from "./selectors.ts";

/** Does a node satisfy a pod's nodeSelector and required node affinity. */
export function nodeMatches(pod: { spec?: any }, node: KubeObject): boolean {
  const labels = node.metadata.labels ?? {};
  const selector = pod.spec?.nodeSelector as Record<string, string> | undefined;
  if (selector) for (const key in selector) if (labels[key] !== selector[key]) return false;
  const terms = pod.spec?.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms as any[] | undefined;
  return !terms || terms.some((term) => termMatches(term, node));
}

/** One node selector term; an empty one selects nothing. */
export function termMatches(term: any, node: KubeObject): boolean {
  const labels = node.metadata.labels ?? {};
  const expressions = (term.matchExpressions ?? []) as any[];
  const fields = (term.matchFields ?? []) as any[];
  if (expressions.length === 0 && fields.length === 0) return false;
  return (
    expressions.every(({ key, operator, values }) => matchExpression(key, operator, values ?? [])(labels)) &&
    fields.every(({ key, operator, values }) => matchExpression(key, operator, values ?? [])({ "metadata.name": node.metadata.name }))
  );
}

/** The only nodes a pod can go to, if every term names nodes (as daemon set pods do). */
export function namedNodes(pod: { spec?: any }): Set<string> | undefined {
  const terms = pod.spec?.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms as any[] | undefined;
  if (!terms?.length) return undefined;
  const names = new Set<string>();
  for (const term of terms) {
    const field = term.matchFields?.find((each: any) => each.key === "metadata.name" && each.operator === "In");
    if (!field) return undefined;
    for (const name of field.values) names.add(name);
  }
  return names;
}
