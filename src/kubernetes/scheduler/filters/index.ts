// The filters in kube-scheduler's default order; the first refusal of a node counts.
import type { Filter } from "./filter.ts";
import { nodeAffinity, nodeName, nodeUnschedulable, taintToleration } from "./node.ts";
import { interPodAffinity } from "./pod-affinity.ts";
import { nodePorts, resourcesFit } from "./resources.ts";
import { topologySpread } from "./topology-spread.ts";
import { volumeBinding } from "./volumes.ts";

export const filters: readonly Filter[] = [
  nodeUnschedulable,
  nodeName,
  taintToleration,
  nodeAffinity,
  nodePorts,
  resourcesFit,
  volumeBinding,
  topologySpread,
  interPodAffinity,
];
