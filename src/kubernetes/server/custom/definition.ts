// CustomResourceDefinitions themselves: validation, accepted names, and the end of their resources.

import { StoreClosedError } from "../../../store/store.ts";
import { type FieldError, invalid, notSupported, required } from "../../api/field-error.ts";
import { cloneJson, equalJson, isObject, timestamp } from "../../api/json.ts";
import { dns1035Label, dns1123Subdomain } from "../../api/names.ts";
import type { KubeObject, NewObject } from "../../api/object.ts";
import { patternOf } from "../../cel/pattern.ts";
import type { ServerContext } from "../context.ts";
import type { Strategy } from "../strategy.ts";
import { compileRules } from "./rules/compile.ts";

const resource = { group: "apiextensions.k8s.io", plural: "customresourcedefinitions" };
const cleanup = "customresourcecleanup.apiextensions.k8s.io";

export const definitions: Strategy = {
  generation: true,
  prepareCreate(object, context) {
    completeNames(object);
    object.metadata.finalizers = [...new Set([...(object.metadata.finalizers ?? []), cleanup])];
    object.status = statusOf(object, undefined, context);
  },
  prepareUpdate(object, old, context) {
    completeNames(object);
    object.status = statusOf(object, old, context);
  },
  validate: validateDefinition,
  changed(object, context) {
    if (object.metadata.deletionTimestamp) setImmediate(() => removeInstances(object, context).catch(unlessClosed));
  },
};

function completeNames(object: NewObject): void {
  const names = object.spec?.names;
  if (!names?.kind) return;
  names.singular ||= names.kind.toLowerCase();
  names.listKind ||= `${names.kind}List`;
  object.spec.conversion ??= { strategy: "None" };
}

function validateDefinition(object: NewObject, old: KubeObject | undefined): FieldError[] {
  const errors: FieldError[] = [];
  const { group, names = {}, scope, versions = [] } = object.spec ?? {};
  if (!group) errors.push(required("spec.group"));
  else if (!group.includes(".")) errors.push(invalid("spec.group", group, "should be a domain with at least one dot"));
  else if (dns1123Subdomain(group)) errors.push(invalid("spec.group", group, dns1123Subdomain(group) as string));
  if (object.metadata.name !== `${names.plural}.${group}`)
    errors.push(invalid("metadata.name", object.metadata.name, 'must be spec.names.plural+"."+spec.group'));
  if (!["Cluster", "Namespaced"].includes(scope)) errors.push(notSupported("spec.scope", scope ?? "", ["Cluster", "Namespaced"]));
  if (!names.plural) errors.push(required("spec.names.plural"));
  else if (dns1035Label(names.plural)) errors.push(invalid("spec.names.plural", names.plural, dns1035Label(names.plural) as string));
  if (!names.kind) errors.push(required("spec.names.kind"));
  else if (dns1035Label(names.kind.toLowerCase()))
    errors.push(invalid("spec.names.kind", names.kind, "may have mixed case, but should otherwise match: a DNS-1035 label"));
  if (versions.length === 0) errors.push(required("spec.versions", "must have at least one version"));
  const stored = versions.filter((each: any) => each.storage).length;
  if (versions.length > 0 && stored !== 1)
    errors.push(
      invalid(
        "spec.versions",
        versions.map((each: any) => each.name),
        "must have exactly one version marked as storage version",
      ),
    );
  for (const [i, version] of versions.entries()) {
    const at = `spec.versions[${i}]`;
    if (!version.name || dns1035Label(version.name))
      errors.push(invalid(`${at}.name`, version.name ?? "", dns1035Label(version.name ?? "") ?? "must not be empty"));
    const schema = version.schema?.openAPIV3Schema;
    if (!schema) errors.push(required(`${at}.schema.openAPIV3Schema`, "schemas are required"));
    else if (schema.type !== "object")
      errors.push(invalid(`${at}.schema.openAPIV3Schema.type`, schema.type ?? "", "must be object at the root"));
    // A schema that is all there is appears where version 1 of the API kept the common one.
    const place = versions.length === 1 ? "spec.validation.openAPIV3Schema" : `${at}.schema.openAPIV3Schema`;
    const before = old?.spec.versions?.find((each: any) => each.name === version.name)?.schema?.openAPIV3Schema;
    if (schema && !equalJson(schema, before)) errors.push(...patternErrors(schema, place), ...compileRules(schema, place).errors);
  }
  if (object.spec?.conversion && !["None", "Webhook"].includes(object.spec.conversion.strategy)) {
    errors.push(notSupported("spec.conversion.strategy", object.spec.conversion.strategy, ["None", "Webhook"]));
  }
  if (old) {
    for (const field of ["group", "scope"])
      if (object.spec[field] !== old.spec[field]) errors.push(invalid(`spec.${field}`, object.spec[field], "field is immutable"));
    for (const field of ["plural", "kind"]) {
      if (names[field] !== old.spec.names[field]) errors.push(invalid(`spec.names.${field}`, names[field], "field is immutable"));
    }
    const missing = (old.status?.storedVersions ?? []).filter((name: string) => !versions.some((each: any) => each.name === name));
    for (const name of missing) {
      errors.push(
        invalid(
          "status.storedVersions[0]",
          name,
          `missing from spec.versions; ${name} was previously a storage version, and must remain in spec.versions until a storage migration ensures no data remains persisted in ${name} and removes ${name} from status.storedVersions`,
        ),
      );
    }
  }
  return errors;
}

/** Patterns that RE2 does not take. */
function patternErrors(schema: any, path: string): FieldError[] {
  if (!isObject(schema)) return [];
  const errors: FieldError[] = [];
  if (typeof schema.pattern === "string" && !patternOf(schema.pattern))
    errors.push(invalid(`${path}.pattern`, schema.pattern, "must be a valid regular expression"));
  for (const [name, member] of Object.entries(schema.properties ?? {}))
    errors.push(...patternErrors(member, `${path}.properties[${name}]`));
  for (const part of ["items", "additionalProperties"]) errors.push(...patternErrors(schema[part], `${path}.${part}`));
  return errors;
}

function statusOf(object: NewObject, old: KubeObject | undefined, context: ServerContext): object {
  const { group, names, versions = [] } = object.spec ?? {};
  const storage = versions.find((each: any) => each.storage)?.name;
  const storedVersions = [...new Set([...(old?.status?.storedVersions ?? []), ...(storage ? [storage] : [])])];
  const rival = context.objects
    .list(resource)
    .find((each) => each.metadata.name !== object.metadata.name && each.spec.group === group && each.spec.names.kind === names?.kind);
  const condition = (type: string, status: string, reason: string, message: string) => {
    const before = old?.status?.conditions?.find((each: any) => each.type === type);
    const lastTransitionTime = before?.status === status ? before.lastTransitionTime : timestamp(context.now());
    return { type, status, reason, message, lastTransitionTime };
  };
  const conditions = rival
    ? [
        condition("NamesAccepted", "False", "KindConflict", `${JSON.stringify(names.kind)} is already in use`),
        condition("Established", "False", "NotAccepted", "not all names are accepted"),
      ]
    : [
        condition("NamesAccepted", "True", "NoConflicts", "no conflicts found"),
        condition("Established", "True", "InitialNamesAccepted", "the initial names have been accepted"),
      ];
  const others = (old?.status?.conditions ?? []).filter((each: any) => !["NamesAccepted", "Established"].includes(each.type));
  return {
    acceptedNames: rival ? (old?.status?.acceptedNames ?? { plural: "", kind: "" }) : names,
    conditions: [...conditions, ...others],
    storedVersions,
  };
}

/** Deletes what a terminating definition still holds; objects with finalizers hold it until they are gone. */
async function removeInstances(definition: KubeObject, context: ServerContext): Promise<void> {
  const kept = { group: definition.spec.group, plural: definition.spec.names.plural };
  for (const object of context.objects.list(kept)) {
    if (!object.metadata.finalizers?.length) context.objects.remove(kept, object.metadata.namespace ?? "", object.metadata.name);
    else if (!object.metadata.deletionTimestamp) {
      const marked = cloneJson(object);
      marked.metadata.deletionTimestamp = timestamp(context.now());
      marked.metadata.deletionGracePeriodSeconds = 0;
      context.objects.put(kept, marked);
    }
  }
  finishDefinition(context, definition.metadata.name);
}

/** A cluster that is deleted right after the definition takes its objects along itself. */
function unlessClosed(error: unknown): void {
  if (!(error instanceof StoreClosedError)) throw error;
}

/** Lets a terminating definition go when its last object is gone. */
export function finishDefinition(context: ServerContext, name: string): void {
  const definition = context.objects.get(resource, "", name);
  if (!definition?.metadata.deletionTimestamp) return;
  if (context.objects.count({ group: definition.spec.group, plural: definition.spec.names.plural }) > 0) return;
  const finalizers = (definition.metadata.finalizers ?? []).filter((each) => each !== cleanup);
  if (equalJson(finalizers, definition.metadata.finalizers)) return;
  if (finalizers.length === 0) context.objects.remove(resource, "", name);
  else context.objects.put(resource, { ...definition, metadata: { ...definition.metadata, finalizers } });
}
