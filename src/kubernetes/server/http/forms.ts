// Objects and lists in the form the client asked for: whole, as a Table, or metadata only.
import type { KubeObject, Status } from "../../api/object.ts";
import { apiVersionOf, splitApiVersion } from "../../schema/resource.ts";
import { objectOf } from "../../storage/objects.ts";
import type { ServerContext } from "../context.ts";
import { fromStorage, isStoredForm } from "../convert.ts";
import type { ListResult } from "../read.ts";
import type { ResourceInfo } from "../resource.ts";
import { tableOf } from "../tables.ts";
import type { Format } from "./accept.ts";

/** Only apiVersion, kind and metadata, as `PartialObjectMetadata`. */
export function metadataOnly(object: KubeObject): object {
  return { kind: "PartialObjectMetadata", apiVersion: "meta.k8s.io/v1", metadata: object.metadata };
}

/** One object, or a Status, which is never transformed. */
export function inForm(
  context: ServerContext,
  object: KubeObject | Status,
  resource: ResourceInfo,
  format: Format,
  includeObject: string,
  noHeaders = false,
): object {
  if (object.kind === "Status" && object.apiVersion === "v1" && "status" in object && typeof object.status === "string") return object;
  if (format.as === "metadata") return metadataOnly(object as KubeObject);
  if (format.as === "table")
    return tableOf(
      context,
      // A subresource may carry another kind than its resource.
      object.kind === resource.kind ? resource : { kind: object.kind, group: splitApiVersion(object.apiVersion).group },
      [object as KubeObject],
      { resourceVersion: (object as KubeObject).metadata.resourceVersion },
      includeObject,
      noHeaders,
    );
  return object;
}

const comma = Buffer.from(",");
const end = Buffer.from("]}\n");

/** Bytes of a list; stored buffers are concatenated where the form allows it. */
export function listBytes(context: ServerContext, resource: ResourceInfo, page: ListResult, format: Format, includeObject: string): Buffer {
  const metadata = {
    resourceVersion: page.revision,
    ...(page.continue && { continue: page.continue }),
    ...(page.remaining !== undefined && { remainingItemCount: page.remaining }),
  };
  if (format.as === "table") {
    const objects = page.entries.map((entry) => fromStorage(objectOf(entry), resource));
    return Buffer.from(`${JSON.stringify(tableOf(context, resource, objects, metadata, includeObject))}
`);
  }
  const kind = format.as === "metadata" ? "PartialObjectMetadataList" : resource.listKind;
  const apiVersion = format.as === "metadata" ? "meta.k8s.io/v1" : apiVersionOf(resource);
  const head = JSON.stringify({ kind, apiVersion, metadata });
  const parts: Uint8Array[] = [Buffer.from(`${head.slice(0, -1)},"items":[`)];
  const asStored = format.as === "object" && isStoredForm(resource);
  for (const [i, entry] of page.entries.entries()) {
    if (i > 0) parts.push(comma);
    // Custom resources may be kept in an older version of their definition than the one served.
    if (asStored && !resource.custom) parts.push(entry.value);
    else {
      const object = fromStorage(objectOf(entry), resource);
      parts.push(Buffer.from(JSON.stringify(format.as === "metadata" ? metadataOnly(object) : object)));
    }
  }
  parts.push(end);
  return Buffer.concat(parts);
}
