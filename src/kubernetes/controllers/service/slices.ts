// Brings the EndpointSlices that one controller keeps for one owner to what they should be, rewriting as little as possible.
import type { KubeObject } from "../../api/object.ts";
import type { ControllerDeps } from "../../runtime/controller.ts";
import { ignoreNotFound, isNamespaceTerminating } from "../../runtime/errors.ts";
import { canonical, sameSpec } from "../../runtime/hash.ts";
import { controllerReference } from "../../runtime/owners.ts";
import { timestamp } from "../../runtime/time.ts";

export const slices = "endpointslices.discovery.k8s.io";
export const nameLabel = "kubernetes.io/service-name";
export const managedBy = "endpointslice.kubernetes.io/managed-by";
const triggerTime = "endpoints.kubernetes.io/last-change-trigger-time";

/** A slice as it should be. */
export interface Wanted {
  readonly addressType: string;
  readonly ports: readonly object[];
  readonly endpoints: any[];
}

/** Writes, keeps and deletes slices of `owner` until they are `wanted`; `present` are those that are there. */
export async function keepSlices(
  { client, stores, clock }: ControllerDeps,
  owner: KubeObject,
  labels: Readonly<Record<string, string>>,
  present: readonly KubeObject[],
  wanted: readonly Wanted[],
): Promise<void> {
  const { namespace = "", name } = owner.metadata;
  const free = new Set(present);
  for (const { addressType, ports, endpoints } of wanted) {
    const fits = [...free].filter((slice) => slice.addressType === addressType && canonical(slice.ports ?? []) === canonical(ports));
    // Of the slices with the same ports, the one that shares most endpoints is kept, so that little is rewritten.
    const keep = fits.sort((a, b) => shared(b, endpoints) - shared(a, endpoints))[0];
    if (keep) free.delete(keep);
    if (keep && sameSpec(keep.endpoints ?? [], endpoints) && sameSpec(keep.metadata.labels, labels)) continue;
    const annotations = { ...keep?.metadata.annotations, [triggerTime]: timestamp(clock.now()) };
    const body = { apiVersion: "discovery.k8s.io/v1", kind: "EndpointSlice", addressType, endpoints, ports };
    try {
      const written = keep
        ? await client.update(slices, { ...body, metadata: { ...keep.metadata, labels, annotations } })
        : await client.create(slices, namespace, {
            ...body,
            metadata: { generateName: `${name}-`, namespace, labels, annotations, ownerReferences: [controllerReference(owner)] },
          });
      stores.of(slices).observe(written);
    } catch (error) {
      if (!isNamespaceTerminating(error)) throw error;
    }
  }
  for (const slice of free) await ignoreNotFound(client.delete(slices, namespace, slice.metadata.name));
}

function shared(slice: KubeObject, endpoints: readonly any[]): number {
  const addresses = new Set((slice.endpoints ?? []).flatMap((endpoint: any) => endpoint.addresses));
  return endpoints.filter((endpoint) => addresses.has(endpoint.addresses[0])).length;
}
