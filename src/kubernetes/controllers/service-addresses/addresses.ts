// IPAddresses: one for every cluster IP of a Service, as the API server's allocator keeps them. Acts as the API server.
import type { Controller, ControllerDeps } from "../../runtime/controller.ts";
import { ignoreNotFound, isAlreadyExists } from "../../runtime/errors.ts";
import { keyOf, splitKey } from "../../runtime/store.ts";
import { ADDRESSES } from "./ranges.ts";

const family = "ipaddress.kubernetes.io/ip-family";
const managedBy = "ipaddress.kubernetes.io/managed-by";
const allocator = "ipallocator.k8s.io";

/** Keys are Services. */
export function serviceAddressesController({ client, stores }: ControllerDeps): Controller {
  stores.of(ADDRESSES).index("service", ({ metadata, spec }) => {
    const { resource, namespace, name } = spec?.parentRef ?? {};
    return resource === "services" && metadata.labels?.[managedBy] === allocator ? [`${namespace}/${name}`] : [];
  });
  return {
    name: "service-addresses",
    watches: [
      {
        type: "services",
        keys: ({ type, object, old }) => {
          const same = type === "MODIFIED" && JSON.stringify(old?.spec?.clusterIPs) === JSON.stringify(object.spec?.clusterIPs);
          return same ? [] : [keyOf(object)];
        },
      },
      {
        type: ADDRESSES,
        keys: ({ type, object }) => {
          const { resource, namespace, name } = object.spec?.parentRef ?? {};
          return type === "DELETED" && resource === "services" ? [`${namespace}/${name}`] : [];
        },
      },
    ],
    async reconcile(key) {
      const { namespace, name } = splitKey(key);
      const service = stores.of("services").get(namespace, name);
      const wanted: string[] = (service?.spec?.clusterIPs ?? []).filter((address: string) => address !== "None");
      for (const address of wanted) {
        if (stores.of(ADDRESSES).get("", address)) continue;
        const labels = { [family]: address.includes(":") ? "IPv6" : "IPv4", [managedBy]: allocator };
        const spec = { parentRef: { resource: "services", namespace, name } };
        const object = { apiVersion: "networking.k8s.io/v1", kind: "IPAddress", metadata: { name: address, labels }, spec };
        try {
          stores.of(ADDRESSES).observe(await client.create(ADDRESSES, "", object));
        } catch (error) {
          if (!isAlreadyExists(error)) throw error;
        }
      }
      for (const { metadata } of stores.of(ADDRESSES).by("service", key)) {
        if (!wanted.includes(metadata.name)) await ignoreNotFound(client.delete(ADDRESSES, "", metadata.name, { uid: metadata.uid }));
      }
      return undefined;
    },
  };
}
