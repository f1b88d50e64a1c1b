// A whole cluster on the real API server: controllers, scheduler and kubelets beside it.
import assert from "node:assert/strict";
import type { TestContext } from "node:test";
import { type Clock, systemClock } from "../../src/base/clock.ts";
import { silentLog } from "../../src/base/log.ts";
import { seededRandom } from "../../src/base/random.ts";
import type { NewObject } from "../../src/kubernetes/api/object.ts";
import { SCHEDULER } from "../../src/kubernetes/auth/components.ts";
import { startControllers } from "../../src/kubernetes/controllers/index.ts";
import { KubeletFleet } from "../../src/kubernetes/kubelet/index.ts";
import { simulatedUsage } from "../../src/kubernetes/kubelet/usage.ts";
import { startScheduler } from "../../src/kubernetes/scheduler/index.ts";
import type { ApiServerOptions } from "../../src/kubernetes/server/options.ts";
import { FakeNetwork, machine } from "../support/fake-node.ts";
import { startServer } from "./server-support.ts";

/** Starts everything with as many machines; it ends with the test. `warnings` gathers what is logged as a warning or an error. */
export async function runningCluster(
  t: Pick<TestContext, "after">,
  machines: number,
  clock: Clock = systemClock,
  more: Partial<ApiServerOptions> = {},
) {
  const api = await startServer({ usage: simulatedUsage, ...more }, clock);
  const { server, close } = api;
  const warnings: string[] = [];
  const log = {
    ...silentLog,
    warn: (fields: object) => void warnings.push(JSON.stringify(fields)),
    error: (fields: object) => void warnings.push(JSON.stringify(fields)),
    child: () => log,
  };
  const clientFor = (username: string) => server.component(username);
  const common = { clock, log, random: seededRandom(1) };
  const controllers = startControllers({
    ...common,
    clientFor,
    catalog: server.served,
    caBundle: "PEM",
    usage: simulatedUsage,
    tokens: api.ring,
    typeOf: server.typeOf,
  });
  const { stores, activity } = controllers;
  const scheduler = startScheduler({ ...common, client: clientFor(SCHEDULER), stores, activity });
  const nodeClient = (node: string) => server.client({ username: `system:node:${node}`, groups: ["system:nodes", "system:authenticated"] });
  const fleet = new KubeletFleet({ clock, log, clientFor: nodeClient, stores, activity });
  const network = new FakeNetwork();
  t.after(async () => {
    fleet.close();
    scheduler.close();
    controllers.close();
    await close();
  });
  const resources = { cpu: "64", memory: "256Gi", pods: "1000" };
  for (let i = 0; i < machines; i++) await fleet.add(machine(`n${i}`, { capacity: resources, allocatable: resources }), network);
  const { client } = api;
  const until = async (what: string, holds: () => boolean) => {
    for (let i = 0; i < 400; i++) {
      if (holds()) return;
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    const events = client.list("events").slice(-5);
    assert.fail(`${what}: ${warnings.slice(0, 3).join("; ")} ${JSON.stringify(events.map(({ message }) => message))}`);
  };
  const create = (type: string, object: NewObject) => client.create(type, "default", object);
  return { api, client, controllers, create, until, network, warnings };
}
