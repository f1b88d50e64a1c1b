// What a pod's volumes and environment refer to and must exist before it can start.
import type { KubeObject } from "../api/object.ts";

/** Looks a config map or secret up. */
export type Lookup = (type: "configmaps" | "secrets", namespace: string, name: string) => KubeObject | undefined;

/** The text of the FailedMount event for the first volume that cannot be set up, if any. */
export function unmountable(pod: KubeObject, lookup: Lookup): string | undefined {
  const namespace = pod.metadata.namespace!;
  const missing = (source: any, type: "configmaps" | "secrets", name: string | undefined): string | undefined => {
    if (!source || source.optional || !name) return undefined;
    const object = lookup(type, namespace, name);
    const noun = type === "configmaps" ? "configmap" : "secret";
    if (!object) return `${noun} "${name}" not found`;
    const keys = { ...object.data, ...object.binaryData };
    const absent = source.items?.find((item: { key: string }) => !(item.key in keys));
    return absent ? `references non-existent ${noun === "secret" ? "secret" : "config"} key: ${absent.key}` : undefined;
  };
  for (const volume of pod.spec.volumes ?? []) {
    const sources = volume.projected?.sources ?? [];
    const reason =
      missing(volume.configMap, "configmaps", volume.configMap?.name) ??
      missing(volume.secret, "secrets", volume.secret?.secretName) ??
      sources
        .map(
          (source: any) =>
            missing(source.configMap, "configmaps", source.configMap?.name) ?? missing(source.secret, "secrets", source.secret?.name),
        )
        .find((each: string | undefined) => each);
    if (reason) return `MountVolume.SetUp failed for volume "${volume.name}" : ${reason}`;
  }
  return undefined;
}

/** Why a container's environment cannot be made (CreateContainerConfigError), if so. */
export function misconfigured(pod: KubeObject, container: any, lookup: Lookup): string | undefined {
  const namespace = pod.metadata.namespace!;
  const check = (reference: any, type: "configmaps" | "secrets", key?: string): string | undefined => {
    if (!reference || reference.optional) return undefined;
    const object = lookup(type, namespace, reference.name);
    const noun = type === "configmaps" ? "configmap" : "secret";
    if (!object) return `${noun} "${reference.name}" not found`;
    if (key === undefined || key in { ...object.data, ...object.binaryData }) return undefined;
    return `couldn't find key ${key} in ${noun === "secret" ? "Secret" : "ConfigMap"} ${namespace}/${reference.name}`;
  };
  for (const { configMapRef, secretRef } of container.envFrom ?? []) {
    const reason = check(configMapRef, "configmaps") ?? check(secretRef, "secrets");
    if (reason) return reason;
  }
  for (const { valueFrom } of container.env ?? []) {
    const reason =
      check(valueFrom?.configMapKeyRef, "configmaps", valueFrom?.configMapKeyRef?.key) ??
      check(valueFrom?.secretKeyRef, "secrets", valueFrom?.secretKeyRef?.key);
    if (reason) return reason;
  }
  return undefined;
}
