// Rules that metadata of every object obeys.

import { randomString } from "../../base/random.ts";
import { type FieldError, forbiddenField, invalid, required } from "../api/field-error.ts";
import { cloneJson, equalJson, timestamp } from "../api/json.ts";
import { dns1123Label, dns1123Subdomain, labelValueProblem, qualifiedKey } from "../api/names.ts";
import type { KubeObject, NewObject, ObjectMeta } from "../api/object.ts";
import { badRequest } from "../api/status.ts";
import type { ServerContext, Target } from "./context.ts";
import type { Strategy } from "./strategy.ts";

const nameAlphabet = "bcdfghjklmnpqrstvwxz2456789";
const maximumAnnotations = 256 * 1024;

/** Gives a new object its name, uid, times; drops what only the server sets. */
export function prepareNewMetadata(object: NewObject, target: Target, context: ServerContext): void {
  const given = object.metadata;
  const name =
    given.name || (given.generateName ? given.generateName.slice(0, 58) + randomString(context.options.random, nameAlphabet, 5) : "");
  if (target.name && name !== target.name) {
    throw badRequest(`the name of the object (${name}) does not match the name on the URL (${target.name})`);
  }
  if (given.resourceVersion) throw badRequest("resourceVersion should not be set on objects to be created");
  checkNamespace(object, target);
  const {
    name: _,
    namespace: __,
    uid: ___,
    selfLink: ____,
    creationTimestamp: _____,
    ...rest
  } = given as Partial<ObjectMeta> & { selfLink?: string };
  for (const member of ["resourceVersion", "generation", "deletionTimestamp", "deletionGracePeriodSeconds"] as const) delete rest[member];
  object.metadata = {
    name,
    ...(given.generateName && { generateName: given.generateName }),
    ...(target.resource.namespaced && { namespace: target.namespace }),
    uid: context.uuid(),
    resourceVersion: "",
    creationTimestamp: timestamp(context.now()),
    ...rest,
  };
}

/** Namespace of body and URL must agree; fills it in. */
export function checkNamespace(object: NewObject, target: Target): void {
  if (!target.resource.namespaced) {
    if (object.metadata.namespace) delete object.metadata.namespace;
    return;
  }
  if (!object.metadata.namespace) object.metadata.namespace = target.namespace;
  else if (object.metadata.namespace !== target.namespace) {
    throw badRequest(`the namespace of the provided object does not match the namespace sent on the request`);
  }
}

/** Carries server-owned metadata from the stored object into its replacement. */
export function keepServerMetadata(object: NewObject, old: KubeObject): void {
  const meta = object.metadata;
  const before = old.metadata;
  meta.name ??= before.name;
  if (before.namespace !== undefined) meta.namespace = before.namespace;
  if (!meta.uid) meta.uid = before.uid;
  meta.creationTimestamp = before.creationTimestamp;
  if (before.generateName !== undefined) meta.generateName ??= before.generateName;
  for (const member of ["generation", "deletionTimestamp", "deletionGracePeriodSeconds"] as const) {
    if (before[member] === undefined) delete meta[member];
    else (meta as Record<string, unknown>)[member] = before[member];
  }
  delete (meta as { selfLink?: string }).selfLink;
}

/** Findings about the metadata of a new object. */
export function validateMetadata(object: NewObject, target: Target, strategy: Strategy): FieldError[] {
  const { name = "", generateName, namespace, labels, annotations, finalizers, ownerReferences } = object.metadata;
  const errors: FieldError[] = [];
  const problems = (text: string) => [(strategy.nameProblem ?? dns1123Subdomain)(text) ?? []].flat();
  if (generateName) {
    const text = generateName.endsWith("-") ? `${generateName.slice(0, -1)}a` : generateName;
    for (const problem of problems(text)) errors.push(invalid("metadata.generateName", generateName, problem));
  }
  if (!name) errors.push(required("metadata.name", "name or generateName is required"));
  else for (const problem of problems(name)) errors.push(invalid("metadata.name", name, problem));
  if (target.resource.namespaced) {
    if (!namespace) errors.push(required("metadata.namespace"));
    else {
      const problem = dns1123Label(namespace);
      if (problem) errors.push(invalid("metadata.namespace", namespace, problem));
    }
  }
  errors.push(...validateLabels(labels, "metadata.labels"), ...validateAnnotations(annotations, "metadata.annotations"));
  for (const [i, finalizer] of (finalizers ?? []).entries()) {
    for (const problem of qualifiedKey(finalizer)) errors.push(invalid(`metadata.finalizers[${i}]`, finalizer, problem));
  }
  const controllers: string[] = [];
  for (const [i, owner] of (ownerReferences ?? []).entries()) {
    const field = `metadata.ownerReferences[${i}]`;
    if (!owner.apiVersion) errors.push(invalid(`${field}.apiVersion`, owner.apiVersion, "version must not be empty"));
    if (!owner.kind) errors.push(invalid(`${field}.kind`, owner.kind, "must not be empty"));
    if (!owner.name) errors.push(invalid(`${field}.name`, owner.name, "must not be empty"));
    if (!owner.uid) errors.push(invalid(`${field}.uid`, owner.uid, "must not be empty"));
    if (owner.apiVersion === "v1" && owner.kind === "Event") {
      errors.push(invalid(field, owner, "/v1, Kind=Event is disallowed from being an owner"));
    }
    if (owner.controller) controllers.push(owner.kind);
  }
  if (controllers.length > 1) {
    errors.push(
      invalid(
        "metadata.ownerReferences",
        ownerReferences,
        `Only one reference can have Controller set to true. Found "true" in references for ${controllers.join(" and ")}`,
      ),
    );
  }
  return errors;
}

/** Findings about labels. */
export function validateLabels(labels: Record<string, string> | undefined, field: string): FieldError[] {
  const errors: FieldError[] = [];
  for (const [key, value] of Object.entries(labels ?? {})) {
    for (const problem of qualifiedKey(key)) errors.push(invalid(field, key, problem));
    const problem = labelValueProblem(value);
    if (problem) errors.push(invalid(field, value, problem));
  }
  return errors;
}

function validateAnnotations(annotations: Record<string, string> | undefined, field: string): FieldError[] {
  const errors: FieldError[] = [];
  let size = 0;
  for (const [key, value] of Object.entries(annotations ?? {})) {
    for (const problem of qualifiedKey(key.toLowerCase())) errors.push(invalid(field, key, problem));
    size += key.length + Buffer.byteLength(value);
  }
  if (size > maximumAnnotations)
    errors.push({ reason: "FieldValueTooLong", field, body: `Too long: may not be more than ${maximumAnnotations} bytes` });
  return errors;
}

/** Findings about metadata that may not change. */
export function validateMetadataUpdate(object: NewObject, old: KubeObject, target: Target, strategy: Strategy): FieldError[] {
  const errors: FieldError[] = [];
  const meta = object.metadata;
  const immutable = (field: string, value: unknown, before: unknown) => {
    if (value !== before) errors.push(invalid(`metadata.${field}`, value, "field is immutable"));
  };
  immutable("name", meta.name, old.metadata.name);
  immutable("namespace", meta.namespace, old.metadata.namespace);
  immutable("uid", meta.uid, old.metadata.uid);
  if (old.metadata.deletionTimestamp) {
    const before = old.metadata.finalizers ?? [];
    const added = (meta.finalizers ?? []).filter((each) => !before.includes(each));
    if (added.length > 0) {
      errors.push(
        forbiddenField(
          "metadata.finalizers",
          `no new finalizers can be added if the object is being deleted, found new finalizers []string{${added.map((each) => JSON.stringify(each)).join(", ")}}`,
        ),
      );
    }
  }
  const unchanged = { ...strategy, nameProblem: () => undefined };
  const generated = { ...object, metadata: { ...meta, generateName: undefined } } as NewObject;
  errors.push(...validateMetadata(generated, target, unchanged));
  return errors;
}

/** Whether anything outside metadata and status differs. */
export function specChanged(object: NewObject, old: KubeObject): boolean {
  for (const key of new Set([...Object.keys(object), ...Object.keys(old)])) {
    if (key === "metadata" || key === "status" || key === "apiVersion" || key === "kind") continue;
    if (!equalJson(object[key], old[key])) return true;
  }
  return false;
}

/** A body that can be changed freely, with metadata in place. */
export function ownCopy(object: NewObject): NewObject {
  // Field sets are never changed in place, and are most of many an object.
  const managedFields = object.metadata?.managedFields;
  const copy: NewObject = cloneJson(
    Array.isArray(managedFields) ? { ...object, metadata: { ...object.metadata, managedFields: [] } } : object,
  );
  copy.metadata ??= {};
  if (Array.isArray(managedFields)) copy.metadata.managedFields = managedFields.map((entry) => ({ ...entry }));
  return copy;
}
