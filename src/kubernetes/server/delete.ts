// DELETE: at once, gracefully (pods), or when the last finalizer is gone.
import { timestamp } from "../api/json.ts";
import type { KubeObject, Status } from "../api/object.ts";
import { conflict, methodNotAllowed, notFound, success } from "../api/status.ts";
import type { ServerContext, Target, WriteOptions } from "./context.ts";
import { fromStorage } from "./convert.ts";
import { finishDefinition } from "./custom/instances.ts";
import { strategyOf } from "./strategies.ts";

/** metav1.DeleteOptions as far as they matter. */
export interface DeleteRequest {
  readonly gracePeriodSeconds?: number;
  readonly propagationPolicy?: "Orphan" | "Background" | "Foreground";
  readonly orphanDependents?: boolean;
  readonly preconditions?: { readonly uid?: string; readonly resourceVersion?: string };
}

const dependentFinalizers = ["orphan", "foregroundDeletion"];

/** Deletes or begins to delete. Returns the Status, or the object when it stays for a while or its kind answers with it. */
export async function deleteObject(
  context: ServerContext,
  target: Target,
  request: DeleteRequest,
  options: WriteOptions,
  guard?: (object: KubeObject) => void,
): Promise<KubeObject | Status> {
  const { resource, namespace, name } = target;
  if (!resource.verbs.includes("delete")) throw methodNotAllowed();
  const strategy = strategyOf(resource);
  const found = context.objects.get(resource.kept, namespace, name);
  if (!found) throw notFound(resource, name);
  checkPreconditions(found, target, request);
  await context.admission.validate({
    operation: "DELETE",
    user: options.user,
    group: resource.group,
    version: resource.version,
    kind: resource.kind,
    resource: resource.plural,
    subresource: "",
    namespace,
    name,
    dryRun: options.dryRun,
    warnings: options.warnings,
    ...(options.annotate && { annotate: options.annotate }),
    object: undefined,
    oldObject: fromStorage(found, resource),
  });
  const current = context.objects.get(resource.kept, namespace, name);
  if (!current) throw notFound(resource, name);
  checkPreconditions(current, target, request);
  guard?.(current);
  const pending = pendingDeletion(context, target, current, request);
  if (pending === "unchanged") return fromStorage(current, resource);
  if (pending) {
    if (options.dryRun) return fromStorage(pending, resource);
    context.objects.put(resource.kept, pending);
    strategy.changed?.(pending, context);
    await context.objects.store.flushed();
    return fromStorage(pending, resource);
  }
  if (!options.dryRun) {
    context.objects.remove(resource.kept, namespace, name);
    if (resource.custom?.terminating) finishDefinition(context, resource.custom.definition);
    strategy.removed?.(current, context);
    await context.objects.store.flushed();
  }
  if (strategy.returnsDeleted) return fromStorage(current, resource);
  const { group, plural } = resource;
  return success({ details: { name, ...(group && { group }), kind: plural, uid: current.metadata.uid } });
}

function checkPreconditions(object: KubeObject, target: Target, { preconditions }: DeleteRequest): void {
  const { uid, resourceVersion } = preconditions ?? {};
  const mismatch = (what: string, wanted: string, actual: string) =>
    conflict(target.resource, target.name, `Precondition failed: ${what} in precondition: ${wanted}, ${what} in object meta: ${actual}`);
  if (uid && uid !== object.metadata.uid) throw mismatch("UID", uid, object.metadata.uid);
  if (resourceVersion && resourceVersion !== object.metadata.resourceVersion) {
    throw mismatch("ResourceVersion", resourceVersion, object.metadata.resourceVersion);
  }
}

/** The object marked for deletion; undefined when it goes at once; "unchanged" when it is marked already. */
function pendingDeletion(
  context: ServerContext,
  target: Target,
  object: KubeObject,
  request: DeleteRequest,
): KubeObject | "unchanged" | undefined {
  const grace = gracePeriod(object, target, request);
  const finalizers = finalizersAfter(object, target, request);
  const isNamespace = target.resource.plural === "namespaces" && target.resource.group === "";
  const holdsNamespace = isNamespace && (object.spec?.finalizers ?? []).length > 0;
  if (grace === 0 && finalizers.length === 0 && !holdsNamespace) return undefined;
  const { deletionTimestamp, deletionGracePeriodSeconds } = object.metadata;
  const sameFinalizers = JSON.stringify(finalizers) === JSON.stringify(object.metadata.finalizers ?? []);
  if (deletionTimestamp && sameFinalizers && grace >= (deletionGracePeriodSeconds ?? 0)) return "unchanged";
  const { finalizers: _, ...rest } = object.metadata;
  const begins = !deletionTimestamp || grace < (deletionGracePeriodSeconds ?? 0);
  const metadata = {
    ...rest,
    ...(finalizers.length > 0 && { finalizers }),
    ...(begins && { deletionTimestamp: timestamp(context.now() + grace * 1000), deletionGracePeriodSeconds: grace }),
    ...(!deletionTimestamp && object.metadata.generation && { generation: object.metadata.generation + 1 }),
  };
  const status = isNamespace ? { status: { ...object.status, phase: "Terminating" } } : {};
  return { ...object, metadata, ...status };
}

function gracePeriod(object: KubeObject, target: Target, { gracePeriodSeconds }: DeleteRequest): number {
  if (target.resource.plural !== "pods" || target.resource.group !== "") return 0;
  if (!object.spec?.nodeName || object.status?.phase === "Succeeded" || object.status?.phase === "Failed") return 0;
  const wanted = gracePeriodSeconds ?? object.spec.terminationGracePeriodSeconds ?? 30;
  // Kubernetes reads a negative period as one second.
  return wanted < 0 ? 1 : wanted;
}

function finalizersAfter(object: KubeObject, target: Target, request: DeleteRequest): string[] {
  const before = object.metadata.finalizers ?? [];
  const strategy = strategyOf(target.resource);
  const orphan = request.orphanDependents;
  let policy = request.propagationPolicy ?? (orphan === undefined ? undefined : orphan ? "Orphan" : "Background");
  if (!policy) {
    if (before.some((each) => dependentFinalizers.includes(each))) return before;
    policy = strategy.defaultPropagation ?? "Background";
  }
  const others = before.filter((each) => !dependentFinalizers.includes(each));
  if (policy === "Orphan") return [...others, "orphan"];
  if (policy === "Foreground") return [...others, "foregroundDeletion"];
  return others;
}
