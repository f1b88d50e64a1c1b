// DynamicResources: pods with resource claims go where their claims are allocated. No driver runs here, so nothing is allocated by the scheduler.
import type { KubeObject } from "../../api/object.ts";
import { termMatches } from "../../runtime/node-affinity.ts";
import { type Filter, final, Unschedulable } from "./filter.ts";

/** Name of the claim behind an entry of a pod's list; undefined while it has not been made from its template. */
function claimName({ status }: KubeObject, entry: { name: string; resourceClaimName?: string }): string | undefined {
  if (entry.resourceClaimName) return entry.resourceClaimName;
  return status?.resourceClaimStatuses?.find((each: { name: string }) => each.name === entry.name)?.resourceClaimName;
}

export const dynamicResources: Filter = {
  name: "DynamicResources",
  prepare({ pod }, context) {
    const entries = (pod.spec.resourceClaims ?? []) as { name: string; resourceClaimName?: string }[];
    if (!entries.length) return undefined;
    const { namespace = "", name: podName } = pod.metadata;
    const claims: KubeObject[] = [];
    for (const entry of entries) {
      const name = claimName(pod, entry);
      if (name === undefined) return new Unschedulable(`pod "${namespace}/${podName}": ResourceClaim not created yet`);
      const claim = context.resourceClaim(namespace, name);
      if (!claim) return new Unschedulable(`resourceclaim.resource.k8s.io "${name}" not found`);
      if (claim.metadata.deletionTimestamp)
        return new Unschedulable(`resourceclaim must not be used, resourceclaim ${namespace}/${name} is being deleted`);
      claims.push(claim);
    }
    const pending = claims.some(({ status }) => !status?.allocation);
    const selectors = claims.map(({ status }) => status?.allocation?.nodeSelector?.nodeSelectorTerms as any[] | undefined);
    return ({ node }) => {
      if (!selectors.every((terms) => !terms || terms.some((term) => termMatches(term, node))))
        return final("resourceclaim not available on the node");
      return pending ? final("cannot allocate all claims") : undefined;
    };
  },
};
