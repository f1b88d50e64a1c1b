// Writes by verb, whatever their path: main resource, subresource or virtual resource. HTTP and the in-process client both end here.
import type { KubeObject, NewObject, Status } from "../api/object.ts";
import { conflict, methodNotAllowed, noSuchResource, notFound } from "../api/status.ts";
import { attributesOf, requireAllowed } from "./authorize.ts";
import type { ServerContext, Target, WriteOptions } from "./context.ts";
import { createObject } from "./create.ts";
import { type Patched, type PatchRequest, patched, patchObject } from "./patch.ts";
import { readObject } from "./read.ts";
import { hasSubresource } from "./resource.ts";
import { scaleOf, withScale } from "./scale.ts";
import { strategyOf } from "./strategies.ts";
import { postSubresource } from "./subresources/index.ts";
import { postReview } from "./subresources/reviews.ts";
import { updateObject } from "./update.ts";

/** POST. */
export async function post(context: ServerContext, target: Target, body: NewObject, options: WriteOptions): Promise<KubeObject | Status> {
  if (target.subresource) return postSubresource(context, target, body, options);
  if (target.resource.virtual) return postReview(context, target, body, options);
  return createObject(context, target, body, options);
}

const writable = new Set(["", "status", "approval", "ephemeralcontainers", "resize", "finalize"]);

/** PUT. `created` is true when the kind allows creation by PUT and the object was missing. */
export async function put(context: ServerContext, target: Target, body: NewObject, options: WriteOptions): Promise<Patched> {
  const { resource, subresource } = target;
  checkVerb(target, "update");
  if (subresource === "scale") {
    const object = await updateObject(context, target, { make: (old) => withScale(old, body, target) }, options);
    return { object: scaleOf(object, target), created: false };
  }
  if (!writable.has(subresource)) throw methodNotAllowed();
  if (subresource === "" && strategyOf(resource).createOnUpdate && !context.objects.entry(resource.kept, target.namespace, target.name)) {
    if (body.metadata?.uid)
      throw conflict(resource, target.name, `Precondition failed: UID in precondition: ${body.metadata.uid}, UID in object meta: `);
    const { resourceVersion, ...metadata } = body.metadata ?? {};
    if (resourceVersion && resourceVersion !== "0") throw notFound(resource, target.name);
    requireAllowed(context, attributesOf(options.user, "create", target));
    return { object: await createObject(context, target, { ...body, metadata }, options), created: true };
  }
  return { object: await updateObject(context, target, { make: () => body }, options), created: false };
}

/** PATCH. */
export async function patch(context: ServerContext, target: Target, request: PatchRequest, options: WriteOptions): Promise<Patched> {
  checkVerb(target, "patch");
  if (target.subresource === "scale") {
    const make = (old: KubeObject) => withScale(old, patched(scaleOf(old, target), scalePatch(request), target), target);
    return { object: scaleOf(await updateObject(context, target, { make }, options), target), created: false };
  }
  if (!writable.has(target.subresource)) throw methodNotAllowed();
  return patchObject(context, target, request, options);
}

/** A Scale has neither lists nor owners worth merging: every object patch of it is a merge patch. */
const scalePatch = (request: PatchRequest): PatchRequest => (request.type === "json" ? request : { ...request, type: "merge" });

/** GET of an object or of a readable subresource. */
export function read(context: ServerContext, target: Target): KubeObject {
  checkVerb(target, "get");
  const object = readObject(context, target);
  return target.subresource === "scale" ? scaleOf(object, target) : object;
}

/** Throws 404 for a path that is not served, 405 for a verb it does not take. */
export function checkVerb(target: Target, verb: "get" | "update" | "patch" | "create"): void {
  const { resource, subresource } = target;
  if (!subresource) {
    if (!resource.verbs.includes(verb)) throw methodNotAllowed();
    return;
  }
  if (!hasSubresource(resource, subresource)) throw noSuchResource();
  if (!resource.subresources.find(({ name }) => name === subresource)?.verbs.includes(verb)) throw methodNotAllowed();
}
