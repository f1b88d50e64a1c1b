// The APIServices by which a server says that it serves a group and version itself.
import type { NewObject } from "../api/object.ts";
import { builtinRegistry } from "./registry.ts";
import { customPriority, priorities } from "./resources.ts";

/** Tells who looks after an APIService: `onstart` the server when it starts, `true` whoever registers custom resources. */
export const automanaged = "kube-aggregator.kubernetes.io/automanaged";

/** The APIService of a group and version that is served here. */
export function localService(group: string, version: string, managed: "onstart" | "true"): NewObject {
  const [groupPriorityMinimum, versionPriority] = priorities[group ? `${group}/${version}` : version] ?? customPriority;
  return {
    apiVersion: "apiregistration.k8s.io/v1",
    kind: "APIService",
    metadata: { name: `${version}.${group}`, labels: { [automanaged]: managed } },
    spec: { ...(group && { group }), version, groupPriorityMinimum, versionPriority },
  };
}

/** Those of everything that Kubernetes 1.`minor` serves by itself, but APIServices. */
export function builtInServices(minor: number): NewObject[] {
  const versions = new Set(builtinRegistry(minor).resources.map(({ group, version }) => `${version}.${group}`));
  versions.delete("v1.apiregistration.k8s.io");
  return [...versions].map((name) => {
    const [version = ""] = name.split(".");
    return localService(name.slice(version.length + 1), version, "onstart");
  });
}
