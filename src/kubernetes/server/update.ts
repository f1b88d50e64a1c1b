// Changing a stored object: PUT, PATCH, apply and every subresource that writes go through here.
import { type FieldError, invalid, invalidObject } from "../api/field-error.ts";
import { equalJson } from "../api/json.ts";
import type { KubeObject, NewObject } from "../api/object.ts";
import { badRequest, conflict, notFound } from "../api/status.ts";
import { recordOwnership } from "../apply/ownership.ts";
import type { ServerContext, Target, WriteOptions } from "./context.ts";
import { fromStorage, toStorage } from "./convert.ts";
import { checkKind, countsGenerations } from "./create.ts";
import { finishDefinition } from "./custom/instances.ts";
import { checkFields } from "./field-validation.ts";
import { checkNamespace, keepServerMetadata, ownCopy, specChanged, validateMetadataUpdate } from "./metadata.ts";
import { strategyOf } from "./strategies.ts";
import { keepOtherParts } from "./subresource-merge.ts";

/** How a change is made. */
export interface Change {
  /** Makes the new object from the stored one, which must not be mutated. Called again when a concurrent write won and retrying is safe. */
  make(old: KubeObject): NewObject;
  /** Records field ownership; default: those of an Update. */
  own?(object: NewObject, old: KubeObject): void;
  /** Runs before the write is stored, inside the same tick. */
  guard?(old: KubeObject): void;
}

/** A webhook that writes the very object it is asked about would go on for ever. */
const attempts = 100;

/** Applies a change and returns what is stored afterwards, in the target's version. A change that changes nothing writes nothing. Throws StatusError. */
export async function updateObject(context: ServerContext, target: Target, change: Change, options: WriteOptions): Promise<KubeObject> {
  for (let attempt = 1; ; attempt++) {
    const result = await tryUpdate(context, target, change, options, attempt >= attempts);
    if (result) return result;
  }
}

async function tryUpdate(
  context: ServerContext,
  target: Target,
  change: Change,
  options: WriteOptions,
  last: boolean,
): Promise<KubeObject | undefined> {
  const { resource, namespace, name } = target;
  const strategy = strategyOf(resource);
  const entry = context.objects.entry(resource.kept, namespace, name);
  if (!entry) throw notFound(resource, name);
  const kept = context.objects.get(resource.kept, namespace, name) as KubeObject;
  const old = fromStorage(kept, resource);
  const object = ownCopy(change.make(old));
  checkKind(object, target);
  if (object.metadata.name !== undefined && object.metadata.name !== name) {
    throw badRequest(`the name of the object (${object.metadata.name}) does not match the name on the URL (${name})`);
  }
  checkNamespace(object, target);
  checkFields(object, resource, options);
  const wanted = object.metadata.resourceVersion;
  if (!wanted && target.subresource !== "scale" && (strategy.conditionalUpdate || resource.custom)) {
    const finding = invalid("metadata.resourceVersion", 0, "must be specified for an update");
    throw invalidObject(resource.group, resource.plural, name, [finding]);
  }
  if (wanted && wanted !== old.metadata.resourceVersion) throw conflict(resource, name);
  if (object.metadata.uid && object.metadata.uid !== old.metadata.uid) {
    throw conflict(
      resource,
      name,
      `Precondition failed: UID in precondition: ${object.metadata.uid}, UID in object meta: ${old.metadata.uid}`,
    );
  }
  keepServerMetadata(object, old);
  object.metadata.resourceVersion = old.metadata.resourceVersion;
  keepOtherParts(object, old, target);
  resource.custom?.prune(object);
  resource.applyDefaults(object);
  const request = {
    operation: "UPDATE" as const,
    user: options.user,
    group: resource.group,
    version: resource.version,
    kind: resource.kind,
    resource: resource.plural,
    subresource: target.subresource,
    namespace,
    name,
    dryRun: options.dryRun,
    warnings: options.warnings,
    ...(options.annotate && { annotate: options.annotate }),
    object,
    oldObject: old,
  };
  await context.admission.mutate(request);
  keepServerMetadata(object, old);
  keepOtherParts(object, old, target);
  resource.custom?.prune(object);
  resource.applyDefaults(object);
  if (target.subresource === "status") strategy.prepareStatus?.(object, old, context);
  else if (target.subresource !== "binding") strategy.prepareUpdate?.(object, old, context, options);
  if (countsGenerations(target) && target.subresource !== "status" && specChanged(object, old)) {
    object.metadata.generation = (old.metadata.generation ?? 0) + 1;
  }
  const errors: FieldError[] = [
    ...validateMetadataUpdate(object, old, target, strategy),
    ...(resource.custom?.validate(object, old) ?? []),
    ...((target.subresource === "status" ? strategy.validateStatus : strategy.validate)?.(object, old, context) ?? []),
  ];
  if (errors.length > 0) throw invalidObject(resource.group, resource.kind, name, errors);
  strategy.authorizeWrite?.(object, old, context, options);
  await context.admission.validate(request);
  if (change.own) change.own(object, old);
  else recordOwnership(object, old, target, options, context.now());
  if (context.objects.entry(resource.kept, namespace, name) !== entry) {
    // Another write was stored while admission waited. The change is made again; one that named a revision is refused then.
    if (last) throw conflict(resource, name);
    return undefined;
  }
  change.guard?.(old);
  const stored = toStorage(object as KubeObject, resource);
  if (equalJson(stored, kept)) return old;
  context.admission.commit(request);
  const refused = strategy.allocate?.(stored, kept, context) ?? [];
  if (refused.length > 0) throw invalidObject(resource.group, resource.kind, name, refused);
  if (options.dryRun) return fromStorage(stored, resource);
  if (isFinished(stored, target)) {
    stored.metadata.resourceVersion = String(context.objects.revision + 1);
    context.objects.remove(resource.kept, namespace, name);
    if (resource.custom?.terminating) finishDefinition(context, resource.custom.definition);
    strategy.removed?.(stored, context);
  } else {
    context.objects.put(resource.kept, stored);
    strategy.changed?.(stored, context);
  }
  await context.objects.store.flushed();
  return fromStorage(stored, resource);
}

/** A deletion that waited for its finalizers is over. */
function isFinished(object: KubeObject, target: Target): boolean {
  const { deletionTimestamp, finalizers = [], deletionGracePeriodSeconds = 0 } = object.metadata;
  if (!deletionTimestamp || finalizers.length > 0 || deletionGracePeriodSeconds !== 0) return false;
  const isNamespace = target.resource.plural === "namespaces" && target.resource.group === "";
  return !(isNamespace && (object.spec?.finalizers ?? []).length > 0);
}
