// The endpoints of a service: its pods with their addresses, readiness, and ports by name.
import type { KubeObject } from "../../api/object.ts";
import { findCondition, isTrue } from "../../runtime/conditions.ts";
import { isPodFinished, isPodReady } from "../../runtime/pods.ts";
import { matchesMap } from "../../runtime/selectors.ts";
import type { Stores } from "../../runtime/stores.ts";

/** A port as endpoints carry it. */
export interface EndpointPort {
  readonly name: string;
  readonly port: number | undefined;
  readonly protocol: string;
  readonly appProtocol?: string;
}

/** A pod behind a service. */
export interface Backend {
  readonly pod: KubeObject;
  readonly ready: boolean;
  readonly serving: boolean;
  readonly terminating: boolean;
  readonly ports: readonly EndpointPort[];
}

/** The pods a service selects that have an address and have not finished, by name. */
export function backendsOf(stores: Stores, service: KubeObject): Backend[] {
  const unready = service.spec.publishNotReadyAddresses === true;
  return stores.pods
    .list(service.metadata.namespace)
    .filter((pod) => matchesMap(service.spec.selector, pod.metadata.labels) && pod.status?.podIP && !isPodFinished(pod))
    .sort((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1))
    .map((pod) => {
      const serving = isPodReady(pod);
      const terminating = !!pod.metadata.deletionTimestamp;
      return { pod, serving, terminating, ready: unready || (serving && !terminating), ports: portsFor(service, pod) };
    });
}

/** A service's ports at one pod: named target ports are looked up in its containers. */
export function portsFor(service: KubeObject, pod: KubeObject): EndpointPort[] {
  const result: EndpointPort[] = [];
  for (const { name = "", port, targetPort, protocol = "TCP", appProtocol } of service.spec.ports ?? []) {
    const target = targetPort ?? port;
    const number =
      typeof target === "number" && target !== 0 ? target : typeof target === "string" ? namedPort(pod, target, protocol) : port;
    if (number !== undefined) result.push({ name, port: number, protocol, ...(appProtocol ? { appProtocol } : {}) });
  }
  return result;
}

function namedPort(pod: KubeObject, name: string, protocol: string): number | undefined {
  const sidecars = (pod.spec.initContainers ?? []).filter((container: any) => container.restartPolicy === "Always");
  for (const container of [...pod.spec.containers, ...sidecars]) {
    const found = container.ports?.find((port: any) => port.name === name && (port.protocol ?? "TCP") === protocol);
    if (found) return found.containerPort;
  }
  return undefined;
}

/** Reference to a pod, as endpoints carry it. */
export function podReference({ metadata: { namespace, name, uid } }: KubeObject): object {
  return { kind: "Pod", namespace, name, uid };
}

/** Does a change of a pod concern endpoints at all. */
export function concernsEndpoints(a: KubeObject, b: KubeObject): boolean {
  return (
    a.status?.podIP !== b.status?.podIP ||
    a.status?.phase !== b.status?.phase ||
    isTrue(a.status?.conditions, "Ready") !== isTrue(b.status?.conditions, "Ready") ||
    a.metadata.deletionTimestamp !== b.metadata.deletionTimestamp ||
    a.spec.nodeName !== b.spec.nodeName ||
    JSON.stringify(a.metadata.labels) !== JSON.stringify(b.metadata.labels) ||
    !findCondition(a.status?.conditions, "Ready")
  );
}
