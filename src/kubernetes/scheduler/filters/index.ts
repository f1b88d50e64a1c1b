// The filters in kube-scheduler's default order; the first refusal of a node counts.
import { dynamicResources } from "./dynamic-resources.ts";
import type { Filter } from "./filter.ts";
import { nodeAffinity, nodeName, nodeUnschedulable, taintToleration } from "./node.ts";
import { interPodAffinity } from "./pod-affinity.ts";
import { nodePorts, resourcesFit } from "./resources.ts";
import { topologySpread } from "./topology-spread.ts";
import { volumeLimits } from "./volume-limits.ts";
import { volumeRestrictions } from "./volume-restrictions.ts";
import { volumeZone } from "./volume-zone.ts";
import { volumeBinding } from "./volumes.ts";

export const filters: readonly Filter[] = [
  nodeUnschedulable,
  nodeName,
  taintToleration,
  nodeAffinity,
  nodePorts,
  resourcesFit,
  volumeRestrictions,
  volumeLimits,
  volumeBinding,
  volumeZone,
  topologySpread,
  interPodAffinity,
  dynamicResources,
];
