// Controllers, scheduler and kubelets together on the real API server: what the fake does not do (defaults, validation, admission, node
// authorization, strategic patches) has to agree with what they send.
import assert from "node:assert/strict";
import { test } from "node:test";
import { findCondition } from "../../../src/kubernetes/runtime/conditions.ts";
import { deployment, podTemplate } from "../../support/fake-cluster.ts";
import { runningCluster } from "../running-cluster.ts";

test("workloads of every kind come up, change and go on the real API", async (t) => {
  const { client, create, until, network, warnings } = await runningCluster(t, 2);
  await until("nodes are ready and untainted", () =>
    client.list("nodes").every((node) => findCondition(node.status?.conditions, "Ready")?.status === "True" && !node.spec.taints?.length),
  );
  await until(
    "the default service account",
    () => !!client.get("serviceaccounts", "default", "default") && !!client.get("configmaps", "default", "kube-root-ca.crt"),
  );
  await create("services", {
    apiVersion: "v1",
    kind: "Service",
    metadata: { name: "web" },
    spec: { selector: { app: "web" }, ports: [{ port: 80 }] },
  });
  await create("deployments.apps", deployment("web", 4));
  await create("daemonsets.apps", {
    apiVersion: "apps/v1",
    kind: "DaemonSet",
    metadata: { name: "agent" },
    spec: { selector: { matchLabels: { app: "agent" } }, template: podTemplate({ app: "agent" }) },
  });
  await create("statefulsets.apps", {
    apiVersion: "apps/v1",
    kind: "StatefulSet",
    metadata: { name: "db" },
    spec: { replicas: 2, serviceName: "db", selector: { matchLabels: { app: "db" } }, template: podTemplate({ app: "db" }) },
  });
  await create("jobs.batch", {
    apiVersion: "batch/v1",
    kind: "Job",
    metadata: { name: "once" },
    spec: { completions: 2, parallelism: 2, template: podTemplate({}, "busybox", { restartPolicy: "Never" }) },
  });
  await until("the deployment", () => client.get("deployments.apps", "default", "web")!.status?.availableReplicas === 4);
  await until("the daemon set", () => client.get("daemonsets.apps", "default", "agent")!.status?.numberAvailable === 2);
  await until("the stateful set", () => client.get("statefulsets.apps", "default", "db")!.status?.availableReplicas === 2);
  await until(
    "the job",
    () => findCondition(client.get("jobs.batch", "default", "once")!.status?.conditions, "Complete")?.status === "True",
  );
  await until("the endpoints", () => client.get("endpoints", "default", "web")?.subsets?.[0]?.addresses?.length === 4);
  const slices = () =>
    client.list("endpointslices.discovery.k8s.io", { namespace: "default", labelSelector: "kubernetes.io/service-name=web" });
  await until("the slice", () => slices()[0]?.endpoints?.length === 4);
  await client.patch("deployments.apps", "default", "web", "merge", { spec: { template: podTemplate({ app: "web" }, "nginx:2") } });
  await until("the rollout", () => {
    const { status, metadata } = client.get("deployments.apps", "default", "web")!;
    return (
      status.observedGeneration === metadata.generation &&
      status.updatedReplicas === 4 &&
      status.replicas === 4 &&
      status.availableReplicas === 4
    );
  });
  for (const [type, name] of [
    ["deployments.apps", "web"],
    ["daemonsets.apps", "agent"],
    ["statefulsets.apps", "db"],
    ["jobs.batch", "once"],
  ] as const) {
    await client.delete(type, "default", name, { propagationPolicy: "Foreground" });
  }
  await until(
    "everything gone",
    () => client.list("pods").length === 0 && client.list("replicasets.apps").length === 0 && client.list("jobs.batch").length === 0,
  );
  await until("all addresses given back", () => network.held.size === 0);
  assert.deepEqual(warnings, []);
});

test("a namespace goes with everything in it", async (t) => {
  const { client, until } = await runningCluster(t, 1);
  await client.create("namespaces", "", { apiVersion: "v1", kind: "Namespace", metadata: { name: "shop" } });
  await until("its service account", () => !!client.get("serviceaccounts", "shop", "default"));
  await client.create("deployments.apps", "shop", { ...deployment("web", 2), metadata: { name: "web", namespace: "shop" } });
  await until("its pods", () => client.list("pods", { namespace: "shop" }).filter((pod) => pod.status.phase === "Running").length === 2);
  await client.delete("namespaces", "", "shop");
  await until("the namespace gone", () => !client.get("namespaces", "", "shop"));
  assert.deepEqual(client.list("pods", { namespace: "shop" }), []);
  assert.deepEqual(client.list("configmaps", { namespace: "shop" }), []);
});
