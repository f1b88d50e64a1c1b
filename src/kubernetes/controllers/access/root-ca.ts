// Publishes the cluster's CA in every namespace as config map `kube-root-ca.crt`, which projected service account volumes mount.
import type { TrustBundle } from "../../auth/trust-bundle.ts";
import type { Controller, ControllerDeps } from "../../runtime/controller.ts";
import { isAlreadyExists, isNamespaceTerminating } from "../../runtime/errors.ts";

const name = "kube-root-ca.crt";
const description =
  "Contains a CA bundle that can be used to verify the kube-apiserver when using internal endpoints such as the internal service IP or " +
  "kubernetes.default.svc. No other usage is guaranteed across distributions of Kubernetes clusters.";

/** The root CA publisher. Keys are namespaces; a change of the bundle concerns all of them. */
export function rootCaController({ client, stores }: ControllerDeps, bundle: TrustBundle): Controller {
  let subscription: { close(): void } | undefined;
  return {
    name: "root-ca-cert-publisher",
    watches: [
      { type: "namespaces", keys: ({ object }) => [object.metadata.name] },
      { type: "configmaps", keys: ({ object }) => (object.metadata.name === name ? [object.metadata.namespace!] : []) },
    ],
    start(enqueue) {
      subscription = bundle.watch(() => {
        for (const { metadata } of stores.of("namespaces").list()) enqueue(metadata.name);
      });
    },
    close: () => subscription?.close(),
    async reconcile(namespace) {
      const data = { "ca.crt": bundle.pem };
      const home = stores.of("namespaces").get("", namespace);
      if (!home || home.metadata.deletionTimestamp) return undefined;
      const present = stores.of("configmaps").get(namespace, name);
      const annotations = { "kubernetes.io/description": description };
      try {
        if (!present) {
          const map = { apiVersion: "v1", kind: "ConfigMap", metadata: { name, namespace, annotations }, data };
          stores.of("configmaps").observe(await client.create("configmaps", namespace, map));
        } else if (present.data?.["ca.crt"] !== bundle.pem || Object.keys(present.data).length !== 1) {
          const metadata = { ...present.metadata, annotations: { ...present.metadata.annotations, ...annotations } };
          stores.of("configmaps").observe(await client.update("configmaps", { ...present, metadata, data }));
        }
      } catch (error) {
        if (!isAlreadyExists(error) && !isNamespaceTerminating(error)) throw error;
      }
      return undefined;
    },
  };
}
