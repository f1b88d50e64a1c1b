// Empties namespaces that are being deleted, then lets them go.
import type { KubeObject } from "../../api/object.ts";
import type { ResourceCatalog, ServedResource } from "../../runtime/catalog.ts";
import { type Condition, withCondition } from "../../runtime/conditions.ts";
import type { Controller, ControllerDeps } from "../../runtime/controller.ts";
import { errorText, isNotFound } from "../../runtime/errors.ts";
import { sameSpec } from "../../runtime/hash.ts";
import { soonest } from "../../runtime/pods.ts";
import { parseTime } from "../../runtime/time.ts";

/** Longest wait in milliseconds while content is still going. */
const patience = 1000;

/** What is left of one type after asking for its deletion. */
interface Remains {
  readonly resource: ServedResource;
  readonly objects: readonly KubeObject[];
  readonly error?: string;
}

/** The namespace controller. Keys are namespaces. */
export function namespaceController(deps: ControllerDeps, catalog: ResourceCatalog): Controller {
  const { client, stores, clock } = deps;
  return {
    name: "namespace",
    workers: 10,
    watches: [
      { type: "namespaces", keys: ({ object }) => (object.metadata.deletionTimestamp ? [object.metadata.name] : []) },
      // The last pods to end hold a namespace longest.
      {
        type: "pods",
        keys: ({ type, object: { metadata } }) =>
          type === "DELETED" && stores.of("namespaces").get("", metadata.namespace!)?.metadata.deletionTimestamp
            ? [metadata.namespace!]
            : [],
      },
    ],
    async reconcile(name) {
      const namespace = client.get("namespaces", "", name);
      if (!namespace?.metadata.deletionTimestamp || !namespace.spec?.finalizers?.includes("kubernetes")) return undefined;
      const remains = await empty(deps, catalog, name);
      const left = remains.filter(({ objects, error }) => objects.length || error);
      const current = await writeConditions(deps, namespace, left);
      if (left.length) return wait(left, clock.now());
      const finalizers = (current.spec.finalizers as string[]).filter((finalizer) => finalizer !== "kubernetes");
      await client.post("namespaces", "", name, "finalize", { ...current, spec: { ...current.spec, finalizers } }).catch((error) => {
        if (!isNotFound(error)) throw error;
      });
      return undefined;
    },
  };
}

/** Asks for the deletion of everything in a namespace; pods last asked for nothing special, their kubelets end them gracefully. */
async function empty({ client }: ControllerDeps, catalog: ResourceCatalog, namespace: string): Promise<Remains[]> {
  const types = catalog().filter(({ namespaced }) => namespaced);
  return Promise.all(
    types.map(async (resource) => {
      const { type } = resource;
      const objects = client.list(type, { namespace });
      const pending = objects.filter((object) => !object.metadata.deletionTimestamp);
      const results = await Promise.allSettled(
        pending.map((object) => client.delete(type, namespace, object.metadata.name, { propagationPolicy: "Background" })),
      );
      const failed = results.find((result) => result.status === "rejected" && !isNotFound(result.reason));
      const left = objects.length ? client.list(type, { namespace }) : [];
      return { resource, objects: left, ...(failed ? { error: errorText((failed as PromiseRejectedResult).reason) } : {}) };
    }),
  );
}

async function writeConditions({ client, clock }: ControllerDeps, namespace: KubeObject, left: readonly Remains[]): Promise<KubeObject> {
  const now = clock.now();
  let conditions: Condition[] = namespace.status?.conditions ?? [];
  for (const condition of namespaceConditions(left)) conditions = withCondition(conditions, condition, now);
  const status = { ...namespace.status, phase: "Terminating", conditions };
  if (sameSpec(status, namespace.status)) return namespace;
  return client.updateStatus("namespaces", { ...namespace, status });
}

/** The five conditions `kubectl describe namespace` shows while a namespace goes. */
export function namespaceConditions(left: readonly Remains[]): Condition[] {
  const errors = left.filter(({ error }) => error);
  const remaining = left.filter(({ objects }) => objects.length);
  const finalizers = new Map<string, number>();
  for (const { objects } of left) {
    for (const object of objects)
      for (const finalizer of object.metadata.finalizers ?? []) finalizers.set(finalizer, (finalizers.get(finalizer) ?? 0) + 1);
  }
  const resourceList = remaining.map(
    ({ resource, objects }) =>
      `${resource.type.includes(".") ? resource.type : `${resource.type}.`} has ${objects.length} resource instances`,
  );
  const finalizerList = [...finalizers].map(([finalizer, count]) => `${finalizer} in ${count} resource instances`);
  return [
    ok("NamespaceDeletionDiscoveryFailure", "ResourcesDiscovered", "All resources successfully discovered"),
    ok("NamespaceDeletionGroupVersionParsingFailure", "ParsedGroupVersions", "All legacy kube types successfully parsed"),
    errors.length
      ? bad(
          "NamespaceDeletionContentFailure",
          "ContentDeletionFailed",
          `Failed to delete all resource types, ${errors.length} remaining: ${errors
            .map(({ error }) => error)
            .sort()
            .join(", ")}`,
        )
      : ok("NamespaceDeletionContentFailure", "ContentDeleted", "All content successfully deleted, may be waiting on finalization"),
    resourceList.length
      ? bad("NamespaceContentRemaining", "SomeResourcesRemain", `Some resources are remaining: ${resourceList.sort().join(", ")}`)
      : ok("NamespaceContentRemaining", "ContentRemoved", "All content successfully removed"),
    finalizerList.length
      ? bad(
          "NamespaceFinalizersRemaining",
          "SomeFinalizersRemain",
          `Some content in the namespace has finalizers remaining: ${finalizerList.sort().join(", ")}`,
        )
      : ok("NamespaceFinalizersRemaining", "ContentHasNoFinalizers", "All content-preserving finalizers finished"),
  ];
}

function ok(type: string, reason: string, message: string): Condition {
  return { type, status: "False", reason, message };
}

function bad(type: string, reason: string, message: string): Condition {
  return { type, status: "True", reason, message };
}

/** Pods are worth waiting for until their grace periods end; anything else is looked at again soon. */
function wait(left: readonly Remains[], now: number): number {
  const ends = left.flatMap(({ resource, objects }) =>
    resource.type === "pods" ? objects.map((pod) => Math.max(0, parseTime(pod.metadata.deletionTimestamp) - now)) : [],
  );
  return Math.min(patience, (soonest(...ends) ?? 0) + 100);
}
