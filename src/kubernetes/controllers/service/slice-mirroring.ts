// Mirrors Endpoints that people write for services without a selector into EndpointSlices, which is what everybody reads.
import { isIPv6 } from "node:net";
import type { KubeObject } from "../../api/object.ts";
import type { Controller, ControllerDeps } from "../../runtime/controller.ts";
import { ownerKeys } from "../../runtime/owners.ts";
import { keyOf, splitKey } from "../../runtime/store.ts";
import { keepSlices, managedBy, nameLabel, slices, type Wanted } from "./slices.ts";

const manager = "endpointslicemirroring-controller.k8s.io";
const skip = "endpointslice.kubernetes.io/skip-mirror";
const leader = "control-plane.alpha.kubernetes.io/leader";
/** Addresses of a subset beyond these are not mirrored (kube-controller-manager, mirroring-max-endpoints-per-subset). */
const perSubset = 1000;

/** The endpoint slice mirroring controller. Keys are Endpoints, which have their service's name. */
export function sliceMirroringController(deps: ControllerDeps): Controller {
  const { stores } = deps;
  return {
    name: "endpointslicemirroring",
    watches: [
      { type: "endpoints", keys: ({ object }) => [keyOf(object)] },
      { type: "services", keys: ({ object }) => [keyOf(object)] },
      { type: slices, keys: ({ type: event, object }) => (event === "ADDED" ? [] : ownerKeys(object, "Endpoints")) },
    ],
    async reconcile(key) {
      const { namespace, name } = splitKey(key);
      const endpoints = stores.of("endpoints").get(namespace, name);
      // Slices of Endpoints that are gone go with their owner.
      if (!endpoints || endpoints.metadata.deletionTimestamp) return undefined;
      const service = stores.of("services").get(namespace, name);
      const mirrored = service && !service.spec?.selector && isMirrored(endpoints);
      const present = stores
        .controlledBy(slices, endpoints.metadata.uid)
        .filter((slice) => slice.metadata.labels?.[managedBy] === manager && !slice.metadata.deletionTimestamp);
      const labels = { ...endpoints.metadata.labels, [nameLabel]: name, [managedBy]: manager };
      await keepSlices(deps, endpoints, labels, present, mirrored ? mirrorOf(endpoints) : []);
      return undefined;
    },
  };
}

function isMirrored({ metadata }: KubeObject): boolean {
  return metadata.labels?.[skip] !== "true" && metadata.annotations?.[leader] === undefined;
}

/** One slice for each subset and address family. */
function mirrorOf(endpoints: KubeObject): Wanted[] {
  const wanted: Wanted[] = [];
  for (const { addresses = [], notReadyAddresses = [], ports = [] } of endpoints.subsets ?? []) {
    const all = [
      ...addresses.map((address: any) => endpointOf(address, true)),
      ...notReadyAddresses.map((address: any) => endpointOf(address, false)),
    ].slice(0, perSubset);
    for (const addressType of ["IPv4", "IPv6"]) {
      const own = all.filter((endpoint) => isIPv6(endpoint.addresses[0]) === (addressType === "IPv6"));
      if (own.length > 0) wanted.push({ addressType, ports: ports.map(portOf), endpoints: own });
    }
  }
  return wanted;
}

const portOf = ({ name = "", port, protocol = "TCP", appProtocol }: any) => ({ name, port, protocol, ...(appProtocol && { appProtocol }) });

function endpointOf({ ip, hostname, nodeName, targetRef }: any, ready: boolean): any {
  return {
    addresses: [ip],
    conditions: { ready },
    ...(hostname && { hostname }),
    ...(targetRef && { targetRef }),
    ...(nodeName && { nodeName }),
  };
}
