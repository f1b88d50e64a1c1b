// PartialObjectMetadata: objects cut down to their metadata.

/** `meta.k8s.io` versions in which clients ask for tables and metadata. */
export type MetaVersion = "v1" | "v1beta1";

/** An object's metadata alone. */
export function partialMetadata(object: any, version: MetaVersion = "v1"): object {
  return { kind: "PartialObjectMetadata", apiVersion: `meta.k8s.io/${version}`, metadata: object.metadata ?? {} };
}

/** A list of objects' metadata. `metadata` is the list's: resourceVersion, continue, remainingItemCount. */
export function partialMetadataList(objects: readonly unknown[], metadata: object, version: MetaVersion = "v1"): object {
  return {
    kind: "PartialObjectMetadataList",
    apiVersion: `meta.k8s.io/${version}`,
    metadata,
    items: objects.map((object) => partialMetadata(object, version)),
  };
}
