// A CustomResourceDefinition as it is written: its findings in the API server's order (apiextensions-apiserver, ValidateCustomResourceDefinition).
import { type FieldError, invalid, notSupported, required } from "../../../api/field-error.ts";
import { equalJson } from "../../../api/json.ts";
import { dns1035Label, dns1123Subdomain } from "../../../api/names.ts";
import type { KubeObject, NewObject } from "../../../api/object.ts";
import { isEstablished } from "../conditions.ts";
import type { Schema } from "../schema.ts";
import { approvalErrors } from "./approval.ts";
import { conversionErrors } from "./conversion.ts";
import { type InternalSpec, internalSpec, shownVersions, type VersionParts } from "./internal.ts";
import { nameErrors } from "./names.ts";
import { schemaErrors } from "./schema.ts";
import { schemasBelow } from "./unsupported.ts";
import { deprecationErrors, partErrors, selectableFieldErrors } from "./version.ts";

/** Findings about a new (`old` absent) or changed definition. Of metadata, only what differs from other kinds. */
export function validateDefinition(object: NewObject, old: KubeObject | undefined): FieldError[] {
  const spec = internalSpec(object.spec);
  const { plural = "" } = spec.names;
  const misnamed = !old && object.metadata.name !== `${plural}.${spec.group ?? ""}`;
  return [
    ...(misnamed ? [invalid("metadata.name", object.metadata.name, 'must be spec.names.plural+"."+spec.group')] : []),
    ...specErrors(spec, object, old),
    ...(old ? immutableErrors(spec, old) : []),
    ...storedVersionErrors(object.status?.storedVersions ?? [], spec),
    ...approvalErrors(object, old),
    ...preserveErrors(spec, old),
  ];
}

function specErrors(spec: InternalSpec, object: NewObject, old: KubeObject | undefined): FieldError[] {
  const errors = [...groupErrors(spec.group ?? ""), ...scopeErrors(spec.scope ?? "")];
  if (!spec.schema?.openAPIV3Schema) {
    for (const [i, { schema }] of spec.versions.entries())
      if (!schema?.openAPIV3Schema) errors.push(required(`spec.versions[${i}].schema.openAPIV3Schema`, "schemas are required"));
  }
  const schemas = [spec, ...spec.versions].flatMap(({ schema }) => schema?.openAPIV3Schema ?? []);
  if (spec.preserveUnknownFields && schemas.some(hasDefaults))
    errors.push(invalid("spec.preserveUnknownFields", true, "must be false in order to use defaults in the schema"));
  const unchanged = (name: string) => old !== undefined && equalJson(schemaIn(object, name), schemaIn(old, name));
  const served = [spec, ...spec.versions].some(({ subresources }) => subresources?.status);
  for (const [i, version] of spec.versions.entries()) {
    const path = `spec.versions[${i}]`;
    const problem = dns1035Label(version.name ?? "");
    if (problem) errors.push(invalid(`${path}.name`, version.name ?? "", problem));
    const perVersion = spec.versions.some(({ subresources }) => subresources);
    const status = (perVersion ? version : spec).subresources?.status !== undefined;
    errors.push(...deprecationErrors(version, path), ...bodyErrors(version, path, "schema", status, unchanged(version.name)));
  }
  const names = spec.versions.map(({ name }) => name);
  const says = (text: string) => errors.push(invalid("spec.versions", shownVersions(spec.versions), text));
  if (new Set(names).size < names.length) says("must contain unique version names");
  if (spec.versions.filter(({ storage }) => storage).length !== 1) says("must have exactly one version marked as storage version");
  // The API server's own form names the first version once more.
  const problem = names[0] ? dns1035Label(names[0]) : undefined;
  if (problem) errors.push(invalid("spec.version", names[0], problem));
  for (const name of ["plural", "singular", "kind", "listKind"] as const)
    if (!spec.names[name]) errors.push(required(`spec.names.${name}`));
  const same = names.length > 0 && names.every(unchanged);
  return [
    ...errors,
    ...nameErrors(spec.names, "spec.names"),
    ...bodyErrors(spec, "spec", "validation", served, same),
    ...(spec.preserveUnknownFields && spec.conversion?.strategy === "Webhook" ? [unconverted] : []),
    ...conversionErrors(spec.conversion, old?.spec.conversion),
  ];
}

const unconverted = invalid("spec.conversion.strategy", "Webhook", "must be None if spec.preserveUnknownFields is true");

const hasDefaults = (schema: Schema): boolean => schema.default !== undefined || schemasBelow(schema).some(hasDefaults);

const schemaIn = (object: NewObject, version: string): Schema | undefined =>
  object.spec?.versions?.find((each: { name: string }) => each.name === version)?.schema?.openAPIV3Schema;

function groupErrors(group: string): FieldError[] {
  if (!group) return [required("spec.group")];
  const problem = dns1123Subdomain(group) ?? (group.includes(".") ? undefined : "should be a domain with at least one dot");
  return problem ? [invalid("spec.group", group, problem)] : [];
}

function scopeErrors(scope: string): FieldError[] {
  if (!scope) return [required("spec.scope")];
  return ["Cluster", "Namespaced"].includes(scope) ? [] : [notSupported("spec.scope", scope, ["Cluster", "Namespaced"])];
}

/** Schema, subresources, columns and selectable fields of a version, or of all versions. */
function bodyErrors(parts: VersionParts, path: string, place: string, status: boolean, unchanged: boolean): FieldError[] {
  const schema = parts.schema?.openAPIV3Schema;
  return [
    ...(schema ? schemaErrors(schema, `${path}.${place}.openAPIV3Schema`, status, unchanged) : []),
    ...partErrors(parts, path),
    ...selectableFieldErrors(parts.selectableFields, schema, `${path}.selectableFields`),
  ];
}

function immutableErrors(spec: InternalSpec, old: KubeObject): FieldError[] {
  const errors: FieldError[] = [];
  const same = (field: string, value: unknown, before: unknown) => {
    if (!equalJson(value, before)) errors.push(invalid(`spec.${field}`, value ?? "", "field is immutable"));
  };
  if (isEstablished(old)) {
    same("scope", spec.scope, old.spec.scope);
    same("names.kind", spec.names.kind, old.spec.names.kind);
  }
  same("group", spec.group, old.spec.group);
  same("names.plural", spec.names.plural, old.spec.names.plural);
  return errors;
}

function storedVersionErrors(stored: readonly string[], { versions }: InternalSpec): FieldError[] {
  const field = "status.storedVersions";
  if (stored.length === 0) return [invalid(field, null, "must have at least one stored version")];
  const missing = versions.filter(({ name, storage }) => storage && !stored.includes(name));
  const errors = missing.map(({ name }) => invalid(field, stored, `must have the storage version ${name}`));
  const gone = stored.map((name, i) => ({ name, i })).filter(({ name }) => !versions.some((each) => each.name === name));
  return [
    ...errors,
    ...gone.map(({ name, i }) =>
      invalid(
        `${field}[${i}]`,
        name,
        `missing from spec.versions; ${name} was previously a storage version, and must remain in spec.versions until a storage migration ensures no data remains persisted in ${name} and removes ${name} from status.storedVersions`,
      ),
    ),
  ];
}

function preserveErrors({ preserveUnknownFields }: InternalSpec, old: KubeObject | undefined): FieldError[] {
  if (!preserveUnknownFields || old?.spec.preserveUnknownFields) return [];
  const text = "cannot set to true, set x-kubernetes-preserve-unknown-fields to true in spec.versions[*].schema instead";
  return [invalid("spec.preserveUnknownFields", true, text)];
}
