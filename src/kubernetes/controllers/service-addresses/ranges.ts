// ServiceCIDRs: marks them ready for Services, and keeps those being deleted while Services have addresses that only they cover.
import type { KubeObject } from "../../api/object.ts";
import { withCondition } from "../../runtime/conditions.ts";
import type { Controller, ControllerDeps } from "../../runtime/controller.ts";
import { ignoreNotFound } from "../../runtime/errors.ts";
import { addressValue, parseRange } from "../../server/kinds/service-range.ts";

export const RANGES = "servicecidrs.networking.k8s.io";
export const ADDRESSES = "ipaddresses.networking.k8s.io";
const finalizer = "networking.k8s.io/service-cidr-finalizer";
const still = "There are still IPAddresses referencing the ServiceCIDR, please remove them or create a new ServiceCIDR";

const covers = ({ spec }: KubeObject, address: string): boolean => {
  const value = addressValue(address);
  return (spec?.cidrs ?? []).some((cidr: string) => {
    const { first, size, six } = parseRange(cidr);
    return six === address.includes(":") && value !== undefined && value >= first && value < first + size;
  });
};

/** The service CIDR controller. Keys are ServiceCIDRs. */
export function serviceRangesController({ client, stores, clock }: ControllerDeps): Controller {
  const leaving = () =>
    stores
      .of(RANGES)
      .list()
      .filter(({ metadata }) => metadata.deletionTimestamp)
      .map(({ metadata }) => metadata.name);
  const inUse = (range: KubeObject) => {
    const others = stores
      .of(RANGES)
      .list()
      .filter(({ metadata }) => metadata.uid !== range.metadata.uid && !metadata.deletionTimestamp);
    return stores
      .of(ADDRESSES)
      .list()
      .some(({ metadata: { name } }) => covers(range, name) && !others.some((other) => covers(other, name)));
  };
  const tell = async (range: KubeObject, status: "True" | "False", reason: string, message: string) => {
    const conditions = withCondition(range.status?.conditions, { type: "Ready", status, reason, message }, clock.now());
    if (JSON.stringify(conditions) === JSON.stringify(range.status?.conditions)) return;
    const written = await ignoreNotFound(client.updateStatus(RANGES, { ...range, status: { ...range.status, conditions } }));
    if (written) stores.of(RANGES).observe(written);
  };
  return {
    name: "service-cidrs",
    watches: [
      { type: RANGES, keys: ({ object }) => [object.metadata.name, ...leaving()] },
      { type: ADDRESSES, keys: ({ type }) => (type === "DELETED" ? leaving() : []) },
    ],
    async reconcile(name) {
      const range = stores.of(RANGES).get("", name);
      if (!range) return undefined;
      const { finalizers = [], deletionTimestamp } = range.metadata;
      if (!deletionTimestamp) {
        let current = range;
        if (!finalizers.includes(finalizer)) {
          current = await client.update(RANGES, { ...range, metadata: { ...range.metadata, finalizers: [...finalizers, finalizer] } });
          stores.of(RANGES).observe(current);
        }
        await tell(
          current,
          "True",
          "",
          name === "kubernetes" ? "Kubernetes default Service CIDR is ready" : "Kubernetes Service CIDR is ready",
        );
        return undefined;
      }
      if (!finalizers.includes(finalizer)) return undefined;
      if (inUse(range)) {
        await tell(range, "False", "Terminating", still);
        return undefined;
      }
      const rest = finalizers.filter((each) => each !== finalizer);
      await ignoreNotFound(client.update(RANGES, { ...range, metadata: { ...range.metadata, finalizers: rest } }));
      return undefined;
    },
  };
}
