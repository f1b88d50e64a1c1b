// Claims that waited for their first pod: tells the provisioner the node, and waits until the volume controller has bound them.
import type { Clock } from "../../base/clock.ts";
import type { KubeObject } from "../api/object.ts";
import type { KubeClient } from "../client/client.ts";
import type { Stores } from "../runtime/stores.ts";

export const selectedNode = "volume.kubernetes.io/selected-node";
const patience = 600_000;

/**
 * Resolves when all claims are bound. Rejects after ten minutes (kube-scheduler's bindTimeoutSeconds), and when a claim goes or its provisioner
 * gives the node back.
 */
export async function bindClaims(
  deps: { client: KubeClient; stores: Stores; clock: Clock },
  claims: readonly KubeObject[],
  node: string,
): Promise<void> {
  const { client, stores, clock } = deps;
  const store = stores.of("persistentvolumeclaims");
  for (const { metadata } of claims) {
    const body = { metadata: { annotations: { [selectedNode]: node } } };
    store.observe(await client.patch("persistentvolumeclaims", metadata.namespace!, metadata.name, "merge", body));
  }
  const now = () => claims.map(({ metadata }) => verdictOn(metadata, store.get(metadata.namespace!, metadata.name), node));
  const settled = () => now().every((each) => each === "bound") || now().some((each) => each !== "bound" && each !== "waiting");
  if (!settled()) {
    await new Promise<void>((resolve, reject) => {
      const finish = (run: () => void) => {
        timer.cancel();
        subscription.close();
        run();
      };
      const timer = clock.after(patience, () => finish(() => reject(new Error("binding volumes: context deadline exceeded"))));
      const subscription = store.subscribe(() => {
        if (settled()) setImmediate(() => finish(resolve));
      });
    });
  }
  const failure = now().find((each) => each !== "bound" && each !== "waiting");
  if (failure) throw new Error(`binding volumes: ${failure}`);
}

/** "bound", "waiting", or what is wrong with a claim. */
function verdictOn({ name, uid }: KubeObject["metadata"], claim: KubeObject | undefined, node: string): string {
  if (claim?.metadata.uid !== uid) return `persistentvolumeclaim "${name}" not found`;
  if (claim.status?.phase === "Bound") return "bound";
  if (claim.metadata.deletionTimestamp) return `persistentvolumeclaim "${name}" is being deleted`;
  const chosen = claim.metadata.annotations?.[selectedNode];
  if (chosen === undefined) return `provisioning failed for PVC "${name}"`;
  return chosen === node ? "waiting" : `selectedNode annotation value "${chosen}" not set to scheduled node "${node}"`;
}
