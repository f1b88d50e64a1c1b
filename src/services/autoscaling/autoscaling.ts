// Amazon EC2 Auto Scaling: the groups behind EKS's managed node groups, as clients look at them. Groups of one's own cannot be made.
import { type Invoke, type Service, service } from "../../aws/operation.ts";
import { Collection } from "../../store/collection.ts";
import type { Store } from "../../store/store.ts";
import type { ScalingGroups } from "../ports.ts";
import type { AutoScalingDeps } from "./deps.ts";
import { groups } from "./groups.ts";
import { tagging } from "./tags.ts";

/** Makes the service. */
export function createAutoScaling(options: { readonly store: Store; readonly groups: ScalingGroups; readonly invoke: Invoke }): Service {
  const deps: AutoScalingDeps = { ...options, tags: new Collection(options.store, "autoscaling/tags") };
  return service("autoscaling", deps, groups, tagging);
}
