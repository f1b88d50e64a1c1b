// Tables: what kubectl prints.
import type { KubeObject } from "../api/object.ts";
import { type IncludeObject, toTable } from "../table/index.ts";
import type { ServerContext } from "./context.ts";
import type { ResourceInfo } from "./resource.ts";

/** A meta.k8s.io/v1 Table of objects. `includeObject` is "Metadata" (default), "Object" or "None". */
export function tableOf(
  context: ServerContext,
  resource: Pick<ResourceInfo, "group" | "kind" | "custom">,
  objects: readonly KubeObject[],
  metadata: object,
  includeObject: string,
  noHeaders = false,
): object {
  const include = ["None", "Metadata", "Object"].includes(includeObject) ? (includeObject as IncludeObject) : "Metadata";
  return toTable(
    { group: resource.group, kind: resource.kind, ...(resource.custom && { printerColumns: resource.custom.columns }) },
    objects,
    { now: context.now(), includeObject: include, metadata, minor: Number.parseInt(context.options.version.minor, 10), noHeaders },
  );
}
