// Gives every namespace its `default` service account.
import type { Controller, ControllerDeps } from "../../runtime/controller.ts";
import { isAlreadyExists, isNamespaceTerminating } from "../../runtime/errors.ts";

const names = ["default"];

/** The service account controller. Keys are namespaces. */
export function serviceAccountController({ client, stores }: ControllerDeps): Controller {
  return {
    name: "service-account",
    watches: [
      { type: "namespaces", keys: ({ object }) => [object.metadata.name] },
      { type: "serviceaccounts", keys: ({ type, object }) => (type === "DELETED" ? [object.metadata.namespace!] : []) },
    ],
    async reconcile(namespace) {
      const home = stores.of("namespaces").get("", namespace);
      if (!home || home.metadata.deletionTimestamp || home.status?.phase === "Terminating") return undefined;
      for (const name of names) {
        if (stores.of("serviceaccounts").get(namespace, name)) continue;
        try {
          const account = { apiVersion: "v1", kind: "ServiceAccount", metadata: { name, namespace } };
          stores.of("serviceaccounts").observe(await client.create("serviceaccounts", namespace, account));
        } catch (error) {
          if (!isAlreadyExists(error) && !isNamespaceTerminating(error)) throw error;
        }
      }
      return undefined;
    },
  };
}
