// Filters that look at the node alone: its name, schedulability, taints, labels.
import { nodeMatches } from "../../runtime/node-affinity.ts";
import { tolerates, untolerated } from "../../runtime/tolerations.ts";
import { type Filter, final } from "./filter.ts";

export const nodeUnschedulable: Filter = {
  name: "NodeUnschedulable",
  prepare({ pod }) {
    const taint = { key: "node.kubernetes.io/unschedulable", effect: "NoSchedule" };
    if (pod.spec.tolerations?.some((toleration: object) => tolerates(toleration, taint))) return undefined;
    const refusal = final("node(s) were unschedulable");
    return ({ node }) => (node.spec?.unschedulable ? refusal : undefined);
  },
};

export const nodeName: Filter = {
  name: "NodeName",
  prepare({ pod }) {
    const wanted = pod.spec.nodeName;
    if (!wanted) return undefined;
    return ({ name }) => (name === wanted ? undefined : final("node(s) didn't match the requested node name"));
  },
};

export const taintToleration: Filter = {
  name: "TaintToleration",
  prepare({ pod }, { minor }) {
    return ({ node }) => {
      const taint = untolerated(node.spec?.taints, pod.spec.tolerations, ["NoSchedule", "NoExecute"]);
      // What taints say is kept from pods' owners since the patch releases of late 2025.
      return (
        taint &&
        final(minor >= 32 ? "node(s) had untolerated taint(s)" : `node(s) had untolerated taint {${taint.key}: ${taint.value ?? ""}}`)
      );
    };
  },
};

export const nodeAffinity: Filter = {
  name: "NodeAffinity",
  prepare({ pod }) {
    if (!pod.spec.nodeSelector && !pod.spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution) return undefined;
    const refusal = final("node(s) didn't match Pod's node affinity/selector");
    return ({ node }) => (nodeMatches(pod, node) ? undefined : refusal);
  },
};
