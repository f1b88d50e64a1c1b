// Writing to a cluster record from a controller.
import type { ClusterStatus } from "@aws-sdk/client-eks";
import type { ClusterRecord } from "../../services/eks/records.ts";
import type { ControllerDeps } from "../deps.ts";

/** Changes members of a cluster that still is in `status`; undefined, and nothing written, if it is not (deleted meanwhile). */
export function amend(
  { state }: Pick<ControllerDeps, "state">,
  key: string,
  status: ClusterStatus,
  change: Partial<ClusterRecord>,
): ClusterRecord | undefined {
  const current = state.clusters.get(key);
  if (current?.status !== status) return undefined;
  const differs = (Object.keys(change) as (keyof ClusterRecord)[]).some(
    (name) => JSON.stringify(change[name]) !== JSON.stringify(current[name]),
  );
  return differs ? state.clusters.put(key, { ...current, ...change }) : current;
}
