// What a pod asks of the resource controller, and where it stands.
import type { KubeObject, NewObject } from "../../kubernetes/api/object.ts";
import { POD_ENI } from "./names.ts";

/** How many branch interfaces a pod asks for: the CNI looks at the first container that limits the resource, and there is one interface at most. */
export function wantedBranches({ spec }: KubeObject | NewObject): number {
  for (const { resources } of (spec?.containers ?? []) as { resources?: { limits?: Record<string, string> } }[]) {
    const limit = Number(resources?.limits?.[POD_ENI] ?? 0);
    if (Number.isInteger(limit) && limit > 0) return limit;
  }
  return 0;
}

/** Whether the CNI must give the pod its branch interface: its first container's limits say so (spec vpc-cni §3.12). */
export function usesBranch({ spec }: KubeObject): boolean {
  return Object.keys(spec?.containers?.[0]?.resources?.limits ?? {}).some((name) => name.startsWith(POD_ENI));
}

/** Whether the pod needs its interface no more, although it may still be there. */
export function isFinished({ status }: KubeObject): boolean {
  return status?.phase === "Succeeded" || status?.phase === "Failed";
}
