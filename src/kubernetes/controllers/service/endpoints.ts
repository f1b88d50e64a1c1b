// Keeps the Endpoints object of every service with a selector.
import type { KubeObject } from "../../api/object.ts";
import type { Controller, ControllerDeps } from "../../runtime/controller.ts";
import { ignoreNotFound, isAlreadyExists, isNamespaceTerminating } from "../../runtime/errors.ts";
import { canonical, sameSpec } from "../../runtime/hash.ts";
import { ownerKeys } from "../../runtime/owners.ts";
import { splitKey } from "../../runtime/store.ts";
import { timestamp } from "../../runtime/time.ts";
import { type Backend, backendsOf, podReference } from "./addresses.ts";
import { serviceWatches } from "./watches.ts";

const type = "endpoints";
const capacity = 1000;
const overCapacity = "endpoints.kubernetes.io/over-capacity";
const triggerTime = "endpoints.kubernetes.io/last-change-trigger-time";
const headless = "service.kubernetes.io/headless";
const managedBy = "endpoints.kubernetes.io/managed-by";

/** The endpoints controller. Keys are services. */
export function endpointsController(deps: ControllerDeps): Controller {
  const { client, stores, clock } = deps;
  return {
    name: "endpoint",
    watches: [
      ...serviceWatches(deps),
      {
        type,
        keys: ({ type: event, object }) =>
          event === "DELETED" ? [`${object.metadata.namespace}/${object.metadata.name}`] : ownerKeys(object, "Service"),
      },
    ],
    async reconcile(key) {
      const { namespace, name } = splitKey(key);
      const service = stores.of("services").get(namespace, name);
      const present = stores.of(type).get(namespace, name);
      if (!service) {
        if (present?.metadata.annotations?.[triggerTime] || present?.metadata.labels?.[managedBy])
          await ignoreNotFound(client.delete(type, namespace, name));
        return undefined;
      }
      if (!service.spec?.selector || service.spec.type === "ExternalName" || service.metadata.deletionTimestamp) return undefined;
      const backends = backendsOf(stores, service).filter(({ terminating }) => !terminating || service.spec.publishNotReadyAddresses);
      const subsets = subsetsOf(backends.slice(0, capacity), service);
      const labels: Record<string, string> = { ...service.metadata.labels, [managedBy]: "endpoint-controller" };
      if (service.spec.clusterIP === "None") labels[headless] = "";
      if (present && sameSpec(present.subsets ?? [], subsets) && sameSpec(present.metadata.labels ?? {}, labels)) return undefined;
      const annotations: Record<string, string> = { ...present?.metadata.annotations, [triggerTime]: timestamp(clock.now()) };
      if (backends.length > capacity) annotations[overCapacity] = "truncated";
      else delete annotations[overCapacity];
      const body = {
        apiVersion: "v1",
        kind: "Endpoints",
        metadata: { ...present?.metadata, name, namespace, labels, annotations },
        ...(subsets.length ? { subsets } : {}),
      };
      try {
        const written = present ? await client.update(type, body as KubeObject) : await client.create(type, namespace, body);
        stores.of(type).observe(written);
      } catch (error) {
        if (!isAlreadyExists(error) && !isNamespaceTerminating(error)) throw error;
      }
      return undefined;
    },
  };
}

/** Groups addresses that have the same ports. */
function subsetsOf(backends: readonly Backend[], service: KubeObject): any[] {
  const groups = new Map<string, { ports: readonly object[]; addresses: any[]; notReadyAddresses: any[] }>();
  for (const { pod, ready, ports } of backends) {
    if (!ports.length && service.spec.ports?.length) continue;
    const sorted = [...ports]
      .map(({ name, ...rest }) => ({ ...(name ? { name } : {}), ...rest }))
      .sort((a, b) => (canonical(a) < canonical(b) ? -1 : 1));
    const key = canonical(sorted);
    const group = groups.get(key) ?? { ports: sorted, addresses: [], notReadyAddresses: [] };
    groups.set(key, group);
    const hostname = pod.spec.hostname && pod.spec.subdomain === service.metadata.name ? { hostname: pod.spec.hostname } : {};
    const address = { ip: pod.status.podIP, nodeName: pod.spec.nodeName, targetRef: podReference(pod), ...hostname };
    (ready ? group.addresses : group.notReadyAddresses).push(address);
  }
  const byAddress = (a: any, b: any) => (a.ip < b.ip ? -1 : a.ip > b.ip ? 1 : 0);
  return [...groups.entries()]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, { ports, addresses, notReadyAddresses }]) => ({
      ...(addresses.length ? { addresses: addresses.sort(byAddress) } : {}),
      ...(notReadyAddresses.length ? { notReadyAddresses: notReadyAddresses.sort(byAddress) } : {}),
      ...(ports.length ? { ports } : {}),
    }));
}
