// ConfigMaps of kube-system that the API server publishes about itself: whom it trusts, and since when it tracks old tokens. Acts as the API server.
import type { TrustBundle } from "../../auth/trust-bundle.ts";
import type { Controller, ControllerDeps } from "../../runtime/controller.ts";
import { sameSpec } from "../../runtime/hash.ts";

const namespace = "kube-system";
const authentication = "extension-apiserver-authentication";
const tracking = "kube-apiserver-legacy-service-account-token-tracking";

/** Keys are names of the ConfigMaps. */
export function publishedConfigController({ client, stores, clock }: ControllerDeps, bundle: TrustBundle): Controller {
  const today = () => new Date(clock.now()).toISOString().slice(0, "2026-01-01".length);
  let subscription: { close(): void } | undefined;
  return {
    name: "published-config",
    start(enqueue) {
      for (const name of [authentication, tracking]) enqueue(name);
      subscription = bundle.watch(() => enqueue(authentication));
    },
    close: () => subscription?.close(),
    watches: [
      {
        type: "configmaps",
        keys: ({ object: { metadata } }) =>
          metadata.namespace === namespace && [authentication, tracking].includes(metadata.name) ? [metadata.name] : [],
      },
    ],
    async reconcile(name) {
      if (!stores.of("namespaces").get("", namespace)) return undefined;
      const present = stores.of("configmaps").get(namespace, name);
      const data = name === authentication ? { "client-ca-file": bundle.pem } : { since: present?.data?.since ?? today() };
      const map = { apiVersion: "v1", kind: "ConfigMap", metadata: { name, namespace }, data };
      if (!present) stores.of("configmaps").observe(await client.create("configmaps", namespace, map));
      else if (!sameSpec({ ...present.data, ...data }, present.data ?? {}))
        stores.of("configmaps").observe(await client.update("configmaps", { ...present, data: { ...present.data, ...data } }));
      return undefined;
    },
  };
}
