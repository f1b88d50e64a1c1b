// Service accounts that controllers keep in being.
import type { ControllerDeps } from "../../runtime/controller.ts";
import { isAlreadyExists, isNamespaceTerminating } from "../../runtime/errors.ts";

/** Makes a service account unless it is there, or its namespace is about to go. Throws StatusError. */
export async function makeAccount({ client, stores }: ControllerDeps, namespace: string, name: string): Promise<void> {
  const accounts = stores.of("serviceaccounts");
  if (accounts.get(namespace, name)) return;
  try {
    const account = { apiVersion: "v1", kind: "ServiceAccount", metadata: { name, namespace } };
    accounts.observe(await client.create("serviceaccounts", namespace, account));
  } catch (error) {
    if (!isAlreadyExists(error) && !isNamespaceTerminating(error)) throw error;
  }
}
