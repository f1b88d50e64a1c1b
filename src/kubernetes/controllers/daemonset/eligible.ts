// On which nodes a daemon set's pod belongs.
import type { KubeObject } from "../../api/object.ts";
import { nodeMatches } from "../../runtime/node-affinity.ts";
import { type Toleration, untolerated } from "../../runtime/tolerations.ts";

const always: readonly Toleration[] = [
  { key: "node.kubernetes.io/not-ready", operator: "Exists", effect: "NoExecute" },
  { key: "node.kubernetes.io/unreachable", operator: "Exists", effect: "NoExecute" },
  { key: "node.kubernetes.io/disk-pressure", operator: "Exists", effect: "NoSchedule" },
  { key: "node.kubernetes.io/memory-pressure", operator: "Exists", effect: "NoSchedule" },
  { key: "node.kubernetes.io/pid-pressure", operator: "Exists", effect: "NoSchedule" },
  { key: "node.kubernetes.io/unschedulable", operator: "Exists", effect: "NoSchedule" },
];
const hostNetworkOnly: Toleration = { key: "node.kubernetes.io/network-unavailable", operator: "Exists", effect: "NoSchedule" };

/** The tolerations daemon pods carry in addition to their template's. */
export function daemonTolerations(template: any): Toleration[] {
  const own = (template.spec.tolerations ?? []) as Toleration[];
  const added = template.spec.hostNetwork ? [...always, hostNetworkOnly] : always;
  const same = (a: Toleration, b: Toleration) =>
    a.key === b.key && a.effect === b.effect && a.operator === b.operator && (a.value ?? "") === (b.value ?? "");
  return [...own, ...added.filter((toleration) => !own.some((other) => same(other, toleration)))];
}

/** Pins a daemon pod to its node through affinity, replacing what the template said about node names. */
export function pinnedAffinity(template: any, node: string): any {
  const pin = { key: "metadata.name", operator: "In", values: [node] };
  const affinity = structuredClone(template.spec.affinity ?? {});
  const terms = affinity.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms as any[] | undefined;
  affinity.nodeAffinity = {
    ...affinity.nodeAffinity,
    requiredDuringSchedulingIgnoredDuringExecution: {
      nodeSelectorTerms: terms?.length ? terms.map((term) => ({ ...term, matchFields: [pin] })) : [{ matchFields: [pin] }],
    },
  };
  return affinity;
}

/** Should a pod be made on the node, and may one that is there stay. */
export function nodeShouldRun(set: KubeObject, node: KubeObject): { run: boolean; keep: boolean } {
  const { template } = set.spec;
  const pinnedElsewhere = template.spec.nodeName && template.spec.nodeName !== node.metadata.name;
  if (pinnedElsewhere || !nodeMatches(template, node)) return { run: false, keep: false };
  const tolerations = daemonTolerations(template);
  const taints = node.spec?.taints;
  if (untolerated(taints, tolerations, ["NoSchedule", "NoExecute"]))
    return { run: false, keep: !untolerated(taints, tolerations, ["NoExecute"]) };
  return { run: true, keep: true };
}
