// Putting an add-on's objects into a cluster under EKS's field manager, with its rules for conflicts (spec addons §3.1).
import { FIELD_MANAGER, install, typeOf } from "../../clusters/addons/install.ts";
import type { NewObject } from "../../kubernetes/api/object.ts";
import { StatusError } from "../../kubernetes/api/object.ts";
import type { KubeClient } from "../../kubernetes/client/client.ts";

/** Fields that others own and that the add-on would change. */
export class AddonConflict extends Error {}

/** With OVERWRITE takes everything over; otherwise stops at the first object with conflicts. Throws AddonConflict or StatusError. */
export async function applyAddon(kube: KubeClient, objects: readonly NewObject[], overwrite: boolean): Promise<void> {
  if (overwrite) return install(kube, objects);
  for (const object of objects) {
    await kube.apply(typeOf(object.kind), object, FIELD_MANAGER, false).catch((error: unknown) => {
      if (!(error instanceof StatusError) || error.code !== 409) throw error;
      throw new AddonConflict(conflictText(object, error));
    });
  }
}

function conflictText({ kind, apiVersion, metadata }: NewObject, error: StatusError): string {
  const group = apiVersion.includes("/") ? `.${apiVersion.split("/")[0]}` : "";
  const fields = (error.status.details?.causes ?? []).map((cause) => cause.field ?? "").filter(Boolean);
  const lines = (fields.length > 0 ? fields : [""]).map((field) => `${kind}${group} ${metadata.name}${field ? ` - ${field}` : ""}`);
  return ["Conflicts found when trying to apply. Will not continue due to resolve conflicts mode. Conflicts:", ...lines].join("\n");
}
