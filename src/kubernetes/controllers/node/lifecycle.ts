// Watches over nodes: marks those that stopped reporting, taints by condition, and tells pods on failed nodes that they are not ready.
import type { KubeObject } from "../../api/object.ts";
import { type Condition, findCondition, withCondition } from "../../runtime/conditions.ts";
import type { Controller, ControllerDeps } from "../../runtime/controller.ts";
import { errorText, ignoreNotFound } from "../../runtime/errors.ts";
import { parseTime, timestamp } from "../../runtime/time.ts";
import { taintsFor } from "./taints.ts";

const leases = "leases.coordination.k8s.io";
const leaseNamespace = "kube-node-lease";
/** nodeMonitorGracePeriod, and how long a node may take to post its first status. */
const grace = 50_000;
const startupGrace = 60_000;
const monitored = ["Ready", "MemoryPressure", "DiskPressure", "PIDPressure"];

/** The node lifecycle controller. Keys are nodes. */
export function nodeLifecycleController(deps: ControllerDeps): Controller {
  const { client, stores, clock, events } = deps;
  // When each node was last heard of, by our own clock: node clocks are not trusted. A restart gives every node a full grace period.
  const heard = new Map<string, number>();
  return {
    name: "node-lifecycle",
    workers: 16,
    watches: [
      {
        type: "nodes",
        keys: ({ type, object, old }) => {
          const { name } = object.metadata;
          if (type === "DELETED") heard.delete(name);
          else if (heartbeatOf(object) !== heartbeatOf(old)) heard.set(name, clock.now());
          return [name];
        },
      },
      {
        type: leases,
        keys: ({ type, object }) => {
          const { namespace, name } = object.metadata;
          if (type === "DELETED" || namespace !== leaseNamespace) return [];
          heard.set(name, clock.now());
          return [];
        },
      },
    ],
    async reconcile(name) {
      const node = stores.of("nodes").get("", name);
      if (!node || node.metadata.deletionTimestamp) return undefined;
      const now = clock.now();
      const last = heard.get(name) ?? parseTime(node.metadata.creationTimestamp);
      const ready = findCondition(node.status?.conditions, "Ready");
      const limit = ready ? grace : startupGrace;
      let current = node;
      if (now - last >= limit && ready?.status !== "Unknown") {
        current = await markUnknown(deps, node);
        events.event(node, "Normal", "NodeNotReady", `Node ${name} status is now: NodeNotReady`);
      }
      const taints = taintsFor(current, now);
      if (taints !== current.spec?.taints && (taints.length || current.spec?.taints?.length)) {
        const { resourceVersion } = current.metadata;
        const body = { metadata: { resourceVersion }, spec: { taints: taints.length ? taints : null } };
        stores.of("nodes").observe(await client.patch("nodes", "", name, "merge", body));
      }
      const status = findCondition(current.status?.conditions, "Ready")?.status;
      if (status !== undefined && status !== "True") await markPodsNotReady(deps, name);
      return status === "Unknown" ? undefined : Math.max(1000, last + limit - now);
    },
  };
}

/** The heartbeat the kubelet wrote last; none if the status says that it is silent. */
function heartbeatOf(node: KubeObject | undefined): string | undefined {
  const ready = findCondition(node?.status?.conditions, "Ready") as (Condition & { lastHeartbeatTime?: string }) | undefined;
  return ready && ready.status !== "Unknown" ? ready.lastHeartbeatTime : undefined;
}

async function markUnknown({ client, stores, clock }: ControllerDeps, node: KubeObject): Promise<KubeObject> {
  const now = clock.now();
  let conditions: Condition[] = node.status?.conditions ?? [];
  for (const type of monitored) {
    const present = findCondition(conditions, type);
    if (present?.status === "Unknown") continue;
    const verdict = present
      ? { reason: "NodeStatusUnknown", message: "Kubelet stopped posting node status." }
      : { reason: "NodeStatusNeverUpdated", message: "Kubelet never posted node status." };
    const lastHeartbeatTime = (present as { lastHeartbeatTime?: string } | undefined)?.lastHeartbeatTime ?? node.metadata.creationTimestamp;
    conditions = withCondition(conditions, { type, status: "Unknown", ...verdict, lastHeartbeatTime } as Condition, now);
  }
  const written = await client.updateStatus("nodes", { ...node, status: { ...node.status, conditions } });
  stores.of("nodes").observe(written);
  return written;
}

async function markPodsNotReady({ client, stores, clock, events, log }: ControllerDeps, node: string): Promise<void> {
  await Promise.all(
    stores.podsOn(node).map(async (pod) => {
      if (findCondition(pod.status?.conditions, "Ready")?.status !== "True") return;
      const condition = { type: "Ready", status: "False", lastTransitionTime: timestamp(clock.now()) };
      const { namespace = "", name } = pod.metadata;
      events.event(pod, "Warning", "NodeNotReady", "Node is not ready");
      try {
        const body = { status: { conditions: [condition] } };
        const written = await ignoreNotFound(client.patch("pods", namespace, name, "strategic", body, { subresource: "status" }));
        if (written) stores.pods.observe(written);
      } catch (error) {
        log.debug({ pod: name, error: errorText(error) }, "pod not marked");
      }
    }),
  );
}
