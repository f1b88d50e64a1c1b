// The Fargate scheduler of one cluster: a machine for every pod sent to it, none without a pod.
import type { KubeObject } from "../../kubernetes/api/object.ts";
import type { KubeClient } from "../../kubernetes/client/client.ts";
import { timestamp } from "../../kubernetes/runtime/time.ts";
import { childKey } from "../../services/eks/arn.ts";
import type { FargateProfileRecord } from "../../services/eks/fargate-records.ts";
import { canAssumePodExecutionRole } from "../../services/eks/fargate-rules.ts";
import { PROFILE_LABEL } from "../../services/eks/fargate-selection.ts";
import type { ClusterRecord } from "../../services/eks/records.ts";
import type { ControllerDeps } from "../deps.ts";
import { failureOf } from "../issues.ts";
import { bindWhenReady, bootMachine, makeMachine, removeMachine } from "./machines.ts";
import { machineSize } from "./size.ts";
import { unsupported } from "./unsupported.ts";

export const SCHEDULER = "fargate-scheduler";

/** Pods that are the Fargate scheduler's. */
export const fargatePods = (kube: KubeClient) => kube.list("pods", { fieldSelector: `spec.schedulerName=${SCHEDULER}` });

/**
 * Brings machines in step with pods. `told` remembers what each pod was told last, so that it is told once.
 * True if something is left that only time can mend.
 */
export async function schedule(
  deps: ControllerDeps,
  key: string,
  cluster: ClusterRecord,
  kube: KubeClient,
  told: Map<string, string>,
): Promise<boolean> {
  const { state } = deps;
  const pods = new Map(fargatePods(kube).map((pod) => [pod.metadata.uid, pod]));
  for (const uid of told.keys()) if (!pods.has(uid)) told.delete(uid);
  for (const machine of state.fargateMachines.list(`${key}/`)) {
    const pod = pods.get(machine.podUid);
    const profile = state.fargateProfiles.get(childKey(cluster, cluster.name, machine.profile));
    if (!pod || !profile) await removeMachine(deps, key, cluster, machine);
    else await bootMachine(deps, key, cluster, profile, machine);
  }
  let waiting = false;
  for (const pod of pods.values()) {
    if (pod.spec.nodeName || pod.metadata.deletionTimestamp || isDone(pod) || pod.spec.schedulingGates?.length) continue;
    const trouble = await serve(deps, key, cluster, kube, pod);
    const { uid } = pod.metadata;
    if (!trouble) told.delete(uid);
    else {
      waiting = true;
      if (told.get(uid) !== trouble) await tell(deps, kube, pod, trouble);
      told.set(uid, trouble);
    }
  }
  return waiting;
}

const isDone = (pod: KubeObject) => pod.status?.phase === "Succeeded" || pod.status?.phase === "Failed";

/** One step for one pod; answers why it cannot be served, if it cannot. */
async function serve(
  deps: ControllerDeps,
  key: string,
  cluster: ClusterRecord,
  kube: KubeClient,
  pod: KubeObject,
): Promise<string | undefined> {
  const { state } = deps;
  const name = pod.metadata.labels?.[PROFILE_LABEL] ?? "";
  const profile = state.fargateProfiles.get(childKey(cluster, cluster.name, name));
  if (profile?.status !== "ACTIVE") return `Misconfigured Fargate Profile: fargate profile ${name} is not active`;
  const known = state.fargateMachines.get(childKey(cluster, cluster.name, pod.metadata.uid));
  if (known) {
    await bindWhenReady(deps, kube, known);
    return undefined;
  }
  const refused = unsupported(pod);
  if (refused) return refused;
  const size = machineSize(pod);
  if (!size) return "Pod not supported on Fargate: the resources requested exceed the largest configuration";
  if (!(await canLaunch(deps, cluster, profile, pod))) {
    return `Misconfigured Fargate Profile: fargate profile ${name} blocked for new launches due to: Pod execution role is not found in auth config or does not have all required permissions for launching fargate pods`;
  }
  try {
    const machine = await makeMachine(deps, cluster, profile, pod, size);
    await bootMachine(deps, key, cluster, profile, machine);
    await bindWhenReady(deps, kube, machine);
    return undefined;
  } catch (error) {
    const failure = failureOf(error, 0);
    if (!failure) throw error;
    return `Misconfigured Fargate Profile: fargate profile ${name} blocked for new launches due to: ${failure.message}`;
  }
}

const canLaunch = (deps: ControllerDeps, cluster: ClusterRecord, profile: FargateProfileRecord, pod: KubeObject) =>
  canAssumePodExecutionRole(deps, cluster, profile, pod.metadata.uid);

/** A FailedScheduling event of the pod, and its condition. */
async function tell({ clock, log }: ControllerDeps, kube: KubeClient, pod: KubeObject, message: string): Promise<void> {
  const { name, namespace = "", uid } = pod.metadata;
  const now = timestamp(clock.now());
  const event = {
    apiVersion: "v1",
    kind: "Event",
    metadata: { generateName: `${name}.`, namespace },
    involvedObject: { apiVersion: "v1", kind: "Pod", name, namespace, uid },
    ...{ type: "Warning", reason: "FailedScheduling", message, count: 1, firstTimestamp: now, lastTimestamp: now },
    source: { component: SCHEDULER },
  };
  const condition = { type: "PodScheduled", status: "False", reason: "Unschedulable", message, lastTransitionTime: now };
  try {
    await kube.create("events", namespace, event);
    const conditions = (pod.status?.conditions ?? []).filter((each: { type: string }) => each.type !== "PodScheduled");
    const status = { status: { conditions: [...conditions, condition] } };
    await kube.patch("pods", namespace, name, "merge", status, { subresource: "status" });
  } catch (error) {
    // The pod or its namespace may be on its way out.
    log.debug({ pod: `${namespace}/${name}`, error }, "pod could not be told why it waits");
  }
}
