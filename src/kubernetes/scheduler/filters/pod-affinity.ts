// Required affinity and anti-affinity between pods, both of the new pod and of those already placed.
import type { NodeInfo } from "../node-info.ts";
import type { PodInfo, Term } from "../pod-info.ts";
import { type Filter, final, forNow } from "./filter.ts";

export const interPodAffinity: Filter = {
  name: "InterPodAffinity",
  prepare(info, { state }) {
    const { pod, affinity, antiAffinity } = info;
    const repelled = repelledDomains(info, state.repelling.values(), (name) => state.nodes.get(name));
    if (!affinity.length && !antiAffinity.length && !repelled.size) return undefined;
    const attract = affinity.map((term) => ({ term, domains: state.domains(term) }));
    const avoid = antiAffinity.map((term) => ({ term, domains: state.domains(term) }));
    // The first pod of a group that attracts itself may go anywhere the topology exists.
    const firstOfItsKind = attract.every(({ domains }) => domains.size === 0) && affinity.every((term) => term.matches(pod));
    return (node) => {
      for (const { term, domains } of attract) {
        const value = node.label(term.topologyKey);
        if (value === undefined) return final("node(s) didn't match pod affinity rules");
        if (!firstOfItsKind && here(domains, value, term, node) <= 0) return final("node(s) didn't match pod affinity rules");
      }
      for (const { term, domains } of avoid) {
        const value = node.label(term.topologyKey);
        if (value !== undefined && here(domains, value, term, node) > 0) return forNow("node(s) didn't match pod anti-affinity rules");
      }
      for (const [key, values] of repelled) {
        const value = node.label(key);
        if (value === undefined) continue;
        const by = values.get(value);
        if (by && by.size > node.removed.filter(({ pod: gone }) => by.has(gone.metadata.uid)).length) {
          return forNow("node(s) didn't satisfy existing pods anti-affinity rules");
        }
      }
      return undefined;
    };
  },
};

function here(domains: ReadonlyMap<string, number>, value: string, term: Term, node: NodeInfo): number {
  return (domains.get(value) ?? 0) - node.removed.filter(({ pod }) => term.matches(pod)).length;
}

/** Topology values, by key, from which placed pods repel the new one, and which pods do. */
function repelledDomains(
  { pod }: PodInfo,
  repelling: Iterable<{ info: PodInfo; node: string }>,
  nodeOf: (name: string) => NodeInfo | undefined,
): Map<string, Map<string, Set<string>>> {
  const result = new Map<string, Map<string, Set<string>>>();
  for (const { info, node } of repelling) {
    for (const term of info.antiAffinity) {
      if (!term.matches(pod)) continue;
      const value = nodeOf(node)?.label(term.topologyKey);
      if (value === undefined) continue;
      const values = result.get(term.topologyKey) ?? new Map<string, Set<string>>();
      const uids = values.get(value) ?? new Set<string>();
      result.set(term.topologyKey, values.set(value, uids.add(info.pod.metadata.uid)));
    }
  }
  return result;
}
