// NamespaceLifecycle: nothing is made in a namespace that is absent or ending, and the system's namespaces stay.
import { failure, forbidden, notFound } from "../api/status.ts";
import type { ObjectStorage } from "../storage/objects.ts";
import type { AdmissionPlugin } from "./types.ts";

const namespaces = { group: "", plural: "namespaces" };
const immortal = ["default", "kube-system", "kube-public"];

export function namespaceLifecycle(objects: ObjectStorage): AdmissionPlugin {
  return {
    name: "NamespaceLifecycle",
    mutate({ operation, namespace, group, resource, name }) {
      if (operation !== "CREATE" || !namespace) return;
      const found = objects.get(namespaces, "", namespace);
      if (!found) throw notFound(namespaces, namespace);
      if (!found.metadata.deletionTimestamp && found.status?.phase !== "Terminating") return;
      // Reviews and events may still come out of a namespace that ends.
      if (resource === "localsubjectaccessreviews") return;
      const refusal = forbidden(
        { group, plural: resource },
        name,
        `unable to create new content in namespace ${namespace} because it is being terminated`,
      );
      const cause = { reason: "NamespaceTerminating", message: `namespace ${namespace} is being terminated`, field: "metadata.namespace" };
      throw failure(403, "Forbidden", refusal.message, { ...refusal.status.details, causes: [cause] });
    },
    validate({ operation, group, resource, name }) {
      if (operation !== "DELETE" || group !== "" || resource !== "namespaces" || !immortal.includes(name)) return;
      throw forbidden(namespaces, name, "this namespace may not be deleted");
    },
  };
}
