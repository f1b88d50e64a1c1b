// POST to a path below an object.
import type { KubeObject, NewObject, Status } from "../../api/object.ts";
import { methodNotAllowed, noSuchResource } from "../../api/status.ts";
import type { ServerContext, Target, WriteOptions } from "../context.ts";
import { hasSubresource } from "../resource.ts";
import { updateObject } from "../update.ts";
import { bindPod } from "./binding.ts";
import { evictPod } from "./eviction.ts";
import { requestToken } from "./token.ts";

/** Runs a subresource's POST. Throws 404 for one that is not served, 405 for one that takes no POST. */
export async function postSubresource(
  context: ServerContext,
  target: Target,
  body: NewObject,
  options: WriteOptions,
): Promise<KubeObject | Status> {
  if (!hasSubresource(target.resource, target.subresource)) throw noSuchResource();
  switch (`${target.resource.plural}/${target.subresource}`) {
    case "pods/binding":
      return bindPod(context, target, body, options);
    case "pods/eviction":
      return evictPod(context, target, body, options);
    case "serviceaccounts/token":
      return requestToken(context, target, body, options);
    case "namespaces/finalize":
      return updateObject(context, target, { make: () => body }, options);
    default:
      throw methodNotAllowed();
  }
}
