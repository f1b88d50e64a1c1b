// ServiceAccount: every pod runs as one, and gets its token by a projected volume (spec identity §1.4).
import type { Random } from "../../base/random.ts";
import { randomString } from "../../base/random.ts";
import type { KubeObject, NewObject } from "../api/object.ts";
import { forbidden } from "../api/status.ts";
import type { ObjectStorage } from "../storage/objects.ts";
import type { AdmissionPlugin } from "./types.ts";

const accounts = { group: "", plural: "serviceaccounts" };
const pods = { group: "", plural: "pods" };
const mountPath = "/var/run/secrets/kubernetes.io/serviceaccount";
const alphabet = "bcdfghjklmnpqrstvwxz2456789";
/** Turns of the event loop granted to the controller that makes a new namespace's default account. */
const patience = 100;

export function serviceAccount(objects: ObjectStorage, random: Random): AdmissionPlugin {
  return {
    name: "ServiceAccount",
    async mutate(request) {
      const { operation, group, resource, subresource, namespace, name, object } = request;
      if (operation !== "CREATE" || group !== "" || resource !== "pods" || subresource !== "" || !object?.spec) return;
      // A mirror pod reflects a file on its node.
      if (object.metadata.annotations?.["kubernetes.io/config.mirror"]) return;
      const wanted = object.spec.serviceAccountName || "default";
      object.spec.serviceAccountName = wanted;
      object.spec.serviceAccount = wanted;
      let account = objects.get(accounts, namespace, wanted);
      for (let turn = 0; !account && wanted === "default" && turn < patience; turn++) {
        await new Promise((resolve) => setImmediate(resolve));
        account = objects.get(accounts, namespace, wanted);
      }
      if (!account)
        throw forbidden(pods, name, `error looking up service account ${namespace}/${wanted}: serviceaccount "${wanted}" not found`);
      if (!object.spec.imagePullSecrets?.length && account.imagePullSecrets?.length)
        object.spec.imagePullSecrets = structuredClone(account.imagePullSecrets);
      if (object.spec.automountServiceAccountToken ?? account.automountServiceAccountToken ?? true) mountToken(object, random);
    },
  };
}

function mountToken(pod: NewObject | KubeObject, random: Random): void {
  const containers = [...(pod.spec.containers ?? []), ...(pod.spec.initContainers ?? [])];
  const mounted = (container: any) => (container.volumeMounts ?? []).some((mount: any) => mount.mountPath === mountPath);
  const existing = (pod.spec.volumes ?? []).find((volume: any) => String(volume.name).startsWith("kube-api-access-"));
  const name = existing?.name ?? `kube-api-access-${randomString(random, alphabet, 5)}`;
  let used = false;
  for (const container of containers) {
    if (mounted(container)) continue;
    used = true;
    container.volumeMounts = [...(container.volumeMounts ?? []), { name, readOnly: true, mountPath }];
  }
  if (used && !existing) pod.spec.volumes = [...(pod.spec.volumes ?? []), { name, projected: tokenProjection() }];
}

function tokenProjection(): object {
  return {
    defaultMode: 420,
    sources: [
      { serviceAccountToken: { expirationSeconds: 3607, path: "token" } },
      { configMap: { name: "kube-root-ca.crt", items: [{ key: "ca.crt", path: "ca.crt" }] } },
      { downwardAPI: { items: [{ path: "namespace", fieldRef: { apiVersion: "v1", fieldPath: "metadata.namespace" } }] } },
    ],
  };
}
