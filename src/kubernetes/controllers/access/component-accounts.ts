// Keeps the service accounts of kube-system that the controllers act as: each controller of kube-controller-manager has one.
import type { Controller, ControllerDeps } from "../../runtime/controller.ts";
import { makeAccount } from "./make-account.ts";

const namespace = "kube-system";
const prefix = "system:controller:";
const roles = "clusterroles.rbac.authorization.k8s.io";
/** Roles without a controller on EKS: VPC routes are not made by it, and SELinux warnings are off by default. */
const unused = new Set(["route-controller", "selinux-warning-controller"]);

/** Makes an account for every role of a controller, and makes it anew when somebody deletes it. Keys are names. */
export function componentAccountsController(deps: ControllerDeps): Controller {
  const { stores } = deps;
  const accountOf = (role: string) => {
    const name = role.startsWith(prefix) ? role.slice(prefix.length) : "";
    return name && !unused.has(name) ? [name] : [];
  };
  return {
    name: "component-accounts",
    watches: [
      { type: roles, keys: ({ type, object }) => (type === "ADDED" ? accountOf(object.metadata.name) : []) },
      {
        type: "serviceaccounts",
        keys: ({ type, object: { metadata } }) => (type === "DELETED" && metadata.namespace === namespace ? [metadata.name] : []),
      },
    ],
    async reconcile(name) {
      if (!stores.of(roles).get("", prefix + name) || unused.has(name)) return undefined;
      if (stores.of("namespaces").get("", namespace)) await makeAccount(deps, namespace, name);
      return undefined;
    },
  };
}
