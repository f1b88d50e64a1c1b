// The end of a NodeClaim: its node is drained, its instance terminated, then nothing of it is left (Karpenter documentation, "Disruption").
import { NODE_CLAIMS } from "../../clusters/auto-mode/built-in.ts";
import { durationMs } from "../../clusters/auto-mode/duration.ts";
import type { KubeObject } from "../../kubernetes/api/object.ts";
import { parseTime } from "../../kubernetes/runtime/time.ts";
import { evictPods, mustLeave, unlessGone } from "../nodegroup/node-objects.ts";
import { DISRUPTED, TERMINATION } from "./claims.ts";
import type { AutoCluster } from "./context.ts";
import { instanceIdOf, lives, terminateManaged } from "./instances.ts";
import type { Held } from "./lifecycle.ts";
import { judged, no, type Verdict, writeStatus, yes } from "./status.ts";

interface NodeTaint {
  readonly key: string;
  readonly effect: string;
}

/** Adds the taint that keeps new pods away, and takes the node out of load balancers. */
export async function markDisrupted({ kube }: AutoCluster, node: KubeObject): Promise<void> {
  const taints: NodeTaint[] = node.spec?.taints ?? [];
  if (taints.some(({ key }) => key === DISRUPTED.key)) return;
  const body = {
    metadata: { labels: { "node.kubernetes.io/exclude-from-external-load-balancers": "karpenter" } },
    spec: { taints: [...taints, DISRUPTED] },
  };
  await kube.patch("nodes", "", node.metadata.name, "merge", body).catch(unlessGone);
}

/** Takes the taint away again. */
export async function unmarkDisrupted({ kube }: AutoCluster, node: KubeObject): Promise<void> {
  const taints: NodeTaint[] = node.spec?.taints ?? [];
  if (!taints.some(({ key }) => key === DISRUPTED.key)) return;
  const body = {
    metadata: { labels: { "node.kubernetes.io/exclude-from-external-load-balancers": null } },
    spec: { taints: taints.filter(({ key }) => key !== DISRUPTED.key) },
  };
  await kube.patch("nodes", "", node.metadata.name, "merge", body).catch(unlessGone);
}

/** One step of a claim being deleted. True when nothing of it is left. */
export async function terminate(auto: AutoCluster, { claim, node, instance }: Held): Promise<boolean> {
  const { deps, kube, cluster } = auto;
  const verdict = (...verdicts: Verdict[]) => {
    const conditions = judged(claim, verdicts, [], deps.clock.now()).filter(({ type }) => type !== "Ready");
    const ready = claim.status?.conditions?.filter(({ type }: { type: string }) => type === "Ready") ?? [];
    return writeStatus(kube, NODE_CLAIMS, claim, { conditions: [...conditions, ...ready] });
  };
  if (node) {
    await markDisrupted(auto, node);
    if (lives(instance) && !(await drained(auto, claim, node))) {
      await verdict(no("Drained", "Draining", "Pods are being evicted"));
      return false;
    }
    if (lives(instance) && isAttached(auto, node) && !isOverdue(auto, claim)) {
      await verdict(yes("Drained"), no("VolumesDetached", "AwaitingVolumeDetachment", "Volumes are being detached"));
      return false;
    }
  }
  const instanceId = instanceIdOf(claim);
  if (instanceId !== "" && lives(instance)) {
    await verdict(yes("Drained"), yes("VolumesDetached"), yes("InstanceTerminating"));
    await deps.nodes.shutdown(instanceId);
    await terminateManaged(deps, cluster, instanceId);
    return false;
  }
  if (instance) return false;
  if (instanceId !== "") await deps.nodes.shutdown(instanceId);
  if (node) await forget(auto, "nodes", node);
  await forget(auto, NODE_CLAIMS, claim);
  return true;
}

/** Deletes an object and takes Auto Mode's finalizer off it. */
async function forget({ kube }: AutoCluster, type: string, object: KubeObject): Promise<void> {
  const { name, deletionTimestamp } = object.metadata;
  if (!deletionTimestamp) await kube.delete(type, "", name).catch(unlessGone);
  const finalizers = kube.get(type, "", name)?.metadata.finalizers?.filter((each) => each !== TERMINATION);
  if (finalizers) await kube.patch(type, "", name, "merge", { metadata: { finalizers } }).catch(unlessGone);
}

/** Whether the claim's grace period for pods is over. */
function isOverdue({ deps }: AutoCluster, claim: KubeObject): boolean {
  const grace = durationMs(claim.spec?.terminationGracePeriod);
  return grace !== undefined && deps.clock.now() >= parseTime(claim.metadata.deletionTimestamp) + grace;
}

/** Evicts what still runs, as far as disruption budgets let it; at the end of the grace period it is deleted. True when all have left. */
async function drained(auto: AutoCluster, claim: KubeObject, node: KubeObject): Promise<boolean> {
  const { kube, events, memory } = auto;
  const { name, uid } = node.metadata;
  const { left, refused } = await evictPods(kube, name);
  if (left === 0) return true;
  if (refused > 0 && memory.told.get(uid) !== "draining") {
    events.event(node, "Warning", "FailedDraining", `Failed to drain node, ${left} pods are waiting to be evicted`);
    memory.told.set(uid, "draining");
  }
  if (!isOverdue(auto, claim)) return false;
  for (const pod of kube.list("pods", { fieldSelector: `spec.nodeName=${name}` }).filter(mustLeave)) {
    const { namespace = "", name: podName } = pod.metadata;
    await kube.delete("pods", namespace, podName, { gracePeriodSeconds: 0 }).catch(unlessGone);
  }
  return kube.list("pods", { fieldSelector: `spec.nodeName=${name}` }).every((pod) => !mustLeave(pod));
}

/** Whether volumes are attached to the node. */
const isAttached = ({ kube }: AutoCluster, node: KubeObject): boolean =>
  kube.list("volumeattachments.storage.k8s.io").some(({ spec }) => spec?.nodeName === node.metadata.name);
