// A program of client-go as a client of Atoll: a real kube-controller-manager elects itself and runs an API server's workloads.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { systemClock } from "../../src/base/clock.ts";
import type { KubeObject } from "../../src/kubernetes/api/object.ts";
import { memoryStore } from "../../src/store/memory.ts";
import { startServer, type TestServer } from "../kubernetes/server-support.ts";
import { oracleMissing, startControllerManager, until } from "./real-kubernetes.ts";

const CONTROLLERS = ["deployment", "replicaset", "statefulset", "job", "namespace", "serviceaccount", "garbagecollector", "endpoint"];
const missing = oracleMissing();
const store = memoryStore();
let server: TestServer;
const closers: (() => unknown)[] = [];

before(async () => {
  if (missing) return;
  server = await startServer({ store });
  closers.push(() => server.close());
  closers.push(startControllerManager(server.kubeconfig, CONTROLLERS));
});
after(async () => {
  for (const close of closers.reverse()) await close();
});

const template = (app: string, image = "nginx:1") => ({
  metadata: { labels: { app } },
  spec: { containers: [{ name: "main", image }] },
});
const workload = (kind: string, name: string, spec: object) => ({
  apiVersion: "apps/v1",
  kind,
  metadata: { name, namespace: "shop" },
  spec: { selector: { matchLabels: { app: name } }, template: template(name), ...spec },
});
const list = (type: Parameters<TestServer["client"]["list"]>[0]) => server.client.list(type, { namespace: "shop" });
const podsOf = (app: string) => list("pods").filter(({ metadata }) => metadata.labels?.app === app);
const eventually = (what: string, holds: () => boolean) => until(async () => holds(), what);

/** Says of pods what a kubelet would. */
async function makeReady(pods: readonly KubeObject[]): Promise<void> {
  const conditions = ["Ready", "ContainersReady"].map((type) => ({ type, status: "True", lastTransitionTime: "2026-01-01T00:00:00Z" }));
  for (const pod of pods) await server.client.updateStatus("pods", { ...pod, status: { ...pod.status, phase: "Running", conditions } });
}

test("it holds its lease, and gives a new namespace its service account", { skip: missing }, async () => {
  const lease = () => server.client.get("leases.coordination.k8s.io", "kube-system", "kube-controller-manager");
  await eventually("the lease", () => Boolean(lease()?.spec.holderIdentity));
  await server.client.create("namespaces", "", { apiVersion: "v1", kind: "Namespace", metadata: { name: "shop" } });
  await eventually("a service account", () => server.client.get("serviceaccounts", "shop", "default") !== undefined);
});

test("deployments roll, stateful sets go in order, jobs run", { skip: missing }, async () => {
  const { client } = server;
  await client.create("deployments.apps", "shop", workload("Deployment", "web", { replicas: 3 }));
  await client.create("statefulsets.apps", "shop", workload("StatefulSet", "db", { replicas: 2, serviceName: "db" }));
  const job = { template: { spec: { ...template("once").spec, restartPolicy: "Never" } } };
  await client.create("jobs.batch", "shop", {
    apiVersion: "batch/v1",
    kind: "Job",
    metadata: { name: "once", namespace: "shop" },
    spec: job,
  });
  await eventually("pods of all three", () => podsOf("web").length === 3 && podsOf("db").length === 1 && list("pods").length === 5);
  assert.deepEqual(
    podsOf("db").map(({ metadata }) => metadata.name),
    ["db-0"],
  );
  await makeReady([...podsOf("web"), ...podsOf("db")]);
  await eventually("the second of the stateful set", () => podsOf("db").length === 2);
  await eventually("web available", () => client.get("deployments.apps", "shop", "web")?.status.availableReplicas === 3);

  await client.patch("deployments.apps", "shop", "web", "strategic", { spec: { template: template("web", "nginx:2") } });
  await eventually("a second replica set", () => list("replicasets.apps").length === 2);
  const isNew = ({ spec }: KubeObject) => spec.containers[0].image === "nginx:2";
  await until(async () => {
    await makeReady(podsOf("web").filter((pod) => isNew(pod) && pod.status?.phase !== "Running"));
    return podsOf("web").length === 3 && podsOf("web").every(isNew);
  }, "the roll-out");
  const reasons = new Set(list("events").map(({ reason }) => reason));
  for (const reason of ["ScalingReplicaSet", "SuccessfulCreate"]) assert.ok(reasons.has(reason), reason);
});

test("its informers go on after a restart of the server", { skip: missing }, async () => {
  await server.close();
  server = await startServer({ store }, systemClock, server);
  await server.client.patch("deployments.apps", "shop", "web", "merge", { spec: { replicas: 5 } });
  await eventually("five pods", () => podsOf("web").length === 5);
});

test("it collects what a deployment leaves, and empties a namespace", { skip: missing }, async () => {
  await server.client.delete("deployments.apps", "shop", "web");
  await eventually(
    "pods collected",
    () => podsOf("web").every(({ metadata }) => metadata.deletionTimestamp) && list("replicasets.apps").length === 0,
  );
  await server.client.delete("namespaces", "", "shop");
  await eventually("the namespace gone", () => server.client.get("namespaces", "", "shop") === undefined);
});
