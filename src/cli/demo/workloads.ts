// The demo's namespace, service accounts and deployments.
import type { KubernetesClient, KubernetesObject } from "./kubernetes.ts";
import { waitFor } from "./wait.ts";

/** Namespace of the demo's pods. */
export const NAMESPACE = "demo";
/** Service account with a Pod Identity association. */
export const POD_IDENTITY = "with-pod-identity";
/** Service account with a role annotation. */
export const IRSA = "with-irsa";

/** Makes namespace and service accounts. */
export async function createServiceAccounts(kubernetes: KubernetesClient, irsaRoleArn: string): Promise<void> {
  await kubernetes.create("/api/v1/namespaces", { apiVersion: "v1", kind: "Namespace", metadata: { name: NAMESPACE } });
  const account = (name: string, annotations = {}) =>
    kubernetes.create(`/api/v1/namespaces/${NAMESPACE}/serviceaccounts`, {
      apiVersion: "v1",
      kind: "ServiceAccount",
      metadata: { name, annotations },
    });
  await account(POD_IDENTITY);
  await account(IRSA, { "eks.amazonaws.com/role-arn": irsaRoleArn });
}

/** Makes one deployment per service account and waits until its pods run. Returns the pods. */
export async function createDeployments(kubernetes: KubernetesClient): Promise<KubernetesObject[]> {
  for (const name of [POD_IDENTITY, IRSA]) {
    await kubernetes.create(`/apis/apps/v1/namespaces/${NAMESPACE}/deployments`, {
      apiVersion: "apps/v1",
      kind: "Deployment",
      metadata: { name },
      spec: {
        replicas: 2,
        selector: { matchLabels: { app: name } },
        template: {
          metadata: { labels: { app: name } },
          spec: { serviceAccountName: name, containers: [{ name: "app", image: "public.ecr.aws/docker/library/busybox:stable" }] },
        },
      },
    });
  }
  return waitFor("pods Running", async () => {
    const pods = await kubernetes.list(`/api/v1/namespaces/${NAMESPACE}/pods`);
    return pods.length === 4 && pods.every((pod) => pod.status.phase === "Running" && pod.status.podIP) ? pods : undefined;
  });
}
