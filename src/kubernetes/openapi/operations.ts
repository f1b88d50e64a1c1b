// The operations of a resource: paths, methods, actions and what bodies they carry; the same for both OpenAPI versions.

import type { Resource, Subresource, Verb } from "../schema/registry.ts";
import { schemaOf } from "../schema/types.ts";
import { deleteParameters, forceParameter, listParameters, type Parameter, pretty, writeParameters } from "./parameters.ts";

/** A kind some group and version know. */
export interface GroupVersionKind {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
}

/** One operation. */
export interface Operation {
  readonly path: string;
  readonly method: "get" | "post" | "put" | "patch" | "delete";
  /** `x-kubernetes-action`: get list post put patch delete deletecollection connect. */
  readonly action: string;
  readonly id: string;
  readonly tag: string;
  readonly parameters: readonly Parameter[];
  readonly subject: GroupVersionKind;
  /** Kind of the request body, if it has one. */
  readonly body?: GroupVersionKind | "patch" | "DeleteOptions";
  /** Kind of the answer; "text" for logs and proxies. */
  readonly answer: GroupVersionKind | "Status" | "text";
}

const pascal = (text: string) =>
  text
    .split(/[.\-/]/)
    .map((part) => (part ? part[0]!.toUpperCase() + part.slice(1) : ""))
    .join("");

/** `apps/v1` → `AppsV1`; `v1` → `CoreV1`; `rbac.authorization.k8s.io/v1` → `RbacAuthorizationV1`. */
function groupTag(group: string, version: string): string {
  return pascal(`${group === "" ? "core" : group.replace(/\.k8s\.io$/, "")}.${version}`);
}

/** The root of a group and version: `/api/v1` or `/apis/apps/v1`. */
export function rootPath(group: string, version: string): string {
  return group === "" ? `/api/${version}` : `/apis/${group}/${version}`;
}

interface Shape {
  readonly resource: Resource;
  readonly scope: string;
  readonly tag: string;
  readonly subject: GroupVersionKind;
}

function itemOperations(shape: Shape, path: string, verbs: readonly Verb[], suffix: string, subject: GroupVersionKind): Operation[] {
  const base = { path, tag: shape.tag, subject };
  const id = (verb: string) => `${verb}${shape.tag}${shape.scope}${shape.resource.kind}${suffix}`;
  const operations: Operation[] = [];
  const has = (verb: Verb) => verbs.includes(verb);
  if (has("get")) operations.push({ ...base, method: "get", action: "get", id: id("read"), parameters: [pretty], answer: subject });
  if (has("update"))
    operations.push({
      ...base,
      method: "put",
      action: "put",
      id: id("replace"),
      parameters: [pretty, ...writeParameters],
      body: subject,
      answer: subject,
    });
  if (has("patch"))
    operations.push({
      ...base,
      method: "patch",
      action: "patch",
      id: id("patch"),
      parameters: [pretty, ...writeParameters, forceParameter],
      body: "patch",
      answer: subject,
    });
  if (has("delete"))
    operations.push({
      ...base,
      method: "delete",
      action: "delete",
      id: id("delete"),
      parameters: [pretty, ...deleteParameters],
      body: "DeleteOptions",
      answer: "Status",
    });
  return operations;
}

const connects = new Set(["attach", "exec", "portforward", "proxy"]);

function subresourceOperations(shape: Shape, path: string, subresource: Subresource): Operation[] {
  const { resource, tag, scope } = shape;
  const subject = { group: subresource.group ?? resource.group, version: subresource.version ?? resource.version, kind: subresource.kind };
  const suffix = pascal(subresource.name);
  const base = { path, tag, subject };
  if (connects.has(subresource.name)) {
    const id = (method: string) => `connect${tag}${pascal(method)}${scope}${resource.kind}${suffix}`;
    return (["get", "post"] as const).map((method) => ({
      ...base,
      method,
      action: "connect",
      id: id(method),
      parameters: [],
      answer: "text",
    }));
  }
  if (subresource.name === "log")
    return [
      {
        ...base,
        subject: shape.subject,
        method: "get",
        action: "get",
        id: `read${tag}${scope}${resource.kind}Log`,
        parameters: [pretty],
        answer: "text",
      },
    ];
  if (subresource.verbs.includes("create"))
    return [
      {
        ...base,
        method: "post",
        action: "post",
        id: `create${tag}${scope}${resource.kind}${suffix}`,
        parameters: [pretty, ...writeParameters],
        body: subject,
        answer: subject,
      },
    ];
  return itemOperations(shape, path, subresource.verbs, suffix, subject);
}

function collectionOperations(shape: Shape, path: string): Operation[] {
  const { resource, tag, scope, subject } = shape;
  const list = { ...subject, kind: resource.listKind };
  const base = { path, tag, subject };
  const id = (verb: string) => `${verb}${tag}${scope}${resource.kind}`;
  const operations: Operation[] = [];
  if (resource.verbs.includes("list"))
    operations.push({ ...base, method: "get", action: "list", id: id("list"), parameters: [pretty, ...listParameters], answer: list });
  if (resource.verbs.includes("create"))
    operations.push({
      ...base,
      method: "post",
      action: "post",
      id: id("create"),
      parameters: [pretty, ...writeParameters],
      body: subject,
      answer: subject,
    });
  if (resource.verbs.includes("deletecollection"))
    operations.push({
      ...base,
      method: "delete",
      action: "deletecollection",
      id: `delete${tag}Collection${scope}${resource.kind}`,
      parameters: [pretty, ...deleteParameters, ...listParameters.filter(({ name }) => name !== "watch" && name !== "allowWatchBookmarks")],
      body: "DeleteOptions",
      answer: "Status",
    });
  return operations;
}

/** Every operation of a resource and its subresources. */
export function operationsOf(resource: Resource): Operation[] {
  const { group, version, plural, kind, namespaced } = resource;
  const subject = { group, version, kind };
  const shape: Shape = { resource, scope: namespaced ? "Namespaced" : "", tag: groupTag(group, version), subject };
  const root = rootPath(group, version);
  const collection = `${root}${namespaced ? "/namespaces/{namespace}" : ""}/${plural}`;
  const operations = collectionOperations(shape, collection);
  if (namespaced && resource.verbs.includes("list")) {
    const list = operations.find(({ action }) => action === "list")!;
    operations.push({ ...list, path: `${root}/${plural}`, id: `list${shape.tag}${kind}ForAllNamespaces` });
  }
  operations.push(...itemOperations(shape, `${collection}/{name}`, resource.verbs, "", subject));
  for (const subresource of resource.subresources)
    operations.push(...subresourceOperations(shape, `${collection}/{name}/${subresource.name}`, subresource));
  return operations;
}

const patchMediaTypes = [
  "application/apply-patch+yaml",
  "application/json-patch+json",
  "application/merge-patch+json",
  "application/strategic-merge-patch+json",
] as const;

/** Media types of a kind's patches, as documents list them. kubectl apply sends the strategic ones wherever they are listed: custom kinds have none. */
export function patchTypesOf({ group, version, kind }: GroupVersionKind): readonly string[] {
  return schemaOf(group ? `${group}/${version}` : version, kind) ? patchMediaTypes : patchMediaTypes.slice(0, 3);
}
