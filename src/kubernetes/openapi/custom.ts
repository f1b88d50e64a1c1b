// Schemas of custom resources, published beside the built-in ones.
import { structNamed } from "../schema/types.ts";
import { forVersion2 } from "./custom-v2.ts";
import { type Definitions, type Dialect, define, type Schema } from "./schemas.ts";

/** A custom resource's kind with the OpenAPI v3 schema of its version. */
export interface CustomSchema {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly listKind: string;
  /** `openAPIV3Schema` of the version; undefined when the definition has none. */
  readonly schema: Schema | undefined;
}

/** `example.com`, `v1`, `Widget` → `com.example.v1.Widget`. */
export function customName(group: string, version: string, kind: string): string {
  return [...group.split(".").reverse(), version, kind].join(".");
}

const metadataSchema = (dialect: Dialect, name: string): Schema => ({
  $ref: `${dialect.prefix}io.k8s.apimachinery.pkg.apis.meta.v1.${name}`,
});

/** Defines a custom kind and its list in a cluster of Kubernetes 1.`minor`; returns their names. */
export function defineCustom(
  custom: CustomSchema,
  dialect: Dialect,
  definitions: Definitions,
  minor: number,
): { kind: string; list: string } {
  const { group, version, kind, listKind } = custom;
  for (const meta of ["ObjectMeta", "ListMeta"]) define(structNamed(`meta.v1.${meta}`, minor)!, dialect, definitions);
  const names = { kind: customName(group, version, kind), list: customName(group, version, listKind) };
  const schema = custom.schema ?? { type: "object", "x-kubernetes-preserve-unknown-fields": true };
  const own = dialect.wrapsReferences ? schema : forVersion2(schema);
  definitions.set(names.kind, {
    ...own,
    properties: {
      ...(own.properties as object | undefined),
      apiVersion: { type: "string" },
      kind: { type: "string" },
      metadata: dialect.wrapsReferences ? { allOf: [metadataSchema(dialect, "ObjectMeta")] } : metadataSchema(dialect, "ObjectMeta"),
    },
    "x-kubernetes-group-version-kind": [{ group, kind, version }],
  });
  definitions.set(names.list, {
    type: "object",
    required: ["items"],
    properties: {
      apiVersion: { type: "string" },
      items: { type: "array", items: { $ref: `${dialect.prefix}${names.kind}` } },
      kind: { type: "string" },
      metadata: dialect.wrapsReferences ? { allOf: [metadataSchema(dialect, "ListMeta")] } : metadataSchema(dialect, "ListMeta"),
    },
    "x-kubernetes-group-version-kind": [{ group, kind: listKind, version }],
  });
  return names;
}
