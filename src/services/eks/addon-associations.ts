// Pod identity associations that belong to an add-on and are changed only through it (spec addons §5).
import type { AddonPodIdentityAssociations } from "@aws-sdk/client-eks";
import { podIdentityAssociationId } from "../../aws/ids.ts";
import { associationArn, childKey, clusterKey, type Place } from "./arn.ts";
import type { EksDeps } from "./deps.ts";
import { resourceInUse } from "./errors.ts";
import { associationFor, checkPodRole } from "./pod-identity-associations.ts";
import type { AddonRecord } from "./records.ts";
import type { EksState } from "./state.ts";

/** Makes the associations an add-on asks for; returns their ids. Throws like CreatePodIdentityAssociation. */
export function ownAssociations(
  deps: EksDeps,
  place: Place,
  owner: { readonly clusterName: string; readonly arn: string; readonly namespace: string },
  wanted: readonly AddonPodIdentityAssociations[],
): string[] {
  const { state, clock, random } = deps;
  const { clusterName, namespace } = owner;
  return wanted.map(({ serviceAccount = "", roleArn = "" }) => {
    checkPodRole(roleArn, place, deps, clusterName);
    const existing = associationFor(state, clusterKey(place, clusterName), namespace, serviceAccount);
    if (existing) throw resourceInUse(`Association already exists: ${existing.id}`, { clusterName });
    const id = podIdentityAssociationId(random);
    const now = clock.now();
    state.associations.put(childKey(place, clusterName, id), {
      ...{ clusterName, namespace, serviceAccount, roleArn, id, tags: {}, createdAt: now, modifiedAt: now },
      arn: associationArn(place, clusterName, id),
      ownerArn: owner.arn,
      disableSessionTags: false,
    });
    return id;
  });
}

/** Removes an add-on's associations. */
export function releaseAssociations(state: EksState, place: Pick<Place, "account" | "region">, addon: AddonRecord): void {
  for (const id of addon.associationIds) state.associations.delete(childKey({ partition: "", ...place }, addon.clusterName, id));
}
