// Puts objects into a cluster by server-side apply under EKS's field manager.
import type { NewObject, ResourceType } from "../../kubernetes/api/object.ts";
import type { KubeClient } from "../../kubernetes/client/client.ts";

/** EKS's field manager (EKS User Guide, "Determine fields you can customize for Amazon EKS add-ons"). */
export const FIELD_MANAGER = "eks";

const TYPES: Readonly<Record<string, ResourceType>> = {
  ServiceAccount: "serviceaccounts",
  ConfigMap: "configmaps",
  Service: "services",
  DaemonSet: "daemonsets.apps",
  Deployment: "deployments.apps",
  ClusterRole: "clusterroles.rbac.authorization.k8s.io",
  ClusterRoleBinding: "clusterrolebindings.rbac.authorization.k8s.io",
  PodDisruptionBudget: "poddisruptionbudgets.policy",
  CustomResourceDefinition: "customresourcedefinitions.apiextensions.k8s.io",
  Namespace: "namespaces",
  CSIDriver: "csidrivers.storage.k8s.io",
  StorageClass: "storageclasses.storage.k8s.io",
  APIService: "apiservices.apiregistration.k8s.io",
  ENIConfig: "eniconfigs.crd.k8s.amazonaws.com",
};

/** The resource type of a kind that add-ons contain. Throws Error for another. */
export function typeOf(kind: string): ResourceType {
  const type = TYPES[kind];
  if (!type) throw new Error(`no add-on contains a ${kind}`);
  return type;
}

/** Applies objects in order, taking fields over from other managers. Rejects with StatusError. */
export async function install(client: KubeClient, objects: readonly NewObject[]): Promise<void> {
  for (const object of objects) await client.apply(typeOf(object.kind), object, FIELD_MANAGER, true);
}

/** Deletes objects in reverse order; absent ones are fine. */
export async function uninstall(client: KubeClient, objects: readonly NewObject[]): Promise<void> {
  for (const { kind, metadata } of [...objects].reverse()) {
    const type = typeOf(kind);
    const namespace = metadata.namespace ?? "";
    if (client.get(type, namespace, metadata.name ?? "")) {
      await client.delete(type, namespace, metadata.name ?? "", { propagationPolicy: "Background" });
    }
  }
}
