// What users install to have resource metrics, reduced to what the API looks at.
import type { NewObject, ResourceType } from "../../src/kubernetes/api/object.ts";
import type { KubeClient } from "../../src/kubernetes/client/client.ts";

const labels = { "k8s-app": "metrics-server" };
const metadata = { name: "metrics-server", namespace: "default" };

/** A deployment of metrics-server, its service and its APIService. */
export const metricsServer: readonly [ResourceType, NewObject][] = [
  [
    "deployments.apps",
    {
      apiVersion: "apps/v1",
      kind: "Deployment",
      metadata,
      spec: {
        selector: { matchLabels: labels },
        template: {
          metadata: { labels },
          spec: { containers: [{ name: "metrics-server", image: "registry.k8s.io/metrics-server/metrics-server:v0.8.0" }] },
        },
      },
    },
  ],
  [
    "services",
    { apiVersion: "v1", kind: "Service", metadata, spec: { selector: labels, ports: [{ name: "https", port: 443, targetPort: 10250 }] } },
  ],
  ["apiservices.apiregistration.k8s.io", apiService("v1beta1.metrics.k8s.io", "metrics-server")],
];

/** An APIService served by a service of the default namespace. */
export function apiService(name: string, service: string): NewObject {
  const [version, ...group] = name.split(".");
  return {
    apiVersion: "apiregistration.k8s.io/v1",
    kind: "APIService",
    metadata: { name },
    spec: {
      group: group.join("."),
      version,
      service: { name: service, namespace: "default" },
      groupPriorityMinimum: 100,
      versionPriority: 100,
      insecureSkipTLSVerify: true,
    },
  };
}

/** Installs it. */
export async function installMetricsServer(client: KubeClient): Promise<void> {
  for (const [type, object] of metricsServer) await client.create(type, object.metadata.namespace ?? "", object);
}
