// The machine under Atoll sleeps: time leaps by hours, and a cluster with its nodes and pods is what it was.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import type { KubeObject } from "../../src/kubernetes/api/object.ts";
import { isPodReady } from "../../src/kubernetes/runtime/pods.ts";
import { ACCOUNT, REGION } from "../support/atoll.ts";
import { type Scenario, startScenario } from "../support/scenario.ts";
import { ShiftedTime } from "../support/shifted-time.ts";
import { eventually } from "../support/wait.ts";

const HOUR = 3_600_000;
const home = mkdtempSync(join(tmpdir(), "atoll-leaps-"));
const time = new ShiftedTime(join(home, "offset"));

let scenario: Scenario;
before(async () => {
  scenario = await startScenario({ clock: time });
  const labels = { app: "web" };
  await client().create("deployments.apps", "default", {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name: "web", namespace: "default" },
    spec: {
      replicas: 8,
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers: [{ name: "main", image: "nginx" }] } },
    },
  });
});
after(async () => {
  await scenario?.test.close();
  rmSync(home, { recursive: true, force: true });
});

const client = () => scenario.test.atoll.clusters.cluster(`${ACCOUNT}/${REGION}/main`)!.client();
const pods = () => client().list("pods");
const isUp = ({ spec, status }: KubeObject) =>
  !spec.taints && status.conditions.some(({ type, status }: { type: string; status: string }) => type === "Ready" && status === "True");
const everythingIsUp = async () => pods().length >= 14 && pods().every(isPodReady) && client().list("nodes").every(isUp);
const leases = () => client().list("leases.coordination.k8s.io", { namespace: "kube-node-lease" });
const isFresh = ({ spec }: KubeObject) => Date.parse(spec.renewTime) > time.now() - HOUR / 120;
const identities = () =>
  pods()
    .map(({ metadata, status }) => `${metadata.uid} ${status.podIP} ${status.containerStatuses[0].restartCount}`)
    .sort();

describe("a machine that sleeps", () => {
  for (const [title, leaps] of Object.entries({
    "a minute, many times": Array.from({ length: 20 }, () => HOUR / 60),
    "eight hours": [8 * HOUR],
    "a fortnight": [14 * 24 * HOUR],
  }))
    test(`for ${title}: nodes and pods are what they were`, async () => {
      await eventually("everything up", everythingIsUp);
      const before = identities();
      for (const leap of leaps) {
        time.step(leap);
        await eventually("kubelets awake", async () => leases().every(isFresh));
      }
      await eventually("everything up again", everythingIsUp);
      assert.deepEqual(identities(), before);
    });
});
