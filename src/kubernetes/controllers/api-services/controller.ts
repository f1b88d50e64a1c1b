// Keeps the Available condition of APIServices: of those served here, and of those that a service in the cluster stands for.
import { withCondition } from "../../runtime/conditions.ts";
import type { Controller, ControllerDeps } from "../../runtime/controller.ts";
import { sameSpec } from "../../runtime/hash.ts";
import { keyOf, splitKey } from "../../runtime/store.ts";
import { availabilityOf } from "./availability.ts";

const type = "apiservices.apiregistration.k8s.io";
const sliceType = "endpointslices.discovery.k8s.io";
const serviceLabel = "kubernetes.io/service-name";

/** The availability controller of kube-aggregator. */
export function apiServiceController({ client, stores, clock }: ControllerDeps): Controller {
  const referring = (namespace: string | undefined, name: string | undefined) =>
    stores
      .of(type)
      .list()
      .filter(({ spec }) => spec?.service?.namespace === namespace && spec.service.name === name)
      .map(keyOf);
  return {
    name: "available-condition",
    watches: [
      { type, keys: ({ object }) => [keyOf(object)] },
      { type: "services", keys: ({ object: { metadata } }) => referring(metadata.namespace, metadata.name) },
      { type: sliceType, keys: ({ object: { metadata } }) => referring(metadata.namespace, metadata.labels?.[serviceLabel]) },
    ],
    async reconcile(key) {
      const { name } = splitKey(key);
      const found = stores.of(type).get("", name);
      if (!found) return undefined;
      const { namespace = "", name: serviceName = "" } = found.spec?.service ?? {};
      const verdict = availabilityOf(found, {
        service: stores.of("services").get(namespace, serviceName),
        slices: stores
          .of(sliceType)
          .list(namespace)
          .filter(({ metadata }) => metadata.labels?.[serviceLabel] === serviceName),
        pod: (where, podName) => stores.pods.get(where, podName),
      });
      const conditions = withCondition(found.status?.conditions, verdict, clock.now());
      if (!sameSpec({ conditions }, found.status ?? {}))
        await client.updateStatus(type, { ...found, status: { ...found.status, conditions } });
      return undefined;
    },
  };
}
