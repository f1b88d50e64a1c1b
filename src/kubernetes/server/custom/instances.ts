// The end of a definition: its objects go first, then the definition, and then others may have its names.
import { StoreClosedError } from "../../../store/store.ts";
import { cloneJson, equalJson, timestamp } from "../../api/json.ts";
import type { KubeObject } from "../../api/object.ts";
import type { ServerContext } from "../context.ts";
import { statusOf, withCondition } from "./conditions.ts";

/** Where definitions are kept. */
export const definitionResource = { group: "apiextensions.k8s.io", plural: "customresourcedefinitions" };

/** Holds a definition until its objects are gone. */
export const cleanupFinalizer = "customresourcecleanup.apiextensions.k8s.io";

/** Begins the end of a definition that is marked for deletion, once the request that marked it is answered. */
export function beginCleanup(context: ServerContext, name: string): void {
  setImmediate(() => {
    try {
      removeInstances(context, name);
    } catch (error) {
      // A cluster that is deleted right after the definition takes its objects along itself.
      if (!(error instanceof StoreClosedError)) throw error;
    }
  });
}

/** Goes on with the ends that a stopped server had begun. */
export function resumeCleanups(context: ServerContext): void {
  for (const { metadata } of context.objects.list(definitionResource)) if (metadata.deletionTimestamp) beginCleanup(context, metadata.name);
}

/** Deletes what a terminating definition still holds; objects with finalizers hold it until they are gone. */
function removeInstances(context: ServerContext, name: string): void {
  const definition = context.objects.get(definitionResource, "", name);
  if (!definition?.metadata.deletionTimestamp) return;
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
  const status = withCondition(
    definition.status,
    { type: "Terminating", status: "True", reason: "InstanceDeletionInProgress", message: "CustomResource deletion is in progress" },
    context.now(),
  );
  if (context.objects.count(kept) > 0 && !equalJson(status, definition.status))
    context.objects.put(definitionResource, { ...definition, status });
  finishDefinition(context, name);
}

/** Lets a terminating definition go when its last object is gone. */
export function finishDefinition(context: ServerContext, name: string): void {
  const definition = context.objects.get(definitionResource, "", name);
  if (!definition?.metadata.deletionTimestamp) return;
  if (context.objects.count({ group: definition.spec.group, plural: definition.spec.names.plural }) > 0) return;
  const finalizers = (definition.metadata.finalizers ?? []).filter((each) => each !== cleanupFinalizer);
  if (equalJson(finalizers, definition.metadata.finalizers)) return;
  if (finalizers.length === 0) {
    context.objects.remove(definitionResource, "", name);
    reconsiderNames(context, definition.spec.group);
  } else context.objects.put(definitionResource, { ...definition, metadata: { ...definition.metadata, finalizers } });
}

/** Gives names that became free to the definitions of a group that wait for them, oldest first. */
export function reconsiderNames(context: ServerContext, group: string): void {
  const waiting = context.objects
    .list(definitionResource)
    .filter(({ spec, status }) => spec.group === group && !equalJson(spec.names, status?.acceptedNames))
    .sort((a, b) => (age(a) < age(b) ? -1 : 1));
  for (const definition of waiting) {
    const status = statusOf(definition, definition, context.objects.list(definitionResource), context.now());
    if (!equalJson(status, definition.status)) context.objects.put(definitionResource, { ...definition, status });
  }
}

const age = ({ metadata }: KubeObject): string => `${metadata.creationTimestamp} ${metadata.name}`;
