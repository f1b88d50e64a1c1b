// Other versions and groups of a request's resource, with conversions there and back.
import { type Equivalent, equivalent } from "../admission/equivalents.ts";
import type { AdmissionRequest } from "../admission/types.ts";
import type { Catalog } from "./catalog.ts";
import { fromStorage, toStorage } from "./convert.ts";

/** Every other form in which the catalog serves the objects a request is about. */
export function equivalentForms(catalog: Catalog, request: AdmissionRequest): Equivalent[] {
  const own = catalog.find(request.group, request.version, request.resource);
  if (!own || own.virtual) return [];
  const others = catalog.all().filter((each) => each !== own && each.kept.group === own.kept.group && each.kept.plural === own.kept.plural);
  return others.map((other) =>
    equivalent(request, {
      group: other.group,
      version: other.version,
      plural: other.plural,
      kind: other.kind,
      there: (object) => fromStorage(toStorage(object, own), other),
      back: (object) => fromStorage(toStorage(object, other), own),
    }),
  );
}
