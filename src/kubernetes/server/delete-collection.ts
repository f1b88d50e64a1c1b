// DELETE of a collection: every selected object, one after the other, each with its own rules.
import { type KubeObject, StatusError } from "../api/object.ts";
import { methodNotAllowed } from "../api/status.ts";
import { apiVersionOf } from "../schema/resource.ts";
import type { ServerContext, Target, WriteOptions } from "./context.ts";
import { type DeleteRequest, deleteObject } from "./delete.ts";
import { filterOf, listObjects } from "./read.ts";

/** Deletes what the query selects and returns the list of what was selected. */
export async function deleteCollection(
  context: ServerContext,
  target: Target,
  request: DeleteRequest,
  options: WriteOptions,
  query: URLSearchParams,
): Promise<KubeObject> {
  const { resource, namespace } = target;
  if (!resource.verbs.includes("deletecollection")) throw methodNotAllowed();
  const filter = filterOf(resource, query.get("labelSelector") ?? "", query.get("fieldSelector") ?? "");
  const items = listObjects(context, resource, namespace, filter);
  for (const item of items) {
    const each = { resource, namespace: item.metadata.namespace ?? "", name: item.metadata.name, subresource: "" };
    try {
      await deleteObject(context, each, request, options);
    } catch (error) {
      // Somebody else was faster.
      if (!(error instanceof StatusError) || error.code !== 404) throw error;
    }
  }
  const metadata = { resourceVersion: String(context.objects.revision) } as KubeObject["metadata"];
  return { kind: resource.listKind, apiVersion: apiVersionOf(resource), metadata, items };
}
