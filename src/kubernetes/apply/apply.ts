// Server-side apply: merge a configuration, find conflicts, keep ownership (Kubernetes documentation, "Server-Side Apply").
import { isObject, timestamp } from "../api/json.ts";
import type { KubeObject, NewObject, StatusError } from "../api/object.ts";
import { failure } from "../api/status.ts";
import type { TypeNode } from "../api/type-node.ts";
import { compare, fieldsOf } from "./compare.ts";
import { difference, type FieldSet, intersection, paths, pathText, union } from "./field-set.ts";
import { lose, type Manager, ownable, readManagers, sameManager, withFields, writeManagers } from "./managers.ts";
import { mergeApplied, withoutNulls } from "./merge.ts";
import { baseline } from "./ownership.ts";
import { prune } from "./prune.ts";

/** One application of a configuration. */
export interface ApplyRequest {
  readonly config: NewObject;
  readonly type: TypeNode;
  readonly apiVersion: string;
  readonly subresource: string;
  readonly manager: string;
  readonly force: boolean;
  /** Fields this endpoint does not write (status on the main resource); dropped from the configuration. */
  readonly reset: readonly string[];
  readonly now: number;
}

/** What an application makes of the live object. `managers` go into the object once it has its final form. */
export interface Applied {
  readonly object: NewObject;
  readonly managers: readonly Manager[];
}

const lastApplied = "kubectl.kubernetes.io/last-applied-configuration";

/** Applies a configuration to the live object (undefined: it does not exist yet). Throws 409 with the conflicts. */
export function applyConfiguration(live: KubeObject | undefined, request: ApplyRequest): Applied {
  const { type } = request;
  const config = configuration(request);
  const managers = managersOf(live, request);
  const mine: Manager = {
    manager: request.manager,
    operation: "Apply",
    apiVersion: request.apiVersion,
    subresource: request.subresource,
    time: timestamp(request.now),
    fields: ownable(fieldsOf(config, type)),
  };
  const before = managers.find((each) => sameManager(each, mine));
  const others = managers.filter((each) => each !== before);
  const base = live ? withoutManagers(live) : undefined;
  let object = mergeApplied(base ?? {}, config, type) as NewObject;
  const dropped = difference(before?.fields, mine.fields);
  if (dropped) {
    const keep = others.reduce<FieldSet | undefined>((all, each) => union(all, each.fields), mine.fields);
    const gone = difference(dropped, keep);
    if (gone) object = prune(object, dropped, union(keep, identity), type);
  }
  const change = compare(base ?? { metadata: {} }, object, type);
  const touched = ownable(union(change.added, change.modified));
  const removed = ownable(change.removed);
  const conflicts = others
    .map((each) => ({ manager: each, fields: intersection(each.fields, touched) }))
    .filter((each): each is Conflict => each.fields !== undefined);
  if (conflicts.length > 0 && !request.force && !isUpgrade(live, request, conflicts)) throw conflictError(conflicts);
  const gone = union(touched, removed);
  rememberApplied(object, request);
  return {
    object,
    managers: withFields(others.map((each) => lose(each, gone)).concat(before ?? []), mine),
  };
}

/** Who owns the live object. Where nobody is written down, everything that is there counts as one earlier update. */
function managersOf(live: KubeObject | undefined, { type, apiVersion, now }: ApplyRequest): readonly Manager[] {
  const managers = readManagers(live?.metadata.managedFields) ?? [];
  if (!live || managers.length > 0) return managers;
  const fields = ownable(compare(baseline, withoutManagers(live), type).added);
  return [{ manager: "before-first-apply", operation: "Update", apiVersion, subresource: "", time: timestamp(now), fields }];
}

/** Puts the managers of an application into the object, after admission and defaulting. */
export function finishApply(object: NewObject, applied: Applied): void {
  writeManagers(object, applied.managers);
}

/** kubectl's own annotation follows what kubectl applies, so that going back to client-side apply stays possible. */
function rememberApplied(object: NewObject, { manager, subresource, config }: ApplyRequest): void {
  const annotations = object.metadata.annotations;
  if (
    manager !== "kubectl" ||
    subresource ||
    annotations?.[lastApplied] === undefined ||
    config.metadata.annotations?.[lastApplied] !== undefined
  )
    return;
  object.metadata = { ...object.metadata, annotations: { ...annotations, [lastApplied]: `${JSON.stringify(config)}\n` } };
}

interface Conflict {
  readonly manager: Manager;
  readonly fields: FieldSet;
}

const identity: FieldSet = { "f:apiVersion": {}, "f:kind": {}, "f:metadata": { "f:name": {}, "f:namespace": {} } };

function configuration({ config, reset }: ApplyRequest): NewObject {
  const clean = withoutNulls(config) as NewObject;
  const { managedFields: _, creationTimestamp: __, uid: ___, resourceVersion: ____, generation: _____, ...metadata } = clean.metadata ?? {};
  const result: NewObject = { ...clean, metadata };
  for (const field of reset) delete result[field];
  return result;
}

function withoutManagers(live: KubeObject): KubeObject {
  const { managedFields: _, ...metadata } = live.metadata;
  return { ...live, metadata };
}

/** kubectl may take over what its own client-side apply set: fields whose live value is still the last applied one. */
function isUpgrade(live: KubeObject | undefined, request: ApplyRequest, conflicts: readonly Conflict[]): boolean {
  const text = live?.metadata.annotations?.[lastApplied];
  if (request.manager !== "kubectl" || !text) return false;
  try {
    const last = JSON.parse(text);
    if (!isObject(last)) return false;
    const allowed = ownable(fieldsOf(last, request.type));
    const changed = compare(last, live, request.type);
    const drifted = union(changed.modified, changed.removed);
    return conflicts.every(({ fields }) => difference(fields, union(difference(allowed, drifted), annotation)) === undefined);
  } catch {
    return false;
  }
}

const annotation: FieldSet = { "f:metadata": { "f:annotations": { [`f:${lastApplied}`]: {} } } };

function conflictError(conflicts: readonly Conflict[]): StatusError {
  const causes: { reason: string; message: string; field: string }[] = [];
  const messages: string[] = [];
  for (const { manager, fields } of [...conflicts].sort((a, b) => (a.manager.manager < b.manager.manager ? -1 : 1))) {
    const name = describe(manager);
    const fieldTexts = paths(fields).map(pathText);
    for (const field of fieldTexts) causes.push({ reason: "FieldManagerConflict", message: `conflict with ${name}`, field });
    messages.push(`conflicts with ${name}:\n${fieldTexts.map((field) => `- ${field}`).join("\n")}`);
  }
  const text =
    causes.length === 1
      ? `Apply failed with 1 conflict: ${causes[0]!.message}: ${causes[0]!.field}`
      : `Apply failed with ${causes.length} conflicts: ${messages.join("\n")}`;
  return failure(409, "Conflict", text, { causes });
}

function describe({ manager, operation, apiVersion, subresource }: Manager): string {
  const name = JSON.stringify(manager) + (subresource ? ` with subresource ${JSON.stringify(subresource)}` : "");
  return operation === "Update" ? `${name} using ${apiVersion}` : name;
}
