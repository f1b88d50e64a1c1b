// Keeps the status of validating admission policies: which generation was looked at, and what its expressions get wrong about types.
import type { TypeNode } from "../../api/type-node.ts";
import type { ResourceCatalog } from "../../runtime/catalog.ts";
import type { Controller, ControllerDeps } from "../../runtime/controller.ts";
import { ignoreNotFound } from "../../runtime/errors.ts";
import { expressionWarnings } from "./type-warnings.ts";

const type = "validatingadmissionpolicies.admissionregistration.k8s.io";

/** Finds the type of a kind. */
export type FindType = (apiVersion: string, kind: string) => TypeNode | undefined;

/** The status controller of validating admission policies. Keys are names. */
export function policyStatusController({ client, stores }: ControllerDeps, catalog: ResourceCatalog, typeOf: FindType): Controller {
  return {
    name: "validatingadmissionpolicy-status",
    watches: [{ type, keys: ({ object }) => [object.metadata.name] }],
    async reconcile(name) {
      const policy = stores.of(type).get("", name);
      const observedGeneration = policy?.metadata.generation ?? 1;
      if (!policy || policy.metadata.deletionTimestamp || policy.status?.observedGeneration === observedGeneration) return undefined;
      const warnings = expressionWarnings(policy, catalog(), typeOf);
      const typeChecking = warnings.length ? { expressionWarnings: warnings } : {};
      const written = await ignoreNotFound(
        client.updateStatus(type, { ...policy, status: { ...policy.status, observedGeneration, typeChecking } }),
      );
      if (written) stores.of(type).observe(written);
      return undefined;
    },
  };
}
