// Volumes: claims must exist and be bound or bindable, and bound volumes may only be reachable from some nodes.
import type { KubeObject } from "../../api/object.ts";
import { claimsOf } from "../../runtime/claims.ts";
import { termMatches } from "../../runtime/node-affinity.ts";
import { type Filter, type FilterContext, final, Unschedulable } from "./filter.ts";

/** Does a claim wait for its first pod before it is bound. */
export function waitsForConsumer(claim: KubeObject, context: Pick<FilterContext, "storageClass">): boolean {
  const name = claim.spec.storageClassName;
  return !!name && context.storageClass(name)?.volumeBindingMode === "WaitForFirstConsumer";
}

export const volumeBinding: Filter = {
  name: "VolumeBinding",
  prepare({ pod }, context) {
    const names = claimsOf(pod);
    if (!names.length) return undefined;
    const volumes: KubeObject[] = [];
    for (const name of names) {
      const claim = context.claim(pod.metadata.namespace!, name);
      if (!claim) return new Unschedulable(`persistentvolumeclaim "${name}" not found`);
      if (claim.metadata.deletionTimestamp) return new Unschedulable(`persistentvolumeclaim "${name}" is being deleted`);
      if (claim.status?.phase === "Lost")
        return new Unschedulable(`persistentvolumeclaim "${name}" bound to non-existent persistentvolume "${claim.spec.volumeName}"`);
      const volume = claim.spec.volumeName && claim.status?.phase === "Bound" ? context.volume(claim.spec.volumeName) : undefined;
      if (volume) volumes.push(volume);
      else if (!waitsForConsumer(claim, context)) return new Unschedulable("pod has unbound immediate PersistentVolumeClaims");
    }
    const bound = volumes
      .map((volume) => volume.spec.nodeAffinity?.required?.nodeSelectorTerms as any[] | undefined)
      .filter((each) => each !== undefined);
    if (!bound.length) return undefined;
    return ({ node }) => {
      const reachable = bound.every((terms) => terms.some((term) => termMatches(term, node)));
      return reachable ? undefined : final("node(s) had volume node affinity conflict");
    };
  },
};
