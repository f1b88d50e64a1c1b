// Field ownership of plain writes: whoever changes a field by create, update or patch owns it (operation Update).
import { timestamp } from "../api/json.ts";
import type { KubeObject, ManagedFieldsEntry, NewObject } from "../api/object.ts";
import type { TypeNode } from "../api/type-node.ts";
import { capUpdaters } from "./cap-updaters.ts";
import { compare } from "./compare.ts";
import { difference, union } from "./field-set.ts";
import { isReset, lose, type Manager, ownable, readManagers, sameManager, withFields, writeManagers } from "./managers.ts";

/** Who writes what, as far as ownership goes. */
export interface OwnershipTarget {
  readonly resource: { readonly group: string; readonly version: string; type(): TypeNode };
  readonly subresource: string;
}

/** What a new object is compared with. What its type always writes counts as there. */
export const baseline = { metadata: {} };

/** Updates `object.metadata.managedFields` for a write by `options.fieldManager` at `now`. `old` is absent on create. */
export function recordOwnership(
  object: NewObject,
  old: KubeObject | undefined,
  target: OwnershipTarget,
  options: { readonly fieldManager: string },
  now: number,
): void {
  const { resource, subresource } = target;
  const given = subresource ? undefined : object.metadata.managedFields;
  const managers = sentManagers(given) ?? readManagers(old?.metadata.managedFields) ?? [];
  // Nobody owns the fields of an existing object without managers until somebody applies.
  if (old && managers.length === 0) {
    delete object.metadata.managedFields;
    return;
  }
  const before = old ? stripped(old) : baseline;
  const change = compare(before, stripped(object), resource.type());
  const touched = ownable(union(change.added, change.modified));
  const removed = ownable(change.removed);
  if (!touched && !removed) {
    writeManagers(object, managers);
    return;
  }
  const mine: Manager = {
    manager: options.fieldManager,
    operation: "Update",
    apiVersion: resource.group ? `${resource.group}/${resource.version}` : resource.version,
    subresource,
    time: timestamp(now),
    fields: undefined,
  };
  const gone = union(touched, removed);
  const others = managers.map((each) => (sameManager(each, mine) ? each : lose(each, gone)));
  const existing = managers.find((each) => sameManager(each, mine));
  const fields = difference(union(existing?.fields, touched), removed);
  writeManagers(object, capUpdaters(withFields(others, { ...mine, fields })));
}

/** Managers that a client writes itself; none if it resets them, undefined if it says nothing that can be read. */
function sentManagers(given: readonly ManagedFieldsEntry[] | undefined): Manager[] | undefined {
  if (isReset(given)) return [];
  return given?.length ? readManagers(given) : undefined;
}

/** The object without managedFields, which would otherwise compare themselves. */
function stripped(object: NewObject | KubeObject): object {
  if (!object.metadata.managedFields) return object;
  const { managedFields: _, ...metadata } = object.metadata;
  return { ...object, metadata };
}
