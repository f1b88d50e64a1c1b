// Resources made by CustomResourceDefinitions.
import type { FieldError } from "../../api/field-error.ts";
import type { KubeObject } from "../../api/object.ts";
import { compareVersions } from "../../discovery/order.ts";
import { normalizeStruct } from "../../schema/normalize.ts";
import type { Subresource, Verb } from "../../schema/resource.ts";
import { structNamed } from "../../schema/types.ts";
import { checkAgainst } from "../../schema/validate.ts";
import type { CustomFacts, ResourceInfo } from "../resource.ts";
import { zeroFill } from "../zero-fill.ts";
import { embeddedErrors } from "./embedded.ts";
import { checkRules } from "./rules/check.ts";
import { compileRules, type RuleNode } from "./rules/compile.ts";
import { applySchemaDefaults, customType, prune, type Schema } from "./schema.ts";
import { storedForm } from "./stored-form.ts";
import { validateBySchema } from "./validate.ts";

const objectMeta = structNamed("meta.v1.ObjectMeta");
/** Findings that leave rules without the ground they stand on. */
const blocking = new Set(["FieldValueRequired", "FieldValueTooLong", "FieldValueTooMany", "FieldValueTypeInvalid"]);
const notChecked: FieldError = {
  reason: "FieldValueInvalid",
  field: "<nil>",
  body: "Invalid value: null: some validation rules were not checked because the object was invalid; correct the existing errors to complete validation",
};
const verbs: readonly Verb[] = ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"];
const terminatingVerbs: readonly Verb[] = ["delete", "deletecollection", "get", "list", "watch"];
const modify: readonly Verb[] = ["get", "patch", "update"];

/** The resources a definition serves: one per served version, none while its names are not accepted. */
export function customResources(definition: KubeObject): ResourceInfo[] {
  const { spec, status } = definition;
  const established = (status?.conditions ?? []).some(
    (each: { type: string; status: string }) => each.type === "Established" && each.status === "True",
  );
  if (!established) return [];
  const storage = spec.versions.find((each: { storage: boolean }) => each.storage)?.name as string;
  return spec.versions
    .filter((each: { served: boolean }) => each.served)
    .map((version: any) => customResource(definition, version, storage));
}

function customResource(definition: KubeObject, version: any, storageVersion: string): ResourceInfo {
  const { spec } = definition;
  const names = definition.status.acceptedNames ?? spec.names;
  const schema: Schema | undefined = version.schema?.openAPIV3Schema;
  const subresources: Subresource[] = [];
  if (version.subresources?.status) subresources.push({ name: "status", kind: names.kind, verbs: modify });
  if (version.subresources?.scale) subresources.push({ name: "scale", kind: "Scale", group: "autoscaling", version: "v1", verbs: modify });
  const type = customType(schema);
  const preserve = spec.preserveUnknownFields === true;
  const plainSchema = schema && withoutMetadata(schema);
  let compiled: { node: RuleNode | undefined } | undefined;
  const rules = () => {
    compiled ??= { node: schema && compileRules(schema) };
    return compiled.node;
  };
  const custom: CustomFacts = {
    definition: definition.metadata.name,
    schema,
    columns: version.additionalPrinterColumns ?? [],
    ...(version.subresources?.scale && { scale: version.subresources.scale }),
    ...(version.deprecated && { deprecation: version.deprecationWarning ?? deprecationText(definition, version.name) }),
    stored: storedForm(definition, version.name, storageVersion),
    selectableFields: (version.selectableFields ?? []).map((each: { jsonPath: string }) => each.jsonPath.replace(/^\./, "")),
    prune(object) {
      if (!preserve) prune(object, schema, true);
    },
    validate: (object, old) => {
      const { metadata: _, ...rest } = object;
      const errors = [...validateBySchema(rest, plainSchema, "", old), ...embeddedErrors(rest, plainSchema, "")];
      if (errors.some(({ reason }) => blocking.has(reason))) return rules() ? [...errors, notChecked] : errors;
      const node = rules();
      return node ? [...errors, ...checkRules(node, object, old)] : errors;
    },
    terminating: definition.metadata.deletionTimestamp !== undefined,
  };
  return {
    group: spec.group,
    version: version.name,
    kind: names.kind,
    listKind: names.listKind ?? `${names.kind}List`,
    plural: names.plural,
    singular: names.singular ?? names.kind.toLowerCase(),
    shortNames: names.shortNames ?? [],
    categories: names.categories ?? [],
    namespaced: spec.scope === "Namespaced",
    verbs,
    ...(custom.terminating && { shownVerbs: terminatingVerbs }),
    subresources,
    storage: { group: spec.group, version: storageVersion },
    virtual: false,
    kept: { group: spec.group, plural: names.plural },
    type: () => type,
    applyDefaults(object) {
      if (objectMeta) {
        zeroFill(objectMeta, object.metadata);
        normalizeStruct(objectMeta, object.metadata);
      }
      applySchemaDefaults(object, schema);
    },
    findings(object) {
      const unknown: string[] = [];
      if (!preserve) prune(object, schema, true, "", (path) => unknown.push(`unknown field ${JSON.stringify(path)}`), false);
      // Metadata is not the schema's: it must be what every object's is.
      const { unknown: more, mismatch } = objectMeta ? checkAgainst(objectMeta, object.metadata) : { unknown: [], mismatch: undefined };
      unknown.push(...more.map((text) => text.replace('"', '"metadata.')));
      return { unknown, ...(mismatch && { mismatch }) };
    },
    custom,
  };
}

/** What is said of a deprecated version that has no text of its own; the best of the newer ones is recommended. */
function deprecationText({ spec }: KubeObject, version: string): string {
  const better = (spec.versions as { name: string; served: boolean; deprecated?: boolean }[])
    .filter(({ name, served, deprecated }) => served && !deprecated && compareVersions(name, version) < 0)
    .map(({ name }) => name)
    .sort(compareVersions);
  const text = `${spec.group}/${version} ${spec.names.kind} is deprecated`;
  return better.length > 0 ? `${text}; use ${spec.group}/${better[0]} ${spec.names.kind}` : text;
}

/** Metadata is judged by the general rules; a schema may only narrow its name. */
function withoutMetadata(schema: Schema): Schema {
  const { metadata: _, ...properties } = schema.properties ?? {};
  return { ...schema, properties, required: (schema.required ?? []).filter((each: string) => each !== "metadata") };
}
