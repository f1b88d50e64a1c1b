// How a Windows pod asks for its address, and the annotation that tells it which it got (spec vpc-cni §7.3).
import type { KubeObject, NewObject } from "../../kubernetes/api/object.ts";
import { parseIpv4 } from "../../vpc/ipv4.ts";
import { WINDOWS_ADDRESS } from "../branch/names.ts";

/** Whether the pod asks for an address: one of its containers limits the resource. */
export function wantsAddress({ spec }: KubeObject | NewObject): boolean {
  const containers = (spec?.containers ?? []) as { resources?: { limits?: Record<string, string> } }[];
  return containers.some(({ resources }) => Number(resources?.limits?.[WINDOWS_ADDRESS] ?? 0) > 0);
}

/** The address in the pod's annotation, without its mask; undefined if there is none or it is malformed. */
export function readPodAddress({ metadata }: KubeObject): string | undefined {
  const [address = "", mask = ""] = metadata.annotations?.[WINDOWS_ADDRESS]?.split("/") ?? [];
  return parseIpv4(address) !== undefined && /^\d{1,2}$/.test(mask) && Number(mask) <= 32 ? address : undefined;
}
