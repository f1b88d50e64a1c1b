// PATCH in its four forms.
import { invalidObject, required } from "../api/field-error.ts";
import { isObject } from "../api/json.ts";
import type { KubeObject, NewObject } from "../api/object.ts";
import { badRequest, conflict, failure, notFound, unsupportedMediaType } from "../api/status.ts";
import { type Applied, applyConfiguration, finishApply } from "../apply/apply.ts";
import { typeProblem } from "../apply/typed.ts";
import type { PatchType } from "../client/client.ts";
import { applyJsonPatch, PatchError } from "../patch/json-patch.ts";
import { applyMergePatch } from "../patch/merge-patch.ts";
import { applyStrategicMerge } from "../patch/strategic-merge.ts";
import { apiVersionOf } from "../schema/resource.ts";
import { attributesOf, requireAllowed } from "./authorize.ts";
import type { ServerContext, Target, WriteOptions } from "./context.ts";
import { createObject } from "./create.ts";
import { updateObject } from "./update.ts";

/** A PATCH body and its kind. */
export interface PatchRequest {
  readonly type: PatchType;
  readonly body: unknown;
  readonly force: boolean;
}

/** The object and whether the patch made it (apply only). */
export interface Patched {
  readonly object: KubeObject;
  readonly created: boolean;
}

/** Applies a patch to an object, or creates it by apply. Throws StatusError. */
export async function patchObject(context: ServerContext, target: Target, patch: PatchRequest, options: WriteOptions): Promise<Patched> {
  if (patch.type === "apply") return applyObject(context, target, patch, options);
  if (patch.type === "strategic" && target.resource.custom) {
    throw unsupportedMediaType(["application/json-patch+json", "application/merge-patch+json", "application/apply-patch+yaml"]);
  }
  const object = await updateObject(context, target, { make: (old) => patched(old, patch, target) }, options);
  return { object, created: false };
}

/** The document after a non-apply patch. Throws 422 or 400. */
export function patched(old: KubeObject, patch: PatchRequest, target: Target): NewObject {
  let result: unknown;
  try {
    if (patch.type === "json") result = applyJsonPatch(old, patch.body as never);
    else if (!isObject(patch.body)) throw badRequest("error decoding patch: json: cannot unmarshal into an object");
    else if (patch.type === "merge") result = applyMergePatch(old, patch.body);
    else result = applyStrategicMerge(old, patch.body, target.resource.type());
  } catch (error) {
    if (!(error instanceof PatchError)) throw error;
    throw failure(422, "Invalid", "the server rejected our request due to an error in our request", {
      causes: [{ reason: "UnexpectedServerResponse", message: error.message }],
    });
  }
  if (!isObject(result)) throw badRequest("the patch does not leave an object");
  if (!isObject(result.metadata)) result.metadata = {};
  return result as NewObject;
}

async function applyObject(context: ServerContext, target: Target, patch: PatchRequest, given: WriteOptions): Promise<Patched> {
  const options = { ...given, applied: true };
  const config = patch.body as NewObject;
  const { resource, namespace, name } = target;
  if (!options.fieldManager) {
    throw invalidObject("meta.k8s.io", "PatchOptions", "", [required("fieldManager", "is required for apply patch")]);
  }
  if (!isObject(config)) throw badRequest("error decoding YAML: an apply patch must be an object");
  config.metadata ??= {};
  if (!isObject(config.metadata)) throw badRequest("error decoding YAML: metadata must be an object");
  if (config.metadata.managedFields?.length) throw badRequest("metadata.managedFields must be nil");
  const { apiVersion, kind } = config;
  const expected = apiVersionOf(resource);
  if (apiVersion !== undefined && apiVersion !== expected)
    throw badRequest(`Incorrect version specified in apply patch. Specified patch version: ${apiVersion}, expected: ${expected}`);
  const problem = typeProblem(config, resource.type());
  if (problem) {
    // Kubernetes has no reason for this refusal, and no better code.
    const what = `${config.metadata.namespace ?? ""}/${config.metadata.name ?? ""}; ${resource.group}/${resource.version}, Kind=${kind}`;
    throw failure(500, "", `failed to create typed patch object (${what}): ${problem}`);
  }
  const request = (live: KubeObject | undefined) =>
    applyConfiguration(live, {
      config,
      type: resource.type(),
      apiVersion: apiVersionOf(resource),
      subresource: target.subresource,
      manager: options.fieldManager,
      force: patch.force,
      reset: target.subresource === "status" ? ["spec"] : ["status"],
      now: context.now(),
    });
  if (!context.objects.entry(resource.kept, namespace, name)) {
    if (target.subresource) throw notFound(resource, name);
    if (config.metadata.uid)
      throw conflict(
        resource,
        name,
        `uid mismatch: the provided object specified uid ${config.metadata.uid}, and no existing object was found`,
      );
    requireAllowed(context, attributesOf(options.user, "create", target));
    const applied = request(undefined);
    const object = await createObject(context, target, applied.object, options, (made) => finishApply(made, applied));
    return { object, created: true };
  }
  let applied: Applied | undefined;
  const object = await updateObject(
    context,
    target,
    {
      make(old) {
        const { resourceVersion } = config.metadata;
        if (resourceVersion && resourceVersion !== old.metadata.resourceVersion) throw conflict(resource, name);
        applied = request(old);
        return applied.object;
      },
      own: (made) => finishApply(made, applied as Applied),
    },
    options,
  );
  return { object, created: false };
}
