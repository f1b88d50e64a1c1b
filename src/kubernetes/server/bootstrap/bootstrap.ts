// What a new cluster holds before anybody comes: system namespaces, priority classes, access control, APIServices, the kubernetes service.
import { isIP } from "node:net";
import { type NewObject, StatusError } from "../../api/object.ts";
import { bootstrapBindings, bootstrapNamespaced, bootstrapRoles } from "../../auth/bootstrap/objects.ts";
import { completed } from "../../auth/bootstrap/reconcile.ts";
import type { KubeClient } from "../../client/client.ts";
import { automanaged, builtInServices } from "../../schema/local-services.ts";
import { addressAt, parseRange } from "../kinds/service-range.ts";
import type { ApiServerOptions } from "../options.ts";

const apiServices = "apiservices.apiregistration.k8s.io";

/** Makes what is missing, and completes the roles and bindings that lost something; else what exists is left as it is. */
export async function bootstrap(client: KubeClient, options: ApiServerOptions): Promise<void> {
  const make = async (type: string, namespace: string, object: NewObject) => {
    const present = client.get(type, namespace, object.metadata.name as string);
    const better = present && completed(present, object);
    if (better) await client.update(type, better);
    if (present) return;
    try {
      await client.create(type, namespace, object);
    } catch (error) {
      if (!(error instanceof StatusError) || error.code !== 409) throw error;
    }
  };
  const minor = Number.parseInt(options.version.minor, 10);
  await Promise.all(
    ["default", "kube-system", "kube-public", "kube-node-lease"].map((name) =>
      make("namespaces", "", { apiVersion: "v1", kind: "Namespace", metadata: { name } }),
    ),
  );
  await Promise.all([
    ...bootstrapRoles(minor).map((role) => make("clusterroles.rbac.authorization.k8s.io", "", role)),
    ...priorityClasses.map((each) => make("priorityclasses.scheduling.k8s.io", "", each)),
    ...builtInServices(minor).map((each) => make(apiServices, "", each)),
    dropServices(client, minor),
  ]);
  await Promise.all(bootstrapBindings(minor).map((binding) => make("clusterrolebindings.rbac.authorization.k8s.io", "", binding)));
  for (const object of bootstrapNamespaced()) {
    const type = object.kind === "Role" ? "roles.rbac.authorization.k8s.io" : "rolebindings.rbac.authorization.k8s.io";
    await make(type, object.metadata.namespace as string, object);
  }
  if (minor >= 33) {
    const spec = { cidrs: [options.serviceCidr ?? "10.100.0.0/16"] };
    await make("servicecidrs.networking.k8s.io", "", {
      apiVersion: "networking.k8s.io/v1",
      kind: "ServiceCIDR",
      metadata: { name: "kubernetes" },
      spec,
    });
  }
  for (const object of kubernetesService(options)) await make(object.type, "default", object.object);
}

/** After a change of version: what the other one served and this one does not. */
async function dropServices(client: KubeClient, minor: number): Promise<void> {
  const served = new Set(builtInServices(minor).map(({ metadata }) => metadata.name));
  for (const { metadata } of client.list(apiServices))
    if (metadata.labels?.[automanaged] === "onstart" && !served.has(metadata.name)) await client.delete(apiServices, "", metadata.name);
}

const priorityClasses: readonly NewObject[] = [
  [
    "system-cluster-critical",
    2_000_000_000,
    "Used for system critical pods that must run in the cluster, but can be moved to another node if necessary.",
  ] as const,
  ["system-node-critical", 2_000_001_000, "Used for system critical pods that must not be moved from their current node."] as const,
].map(([name, value, description]) => ({
  apiVersion: "scheduling.k8s.io/v1",
  kind: "PriorityClass",
  metadata: { name },
  value,
  description,
}));

function kubernetesService(options: ApiServerOptions): { type: string; object: NewObject }[] {
  const labels = { component: "apiserver", provider: "kubernetes" };
  const clusterIP = addressAt(parseRange(options.serviceCidr ?? "10.100.0.0/16"), 1n);
  const service: NewObject = {
    apiVersion: "v1",
    kind: "Service",
    metadata: { name: "kubernetes", namespace: "default", labels },
    spec: { clusterIP, ports: [{ name: "https", port: 443, protocol: "TCP", targetPort: 443 }], type: "ClusterIP" },
  };
  const url = options.apiServerUrl ? new URL(options.apiServerUrl) : undefined;
  const host = url?.hostname.replace(/^\[|\]$/g, "") ?? "";
  const address = isIP(host) ? host : "127.0.0.1";
  const port = Number(url?.port || 443);
  const slice: NewObject = {
    apiVersion: "discovery.k8s.io/v1",
    kind: "EndpointSlice",
    metadata: { name: "kubernetes", namespace: "default", labels: { "kubernetes.io/service-name": "kubernetes" } },
    addressType: isIP(address) === 6 ? "IPv6" : "IPv4",
    endpoints: [{ addresses: [address], conditions: { ready: true } }],
    ports: [{ name: "https", port, protocol: "TCP" }],
  };
  const endpoints: NewObject = {
    apiVersion: "v1",
    kind: "Endpoints",
    metadata: { name: "kubernetes", namespace: "default", labels: { "endpointslice.kubernetes.io/skip-mirror": "true" } },
    subsets: [{ addresses: [{ ip: address }], ports: [{ name: "https", port, protocol: "TCP" }] }],
  };
  return [
    { type: "services", object: service },
    { type: "endpoints", object: endpoints },
    { type: "endpointslices.discovery.k8s.io", object: slice },
  ];
}
