// Tags of the interfaces ipamd makes or adopts (spec vpc-cni §3.7, §3.10).
import type { IpamSettings } from "../settings.ts";

/** Names the instance an interface was made for. */
export const INSTANCE_TAG = "node.k8s.amazonaws.com/instance_id";
/** When the interface was made, RFC 3339 in whole seconds. */
export const CREATED_TAG = "node.k8s.amazonaws.com/createdAt";
/** `true` takes an interface out of ipamd's hands. */
export const NO_MANAGE_TAG = "node.k8s.amazonaws.com/no_manage";

/** Tags every managed interface carries. */
export function interfaceTags(settings: IpamSettings, instanceId: string): Record<string, string> {
  return {
    ...settings.additionalTags,
    [INSTANCE_TAG]: instanceId,
    ...(settings.clusterName && { "cluster.k8s.amazonaws.com/name": settings.clusterName, "eks:eni:owner": "amazon-vpc-cni" }),
  };
}

/** Tags of a new interface. `now` is epoch milliseconds. */
export function newInterfaceTags(settings: IpamSettings, instanceId: string, now: number): Record<string, string> {
  return { ...interfaceTags(settings, instanceId), [CREATED_TAG]: createdAt(now) };
}

/** Value of {@link CREATED_TAG}. */
export function createdAt(now: number): string {
  return new Date(now).toISOString().replace(/\.\d+Z$/, "Z");
}

/** The wanted tags whose key the interface does not carry. */
export function missingTags(wanted: Readonly<Record<string, string>>, present: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(wanted).filter(([key]) => !Object.hasOwn(present, key)));
}
