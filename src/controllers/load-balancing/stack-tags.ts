// Tags of everything made for a stack (the condition keys of AmazonEKSLoadBalancingPolicy).
import type { LoadBalancerModel } from "../../clusters/load-balancing/model.ts";
import { clusterTag, resourceTag, stackTag } from "../../clusters/load-balancing/names.ts";

/** Tags without the customer's own. */
export const tagsOf = (clusterName: string, { origin, stack }: Pick<LoadBalancerModel, "origin" | "stack">, resource: string) => ({
  [clusterTag]: clusterName,
  [stackTag(origin)]: stack,
  [resourceTag(origin)]: resource,
});
