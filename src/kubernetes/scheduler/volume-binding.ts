// Claims that waited for their first pod: tells the provisioner the node, and waits until the volume controller has bound them.
import type { Clock } from "../../base/clock.ts";
import type { KubeObject } from "../api/object.ts";
import type { KubeClient } from "../client/client.ts";
import type { Stores } from "../runtime/stores.ts";

export const selectedNode = "volume.kubernetes.io/selected-node";
const patience = 600_000;

/** Resolves when all claims are bound; rejects after ten minutes, kube-scheduler's bindTimeoutSeconds. */
export async function bindClaims(
  deps: { client: KubeClient; stores: Stores; clock: Clock },
  claims: readonly KubeObject[],
  node: string,
): Promise<void> {
  const { client, stores, clock } = deps;
  for (const { metadata } of claims) {
    await client.patch("persistentvolumeclaims", metadata.namespace!, metadata.name, "merge", {
      metadata: { annotations: { [selectedNode]: node } },
    });
  }
  const store = stores.of("persistentvolumeclaims");
  const bound = () => claims.every(({ metadata }) => store.get(metadata.namespace!, metadata.name)?.status?.phase === "Bound");
  if (bound()) return;
  await new Promise<void>((resolve, reject) => {
    const finish = (run: () => void) => {
      timer.cancel();
      subscription.close();
      run();
    };
    const timer = clock.after(patience, () => finish(() => reject(new Error("binding volumes: context deadline exceeded"))));
    const subscription = store.subscribe(() => {
      if (bound()) setImmediate(() => finish(resolve));
    });
  });
}
