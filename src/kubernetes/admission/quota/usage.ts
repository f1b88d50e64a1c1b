// What one object costs of a namespace's quotas, in thousandths by resource name (Kubernetes documentation, "Resource Quotas").
import type { KubeObject, NewObject } from "../../api/object.ts";
import { type Amounts, podAmounts } from "../../runtime/pod-resources.ts";
import { isPodFinished } from "../../runtime/pods.ts";
import { milli } from "../../runtime/quantity.ts";

const one = 1000;
const plain = new Set(["configmaps", "secrets", "services", "persistentvolumeclaims", "replicationcontrollers", "resourcequotas"]);

/** Usage of an object of a type such as `pods` or `deployments.apps`; undefined objects cost nothing. */
export function objectUsage(type: string, object: NewObject | KubeObject | undefined): Amounts {
  if (!object) return {};
  const usage: Amounts = { [`count/${type}`]: one };
  if (type === "pods") {
    if (isPodFinished(object as KubeObject)) return usage;
    usage.pods = one;
    addPodAmounts(usage, object);
  } else if (plain.has(type)) usage[type] = one;
  if (type === "services") {
    const { type: kind, ports = [], allocateLoadBalancerNodePorts = true } = object.spec ?? {};
    const open = kind === "NodePort" || (kind === "LoadBalancer" && allocateLoadBalancerNodePorts);
    usage["services.nodeports"] = open ? ports.length * one : 0;
    usage["services.loadbalancers"] = kind === "LoadBalancer" ? one : 0;
  } else if (type === "persistentvolumeclaims") {
    const storage = milli(object.spec?.resources?.requests?.storage);
    usage["requests.storage"] = storage;
    const { storageClassName } = object.spec ?? {};
    if (storageClassName) {
      usage[`${storageClassName}.storageclass.storage.k8s.io/requests.storage`] = storage;
      usage[`${storageClassName}.storageclass.storage.k8s.io/persistentvolumeclaims`] = one;
    }
  }
  return usage;
}

function addPodAmounts(usage: Amounts, pod: NewObject | KubeObject): void {
  for (const [name, amount] of Object.entries(podAmounts({ spec: pod.spec }))) {
    usage[`requests.${name}`] = amount;
    if (["cpu", "memory", "ephemeral-storage"].includes(name)) usage[name] = amount;
  }
  for (const [name, amount] of Object.entries(podAmounts({ spec: pod.spec }, "limits"))) usage[`limits.${name}`] = amount;
}

const compute = new Map([
  ["cpu", ["requests", "cpu"]],
  ["memory", ["requests", "memory"]],
  ["ephemeral-storage", ["requests", "ephemeral-storage"]],
]);

/** `limits.cpu for: c1,c2` for every limited compute resource that containers of a new pod leave open. */
export function unspecified(pod: NewObject, limited: readonly string[]): string[] {
  const missing: string[] = [];
  for (const resource of [...limited].sort()) {
    const [field, name] = compute.get(resource) ?? /^(requests|limits)\.(cpu|memory)$/.exec(resource)?.slice(1) ?? [];
    if (!field || !name) continue;
    const open = [...(pod.spec?.containers ?? []), ...(pod.spec?.initContainers ?? [])].filter(
      (each: any) => each.resources?.[field]?.[name] === undefined && pod.spec?.resources?.[field]?.[name] === undefined,
    );
    if (open.length > 0) missing.push(`${resource} for: ${open.map((each: any) => each.name).join(",")}`);
  }
  return missing;
}
