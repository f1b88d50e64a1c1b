// What objects get from classes: ingresses the default class, pods the overhead and placement of their runtime class.
import type { KubeObject } from "../api/object.ts";
import { forbidden } from "../api/status.ts";
import type { ObjectStorage } from "../storage/objects.ts";
import type { AdmissionPlugin } from "./types.ts";

const ingressClasses = { group: "networking.k8s.io", plural: "ingressclasses" };
const defaultMark = "ingressclass.kubernetes.io/is-default-class";

/** DefaultIngressClass: an ingress that names no class gets the default one. */
export function defaultIngressClass(objects: ObjectStorage): AdmissionPlugin {
  return {
    name: "DefaultIngressClass",
    mutate({ operation, group, resource, subresource, object, name }) {
      if (operation !== "CREATE" || group !== "networking.k8s.io" || resource !== "ingresses" || subresource !== "") return;
      if (!object?.spec || object.spec.ingressClassName !== undefined) return;
      if (object.metadata.annotations?.["kubernetes.io/ingress.class"] !== undefined) return;
      const defaults = objects.list(ingressClasses).filter((each) => each.metadata.annotations?.[defaultMark] === "true");
      if (defaults.length === 0) return;
      if (defaults.length > 1) {
        const text = `${defaults.length} default IngressClasses were found, only 1 allowed`;
        throw forbidden({ group, plural: resource }, name, text);
      }
      object.spec.ingressClassName = (defaults[0] as KubeObject).metadata.name;
    },
  };
}

const runtimeClasses = { group: "node.k8s.io", plural: "runtimeclasses" };
const pods = { group: "", plural: "pods" };

/** RuntimeClass: a pod that names one gets its overhead, node selector and tolerations. */
export function runtimeClass(objects: ObjectStorage): AdmissionPlugin {
  return {
    name: "RuntimeClass",
    mutate({ operation, group, resource, subresource, object, name }) {
      if (operation !== "CREATE" || group !== "" || resource !== "pods" || subresource !== "" || !object?.spec) return;
      const { spec } = object;
      if (!spec.runtimeClassName) return;
      const found = objects.get(runtimeClasses, "", spec.runtimeClassName);
      if (!found) throw forbidden(pods, name, `pod rejected: RuntimeClass ${JSON.stringify(spec.runtimeClassName)} not found`);
      const podFixed = found.overhead?.podFixed;
      if (podFixed && spec.overhead !== undefined && JSON.stringify(spec.overhead) !== JSON.stringify(podFixed))
        throw forbidden(pods, name, "pod rejected: Pod's Overhead doesn't match RuntimeClass's defined Overhead");
      if (podFixed) spec.overhead = { ...podFixed };
      const { nodeSelector = {}, tolerations = [] } = found.scheduling ?? {};
      for (const [key, value] of Object.entries(nodeSelector)) {
        const own = spec.nodeSelector?.[key];
        if (own !== undefined && own !== value)
          throw forbidden(
            pods,
            name,
            `conflict: runtimeClass.scheduling.nodeSelector[${key}] = ${value}; pod.spec.nodeSelector[${key}] = ${own}`,
          );
      }
      if (Object.keys(nodeSelector).length > 0) spec.nodeSelector = { ...spec.nodeSelector, ...nodeSelector };
      if (tolerations.length > 0) spec.tolerations = [...(spec.tolerations ?? []), ...tolerations];
    },
  };
}

/** ExtendedResourceToleration: who asks for a special resource tolerates the taint of its nodes. */
export const extendedResourceToleration: AdmissionPlugin = {
  name: "ExtendedResourceToleration",
  mutate({ operation, group, resource, subresource, object }) {
    if (operation !== "CREATE" || group !== "" || resource !== "pods" || subresource !== "" || !object?.spec) return;
    const names = new Set<string>();
    for (const each of [...(object.spec.containers ?? []), ...(object.spec.initContainers ?? [])]) {
      for (const key of Object.keys(each.resources?.requests ?? {})) if (isExtended(key)) names.add(key);
    }
    const present = object.spec.tolerations ?? [];
    const added = [...names]
      .sort()
      .filter((key) => !present.some((each: any) => each.key === key && each.operator === "Exists" && !each.effect))
      .map((key) => ({ key, operator: "Exists" }));
    if (added.length > 0) object.spec.tolerations = [...present, ...added];
  },
};

const isExtended = (name: string) => name.includes("/") && !/(^|\.)kubernetes\.io\//.test(name) && !name.startsWith("requests.");
