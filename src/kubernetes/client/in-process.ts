// KubeClient inside the server's process: the same path as a request from outside, without HTTP.

import type { KubeObject, NewObject, ResourceType } from "../api/object.ts";
import { noSuchResource } from "../api/status.ts";
import type { UserInfo } from "../auth/types.ts";
import { attributesOf, requireAllowed } from "../server/authorize.ts";
import type { ServerContext, Target, WriteOptions } from "../server/context.ts";
import { fromStorage } from "../server/convert.ts";
import { deleteObject } from "../server/delete.ts";
import { filterOf, listObjects, selects } from "../server/read.ts";
import { patch, post, put } from "../server/write.ts";
import { changeOf, prefixOf } from "../storage/objects.ts";
import { audited } from "./audited.ts";
import type { DeleteOptions, KubeClient, ObjectEvent, PatchOptions, PatchType, Selection } from "./client.ts";

/** A client that acts as `user`; `fieldManager` is who owns the fields it writes. */
export function inProcessClient(context: ServerContext, user: UserInfo, fieldManager = managerOf(user)): KubeClient {
  const target = (type: ResourceType, namespace: string, name: string, subresource = ""): Target => {
    const resource = context.catalog.type(type);
    if (!resource) throw noSuchResource();
    return { resource, namespace: resource.namespaced ? namespace : "", name, subresource };
  };
  const allowed = (verb: string, at: Target, annotations?: Record<string, string>): Target => {
    requireAllowed(context, attributesOf(user, verb, at), annotations);
    return at;
  };
  /** A write: authorized, run with options that annotate its audit record, and recorded. */
  const write = <T>(verb: string, at: Target, body: unknown, manager: string | undefined, run: (how: WriteOptions) => Promise<T>) => {
    const annotations: Record<string, string> = {};
    const annotate = (key: string, value: string) => {
      annotations[key] = value;
    };
    return audited(context, { user, agent: fieldManager, verb, at, body, annotations }, () => {
      allowed(verb, at, annotations);
      return run({ ...options(manager), annotate });
    });
  };
  const options = (manager?: string): WriteOptions => ({
    user,
    dryRun: false,
    fieldManager: manager ?? fieldManager,
    fieldValidation: "Ignore",
    warnings: [],
  });
  const place = (object: KubeObject | NewObject): [string, string] => [object.metadata.namespace ?? "", object.metadata.name ?? ""];

  const client: KubeClient = {
    get<T extends KubeObject>(type: ResourceType, namespace: string, name: string): T | undefined {
      const { resource, namespace: where } = allowed("get", target(type, namespace, name));
      const found = context.objects.get(resource.kept, where, name);
      return found && (fromStorage(found, resource) as T);
    },
    list<T extends KubeObject>(type: ResourceType, selection: Selection = {}): readonly T[] {
      const at = allowed("list", target(type, selection.namespace ?? "", ""));
      const filter = filterOf(at.resource, selection.labelSelector, selection.fieldSelector);
      return listObjects(context, at.resource, at.namespace, filter) as T[];
    },
    watch<T extends KubeObject>(type: ResourceType, selection: Selection, listener: (event: ObjectEvent<T>) => void) {
      const at = allowed("watch", target(type, selection.namespace ?? "", ""));
      const { resource, namespace } = at;
      const filter = filterOf(resource, selection.labelSelector, selection.fieldSelector);
      const revision = context.objects.revision;
      for (const object of listObjects(context, resource, namespace, filter)) listener({ type: "ADDED", object: object as T });
      return context.objects.store.watch(prefixOf(resource.kept, namespace || undefined), revision, (events) => {
        for (const event of events) {
          const change = changeOf(event);
          const object = fromStorage(change.object, resource);
          if (filter.all) {
            listener({ type: change.type, object: object as T });
            continue;
          }
          const before = change.previous !== undefined && selects(filter, fromStorage(change.previous, resource));
          const after = change.type !== "DELETED" && selects(filter, object);
          if (before || after) listener({ type: !before ? "ADDED" : after ? "MODIFIED" : "DELETED", object: object as T });
        }
      });
    },
    async create<T extends KubeObject>(type: ResourceType, namespace: string, object: NewObject): Promise<T> {
      const at = target(type, namespace, "");
      return (await write("create", at, object, undefined, (how) => post(context, at, object, how))) as T;
    },
    async update<T extends KubeObject>(type: ResourceType, object: KubeObject, subresource?: "scale" | "approval"): Promise<T> {
      const at = target(type, ...place(object), subresource);
      return (await write("update", at, object, undefined, async (how) => (await put(context, at, object, how)).object)) as T;
    },
    async updateStatus<T extends KubeObject>(type: ResourceType, object: KubeObject): Promise<T> {
      const at = target(type, ...place(object), "status");
      return (await write("update", at, object, undefined, async (how) => (await put(context, at, object, how)).object)) as T;
    },
    async patch<T extends KubeObject>(
      type: ResourceType,
      namespace: string,
      name: string,
      kind: PatchType,
      body: unknown,
      more: PatchOptions = {},
    ) {
      const at = target(type, namespace, name, more.subresource);
      const request = { type: kind, body: structuredClone(body), force: more.force ?? false };
      const run = async (how: WriteOptions) => (await patch(context, at, request, { ...how, dryRun: more.dryRun ?? false })).object;
      return (await write("patch", at, body, more.fieldManager, run)) as T;
    },
    async apply<T extends KubeObject>(type: ResourceType, object: NewObject, manager: string, force = false): Promise<T> {
      const at = target(type, ...place(object));
      const request = { type: "apply" as const, body: structuredClone(object), force };
      return (await write("patch", at, object, manager, async (how) => (await patch(context, at, request, how)).object)) as T;
    },
    async delete(type: ResourceType, namespace: string, name: string, { uid, resourceVersion, ...more }: DeleteOptions = {}) {
      const at = target(type, namespace, name);
      const request = { ...more, preconditions: { uid, resourceVersion } as never };
      await write("delete", at, undefined, undefined, (how) => deleteObject(context, at, request, how));
    },
    async post<T>(type: ResourceType, namespace: string, name: string, subresource: string, body: NewObject): Promise<T> {
      const at = target(type, namespace, name, subresource);
      const verb = subresource === "finalize" ? "update" : "create";
      return (await write(verb, at, body, undefined, (how) => post(context, at, body, how))) as T;
    },
  };
  return client;
}

function managerOf({ username }: UserInfo): string {
  if (username.startsWith("system:node:")) return "kubelet";
  return username.split(":").pop() || "unknown";
}
