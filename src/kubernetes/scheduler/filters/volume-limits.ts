// NodeVolumeLimits: no more volumes of a CSI driver on a node than its CSINode says can be attached.
import type { KubeObject } from "../../api/object.ts";
import { classOf, driverOf } from "../../runtime/volumes.ts";
import type { NodeInfo } from "../node-info.ts";
import type { PodInfo } from "../pod-info.ts";
import { type Filter, type FilterContext, forNow } from "./filter.ts";

/** Volumes as `driver handle`; a claim without a volume counts as one of its class's driver. */
type Handles = ReadonlyMap<string, { readonly driver: string }>;

export const volumeLimits: Filter = {
  name: "NodeVolumeLimits",
  prepare(info, context) {
    const wanted = handlesOf(info, context);
    if (wanted.size === 0) return undefined;
    const attached = attachedByNode(context);
    const refusal = forNow("node(s) exceed max volume count");
    return (node) => {
      const limits = limitsOf(context.csiNode(node.name));
      if (limits.size === 0) return undefined;
      const present = presentOn(node, attached.get(node.name), context);
      const fresh = [...wanted].filter(([handle]) => !present.has(handle));
      for (const [driver, limit] of limits) {
        const more = fresh.filter(([, volume]) => volume.driver === driver).length;
        if (more === 0) continue;
        const there = [...present.values()].filter((volume) => volume.driver === driver).length;
        if (there + more > limit) return refusal;
      }
      return undefined;
    };
  },
};

/** How many volumes of each driver a node takes; drivers that set no limit are left out. */
function limitsOf(csiNode: KubeObject | undefined): Map<string, number> {
  const limits = new Map<string, number>();
  for (const { name, allocatable } of csiNode?.spec?.drivers ?? [])
    if (allocatable?.count !== undefined) limits.set(name, allocatable.count);
  return limits;
}

function handlesOf({ pod, claims }: PodInfo, context: FilterContext): Map<string, { driver: string }> {
  const handles = new Map<string, { driver: string }>();
  const namespace = pod.metadata.namespace ?? "";
  for (const name of claims) {
    const claim = context.claim(namespace, name);
    if (!claim) continue;
    const volume = claim.spec.volumeName ? context.volume(claim.spec.volumeName) : undefined;
    const found = volume ? handleOf(volume) : waitingHandle(claim, context);
    if (found) handles.set(`${found.driver} ${found.handle}`, found);
  }
  return handles;
}

function handleOf({ spec }: KubeObject): { driver: string; handle: string } | undefined {
  if (spec.csi) return { driver: spec.csi.driver, handle: spec.csi.volumeHandle };
  const { awsElasticBlockStore: disk } = spec;
  return disk && { driver: driverOf("kubernetes.io/aws-ebs"), handle: String(disk.volumeID).split("/").at(-1) ?? "" };
}

function waitingHandle(claim: KubeObject, context: FilterContext): { driver: string; handle: string } | undefined {
  const provisioner: string | undefined = context.storageClass(classOf(claim))?.provisioner;
  const { namespace, name } = claim.metadata;
  return provisioner === undefined ? undefined : { driver: driverOf(provisioner), handle: `${namespace}/${name}` };
}

/** Volumes that are attached to nodes, whether a pod uses them still or not. */
function attachedByNode(context: FilterContext): Map<string, Map<string, { driver: string }>> {
  const nodes = new Map<string, Map<string, { driver: string }>>();
  for (const { spec } of context.attachments()) {
    const volume = spec.source?.persistentVolumeName ? context.volume(spec.source.persistentVolumeName) : undefined;
    const found = volume && handleOf(volume);
    if (!found) continue;
    const handles = nodes.get(spec.nodeName) ?? new Map<string, { driver: string }>();
    nodes.set(spec.nodeName, handles.set(`${found.driver} ${found.handle}`, found));
  }
  return nodes;
}

function presentOn(node: NodeInfo, attached: Handles | undefined, context: FilterContext): Handles {
  const present = new Map<string, { driver: string }>();
  for (const info of node.pods.values())
    if (info.claims.length) for (const [handle, volume] of handlesOf(info, context)) present.set(handle, volume);
  // What leaves with the pods of a what-if is still attached, but will not be.
  if (node.removed.length === 0) for (const [handle, volume] of attached ?? []) present.set(handle, volume);
  return present;
}
