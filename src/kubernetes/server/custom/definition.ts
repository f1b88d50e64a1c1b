// CustomResourceDefinitions themselves: status, and what follows from a write.
import type { Strategy } from "../strategy.ts";
import { statusOf } from "./conditions.ts";
import { beginCleanup, cleanupFinalizer, definitionResource, reconsiderNames } from "./instances.ts";
import { validateDefinition } from "./validation/definition.ts";
import { nameErrors } from "./validation/names.ts";

/** Strategy of customresourcedefinitions.apiextensions.k8s.io. */
export const definitions: Strategy = {
  generation: true,
  conditionalUpdate: true,
  prepareCreate(object, context) {
    object.metadata.finalizers = [...new Set([...(object.metadata.finalizers ?? []), cleanupFinalizer])];
    object.status = statusOf(object, undefined, context.objects.list(definitionResource), context.now());
  },
  prepareUpdate(object, old, context) {
    object.status = statusOf(object, old, context.objects.list(definitionResource), context.now());
  },
  validate: validateDefinition,
  validateStatus: (object) => nameErrors(object.status?.acceptedNames ?? {}, "status.acceptedNames"),
  changed(object, context) {
    if (object.metadata.deletionTimestamp) beginCleanup(context, object.metadata.name);
    reconsiderNames(context, object.spec.group);
  },
  removed: (object, context) => reconsiderNames(context, object.spec.group),
};
