// Virtual resources: questions to the server that are answered and not stored.
import { invalid, invalidObject } from "../../api/field-error.ts";
import { timestamp } from "../../api/json.ts";
import type { KubeObject, NewObject } from "../../api/object.ts";
import { badRequest, methodNotAllowed } from "../../api/status.ts";
import type { Attributes, UserInfo } from "../../auth/types.ts";
import type { ServerContext, Target, WriteOptions } from "../context.ts";
import { checkKind } from "../create.ts";

/** Answers a review. Throws 400 and 422 for malformed ones, 405 for virtual resources without an answer. */
export async function postReview(context: ServerContext, target: Target, body: NewObject, options: WriteOptions): Promise<KubeObject> {
  checkKind(body, target);
  switch (target.resource.kind) {
    case "SelfSubjectAccessReview":
      return answer(body, accessStatus(context, options.user, body));
    case "SubjectAccessReview":
      return answer(body, accessStatus(context, subject(body), body));
    case "LocalSubjectAccessReview": {
      if (body.spec?.nonResourceAttributes) throw badRequest("nonResourceAttributes are not allowed in a LocalSubjectAccessReview");
      if ((body.spec?.resourceAttributes?.namespace ?? "") !== target.namespace) {
        throw invalidObject("authorization.k8s.io", "LocalSubjectAccessReview", "", [
          invalid("spec.resourceAttributes.namespace", body.spec?.resourceAttributes?.namespace ?? "", "must match metadata.namespace"),
        ]);
      }
      return answer(body, accessStatus(context, subject(body), body));
    }
    case "SelfSubjectRulesReview": {
      if (!body.spec?.namespace) throw badRequest("no namespace on request");
      return answer(body, context.rulesFor(options.user, body.spec.namespace));
    }
    case "SelfSubjectReview":
      return answer(
        { ...body, metadata: { ...body.metadata, creationTimestamp: timestamp(context.now()) } },
        { userInfo: userJson(options.user) },
      );
    case "TokenReview": {
      const token = body.spec?.token;
      if (typeof token !== "string" || token === "") throw badRequest("token is required for TokenReview in authentication");
      return answer(body, await context.reviewToken(token, body.spec.audiences));
    }
    default:
      throw methodNotAllowed();
  }
}

function answer(body: NewObject, status: object): KubeObject {
  return { ...body, metadata: { creationTimestamp: null, ...body.metadata } as never, status } as KubeObject;
}

/** UserInfo as the API prints it. */
export function userJson({ username, uid, groups, extra }: UserInfo): object {
  return { username, ...(uid && { uid }), ...(groups.length > 0 && { groups }), ...(extra && { extra }) };
}

function subject(body: NewObject): UserInfo {
  const { user = "", uid, groups = [], extra } = body.spec ?? {};
  if (!user && groups.length === 0) {
    throw invalidObject("authorization.k8s.io", body.kind, "", [
      invalid("spec.user", user, "at least one of user or group must be specified"),
    ]);
  }
  return { username: user, uid, groups, extra };
}

function accessStatus(context: ServerContext, user: UserInfo, body: NewObject): object {
  const { resourceAttributes: resource, nonResourceAttributes: path } = body.spec ?? {};
  if (Boolean(resource) === Boolean(path)) {
    throw invalidObject("authorization.k8s.io", body.kind, "", [
      invalid("spec.resourceAttributes", resource ?? null, "exactly one of nonResourceAttributes or resourceAttributes must be specified"),
    ]);
  }
  const attributes: Attributes = resource
    ? {
        user,
        verb: resource.verb ?? "",
        group: resource.group ?? "",
        version: resource.version ?? "*",
        resource: resource.resource ?? "",
        subresource: resource.subresource ?? "",
        namespace: resource.namespace ?? "",
        name: resource.name ?? "",
      }
    : {
        user,
        verb: path.verb ?? "",
        path: path.path ?? "",
        group: "",
        version: "",
        resource: "",
        subresource: "",
        namespace: "",
        name: "",
      };
  const { decision, reason } = context.authorize(attributes);
  return { allowed: decision === "allow", ...(reason && { reason }) };
}
