// Keeps the status of resource quotas: what a namespace uses of what it may.
import type { KubeObject } from "../../api/object.ts";
import type { ResourceCatalog } from "../../runtime/catalog.ts";
import type { Controller, ControllerDeps, Watch } from "../../runtime/controller.ts";
import { sameSpec } from "../../runtime/hash.ts";
import { podAmounts } from "../../runtime/pod-resources.ts";
import { isPodFinished } from "../../runtime/pods.ts";
import { formatQuantity, milli } from "../../runtime/quantity.ts";
import { inScope } from "../../runtime/quota-scope.ts";
import { keyOf, splitKey } from "../../runtime/store.ts";

const type = "resourcequotas";
const counted: Record<string, string> = {
  configmaps: "configmaps",
  secrets: "secrets",
  services: "services",
  persistentvolumeclaims: "persistentvolumeclaims",
  replicationcontrollers: "replicationcontrollers",
  resourcequotas: "resourcequotas",
};
/** How often usage is computed anew even if nothing was seen to change (resourceQuotaSyncPeriod). */
const resyncEvery = 300_000;

/** The resource quota controller. Usage of types it does not watch is brought up to date with the resync. */
export function resourceQuotaController(deps: ControllerDeps, catalog: ResourceCatalog): Controller {
  const { client, stores } = deps;
  const quotasOf = (namespace: string | undefined) =>
    stores
      .of(type)
      .list(namespace ?? "")
      .map(keyOf);
  const watched = ["pods", ...Object.values(counted).filter((each) => each !== type)];
  const watches: Watch[] = watched.map((each) => ({
    type: each,
    keys: ({ type: event, object, old }) => {
      const matters = event !== "MODIFIED" || each !== "pods" || (old && isPodFinished(old) !== isPodFinished(object));
      return matters ? quotasOf(object.metadata.namespace) : [];
    },
  }));
  return {
    name: "resourcequota",
    watches: [{ type, keys: ({ object }) => [keyOf(object)] }, ...watches],
    resync: { every: resyncEvery, keys: () => stores.of(type).list().map(keyOf) },
    async reconcile(key) {
      const { namespace, name } = splitKey(key);
      const quota = stores.of(type).get(namespace, name);
      if (!quota || quota.metadata.deletionTimestamp) return undefined;
      const hard = (quota.spec?.hard ?? {}) as Record<string, string>;
      const used: Record<string, string> = {};
      for (const resource of Object.keys(hard)) used[resource] = formatQuantity(resource, usage(deps, catalog, quota, resource));
      const status = { hard, used };
      if (!sameSpec(status, quota.status ?? {})) stores.of(type).observe(await client.updateStatus(type, { ...quota, status }));
      return undefined;
    },
  };
}

/** Thousandths of one resource that a quota's namespace uses. */
export function usage({ stores }: ControllerDeps, catalog: ResourceCatalog, quota: KubeObject, resource: string): number {
  const namespace = quota.metadata.namespace!;
  const named = resource.startsWith("count/") ? resource.slice("count/".length) : counted[resource];
  if (named) {
    const served = catalog().some((each) => each.type === named && each.namespaced);
    return served || counted[named] ? stores.of(named).list(namespace).length * 1000 : 0;
  }
  if (resource.startsWith("services.")) return serviceUsage(stores.of("services").list(namespace), resource);
  const storage = /^(?:(.+)\.storageclass\.storage\.k8s\.io\/)?(requests\.storage|persistentvolumeclaims)$/.exec(resource);
  if (storage) return storageUsage(stores.of("persistentvolumeclaims").list(namespace), storage[1], storage[2] === "requests.storage");
  const pods = stores.pods.list(namespace).filter((pod) => !isPodFinished(pod) && inScope(quota, pod));
  if (resource === "pods") return pods.length * 1000;
  const field = resource.startsWith("limits.") ? "limits" : "requests";
  const name = resource.replace(/^(requests|limits)\./, "");
  return pods.reduce((sum, pod) => sum + (podAmounts(pod, field)[name] ?? 0), 0);
}

function serviceUsage(services: readonly KubeObject[], resource: string): number {
  const ports = services.flatMap((service) => service.spec?.ports ?? []);
  if (resource === "services.loadbalancers") return services.filter((service) => service.spec?.type === "LoadBalancer").length * 1000;
  if (resource === "services.nodeports") return ports.filter((port: any) => port.nodePort).length * 1000;
  return 0;
}

function storageUsage(claims: readonly KubeObject[], storageClass: string | undefined, bytes: boolean): number {
  const mine = claims.filter((claim) => storageClass === undefined || claim.spec?.storageClassName === storageClass);
  return mine.reduce((sum, claim) => sum + (bytes ? milli(claim.spec?.resources?.requests?.storage) : 1000), 0);
}
