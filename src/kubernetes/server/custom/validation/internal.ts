// The form in which the API server validates a definition: what all versions share stands once, at the spec, as version 1beta1 of the API had it.
import { equalJson } from "../../../api/json.ts";
import type { Schema } from "../schema.ts";

/** What a version says beyond its name; absent where all versions say the same. */
export interface VersionParts {
  readonly schema?: { readonly openAPIV3Schema?: Schema };
  readonly subresources?: Subresources;
  readonly additionalPrinterColumns?: readonly PrinterColumn[];
  readonly selectableFields?: readonly { readonly jsonPath?: string }[];
}

/** One entry of `spec.versions`. */
export interface Version extends VersionParts {
  readonly name: string;
  readonly storage?: boolean;
  readonly deprecated?: boolean;
  readonly deprecationWarning?: string;
}

export interface Subresources {
  readonly status?: object;
  readonly scale?: { readonly specReplicasPath?: string; readonly statusReplicasPath?: string; readonly labelSelectorPath?: string };
}

export interface PrinterColumn {
  readonly name?: string;
  readonly type?: string;
  readonly format?: string;
  readonly jsonPath?: string;
}

/** A spec whose versions hold only what tells them apart. */
export interface InternalSpec extends VersionParts {
  readonly group?: string;
  readonly scope?: string;
  readonly names: Names;
  readonly conversion?: any;
  readonly preserveUnknownFields?: boolean;
  readonly versions: readonly Version[];
}

/** `spec.names` or `status.acceptedNames`. */
export interface Names {
  readonly plural?: string;
  readonly singular?: string;
  readonly kind?: string;
  readonly listKind?: string;
  readonly shortNames?: readonly string[];
  readonly categories?: readonly string[];
}

const parts = ["schema", "subresources", "additionalPrinterColumns", "selectableFields"] as const;

/** The internal form of a spec as clients write it. */
export function internalSpec(spec: any): InternalSpec {
  const versions: Version[] = spec?.versions ?? [];
  const first = versions[0];
  const shared = parts.filter((part) => first?.[part] !== undefined && versions.every((each) => equalJson(each[part], first[part])));
  const own = versions.map((version) => Object.fromEntries(Object.entries(version).filter(([key]) => !shared.includes(key as never))));
  return {
    ...spec,
    names: spec?.names ?? {},
    versions: own as unknown as Version[],
    ...Object.fromEntries(shared.map((part) => [part, first?.[part]])),
  };
}

/** Versions as findings show them. */
export function shownVersions(versions: readonly Version[]): unknown {
  if (versions.length === 0) return null;
  return versions.map((each: any) => ({
    Name: each.name ?? "",
    Served: each.served ?? false,
    Storage: each.storage ?? false,
    Deprecated: each.deprecated ?? false,
    DeprecationWarning: each.deprecationWarning ?? null,
    Schema: each.schema ? { OpenAPIV3Schema: each.schema.openAPIV3Schema ?? null } : null,
    Subresources: each.subresources ?? null,
    AdditionalPrinterColumns: each.additionalPrinterColumns ?? null,
    SelectableFields: each.selectableFields ?? null,
  }));
}
