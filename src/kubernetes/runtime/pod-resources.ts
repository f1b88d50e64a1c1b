// What a pod asks of a node: resources, host ports, and its quality-of-service class.
import type { KubeObject } from "../api/object.ts";
import { milli } from "./quantity.ts";

/** Amounts in thousandths by resource name. */
export type Amounts = Record<string, number>;

/**
 * A pod's effective request: the larger of its running containers (with sidecars) and any init step, plus overhead
 * (Kubernetes documentation, "Sidecar Containers", resource sharing). `field` picks requests or limits.
 */
export function podAmounts(pod: { spec?: any }, field: "requests" | "limits" = "requests"): Readonly<Amounts> {
  // Stored specifications are shared and never change, so their sums are kept.
  const known = sums[field].get(pod.spec);
  if (known) return known;
  const total = sumAmounts(pod, field);
  if (pod.spec) sums[field].set(pod.spec, total);
  return total;
}

const sums = { requests: new WeakMap<object, Amounts>(), limits: new WeakMap<object, Amounts>() };

function sumAmounts(pod: { spec?: any }, field: "requests" | "limits"): Amounts {
  const total: Amounts = {};
  const sidecars: Amounts = {};
  const peak: Amounts = {};
  for (const container of pod.spec?.containers ?? []) add(total, amounts(container, field));
  for (const container of pod.spec?.initContainers ?? []) {
    const own = amounts(container, field);
    if (container.restartPolicy === "Always") {
      add(total, own);
      add(sidecars, own);
      raise(peak, sidecars);
    } else {
      const step = { ...sidecars };
      add(step, own);
      raise(peak, step);
    }
  }
  raise(total, peak);
  if (pod.spec?.resources?.[field])
    for (const [name, value] of Object.entries(pod.spec.resources[field])) total[name] = milli(value as string);
  const overhead = pod.spec?.overhead as Record<string, string> | undefined;
  if (overhead)
    for (const [name, value] of Object.entries(overhead))
      if (field === "requests" || total[name]) total[name] = (total[name] ?? 0) + milli(value);
  return total;
}

function amounts(container: any, field: "requests" | "limits"): Amounts {
  const result: Amounts = {};
  for (const [name, value] of Object.entries(container.resources?.[field] ?? {})) result[name] = milli(value as string);
  // The API defaults requests to limits.
  if (field === "requests")
    for (const [name, value] of Object.entries(container.resources?.limits ?? {})) result[name] ??= milli(value as string);
  return result;
}

/** Adds `other` to `target`, times `sign`. */
export function add(target: Amounts, other: Readonly<Amounts>, sign = 1): void {
  for (const name in other) target[name] = (target[name] ?? 0) + sign * other[name]!;
}

function raise(target: Amounts, other: Readonly<Amounts>): void {
  for (const name in other) target[name] = Math.max(target[name] ?? 0, other[name]!);
}

/** Host ports of a pod as `protocol/ip/port`. */
export function hostPorts(pod: { spec?: any }): string[] {
  const ports: string[] = [];
  const containers = [
    ...(pod.spec?.containers ?? []),
    ...(pod.spec?.initContainers ?? []).filter((each: any) => each.restartPolicy === "Always"),
  ];
  for (const container of containers) {
    for (const { hostPort, containerPort, protocol = "TCP", hostIP = "0.0.0.0" } of container.ports ?? []) {
      const port = hostPort || (pod.spec.hostNetwork ? containerPort : 0);
      if (port) ports.push(`${protocol}/${hostIP}/${port}`);
    }
  }
  return ports;
}

/** Do two host ports exclude each other; the wildcard address excludes all. */
export function portsConflict(a: string, b: string): boolean {
  const [protocolA, ipA, portA] = a.split("/");
  const [protocolB, ipB, portB] = b.split("/");
  return protocolA === protocolB && portA === portB && (ipA === ipB || ipA === "0.0.0.0" || ipB === "0.0.0.0");
}

/** Guaranteed, Burstable or BestEffort, from cpu and memory of all containers. */
export function qosClass(pod: KubeObject): "Guaranteed" | "Burstable" | "BestEffort" {
  const containers = [...(pod.spec?.containers ?? []), ...(pod.spec?.initContainers ?? [])];
  let any = false;
  let guaranteed = true;
  for (const container of containers) {
    const requests = amounts(container, "requests");
    const limits = amounts(container, "limits");
    for (const name of ["cpu", "memory"]) {
      if (requests[name] || limits[name]) any = true;
      if (!limits[name] || requests[name] !== limits[name]) guaranteed = false;
    }
  }
  if (!any) return "BestEffort";
  return guaranteed ? "Guaranteed" : "Burstable";
}
