// Clusters and nodes that only pretend to run, and controllers over a world that can be killed at any call.
import type { Invoke } from "../../src/aws/operation.ts";
import type { Clock } from "../../src/base/clock.ts";
import { silentLog } from "../../src/base/log.ts";
import { type AuthoritiesWanted, FIRST_AUTHORITY } from "../../src/clusters/provider.ts";
import { type Controllers, startControllers } from "../../src/controllers/index.ts";
import type { ClusterFacts, ClusterRuntime, NodeBoot, NodeRuntime, NodeStatus } from "../../src/controllers/runtime.ts";
import { IMMEDIATE, type Timing } from "../../src/controllers/timing.ts";
import { FakeKubeClient } from "../support/fake-kube-client.ts";
import type { World } from "./world.ts";

/** Runs clusters as fake Kubernetes APIs. Like the real thing, they outlive the controllers. */
export class FakeClusters implements ClusterRuntime {
  readonly running = new Map<string, { facts: ClusterFacts; kube: FakeKubeClient }>();
  readonly #clock: Clock;
  /** Throws what a test wants to go wrong. */
  trouble: () => void = () => {};

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  async start(facts: ClusterFacts) {
    this.trouble();
    const kube = this.running.get(facts.key)?.kube ?? new FakeKubeClient(this.#clock);
    this.running.set(facts.key, { facts, kube });
    return {
      endpoint: `https://${facts.hexId}.gr7.${facts.region}.eks.amazonaws.com`,
      certificateAuthority: "Q0E=",
      oidcIssuer: `https://oidc.eks.${facts.region}.amazonaws.com/id/${facts.hexId}`,
    };
  }

  apply(facts: ClusterFacts) {
    return this.start(facts);
  }

  async authorities(_key: string, { trusted }: AuthoritiesWanted) {
    const made = trusted.filter((name) => name !== FIRST_AUTHORITY);
    return Object.fromEntries(made.map((name) => [name, Buffer.from(name).toString("base64")]));
  }

  async stop(key: string) {
    this.trouble();
    this.running.delete(key);
  }

  kube(key: string) {
    return this.running.get(key)?.kube;
  }
}

/** Runs nodes as Node objects. With `hold`, they boot but do not become ready. */
export class FakeNodes implements NodeRuntime {
  readonly booted = new Map<string, NodeBoot>();
  readonly shut: string[] = [];
  hold = false;
  readonly #clusters: FakeClusters;
  readonly #listeners = new Set<(instanceId: string) => void>();

  constructor(clusters: FakeClusters) {
    this.#clusters = clusters;
  }

  async boot(node: NodeBoot) {
    if (this.booted.has(node.instanceId)) return;
    this.booted.set(node.instanceId, node);
    await this.#clusters.kube(node.clusterKey)!.create("nodes", "", {
      apiVersion: "v1",
      kind: "Node",
      metadata: { name: node.privateDnsName, labels: { ...node.labels } },
      spec: { providerID: `aws:///${node.availabilityZone}/${node.instanceId}`, taints: [...node.taints] },
    });
    if (!this.hold) for (const listener of this.#listeners) listener(node.instanceId);
  }

  async shutdown(instanceId: string) {
    if (this.booted.delete(instanceId)) this.shut.push(instanceId);
  }

  status(instanceId: string): NodeStatus {
    if (!this.booted.has(instanceId)) return "absent";
    return this.hold ? "booting" : "ready";
  }

  watch(listener: (instanceId: string) => void) {
    this.#listeners.add(listener);
    return { close: () => this.#listeners.delete(listener) };
  }
}

/** The process died in the middle of a call. */
export class Crash extends Error {}

/** Controllers over a world. `crash.at` kills them at that call of another service, before or after it took effect. */
export function control(
  world: World,
  options: { clusters?: FakeClusters; nodes?: FakeNodes; timing?: Partial<Timing>; crash?: { at: number; after: boolean } } = {},
) {
  const clusters = options.clusters ?? new FakeClusters(world.clock);
  const nodes = options.nodes ?? new FakeNodes(clusters);
  const calls = { count: 0, dead: false };
  const invoke = (async (...parameters: Parameters<Invoke>) => {
    if (calls.dead) throw new Crash("dead");
    calls.count++;
    const dies = options.crash?.at === calls.count;
    if (dies) calls.dead = true;
    if (dies && !options.crash?.after) throw new Crash("before");
    const output = await world.invoke(...parameters);
    if (calls.dead) throw new Crash("after");
    return output;
  }) as Invoke;
  const controllers: Controllers = startControllers({
    ...{ state: world.state, clock: world.clock, random: world.random, log: silentLog, invoke },
    ...{ directory: world.iam.directory, sessions: world.sts.issuer, clusters, nodes },
    timing: { ...IMMEDIATE, ...options.timing },
  });
  return {
    ...{ clusters, nodes, controllers, calls },
    /** Lets the controllers work, and time pass where they wait. */
    async settle(rounds = 1, step = 1000) {
      await controllers.idle();
      for (let round = 0; round < rounds; round++) {
        await world.clock.step(step);
        await controllers.idle();
      }
    },
    close: () => controllers.close(),
  };
}

export type Control = ReturnType<typeof control>;
