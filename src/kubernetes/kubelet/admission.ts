// Whether a kubelet takes a pod that was bound to its node: the last check of capacity, ports and node affinity.
import type { KubeObject } from "../api/object.ts";
import { nodeMatches } from "../runtime/node-affinity.ts";
import { type Amounts, add, hostPorts, podAmounts, portsConflict } from "../runtime/pod-resources.ts";
import { milli } from "../runtime/quantity.ts";

/** Why a pod was refused; becomes its status and an event. */
export interface Rejection {
  readonly reason: string;
  readonly message: string;
}

/** Judges `pod` beside the pods already taken. Undefined means welcome. */
export function admit(
  pod: KubeObject,
  node: KubeObject | undefined,
  allocatable: Readonly<Record<string, string>>,
  others: readonly KubeObject[],
): Rejection | undefined {
  if (node && !nodeMatches(pod, node)) {
    return {
      reason: "NodeAffinity",
      message: "Pod was rejected: Predicate NodeAffinity failed: node(s) didn't match Pod's node affinity/selector",
    };
  }
  const slots = milli(allocatable.pods) / 1000;
  if (allocatable.pods !== undefined && others.length + 1 > slots) return tooMuch("pods", 1, others.length, slots);
  const used: Amounts = {};
  for (const other of others) add(used, podAmounts(other));
  for (const [name, amount] of Object.entries(podAmounts(pod))) {
    // What the node does not know is left to whoever manages it, as the kubelet does with extended resources.
    if (name.includes("/") && allocatable[name] === undefined) continue;
    const has = milli(allocatable[name]);
    if (amount === 0 || amount + (used[name] ?? 0) <= has) continue;
    // cpu is told in thousandths, everything else in whole units.
    const scale = name === "cpu" ? 1 : 1000;
    return tooMuch(name, amount / scale, (used[name] ?? 0) / scale, has / scale);
  }
  const ports = hostPorts(pod);
  const taken = ports.length ? others.flatMap((other) => hostPorts(other)) : [];
  if (ports.some((port) => taken.some((other) => portsConflict(port, other)))) {
    return {
      reason: "NodePorts",
      message: "Pod was rejected: Predicate NodePorts failed: node(s) didn't have free ports for the requested pod ports",
    };
  }
  return undefined;
}

function tooMuch(resource: string, requested: number, used: number, capacity: number): Rejection {
  const message = `Pod was rejected: Node didn't have enough resource: ${resource}, requested: ${requested}, used: ${used}, capacity: ${capacity}`;
  return { reason: `OutOf${resource}`, message };
}
