// How many pods a node can carry (spec vpc-cni §10.1).

/** What the formula needs of a node. `ipv4` is addresses per interface, the primary included. */
export interface PodCapacity {
  readonly enis: number;
  readonly ipv4: number;
  /** Unknown: the lower cap applies. */
  readonly vcpus?: number;
  readonly prefixDelegation?: boolean;
  readonly customNetworking?: boolean;
}

/** Pods by addresses alone; two pods run on the host network. */
export function podsByAddresses({ enis, ipv4, prefixDelegation = false, customNetworking = false }: PodCapacity): number {
  return Math.max(0, (customNetworking ? enis - 1 : enis) * (ipv4 - 1) * (prefixDelegation ? 16 : 1)) + 2;
}

/** Recommended max-pods: by addresses, at most 110 up to 30 vCPUs and 250 above. */
export function recommendedMaxPods(capacity: PodCapacity): number {
  return Math.min(podsByAddresses(capacity), (capacity.vcpus ?? 0) > 30 ? 250 : 110);
}
