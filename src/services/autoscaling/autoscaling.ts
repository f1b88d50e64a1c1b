// Amazon EC2 Auto Scaling: the groups behind EKS's managed node groups, and groups of customers' own.
import type { Service } from "../../aws/operation.ts";
import { service } from "../../aws/operation.ts";
import type { AutoScalingDeps } from "./deps.ts";
import { reading } from "./describe.ts";
import { instanceOperations } from "./instance-operations.ts";
import { ownGroups } from "./own-groups.ts";
import { processes } from "./processes.ts";
import { refreshing } from "./refreshes.ts";
import { sizing } from "./sizes.ts";
import { tagging } from "./tags.ts";

/** Makes the service. */
export function createAutoScaling(deps: AutoScalingDeps): Service {
  return service("autoscaling", deps, reading, ownGroups, sizing, instanceOperations, processes, refreshing, tagging);
}
