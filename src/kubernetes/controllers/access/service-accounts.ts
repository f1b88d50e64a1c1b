// Gives every namespace its `default` service account.
import type { Controller, ControllerDeps } from "../../runtime/controller.ts";
import { makeAccount } from "./make-account.ts";

const names = ["default"];

/** The service account controller. Keys are namespaces. */
export function serviceAccountController(deps: ControllerDeps): Controller {
  const { stores } = deps;
  return {
    name: "service-account",
    watches: [
      { type: "namespaces", keys: ({ object }) => [object.metadata.name] },
      { type: "serviceaccounts", keys: ({ type, object }) => (type === "DELETED" ? [object.metadata.namespace!] : []) },
    ],
    async reconcile(namespace) {
      const home = stores.of("namespaces").get("", namespace);
      if (!home || home.metadata.deletionTimestamp || home.status?.phase === "Terminating") return undefined;
      for (const name of names) await makeAccount(deps, namespace, name);
      return undefined;
    },
  };
}
