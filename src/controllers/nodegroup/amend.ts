// Writing to a node group record from a controller.
import type { NodegroupStatus } from "@aws-sdk/client-eks";
import type { NodegroupRecord } from "../../services/eks/records.ts";
import type { ControllerDeps } from "../deps.ts";
import type { Failure } from "../issues.ts";

/** Changes members of a group that still is in `status`; undefined, and nothing written, if it is not. */
export function amendGroup(
  { state }: Pick<ControllerDeps, "state">,
  key: string,
  status: NodegroupStatus,
  change: Partial<NodegroupRecord>,
): NodegroupRecord | undefined {
  const current = state.nodegroups.get(key);
  if (current?.status !== status) return undefined;
  const differs = (Object.keys(change) as (keyof NodegroupRecord)[]).some(
    (name) => JSON.stringify(change[name]) !== JSON.stringify(current[name]),
  );
  return differs ? state.nodegroups.put(key, { ...current, ...change }) : current;
}

/** The health issue a failure becomes. */
export const issueOf = (failure: Failure) => ({ code: failure.nodegroup, message: failure.message, resourceIds: failure.resourceIds });
