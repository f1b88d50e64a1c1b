// The endpoints behind a TargetGroupBinding, from EndpointSlices or, for instances, from nodes.
import type { KubeObject } from "../../kubernetes/api/object.ts";
import type { KubeClient } from "../../kubernetes/client/client.ts";
import { instanceOf } from "../nodegroup/node-objects.ts";

/** An address or instance, with the port and transport protocol. */
export interface Target {
  readonly id: string;
  readonly port: number;
  readonly protocol: string;
}

interface ServicePort {
  readonly name?: string;
  readonly port: number;
  readonly nodePort?: number;
  readonly protocol?: string;
}

/** What should be registered now; undefined if the service or its port does not exist. */
export function endpointsOf(kube: KubeClient, { metadata, spec }: KubeObject): Target[] | undefined {
  const { namespace = "" } = metadata;
  const { name, port: wanted } = spec.serviceRef;
  const service = kube.get("services", namespace, name);
  const port: ServicePort | undefined = (service?.spec.ports ?? []).find(
    (each: ServicePort) => each.port === wanted || each.name === wanted,
  );
  if (!port) return undefined;
  const protocol = port.protocol ?? "TCP";
  if (spec.targetType === "instance") {
    if (port.nodePort === undefined) return [];
    return kube.list("nodes").flatMap((node) => (takesTraffic(node) ? [{ id: instanceOf(node), port: port.nodePort!, protocol }] : []));
  }
  const family = spec.ipAddressType === "ipv6" ? "IPv6" : "IPv4";
  const slices = kube.list("endpointslices.discovery.k8s.io", { namespace, labelSelector: `kubernetes.io/service-name=${name}` });
  const targets = slices.flatMap(({ addressType, ports = [], endpoints = [] }): Target[] => {
    if (addressType !== family) return [];
    const own = ports.find((each: { name?: string }) => (each.name ?? "") === (port.name ?? ""))?.port;
    if (own === undefined) return [];
    return endpoints.flatMap(({ addresses, conditions }: { addresses: string[]; conditions?: { ready?: boolean } }) =>
      conditions?.ready === false ? [] : [{ id: addresses[0]!, port: own, protocol }],
    );
  });
  return targets.filter((target, index) => targets.findIndex(({ id }) => id === target.id) === index);
}

/** Nodes that load balancers send to: ready, and not taken out (well-known label node.kubernetes.io/exclude-from-external-load-balancers). */
function takesTraffic({ metadata, spec, status }: KubeObject): boolean {
  if (metadata.labels?.["node.kubernetes.io/exclude-from-external-load-balancers"] !== undefined || !/\/i-/.test(spec?.providerID ?? ""))
    return false;
  return status?.conditions?.some((each: { type: string; status: string }) => each.type === "Ready" && each.status === "True") ?? false;
}
