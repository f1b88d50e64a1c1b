// Who the parts of the control plane are to the API server: their users, and the names under which they own fields.
import { masters } from "./chain.ts";
import type { UserInfo } from "./types.ts";

/** Finds the uid of a service account, if it exists. */
export type AccountUid = (namespace: string, name: string) => string | undefined;

/** Username of a controller of kube-controller-manager, which gives each its own credentials (`--use-service-account-credentials`). */
export const controllerUser = (account: string): string => `system:serviceaccount:kube-system:${account}`;

/** The controller manager itself, beside its controllers. */
export const CONTROLLER_MANAGER = "system:kube-controller-manager";
/** The API server's own loopback user, which may do everything. */
export const API_SERVER = "system:apiserver";
export const SCHEDULER = "system:kube-scheduler";

const accountPrefix = "system:serviceaccount:";
const nodePrefix = "system:node:";

/**
 * The user that a part of the control plane acts as. Groups are those its credentials would give it; a service account's uid is looked up
 * whenever it is asked for, because the account may not exist yet.
 */
export function componentUser(username: string, uidOf: AccountUid): UserInfo {
  if (username === API_SERVER) return { username, groups: [masters] };
  if (username.startsWith(nodePrefix)) return { username, groups: ["system:nodes", "system:authenticated"] };
  if (!username.startsWith(accountPrefix)) return { username, groups: ["system:authenticated"] };
  const [namespace = "", name = ""] = username.slice(accountPrefix.length).split(":");
  const groups = ["system:serviceaccounts", `system:serviceaccounts:${namespace}`, "system:authenticated"];
  return {
    ...{ username, groups },
    get uid() {
      return uidOf(namespace, name);
    },
  };
}

/** Field manager of a part of the control plane: the name of its program. */
export function componentManager(username: string): string {
  if (username === API_SERVER) return "kube-apiserver";
  if (username.startsWith(nodePrefix)) return "kubelet";
  if (username.startsWith(controllerUser(""))) return "kube-controller-manager";
  return username.slice(username.lastIndexOf(":") + 1);
}
