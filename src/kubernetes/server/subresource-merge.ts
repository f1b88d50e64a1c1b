// Which part of an object each path may write; the rest comes from the stored object.
import type { KubeObject, NewObject } from "../api/object.ts";
import type { Target } from "./context.ts";
import { hasSubresource } from "./resource.ts";

/** Restores in `object` everything the target's subresource does not write. */
export function keepOtherParts(object: NewObject, old: KubeObject, target: Target): void {
  switch (target.subresource) {
    case "":
    case "scale":
      if (hasSubresource(target.resource, "finalize") && old.spec) object.spec = old.spec;
      if (!hasSubresource(target.resource, "status")) return;
      if (old.status === undefined) delete object.status;
      else object.status = old.status;
      return;
    case "status":
      restore(object, old, "status");
      keepMetadata(object, old, target.resource.custom ? [] : ["labels", "annotations", "finalizers"]);
      return;
    case "approval": {
      const decisions = (object.status?.conditions ?? []).filter((each: any) => ["Approved", "Denied", "Failed"].includes(each.type));
      const others = (old.status?.conditions ?? []).filter((each: any) => !["Approved", "Denied", "Failed"].includes(each.type));
      restore(object, old, "");
      object.status = { ...old.status, conditions: [...others, ...decisions] };
      keepMetadata(object, old, []);
      return;
    }
    case "ephemeralcontainers": {
      const added = object.spec?.ephemeralContainers;
      restore(object, old, "");
      object.spec = { ...old.spec, ...(added && { ephemeralContainers: added }) };
      keepMetadata(object, old, []);
      return;
    }
    case "resize": {
      const wanted = new Map<string, any>((object.spec?.containers ?? []).map((each: any) => [each.name, each]));
      restore(object, old, "");
      const containers = old.spec.containers.map((each: any) => {
        const { resources, resizePolicy } = wanted.get(each.name) ?? each;
        return { ...each, ...(resources && { resources }), ...(resizePolicy && { resizePolicy }) };
      });
      object.spec = { ...old.spec, containers };
      keepMetadata(object, old, []);
      return;
    }
    case "finalize": {
      const finalizers = object.spec?.finalizers ?? [];
      restore(object, old, "");
      object.spec = { ...old.spec, finalizers };
      if (finalizers.length === 0) delete object.spec.finalizers;
      keepMetadata(object, old, []);
      return;
    }
  }
}

function restore(object: NewObject, old: KubeObject, except: string): void {
  for (const key of new Set([...Object.keys(object), ...Object.keys(old)])) {
    if (key === "metadata" || key === except || key === "apiVersion" || key === "kind") continue;
    if (old[key] === undefined) delete object[key];
    else object[key] = old[key];
  }
}

function keepMetadata(object: NewObject, old: KubeObject, writable: readonly ("labels" | "annotations" | "finalizers")[]): void {
  const { resourceVersion, managedFields } = object.metadata;
  const metadata: NewObject["metadata"] = { ...old.metadata };
  for (const member of writable) {
    if (object.metadata[member] === undefined) delete metadata[member];
    else (metadata as Record<string, unknown>)[member] = object.metadata[member];
  }
  if (resourceVersion !== undefined) metadata.resourceVersion = resourceVersion;
  if (managedFields === undefined) delete metadata.managedFields;
  else metadata.managedFields = managedFields;
  object.metadata = metadata;
}
