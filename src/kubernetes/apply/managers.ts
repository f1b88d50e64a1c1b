// metadata.managedFields as a list of managers and their sets.
import type { ManagedFieldsEntry, NewObject } from "../api/object.ts";
import { difference, equalSets, type FieldSet, isFieldSet } from "./field-set.ts";
import { sharedFields } from "./shared-fields.ts";

/** One manager of an object. */
export interface Manager {
  readonly manager: string;
  readonly operation: "Apply" | "Update";
  readonly apiVersion: string;
  readonly subresource: string;
  readonly time: string | undefined;
  readonly fields: FieldSet | undefined;
}

/** Same manager in the sense of managedFields: appliers are one whatever version they use. */
export function sameManager(a: Manager, b: Manager): boolean {
  if (a.manager !== b.manager || a.operation !== b.operation || a.subresource !== b.subresource) return false;
  return a.operation === "Apply" || a.apiVersion === b.apiVersion;
}

/** Reads entries; undefined if one is malformed. */
export function readManagers(entries: readonly ManagedFieldsEntry[] | undefined): Manager[] | undefined {
  const managers: Manager[] = [];
  for (const entry of entries ?? []) {
    if (entry.operation !== "Apply" && entry.operation !== "Update") return undefined;
    if (entry.fieldsV1 !== undefined && !isFieldSet(entry.fieldsV1)) return undefined;
    managers.push({
      manager: entry.manager ?? "unknown",
      operation: entry.operation,
      apiVersion: entry.apiVersion ?? "",
      subresource: entry.subresource ?? "",
      time: entry.time,
      fields: entry.fieldsV1 as FieldSet | undefined,
    });
  }
  return managers;
}

/** Whether a client asks for ownership to be forgotten: exactly one empty entry. */
export function isReset(entries: readonly ManagedFieldsEntry[] | undefined): boolean {
  return entries?.length === 1 && Object.keys(entries[0] as object).length === 0;
}

/** Writes managers into an object, appliers first, then by age and name. Managers of nothing are dropped. */
export function writeManagers(object: NewObject, managers: readonly Manager[]): void {
  const kept = managers.filter((each) => each.fields !== undefined);
  kept.sort(
    (a, b) =>
      order(a.operation, b.operation) ||
      order(a.time ?? "", b.time ?? "") ||
      order(a.manager, b.manager) ||
      order(a.apiVersion, b.apiVersion),
  );
  if (kept.length === 0) delete object.metadata.managedFields;
  else object.metadata.managedFields = kept.map(entryOf);
}

const order = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);

function entryOf(each: Manager): ManagedFieldsEntry {
  return {
    manager: each.manager,
    operation: each.operation,
    apiVersion: each.apiVersion,
    ...(each.time !== undefined && { time: each.time }),
    fieldsType: "FieldsV1",
    fieldsV1: sharedFields(each.fields as FieldSet) as Record<string, unknown>,
    ...(each.subresource && { subresource: each.subresource }),
  };
}

/** Replaces a manager's set; its time moves only when the set changed. */
export function withFields(managers: readonly Manager[], mine: Manager): Manager[] {
  const before = managers.find((each) => sameManager(each, mine));
  const unchanged = before && equalSets(before.fields, mine.fields) && before.apiVersion === mine.apiVersion;
  return [...managers.filter((each) => each !== before), unchanged ? before : mine];
}

/** Takes fields away from a manager. */
export function lose(manager: Manager, fields: FieldSet | undefined): Manager {
  if (!fields || !manager.fields) return manager;
  const rest = difference(manager.fields, fields);
  return rest === manager.fields || equalSets(rest, manager.fields) ? manager : { ...manager, fields: rest };
}

const metadataOwnedByServer: FieldSet = Object.fromEntries(
  ["name", "namespace", "creationTimestamp", "selfLink", "uid", "clusterName", "generation", "managedFields", "resourceVersion"].map(
    (name) => [`f:${name}`, {}],
  ),
);

/** Takes out what nobody owns: identity and server-set metadata. */
export function ownable(set: FieldSet | undefined): FieldSet | undefined {
  if (!set) return undefined;
  const { "f:apiVersion": _, "f:kind": __, "f:metadata": metadata, ".": ___, ...rest } = set;
  const left = metadata && difference(metadata, { ".": {}, ...metadataOwnedByServer });
  const result: Record<string, FieldSet> = left ? { "f:metadata": left, ...rest } : rest;
  return Object.keys(result).length > 0 ? result : undefined;
}
