// Whether an add-on's workloads run as they should (spec addons §7).
import { typeOf } from "../../clusters/addons/install.ts";
import { workloads } from "../../clusters/addons/workload.ts";
import type { KubeObject, NewObject } from "../../kubernetes/api/object.ts";
import type { KubeClient } from "../../kubernetes/client/client.ts";
import { AddonFailure } from "./failure.ts";

const UNHEALTHY = "The add-on is unhealthy because it doesn't have the desired number of replicas.";

/** What ails the add-on, or undefined: a workload is missing or short of ready pods. Daemon sets without nodes are healthy. */
export function ailment(kube: KubeClient, objects: readonly NewObject[]): AddonFailure | undefined {
  for (const { kind, metadata } of workloads(objects)) {
    const live = kube.get(typeOf(kind), metadata.namespace ?? "", metadata.name ?? "");
    if (!live)
      return new AddonFailure("K8sResourceNotFound", `${kind} ${metadata.namespace}/${metadata.name} was not found in the cluster`);
    if (!isReady(live)) return new AddonFailure("InsufficientNumberOfReplicas", UNHEALTHY);
  }
  return undefined;
}

function isReady({ kind, metadata, spec, status = {} }: KubeObject): boolean {
  if ((status.observedGeneration ?? 0) < (metadata.generation ?? 0)) return false;
  if (kind === "Deployment") {
    const wanted = spec?.replicas ?? 1;
    return (status.availableReplicas ?? 0) >= wanted && (status.updatedReplicas ?? 0) >= wanted;
  }
  const wanted = status.desiredNumberScheduled ?? 0;
  return (status.numberReady ?? 0) >= wanted && (status.updatedNumberScheduled ?? wanted) >= wanted;
}
