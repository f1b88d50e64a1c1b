// The file in which ipamd keeps who holds which address (spec vpc-cni §3.5).
import { type DataStore, type Held, NETWORK_NAME, type PodMeta } from "../pool/data-store.ts";
import type { Environment } from "../settings/parse.ts";

const VERSION = "vpc-cni-ipam/1";
const DEFAULT_PATH = "/var/run/aws-node/ipam.json";

interface Allocation {
  readonly networkName: string;
  readonly containerID: string;
  readonly ifName: string;
  readonly ipv4?: string;
  readonly ipv6?: string;
  /** Epoch nanoseconds. */
  readonly allocationTimestamp: number;
  readonly metadata: { readonly k8sPodNamespace: string; readonly k8sPodName: string };
}

/** What the host knows of pods that may be gone. */
export interface HostLinks {
  /** Whether the pod's host interface exists. */
  has(pod: Pick<PodMeta, "namespace" | "name">): boolean;
  /** Deletes the rules to and from an address. */
  dropRules(address: string): void;
}

/** Path of the file of a network card. */
export function checkpointPath(env: Environment, card: number): string {
  const path = env.AWS_VPC_K8S_CNI_BACKING_STORE || DEFAULT_PATH;
  return card === 0 ? path : path.replace(/[^/]*$/, `ipam-nic-${card}.json`);
}

/** The file's text. */
export function encodeCheckpoint(held: Iterable<Held>): string {
  const allocations = [...held].map(
    ({ key, meta, address, assignedAt }): Allocation => ({
      networkName: key.networkName ?? NETWORK_NAME,
      containerID: key.containerId,
      ifName: key.ifName,
      ...(address.includes(":") ? { ipv6: address } : { ipv4: address }),
      allocationTimestamp: assignedAt * 1_000_000,
      metadata: { k8sPodNamespace: meta.namespace, k8sPodName: meta.name },
    }),
  );
  return JSON.stringify({ version: VERSION, allocations });
}

/**
 * Gives pods what the file says they hold, except pods that are gone and addresses no interface has, then writes the file anew. No text: no
 * pods. Throws if the file is of another version or no JSON.
 */
export function restoreCheckpoint(store: DataStore, text: string | undefined, links: HostLinks): void {
  if (text === undefined) return;
  const { version, allocations = [] } = JSON.parse(text) as { version?: string; allocations?: readonly Allocation[] };
  if (version !== VERSION) throw new Error(`datastore: unknown backing store format (${version} != ${VERSION})`);
  for (const { networkName, containerID, ifName, ipv4, ipv6, allocationTimestamp, metadata } of allocations) {
    const address = ipv4 ?? ipv6 ?? "";
    const meta = { namespace: metadata.k8sPodNamespace, name: metadata.k8sPodName, uid: "" };
    if (!links.has(meta)) links.dropRules(address);
    else store.restore({ networkName, containerId: containerID, ifName }, meta, address, allocationTimestamp / 1_000_000);
  }
  store.persist();
}
