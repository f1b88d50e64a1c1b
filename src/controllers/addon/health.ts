// Whether an add-on's workloads run as they should (spec addons §7).
import { typeOf } from "../../clusters/addons/install.ts";
import type { KubeObject, NewObject } from "../../kubernetes/api/object.ts";
import type { KubeClient } from "../../kubernetes/client/client.ts";

/** True if every deployment has its replicas ready and every daemon set its pods; daemon sets without nodes are healthy. */
export function isHealthy(kube: KubeClient, objects: readonly NewObject[]): boolean {
  return objects.every(({ kind, metadata }) => {
    if (kind !== "Deployment" && kind !== "DaemonSet") return true;
    const live = kube.get(typeOf(kind), metadata.namespace ?? "", metadata.name ?? "");
    if (!live || (live.status?.observedGeneration ?? 0) < (live.metadata.generation ?? 0)) return false;
    return kind === "Deployment" ? deploymentReady(live) : (live.status?.numberReady ?? 0) >= (live.status?.desiredNumberScheduled ?? 0);
  });
}

function deploymentReady({ spec, status }: KubeObject): boolean {
  const wanted = spec?.replicas ?? 1;
  return (status?.availableReplicas ?? 0) >= wanted && (status?.updatedReplicas ?? 0) >= wanted;
}
