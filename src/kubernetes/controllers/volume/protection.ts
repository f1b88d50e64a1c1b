// Claims in use and bound volumes that are deleted stay until they are no longer needed (StorageObjectInUseProtection).
import type { KubeObject, ResourceType } from "../../api/object.ts";
import { claimsOf } from "../../runtime/claims.ts";
import type { Controller, ControllerDeps, Watch } from "../../runtime/controller.ts";
import { ignoreNotFound } from "../../runtime/errors.ts";
import { isPodFinished } from "../../runtime/pods.ts";
import { keyOf, splitKey } from "../../runtime/store.ts";

/** The PVC protection controller: an unfinished pod with a node uses its claims. */
export function claimProtectionController(deps: ControllerDeps): Controller {
  const podWatch: Watch = {
    type: "pods",
    keys: ({ type, object }) =>
      type === "DELETED" || isPodFinished(object) ? claimsOf(object).map((name) => `${object.metadata.namespace}/${name}`) : [],
  };
  const used = ({ metadata: { namespace = "", name } }: KubeObject) =>
    deps.stores.pods.list(namespace).some((pod) => pod.spec?.nodeName && !isPodFinished(pod) && claimsOf(pod).includes(name));
  return protection(deps, "persistentvolumeclaims", "kubernetes.io/pvc-protection", used, [podWatch]);
}

/** The PV protection controller: a bound volume is in use. */
export function volumeProtectionController(deps: ControllerDeps): Controller {
  return protection(deps, "persistentvolumes", "kubernetes.io/pv-protection", ({ status }) => status?.phase === "Bound");
}

function protection(
  { client, stores }: ControllerDeps,
  type: ResourceType,
  finalizer: string,
  used: (object: KubeObject) => boolean,
  watches: readonly Watch[] = [],
): Controller {
  return {
    name: `${finalizer.slice("kubernetes.io/".length)}`,
    watches: [{ type, keys: ({ object }) => [keyOf(object)] }, ...watches],
    async reconcile(key) {
      const { namespace, name } = splitKey(key);
      const object = stores.of(type).get(namespace, name);
      if (!object?.metadata.deletionTimestamp || !object.metadata.finalizers?.includes(finalizer) || used(object)) return undefined;
      const finalizers = object.metadata.finalizers.filter((each) => each !== finalizer);
      await ignoreNotFound(client.update(type, { ...object, metadata: { ...object.metadata, finalizers } }));
      return undefined;
    },
  };
}
