// Endpoints that people write for services without a selector appear as slices.
import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { FakeCluster } from "../../support/fake-cluster.ts";

const type = "endpointslices.discovery.k8s.io";

async function setup(t: TestContext, serviceSpec: object = {}, metadata: object = {}) {
  const c = new FakeCluster();
  t.after(() => c.close());
  const at = { name: "db", namespace: "default" };
  await c.create("services", { apiVersion: "v1", kind: "Service", metadata: at, spec: { ports: [{ port: 5432 }], ...serviceSpec } });
  const subsets = [
    {
      addresses: [{ ip: "10.0.0.1", hostname: "a" }, { ip: "fd00::1" }],
      notReadyAddresses: [{ ip: "10.0.0.2" }],
      ports: [{ name: "pg", port: 5432, protocol: "TCP" }],
    },
  ];
  await c.create("endpoints", { apiVersion: "v1", kind: "Endpoints", metadata: { ...at, ...metadata }, subsets });
  await c.settle();
  return { c, slices: () => c.client.list(type, { namespace: "default" }) };
}

test("addresses of both families are mirrored, with their readiness", async (t) => {
  const { c, slices } = await setup(t, {}, { labels: { team: "a" } });
  const [four, six] = [...slices()].sort((a, b) => (a.addressType < b.addressType ? -1 : 1));
  assert.deepEqual(four!.endpoints, [
    { addresses: ["10.0.0.1"], conditions: { ready: true }, hostname: "a" },
    { addresses: ["10.0.0.2"], conditions: { ready: false } },
  ]);
  assert.deepEqual(four!.ports, [{ name: "pg", port: 5432, protocol: "TCP" }]);
  assert.deepEqual(six!.endpoints, [{ addresses: ["fd00::1"], conditions: { ready: true } }]);
  assert.deepEqual(four!.metadata.labels, {
    team: "a",
    "kubernetes.io/service-name": "db",
    "endpointslice.kubernetes.io/managed-by": "endpointslicemirroring-controller.k8s.io",
  });
  assert.equal(four!.metadata.ownerReferences?.[0]?.kind, "Endpoints");
  const endpoints = c.client.get("endpoints", "default", "db")!;
  await c.client.update("endpoints", { ...endpoints, subsets: [{ addresses: [{ ip: "10.0.0.9" }], ports: [{ port: 5432 }] }] });
  await c.settle();
  assert.deepEqual(
    slices().map((slice) => slice.endpoints[0].addresses[0]),
    ["10.0.0.9"],
  );
});

const unmirrored: [title: string, spec: object, metadata: object][] = [
  ["a service with a selector", { selector: { app: "x" } }, {}],
  ["the label that says so", {}, { labels: { "endpointslice.kubernetes.io/skip-mirror": "true" } }],
  ["a leader election", {}, { annotations: { "control-plane.alpha.kubernetes.io/leader": "{}" } }],
];
for (const [title, spec, metadata] of unmirrored) {
  test(`not mirrored: ${title}`, async (t) => {
    const { slices } = await setup(t, spec, metadata);
    assert.deepEqual(
      slices().filter((slice) => slice.metadata.labels?.["endpointslice.kubernetes.io/managed-by"]?.includes("mirroring")),
      [],
    );
  });
}
