// Putting an add-on's objects into a cluster by server-side apply, with the three ways of resolving conflicts (spec addons §3.1, §3.2).
import { FIELD_MANAGER, install, typeOf } from "../../clusters/addons/install.ts";
import type { NewObject } from "../../kubernetes/api/object.ts";
import { StatusError } from "../../kubernetes/api/object.ts";
import type { KubeClient } from "../../kubernetes/client/client.ts";
import { AddonFailure } from "./failure.ts";
import { removeAt, valueAt } from "./field-path.ts";

/** A field that another manager owns with another value. */
interface Conflict {
  readonly object: NewObject;
  readonly field: string;
}

/** How conflicts end. `plain` renders the objects without configuration values, which win over what others set. */
export type Resolution =
  | { readonly mode: "NONE" }
  | { readonly mode: "OVERWRITE" }
  | { readonly mode: "PRESERVE"; readonly plain: readonly NewObject[] };

/**
 * Applies the objects, after a rehearsal: what the API server refuses, or conflicts if the mode is NONE, leave everything as it was.
 * `begin` is called before the first change. Throws AddonFailure ConfigurationConflict, or StatusError.
 */
export async function applyAddon(
  kube: KubeClient,
  objects: readonly NewObject[],
  resolution: Resolution,
  begin: () => void,
): Promise<void> {
  const force = resolution.mode === "OVERWRITE";
  const conflicts = (await Promise.all(objects.map((object) => rehearse(kube, object, force)))).flat();
  if (conflicts.length > 0 && resolution.mode === "NONE") throw new AddonFailure("ConfigurationConflict", conflictText(conflicts));
  begin();
  await install(kube, resolution.mode === "PRESERVE" ? preserving(objects, conflicts, resolution.plain) : objects);
}

/** Applies an object without storing anything; returns what that would take from others. */
async function rehearse(kube: KubeClient, object: NewObject, force: boolean): Promise<Conflict[]> {
  const { namespace = "", name = "" } = object.metadata;
  try {
    await kube.patch(typeOf(object.kind), namespace, name, "apply", object, { fieldManager: FIELD_MANAGER, dryRun: true, force });
    return [];
  } catch (error) {
    if (!(error instanceof StatusError)) throw error;
    // Its definition or namespace is still to come: nobody can own anything of it.
    if (error.code === 404) return [];
    const causes = (error.status.details?.causes ?? []).filter(({ reason }) => reason === "FieldManagerConflict");
    if (error.code !== 409 || causes.length === 0) throw error;
    return causes.map(({ field = "" }) => ({ object, field }));
  }
}

function conflictText(conflicts: readonly Conflict[]): string {
  const lines = conflicts.map(({ object: { kind, apiVersion, metadata }, field }) => {
    const group = apiVersion.includes("/") ? `.${apiVersion.split("/")[0]}` : "";
    return `${kind}${group} ${metadata.name} - ${field}`;
  });
  const preamble = "Conflicts found when trying to apply. Will not continue due to resolve conflicts mode. Conflicts:";
  return [preamble, ...new Set(lines)].join("\n");
}

/** The objects without the fields in conflict, except those that configuration values set. */
function preserving(objects: readonly NewObject[], conflicts: readonly Conflict[], plain: readonly NewObject[]): NewObject[] {
  return objects.map((object) => {
    const mine = conflicts.filter((conflict) => conflict.object === object);
    if (mine.length === 0) return object;
    const base = plain.find(({ kind, metadata }) => kind === object.kind && metadata.name === object.metadata.name);
    const configured = (field: string) => JSON.stringify(valueAt(object, field)) !== JSON.stringify(base && valueAt(base, field));
    const left = structuredClone(object);
    for (const { field } of mine) if (!configured(field)) removeAt(left, field);
    return left;
  });
}
