// VolumeBinding: claims must exist and be bound or bindable, and volumes must be reachable from the node.
import type { KubeObject } from "../../api/object.ts";
import { ephemeralClaim } from "../../runtime/claims.ts";
import { termMatches } from "../../runtime/node-affinity.ts";
import { matchExpression } from "../../runtime/selectors.ts";
import { classOf, matchingVolume } from "../../runtime/volumes.ts";
import { type Check, type Filter, type FilterContext, final, Unschedulable } from "./filter.ts";

const noProvisioner = "kubernetes.io/no-provisioner";
const selectedNode = "volume.kubernetes.io/selected-node";

/** Does a claim wait for its first pod before it is bound. */
export function waitsForConsumer(claim: KubeObject, context: Pick<FilterContext, "storageClass">): boolean {
  const name = classOf(claim);
  return name !== "" && context.storageClass(name)?.volumeBindingMode === "WaitForFirstConsumer";
}

/** A pod's claims, or why it cannot be placed yet. */
function claimsOrReason({ metadata, spec }: KubeObject, context: FilterContext): KubeObject[] | Unschedulable {
  const claims: KubeObject[] = [];
  for (const volume of spec.volumes ?? []) {
    if (!volume.persistentVolumeClaim && !volume.ephemeral) continue;
    const name = volume.ephemeral ? ephemeralClaim(metadata.name, volume.name) : volume.persistentVolumeClaim.claimName;
    const claim = context.claim(metadata.namespace ?? "", name);
    if (!claim) {
      const waiting = `waiting for ephemeral volume controller to create the persistentvolumeclaim "${name}"`;
      return new Unschedulable(volume.ephemeral ? waiting : `persistentvolumeclaim "${name}" not found`);
    }
    if (claim.status?.phase === "Lost")
      return new Unschedulable(`persistentvolumeclaim "${name}" bound to non-existent persistentvolume "${claim.spec.volumeName}"`);
    if (claim.metadata.deletionTimestamp) return new Unschedulable(`persistentvolumeclaim "${name}" is being deleted`);
    const owner = claim.metadata.ownerReferences?.find((each) => each.controller);
    if (volume.ephemeral && owner?.uid !== metadata.uid)
      return new Unschedulable(
        `PVC ${metadata.namespace}/${name} was not created for pod ${metadata.namespace}/${metadata.name} (pod is not owner)`,
      );
    claims.push(claim);
  }
  return claims;
}

export const volumeBinding: Filter = {
  name: "VolumeBinding",
  prepare({ pod }, context) {
    if (!pod.spec.volumes?.length) return undefined;
    const claims = claimsOrReason(pod, context);
    if (claims instanceof Unschedulable) return claims;
    if (!claims.length) return undefined;
    const volumes: KubeObject[] = [];
    const waiting: KubeObject[] = [];
    let missing = false;
    for (const claim of claims) {
      if (claim.spec.volumeName && claim.status?.phase === "Bound") {
        const volume = context.volume(claim.spec.volumeName);
        if (volume) volumes.push(volume);
        else missing = true;
      } else if (waitsForConsumer(claim, context)) waiting.push(claim);
      else return new Unschedulable("pod has unbound immediate PersistentVolumeClaims");
    }
    if (missing) return () => final("node(s) unavailable due to one or more pvc(s) bound to non-existent pv(s)");
    return nodeCheck(volumes, waiting, context);
  },
};

function nodeCheck(volumes: readonly KubeObject[], waiting: readonly KubeObject[], context: FilterContext): Check | undefined {
  const bound = volumes
    .map((volume) => volume.spec.nodeAffinity?.required?.nodeSelectorTerms as any[] | undefined)
    .filter((each) => each !== undefined);
  const bindable = waiting.map((claim) => bindableOn(claim, context));
  if (!bound.length && !bindable.length) return undefined;
  const unreachable =
    context.minor >= 34 ? "node(s) didn't match PersistentVolume's node affinity" : "node(s) had volume node affinity conflict";
  return ({ node }) => {
    const reasons: string[] = [];
    if (!bound.every((terms) => terms.some((term) => termMatches(term, node)))) reasons.push(unreachable);
    if (!bindable.every((binds) => binds(node))) reasons.push("node(s) didn't find available persistent volumes to bind");
    return reasons.length ? final(...reasons) : undefined;
  };
}

/** Whether a claim that waits can be bound on a node: to a volume that is there, or to one provisioned where its class allows it. */
function bindableOn(claim: KubeObject, context: FilterContext): (node: KubeObject) => boolean {
  const storageClass = context.storageClass(classOf(claim));
  const chosen = claim.metadata.annotations?.[selectedNode];
  const free = context.volumes();
  const reachable = (volume: KubeObject, node: KubeObject) => {
    const terms = volume.spec.nodeAffinity?.required?.nodeSelectorTerms as any[] | undefined;
    return !terms || terms.some((term) => termMatches(term, node));
  };
  return (node) => {
    // A node that is gone has no claim on the volume.
    if (chosen !== undefined && chosen !== node.metadata.name && context.state.nodes.has(chosen)) return false;
    if (
      matchingVolume(
        claim,
        free.filter((volume) => reachable(volume, node)),
      )
    )
      return true;
    if (!storageClass?.provisioner || storageClass.provisioner === noProvisioner) return false;
    const topologies = storageClass.allowedTopologies as any[] | undefined;
    if (!topologies?.length) return true;
    const labels = node.metadata.labels ?? {};
    return topologies.some(({ matchLabelExpressions = [] }) =>
      matchLabelExpressions.every(({ key, values }: { key: string; values: string[] }) => matchExpression(key, "In", values)(labels)),
    );
  };
}
