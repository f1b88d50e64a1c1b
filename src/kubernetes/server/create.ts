// POST of a new object: prepare, admit, validate, store.
import { type FieldError, invalidObject } from "../api/field-error.ts";
import type { KubeObject, NewObject } from "../api/object.ts";
import { alreadyExists, badRequest, failure, methodNotAllowed } from "../api/status.ts";
import { recordOwnership } from "../apply/ownership.ts";
import { apiVersionOf } from "../schema/resource.ts";
import type { ServerContext, Target, WriteOptions } from "./context.ts";
import { fromStorage, toStorage } from "./convert.ts";
import { checkFields } from "./field-validation.ts";
import { ownCopy, prepareNewMetadata, validateMetadata } from "./metadata.ts";
import { hasSubresource } from "./resource.ts";
import { strategyOf } from "./strategies.ts";

/** Creates an object and returns what was stored (or would be, in a dry run), in the target's version. Throws StatusError; then nothing was stored. */
export async function createObject(
  context: ServerContext,
  target: Target,
  body: NewObject,
  options: WriteOptions,
  own: (object: NewObject) => void = (object) => recordOwnership(object, undefined, target, options, context.now()),
): Promise<KubeObject> {
  const { resource } = target;
  if (!resource.verbs.includes("create")) throw methodNotAllowed();
  if (resource.custom?.terminating) {
    const text = "create not allowed while custom resource definition is terminating";
    throw failure(405, "MethodNotAllowed", text, { group: resource.group, kind: resource.plural });
  }
  const strategy = strategyOf(resource);
  const object = ownCopy(body);
  checkKind(object, target);
  checkFields(object, resource, options);
  prepareNewMetadata(object, target, context);
  resource.custom?.prune(object);
  resource.applyDefaults(object);
  const request = {
    operation: "CREATE" as const,
    user: options.user,
    group: resource.group,
    version: resource.version,
    kind: resource.kind,
    resource: resource.plural,
    subresource: "",
    namespace: target.namespace,
    name: object.metadata.name as string,
    dryRun: options.dryRun,
    warnings: options.warnings,
    ...(options.annotate && { annotate: options.annotate }),
    object,
    oldObject: undefined,
  };
  await context.admission.mutate(request);
  if (hasSubresource(resource, "status") && !strategy.keepsStatus) delete object.status;
  resource.custom?.prune(object);
  resource.applyDefaults(object);
  strategy.prepareCreate?.(object, context, options);
  if (countsGenerations(target)) object.metadata.generation = 1;
  const errors: FieldError[] = [
    ...validateMetadata(object, target, strategy),
    ...(resource.custom?.validate(object, undefined) ?? []),
    ...(strategy.validate?.(object, undefined, context) ?? []),
  ];
  const name = object.metadata.name ?? "";
  if (errors.length > 0) throw invalidObject(resource.group, resource.kind, name, errors);
  strategy.authorizeWrite?.(object, undefined, context, options);
  await context.admission.validate(request);
  own(object);
  const stored = toStorage(object as KubeObject, resource);
  // From here on no await: what is checked is what is written.
  if (context.objects.entry(resource.kept, target.namespace, name)) throw alreadyExists(resource, name);
  context.admission.commit(request);
  const refused = strategy.allocate?.(stored, undefined, context) ?? [];
  if (refused.length > 0) throw invalidObject(resource.group, resource.kind, name, refused);
  if (options.dryRun) return fromStorage(stored, resource);
  context.objects.put(resource.kept, stored);
  strategy.changed?.(stored, context);
  await context.objects.store.flushed();
  return fromStorage(stored, resource);
}

/** Body and URL must speak of the same kind. */
export function checkKind(object: NewObject, target: Target): void {
  const expected = apiVersionOf(target.resource);
  if (object.apiVersion !== expected || object.kind !== target.resource.kind) {
    if (!object.kind) throw badRequest(`Object 'Kind' is missing in '${JSON.stringify(object).slice(0, 200)}'`);
    const what = `${object.kind} in version ${JSON.stringify(object.apiVersion ?? "")}`;
    throw badRequest(`${what} cannot be handled as a ${target.resource.kind}: expected ${expected}, Kind=${target.resource.kind}`);
  }
}

/** Whether the kind's strategy keeps metadata.generation. */
export function countsGenerations(target: Target): boolean {
  if (target.resource.custom) return true;
  return strategyOf(target.resource).generation === true;
}
