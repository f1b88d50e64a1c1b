// Asks the authorization chain and words its refusals.

import { forbidden, forbiddenPath } from "../api/status.ts";
import { denialText } from "../auth/chain.ts";
import type { Attributes, UserInfo } from "../auth/types.ts";
import type { ServerContext, Target } from "./context.ts";

/** Attributes of a resource request. */
export function attributesOf(user: UserInfo, verb: string, target: Target): Attributes {
  const { resource, name, subresource } = target;
  // A namespace belongs to itself, as in requests from outside.
  const namespace = resource.group === "" && resource.plural === "namespaces" ? name : target.namespace;
  return { user, verb, group: resource.group, version: resource.version, resource: resource.plural, subresource, namespace, name };
}

/** Throws 403 unless the user may. The decision and its reason are added to `annotations`, as audit records have them. */
export function requireAllowed(context: ServerContext, attributes: Attributes, annotations?: Record<string, string>): void {
  const { decision, reason } = context.authorize(attributes);
  if (annotations) {
    annotations["authorization.k8s.io/decision"] = decision === "allow" ? "allow" : "forbid";
    annotations["authorization.k8s.io/reason"] = reason ?? "";
  }
  if (decision === "allow") return;
  if (attributes.path !== undefined) {
    throw forbiddenPath(
      `User "${attributes.user.username}" cannot ${attributes.verb} path "${attributes.path}"${reason ? `: ${reason}` : ""}`,
    );
  }
  const { group, resource, name } = attributes;
  throw forbidden({ group, plural: resource }, name, denialText(attributes, reason));
}
