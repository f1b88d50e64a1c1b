// Endpoints and endpoint slices of services.
import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { FakeCluster } from "../../support/fake-cluster.ts";
import { node, pod } from "../../support/fake-node.ts";

const slicesType = "endpointslices.discovery.k8s.io";

async function setup(t: TestContext, spec: object = {}) {
  const c = new FakeCluster();
  t.after(() => c.close());
  await c.create("nodes", node("n1", { labels: { "topology.kubernetes.io/zone": "us-east-1a" } }));
  await c.create("services", {
    apiVersion: "v1",
    kind: "Service",
    metadata: { name: "web", namespace: "default", labels: { team: "a" } },
    spec: { selector: { app: "web" }, ports: [{ name: "http", port: 80, targetPort: "http", protocol: "TCP" }], ...spec },
  });
  await c.settle();
  const run = async (name: string, ip: string, ready = true, more: object = {}) => {
    const made = await c.create(
      "pods",
      pod(
        name,
        { nodeName: "n1", containers: [{ name: "main", ports: [{ name: "http", containerPort: 8080 }] }], ...more },
        { labels: { app: "web" } },
      ),
    );
    await c.client.patch(
      "pods",
      "default",
      name,
      "merge",
      { status: { phase: "Running", podIP: ip, podIPs: [{ ip }], conditions: [{ type: "Ready", status: ready ? "True" : "False" }] } },
      { subresource: "status" },
    );
    await c.settle();
    return made;
  };
  const slices = () => c.client.list(slicesType, { namespace: "default" });
  const endpoints = () => c.client.get("endpoints", "default", "web");
  return { c, run, slices, endpoints };
}

test("ready pods are addresses, others are not ready, and named ports are looked up", async (t) => {
  const { run, slices, endpoints } = await setup(t);
  const a = await run("a", "10.0.0.2");
  await run("b", "10.0.0.1", false);
  const { subsets, metadata } = endpoints()!;
  const reference = { kind: "Pod", namespace: "default", name: "a", uid: a.metadata.uid };
  assert.deepEqual(subsets[0].addresses, [{ ip: "10.0.0.2", nodeName: "n1", targetRef: reference }]);
  assert.equal(subsets[0].notReadyAddresses[0].ip, "10.0.0.1");
  assert.deepEqual(subsets[0].ports, [{ name: "http", port: 8080, protocol: "TCP" }]);
  assert.equal(metadata.labels!.team, "a");
  const [slice] = slices();
  assert.equal(slices().length, 1);
  assert.equal(slice!.metadata.labels!["kubernetes.io/service-name"], "web");
  assert.equal(slice!.addressType, "IPv4");
  assert.deepEqual(slice!.endpoints[0], {
    addresses: ["10.0.0.2"],
    conditions: { ready: true, serving: true, terminating: false },
    targetRef: reference,
    nodeName: "n1",
    zone: "us-east-1a",
  });
  assert.deepEqual(slice!.endpoints[1].conditions, { ready: false, serving: false, terminating: false });
});

test("a terminating pod leaves the addresses and stays in its slice as terminating", async (t) => {
  const { c, run, slices, endpoints } = await setup(t);
  await run("a", "10.0.0.2");
  await c.client.delete("pods", "default", "a");
  await c.settle();
  assert.equal(endpoints()!.subsets, undefined);
  assert.deepEqual(slices()[0]!.endpoints[0].conditions, { ready: false, serving: true, terminating: true });
  await c.client.delete("pods", "default", "a", { gracePeriodSeconds: 0 });
  await c.settle();
  assert.deepEqual(slices()[0]!.endpoints, []);
});

test("more than a hundred pods take several slices, and few are rewritten when one pod goes", async (t) => {
  const { c, run, slices } = await setup(t);
  for (let i = 0; i < 120; i++) await run(`p${String(i).padStart(3, "0")}`, `10.0.1.${i}`);
  assert.deepEqual(
    slices()
      .map((slice) => slice.endpoints.length)
      .sort(),
    [100, 20].sort(),
  );
  await c.client.delete("pods", "default", "p119", { gracePeriodSeconds: 0 });
  c.client.writes.length = 0;
  await c.settle();
  assert.equal(c.client.writes.filter((write) => write.includes(slicesType)).length, 1);
});

test("headless services are labelled, publishNotReadyAddresses makes everybody ready", async (t) => {
  const { run, slices, endpoints } = await setup(t, { clusterIP: "None", publishNotReadyAddresses: true });
  await run("a", "10.0.0.2", false, { hostname: "a", subdomain: "web" });
  assert.equal(endpoints()!.metadata.labels!["service.kubernetes.io/headless"], "");
  assert.equal(endpoints()!.subsets[0].addresses[0].hostname, "a");
  assert.equal(slices()[0]!.endpoints[0].conditions.ready, true);
});

test("services without a selector are left to their owners; a deleted service takes its endpoints along", async (t) => {
  const { c, run, slices, endpoints } = await setup(t);
  await c.create("services", {
    apiVersion: "v1",
    kind: "Service",
    metadata: { name: "own", namespace: "default" },
    spec: { ports: [{ port: 1 }] },
  });
  await run("a", "10.0.0.2");
  assert.equal(c.client.get("endpoints", "default", "own"), undefined);
  await c.client.delete("services", "default", "web");
  await c.settle();
  assert.equal(endpoints(), undefined);
  assert.ok(slices().every((slice) => slice.metadata.ownerReferences));
});
