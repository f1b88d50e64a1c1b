// Makes and deletes pods for their owners, with the events the real controllers write.
import type { KubeObject, NewObject } from "../api/object.ts";
import type { ControllerDeps } from "../runtime/controller.ts";
import { errorText, isNamespaceTerminating, isNotFound } from "../runtime/errors.ts";
import { controllerReference } from "../runtime/owners.ts";

/** A pod as its template describes it, owned by `owner`. The server completes the name unless one is given. */
export function podFromTemplate(
  owner: KubeObject,
  template: any,
  overrides: { name?: string; metadata?: object; spec?: object } = {},
): NewObject {
  const { labels, annotations, finalizers } = template.metadata ?? {};
  const prefix = `${owner.metadata.name.slice(0, 57)}-`;
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: {
      ...(overrides.name ? { name: overrides.name } : { generateName: prefix }),
      ...(labels ? { labels: { ...labels } } : {}),
      ...(annotations ? { annotations: { ...annotations } } : {}),
      ...(finalizers ? { finalizers: [...finalizers] } : {}),
      ownerReferences: [controllerReference(owner)],
      ...overrides.metadata,
    },
    spec: { ...structuredClone(template.spec), ...overrides.spec },
  };
}

/** Creates one pod; a failure is told as FailedCreate on the owner and thrown, unless the namespace is going away. */
export async function createPod(
  { client, stores, events }: ControllerDeps,
  owner: KubeObject,
  pod: NewObject,
): Promise<KubeObject | undefined> {
  try {
    const created = await client.create("pods", owner.metadata.namespace!, pod);
    stores.pods.observe(created);
    events.event(owner, "Normal", "SuccessfulCreate", `Created pod: ${created.metadata.name}`);
    return created;
  } catch (error) {
    if (isNamespaceTerminating(error)) return undefined;
    events.event(owner, "Warning", "FailedCreate", `Error creating: ${errorText(error)}`);
    throw error;
  }
}

/** Deletes one pod gracefully; one that has gone already counts as deleted. */
export async function deletePod({ client, events }: ControllerDeps, owner: KubeObject, pod: KubeObject): Promise<void> {
  const { namespace, name, uid } = pod.metadata;
  try {
    await client.delete("pods", namespace!, name, { uid });
    events.event(owner, "Normal", "SuccessfulDelete", `Deleted pod: ${name}`);
  } catch (error) {
    if (isNotFound(error)) return;
    events.event(owner, "Warning", "FailedDelete", `Error deleting: ${errorText(error)}`);
    throw error;
  }
}

/**
 * Runs `count` calls in growing batches (1, 2, 4 …), so that a namespace that refuses pods is asked once and not hundreds of times.
 * Returns how many succeeded and the first failure.
 */
export async function inGrowingBatches(
  count: number,
  call: (index: number) => Promise<unknown>,
): Promise<{ succeeded: number; error?: unknown }> {
  let succeeded = 0;
  for (let start = 0, size = 1; start < count; start += size, size *= 2) {
    const batch = Array.from({ length: Math.min(size, count - start) }, (_, index) => call(start + index));
    const results = await Promise.allSettled(batch);
    succeeded += results.filter((result) => result.status === "fulfilled").length;
    const failed = results.find((result) => result.status === "rejected");
    if (failed) return { succeeded, error: (failed as PromiseRejectedResult).reason };
  }
  return { succeeded };
}
