// Marks new objects that controllers watch over: volumes and claims that may be in use, nodes that are not ready yet.
import type { NewObject } from "../api/object.ts";
import type { AdmissionPlugin } from "./types.ts";

const finalizers: Readonly<Record<string, string>> = {
  persistentvolumes: "kubernetes.io/pv-protection",
  persistentvolumeclaims: "kubernetes.io/pvc-protection",
};

/** StorageObjectInUseProtection: volumes and claims are not removed while something uses them. */
export const storageProtection: AdmissionPlugin = {
  name: "StorageObjectInUseProtection",
  mutate({ operation, group, resource, subresource, object }) {
    const finalizer = finalizers[resource];
    if (operation !== "CREATE" || group !== "" || subresource !== "" || !finalizer) return;
    const { metadata } = object as NewObject;
    if (!metadata.finalizers?.includes(finalizer)) metadata.finalizers = [...(metadata.finalizers ?? []), finalizer];
  },
};

const notReady = { key: "node.kubernetes.io/not-ready", effect: "NoSchedule" };

/** TaintNodesByCondition: a new node takes no pods until it is seen to be ready. */
export const nodeTaint: AdmissionPlugin = {
  name: "TaintNodesByCondition",
  mutate({ operation, group, resource, subresource, object }) {
    if (operation !== "CREATE" || group !== "" || resource !== "nodes" || subresource !== "" || !object) return;
    const taints: { key: string; effect: string }[] = object.spec?.taints ?? [];
    if (taints.some(({ key, effect }) => key === notReady.key && effect === notReady.effect)) return;
    object.spec = { ...object.spec, taints: [...taints, { ...notReady }] };
  },
};
