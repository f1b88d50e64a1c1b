// Topology spread constraints that forbid (whenUnsatisfiable: DoNotSchedule).
import { nodeMatches } from "../../runtime/node-affinity.ts";
import { untolerated } from "../../runtime/tolerations.ts";
import type { ClusterState } from "../cluster-state.ts";
import type { NodeInfo } from "../node-info.ts";
import { type PodInfo, spreadTerm } from "../pod-info.ts";
import { type Filter, final, forNow } from "./filter.ts";

export const topologySpread: Filter = {
  name: "PodTopologySpread",
  prepare(info, { state }) {
    const hard = (info.pod.spec.topologySpreadConstraints ?? []).filter(
      (each: any) => (each.whenUnsatisfiable ?? "DoNotSchedule") === "DoNotSchedule",
    );
    if (!hard.length) return undefined;
    const keys = hard.map((each: any) => each.topologyKey as string);
    const constraints = hard.map((each: any) => prepareOne(info, each, keys, state));
    return (node) => {
      for (const { term, maxSkew, domains, least, self } of constraints) {
        const value = node.label(term.topologyKey);
        if (value === undefined) return final("node(s) didn't match pod topology spread constraints (missing required label)");
        const removed = node.removed.filter(({ pod }) => term.matches(pod)).length;
        if ((domains.get(value) ?? 0) - removed + self - least > maxSkew)
          return forNow("node(s) didn't match pod topology spread constraints");
      }
      return undefined;
    };
  },
};

function prepareOne(info: PodInfo, constraint: any, keys: readonly string[], state: ClusterState) {
  const term = spreadTerm(info.pod, constraint);
  const counts = state.counts(term);
  const domains = new Map<string, number>();
  for (const node of state.list) {
    if (!eligible(info, node, constraint, keys)) continue;
    const value = node.label(term.topologyKey)!;
    domains.set(value, (domains.get(value) ?? 0) + (counts.get(node.name) ?? 0));
  }
  const few = constraint.minDomains && domains.size < constraint.minDomains;
  const least = few || domains.size === 0 ? 0 : Math.min(...domains.values());
  return { term, maxSkew: constraint.maxSkew as number, domains, least, self: term.matches(info.pod) ? 1 : 0 };
}

/** Nodes that count: they carry all the keys, and match the pod's affinity and, if asked, its tolerations. */
function eligible({ pod }: PodInfo, { node }: NodeInfo, constraint: any, keys: readonly string[]): boolean {
  const labels = node.metadata.labels ?? {};
  if (!keys.every((key) => labels[key] !== undefined)) return false;
  if ((constraint.nodeAffinityPolicy ?? "Honor") === "Honor" && !nodeMatches(pod, node)) return false;
  return constraint.nodeTaintsPolicy !== "Honor" || !untolerated(node.spec?.taints, pod.spec.tolerations, ["NoSchedule", "NoExecute"]);
}
