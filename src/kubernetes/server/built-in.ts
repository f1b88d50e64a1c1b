// The built-in resources as the request path sees them.
import { anyType } from "../api/type-node.ts";
import { defaultStruct } from "../schema/defaults/index.ts";
import { nearestMinor } from "../schema/minors.ts";
import { normalizeStruct } from "../schema/normalize.ts";
import { builtinRegistry } from "../schema/registry.ts";
import { apiVersionOf, type Resource } from "../schema/resource.ts";
import { schemaOf } from "../schema/types.ts";
import { checkAgainst } from "../schema/validate.ts";
import { structNode } from "./built-in-type.ts";
import type { ResourceInfo } from "./resource.ts";
import { zeroFill } from "./zero-fill.ts";

const known = new Map<number, readonly ResourceInfo[]>();

/** All built-in resources of Kubernetes 1.`minor`; shared between servers. */
export function builtInResources(minor: number): readonly ResourceInfo[] {
  const nearest = nearestMinor(minor);
  let resources = known.get(nearest);
  if (!resources) {
    resources = builtinRegistry(nearest).resources.map((resource) => inform(resource, nearest));
    known.set(nearest, resources);
  }
  return resources;
}

function inform(resource: Resource, minor: number): ResourceInfo {
  const struct = schemaOf(apiVersionOf(resource), resource.kind, minor);
  const type = struct ? structNode(struct) : anyType;
  return {
    ...resource,
    kept: { group: resource.storage.group, plural: resource.plural },
    type: () => type,
    applyDefaults(object) {
      if (!struct) return;
      zeroFill(struct, object);
      normalizeStruct(struct, object);
      defaultStruct(struct, object);
    },
    findings: (object) => (struct ? checkAgainst(struct, object) : { unknown: [] }),
  };
}
