// What expressions of admission policies and match conditions can speak of.
import type { Attributes, UserInfo, Verdict } from "../../auth/types.ts";
import { CelAuthorizer, CelCheck, type Question } from "../../cel/library/authorizer.ts";
import { untypedValue } from "../../cel/values.ts";
import type { AdmissionRequest } from "../types.ts";

/** CEL types of the variables every expression has. */
export const commonTypes: Readonly<Record<string, string>> = {
  object: "dyn",
  oldObject: "dyn",
  request: "dyn",
  authorizer: "Authorizer",
};

/** Their values for a request; each is made when it is first read. */
export function commonVariables(request: AdmissionRequest, authorize: (attributes: Attributes) => Verdict): Record<string, unknown> {
  return lazily({
    object: () => untypedValue(request.object ?? null),
    oldObject: () => untypedValue(request.oldObject ?? null),
    request: () => untypedValue(requestOf(request)),
    authorizer: () => authorizerFor(request, authorize),
  });
}

/** An object whose members are made on first reading. */
export function lazily(makers: Readonly<Record<string, () => unknown>>, onto: Record<string, unknown> = {}): Record<string, unknown> {
  for (const [name, make] of Object.entries(makers)) {
    Object.defineProperty(onto, name, {
      enumerable: true,
      configurable: true,
      get() {
        const value = make();
        Object.defineProperty(onto, name, { value, enumerable: true });
        return value;
      },
    });
  }
  return onto;
}

/** The request as an AdmissionReview shows it, without the objects. */
export function requestOf(request: AdmissionRequest): Record<string, unknown> {
  const { group, version, kind, resource, subresource, namespace, name, operation, user, dryRun } = request;
  const first = request.original ?? request;
  return {
    kind: { group, version, kind },
    resource: { group, version, resource },
    requestKind: { group: first.group, version: first.version, kind: first.kind },
    requestResource: { group: first.group, version: first.version, resource: first.resource },
    ...(subresource && { subResource: subresource, requestSubResource: subresource }),
    name,
    ...(namespace && { namespace }),
    operation,
    userInfo: userOf(user),
    dryRun,
    options: null,
  };
}

function userOf({ username, uid, groups, extra }: UserInfo): object {
  return { username, ...(uid && { uid }), groups, ...(extra && { extra }) };
}

function authorizerFor(request: AdmissionRequest, authorize: (attributes: Attributes) => Verdict): CelAuthorizer {
  const ask = ({ username, verb, path, group, resource, subresource, namespace, name }: Question) =>
    authorize({
      user: username === undefined ? request.user : accountOf(username),
      verb,
      group,
      version: "*",
      resource,
      subresource,
      namespace,
      name,
      ...(path !== undefined && { path }),
    });
  const authorizer = new CelAuthorizer(ask);
  const { group, resource, subresource, namespace, name } = request;
  authorizer.requestResource = new CelCheck(authorizer, { group, resource, subresource, namespace, name });
  return authorizer;
}

/** A service account as tokens of it would be authenticated. */
function accountOf(username: string): UserInfo {
  const namespace = username.split(":")[2] ?? "";
  return { username, groups: ["system:serviceaccounts", `system:serviceaccounts:${namespace}`, "system:authenticated"] };
}
