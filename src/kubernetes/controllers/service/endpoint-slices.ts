// Keeps the EndpointSlices of every service with a selector: at most 100 endpoints each, by address family and ports.
import type { KubeObject } from "../../api/object.ts";
import type { Controller, ControllerDeps } from "../../runtime/controller.ts";
import { canonical } from "../../runtime/hash.ts";
import { ownerKeys } from "../../runtime/owners.ts";
import { splitKey } from "../../runtime/store.ts";
import { type Backend, backendsOf, podReference } from "./addresses.ts";
import { keepSlices, managedBy, nameLabel, slices, type Wanted } from "./slices.ts";
import { serviceWatches } from "./watches.ts";

const perSlice = 100;
const manager = "endpointslice-controller.k8s.io";
const headless = "service.kubernetes.io/headless";
const zoneLabel = "topology.kubernetes.io/zone";

/** The endpoint slice controller. Keys are services. */
export function endpointSliceController(deps: ControllerDeps): Controller {
  const { stores } = deps;
  return {
    name: "endpointslice",
    watches: [
      ...serviceWatches(deps),
      { type: slices, keys: ({ type: event, object }) => (event === "ADDED" ? [] : ownerKeys(object, "Service")) },
    ],
    async reconcile(key) {
      const { namespace, name } = splitKey(key);
      const service = stores.of("services").get(namespace, name);
      if (!service?.spec?.selector || service.spec.type === "ExternalName" || service.metadata.deletionTimestamp) return undefined;
      const present = stores
        .controlledBy(slices, service.metadata.uid)
        .filter((slice) => slice.metadata.labels?.[managedBy] === manager && !slice.metadata.deletionTimestamp);
      const labels: Record<string, string> = { ...service.metadata.labels, [nameLabel]: name, [managedBy]: manager };
      if (service.spec.clusterIP === "None") labels[headless] = "";
      await keepSlices(deps, service, labels, present, wantedSlices(deps, service));
      return undefined;
    },
  };
}

/** Slices for a service: per address family and set of ports, filled in order of pod name; an empty one if there is nothing. */
function wantedSlices({ stores }: ControllerDeps, service: KubeObject): Wanted[] {
  const families = (service.spec.ipFamilies ?? ["IPv4"]) as string[];
  const backends = backendsOf(stores, service);
  const wanted: Wanted[] = [];
  for (const family of families) {
    const groups = new Map<string, { ports: readonly object[]; endpoints: any[] }>();
    for (const backend of backends) {
      const addresses = addressesOf(backend.pod, family);
      if (!addresses.length) continue;
      const ports = backend.ports.map(({ name, port, protocol, appProtocol }) => ({
        name,
        port,
        protocol,
        ...(appProtocol ? { appProtocol } : {}),
      }));
      const key = canonical(ports);
      const group = groups.get(key) ?? { ports, endpoints: [] };
      groups.set(key, group);
      group.endpoints.push(endpointOf(stores.of("nodes").get("", backend.pod.spec.nodeName), backend, addresses, service));
    }
    if (!groups.size) wanted.push({ addressType: family, ports: [], endpoints: [] });
    for (const { ports, endpoints } of groups.values()) {
      for (let at = 0; at < endpoints.length; at += perSlice)
        wanted.push({ addressType: family, ports, endpoints: endpoints.slice(at, at + perSlice) });
    }
  }
  return wanted;
}

function addressesOf(pod: KubeObject, family: string): string[] {
  const ips = (pod.status.podIPs ?? [{ ip: pod.status.podIP }]).map(({ ip }: { ip: string }) => ip) as string[];
  const found = ips.find((ip) => ip.includes(":") === (family === "IPv6"));
  return found ? [found] : [];
}

function endpointOf(
  node: KubeObject | undefined,
  { pod, ready, serving, terminating }: Backend,
  addresses: string[],
  service: KubeObject,
): any {
  const zone = node?.metadata.labels?.[zoneLabel];
  const hostname = pod.spec.hostname && pod.spec.subdomain === service.metadata.name ? { hostname: pod.spec.hostname } : {};
  return {
    addresses,
    conditions: { ready, serving, terminating },
    ...hostname,
    targetRef: podReference(pod),
    ...(pod.spec.nodeName ? { nodeName: pod.spec.nodeName } : {}),
    ...(zone ? { zone } : {}),
  };
}
