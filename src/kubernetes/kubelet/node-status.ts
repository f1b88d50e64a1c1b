// The node object a kubelet registers and keeps: labels, addresses, capacity, conditions.
import type { KubeObject, NewObject } from "../api/object.ts";
import { type Condition, findCondition } from "../runtime/conditions.ts";
import { timestamp } from "../runtime/time.ts";
import type { NodeFacts } from "./types.ts";

/** Why the node's network is not ready, or undefined when it is. */
export type NetworkState = () => string | undefined;

const healthy: readonly [type: string, reason: string, message: string][] = [
  ["MemoryPressure", "KubeletHasSufficientMemory", "kubelet has sufficient memory available"],
  ["DiskPressure", "KubeletHasNoDiskPressure", "kubelet has no disk pressure"],
  ["PIDPressure", "KubeletHasSufficientPID", "kubelet has sufficient PID available"],
];

/** The node as it registers. */
export function newNode(facts: NodeFacts): NewObject {
  return {
    apiVersion: "v1",
    kind: "Node",
    metadata: {
      name: facts.name,
      labels: { ...facts.labels },
      annotations: { "volumes.kubernetes.io/controller-managed-attach-detach": "true", ...facts.annotations },
    },
    spec: { providerID: facts.providerId, ...(facts.taints.length ? { taints: facts.taints.map((taint) => ({ ...taint })) } : {}) },
  };
}

/** Resources that somebody else advertised on the node, which the kubelet makes allocatable as they are. */
export function extendedResources(facts: NodeFacts, node: KubeObject | undefined): Record<string, string> {
  const capacity: Record<string, string> = node?.status?.capacity ?? {};
  return Object.fromEntries(Object.entries(capacity).filter(([name]) => name.includes("/") && facts.capacity[name] === undefined));
}

/** The machine's part of the status, and what is advertised besides. */
export function machineStatus(facts: NodeFacts, extended: Readonly<Record<string, string>> = {}): any {
  return {
    addresses: facts.addresses.map((address) => ({ ...address })),
    capacity: { ...facts.capacity },
    allocatable: { ...facts.allocatable, ...extended },
    nodeInfo: { ...facts.nodeInfo },
    daemonEndpoints: { kubeletEndpoint: { Port: 10250 } },
  };
}

/** Conditions as of `now`. `unready` is the reason the network gives for not being ready. */
export function nodeConditions(node: KubeObject | undefined, unready: string | undefined, now: number): Condition[] {
  const verdicts: Condition[] = healthy.map(([type, reason, message]) => ({ type, status: "False", reason, message }));
  const network = `container runtime network not ready: NetworkReady=false reason:NetworkPluginNotReady message:Network plugin returns error: ${unready}`;
  verdicts.push(
    unready === undefined
      ? { type: "Ready", status: "True", reason: "KubeletReady", message: "kubelet is posting ready status" }
      : { type: "Ready", status: "False", reason: "KubeletNotReady", message: network },
  );
  return verdicts.map((verdict) => {
    const present = findCondition(node?.status?.conditions, verdict.type);
    const kept = present?.status === verdict.status ? present.lastTransitionTime : undefined;
    return { ...verdict, lastHeartbeatTime: timestamp(now), lastTransitionTime: kept ?? timestamp(now) } as Condition;
  });
}
