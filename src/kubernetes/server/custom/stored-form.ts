// Objects in the version they are kept in and in the one a client speaks. Definitions change under their objects: what is read is pruned
// and defaulted by the schema of the version it was kept in, then pruned by that of the version asked for (strategy None).
import { cloneJson, equalJson } from "../../api/json.ts";
import type { KubeObject } from "../../api/object.ts";
import { applySchemaDefaults, prune, type Schema } from "./schema.ts";

/** Between the two forms of the objects of one version. */
export interface StoredForm {
  /** Stored bytes are what a client is to see: the definition never changed, and has one version. */
  readonly asWritten: boolean;
  /** A stored object, which is not changed, in this version. */
  read(object: KubeObject): KubeObject;
  /** An object of this version as it is kept. */
  write(object: KubeObject): KubeObject;
}

/** The forms for `version` of a definition. */
export function storedForm(definition: KubeObject, version: string, storageVersion: string): StoredForm {
  const { group, versions } = definition.spec;
  const schemas = new Map<string, Schema | undefined>(versions.map((each: any) => [each.name, each.schema?.openAPIV3Schema]));
  const asWritten = (definition.metadata.generation ?? 1) <= 1 && versions.length === 1;
  const known = new WeakMap<KubeObject, KubeObject>();

  function read(object: KubeObject): KubeObject {
    const kept = object.apiVersion.slice(group.length + 1);
    const copy = cloneJson(object);
    prune(copy, schemas.get(kept), true);
    applySchemaDefaults(copy, schemas.get(kept));
    if (kept !== version) {
      copy.apiVersion = `${group}/${version}`;
      prune(copy, schemas.get(version), true);
    }
    return equalJson(copy, object) ? object : copy;
  }

  return {
    asWritten,
    read(object) {
      if (asWritten) return object;
      let shown = known.get(object);
      if (!shown) {
        shown = read(object);
        known.set(object, shown);
      }
      return shown;
    },
    write(object) {
      if (version === storageVersion) return object;
      const copy = cloneJson(object);
      copy.apiVersion = `${group}/${storageVersion}`;
      prune(copy, schemas.get(storageVersion), true);
      return copy;
    },
  };
}
