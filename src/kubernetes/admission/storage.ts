// Claims that grow: only those whose storage class lets them.
import { forbidden } from "../api/status.ts";
import { milli } from "../runtime/quantity.ts";
import type { ObjectStorage } from "../storage/objects.ts";
import type { AdmissionPlugin } from "./types.ts";

const claims = { group: "", plural: "persistentvolumeclaims" };
const classes = { group: "storage.k8s.io", plural: "storageclasses" };
const refusal = "only dynamically provisioned pvc can be resized and the storageclass that provisions the pvc must support resize";

/** PersistentVolumeClaimResize. */
export function claimResize(objects: ObjectStorage): AdmissionPlugin {
  return {
    name: "PersistentVolumeClaimResize",
    validate({ operation, group, resource, subresource, object, oldObject, name }) {
      if (operation !== "UPDATE" || group !== "" || resource !== claims.plural || subresource !== "") return;
      const size = (each: any) => milli(each?.spec?.resources?.requests?.storage);
      if (size(object) <= size(oldObject) || oldObject?.status?.phase !== "Bound") return;
      const className = oldObject.spec?.storageClassName;
      if (className && objects.get(classes, "", className)?.allowVolumeExpansion === true) return;
      throw forbidden(claims, name, refusal);
    },
  };
}
