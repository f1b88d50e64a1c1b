// Addresses of a pod beyond the one its status shows: kept in an annotation, because pods are ipamd's checkpoint.
import { usesBranch } from "../../cni/branch/pod-claims.ts";
import type { AttachmentKey } from "../../cni/pool/data-store.ts";
import type { KubeObject } from "../../kubernetes/api/object.ts";

/** Ours: upstream keeps a file on the node. */
export const FURTHER_ADDRESSES = "simulate.atoll.dev/further-addresses";

/** An address of another network card than the first. */
export interface CardAddress {
  readonly card: number;
  readonly address: string;
}

/** The annotation's text. */
export const writeFurther = (addresses: readonly CardAddress[]): string => JSON.stringify(addresses);

/** What the annotation says; nothing if it is absent or no list of that form. */
export function readFurther({ metadata }: KubeObject): CardAddress[] {
  let entries: unknown;
  try {
    entries = JSON.parse(metadata.annotations?.[FURTHER_ADDRESSES] ?? "[]");
  } catch {
    return [];
  }
  if (!Array.isArray(entries)) return [];
  return entries.filter((each): each is CardAddress => Number.isInteger(each?.card) && typeof each?.address === "string");
}

/** A pod with an address held before. */
interface HeldPod {
  readonly key: AttachmentKey;
  readonly meta: { readonly namespace: string; readonly name: string; readonly uid: string };
  readonly address: string;
  readonly card: number;
}

/** What a pod holds by its status and annotation; nothing if it is done, on the host's network, or has an interface of its own. */
export function heldByPod(pod: KubeObject, key: AttachmentKey): HeldPod[] {
  const { namespace = "", name, uid } = pod.metadata;
  const address: string | undefined = pod.status?.podIP;
  const isDone = pod.status?.phase === "Succeeded" || pod.status?.phase === "Failed";
  if (!address || isDone || pod.spec.hostNetwork || usesBranch(pod)) return [];
  return [{ card: 0, address }, ...readFurther(pod)].map((each) => ({ ...each, key, meta: { namespace, name, uid } }));
}
