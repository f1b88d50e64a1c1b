// Nodes and pod networks for tests of the scheduler and the kubelet.
import { silentLog } from "../../src/base/log.ts";
import { seededRandom } from "../../src/base/random.ts";
import type { KubeObject, NewObject } from "../../src/kubernetes/api/object.ts";
import { KubeletFleet, type NodeFacts, type PodNetwork } from "../../src/kubernetes/kubelet/index.ts";
import { Activity } from "../../src/kubernetes/runtime/activity.ts";
import { Stores } from "../../src/kubernetes/runtime/stores.ts";
import { startScheduler } from "../../src/kubernetes/scheduler/index.ts";
import type { FakeCluster } from "./fake-cluster.ts";

/** Facts of an m5.large-like machine. */
export function machine(name: string, change: Partial<NodeFacts> = {}): NodeFacts {
  const resources = { cpu: "2", memory: "8Gi", pods: "29", "ephemeral-storage": "20Gi" };
  return {
    name,
    providerId: `aws:///us-east-1a/i-${name}`,
    addresses: [
      { type: "InternalIP", address: "10.0.0.10" },
      { type: "Hostname", address: name },
    ],
    labels: { "kubernetes.io/hostname": name, "topology.kubernetes.io/zone": "us-east-1a" },
    taints: [],
    capacity: resources,
    allocatable: { ...resources, cpu: "1930m" },
    nodeInfo: { kubeletVersion: "v1.33.0" },
    ...change,
  };
}

/** A ready node as an object. */
export function node(
  name: string,
  change: { labels?: object; taints?: object[]; unschedulable?: boolean; allocatable?: object } = {},
): NewObject {
  const allocatable = { cpu: "2", memory: "8Gi", pods: "10", ...change.allocatable };
  return {
    apiVersion: "v1",
    kind: "Node",
    metadata: { name, labels: { "kubernetes.io/hostname": name, ...change.labels } },
    spec: { ...(change.taints ? { taints: change.taints } : {}), ...(change.unschedulable ? { unschedulable: true } : {}) },
    status: { allocatable, capacity: allocatable, conditions: [{ type: "Ready", status: "True" }] },
  };
}

/** A bare pod. */
export function pod(name: string, spec: object = {}, metadata: object = {}): NewObject {
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name, namespace: "default", ...metadata },
    spec: { containers: [{ name: "main", image: "nginx:1" }], ...spec },
  };
}

/** A container that asks for cpu and memory. */
export function asking(cpu: string, memory = "64Mi", more: object = {}): object {
  return { containers: [{ name: "main", image: "nginx:1", resources: { requests: { cpu, memory, ...more } } }] };
}

/** Gives out 10.0.1.1, 10.0.1.2 …; `fail` makes it refuse. */
export class FakeNetwork implements PodNetwork {
  readonly held = new Map<string, string>();
  readonly calls: string[] = [];
  fail: string | undefined;
  #next = 1;

  async add(pod: KubeObject): Promise<{ ips: string[] }> {
    const { uid, name } = pod.metadata;
    this.calls.push(`add ${name}`);
    if (this.fail) throw new Error(this.fail);
    const ip = this.held.get(uid) ?? `10.0.1.${this.#next++}`;
    this.held.set(uid, ip);
    return { ips: [ip] };
  }

  async delete({ uid, name }: { uid: string; name: string }): Promise<void> {
    this.calls.push(`delete ${name}`);
    this.held.delete(uid);
  }
}

/** A scheduler and kubelets beside the controllers of a fake cluster. */
export class FakeNodes {
  readonly cluster: FakeCluster;
  readonly network = new FakeNetwork();
  readonly activity = new Activity();
  #stores: Stores;
  #scheduler: { close(): void } | undefined;
  fleet: KubeletFleet;
  readonly #machines: NodeFacts[] = [];

  constructor(cluster: FakeCluster, options: { scheduler?: boolean } = {}) {
    this.cluster = cluster;
    const started = this.#start(options.scheduler ?? true);
    this.#stores = started.stores;
    this.fleet = started.fleet;
  }

  #start(scheduler: boolean): { stores: Stores; fleet: KubeletFleet } {
    const { client, clock } = this.cluster;
    const stores = new Stores(client);
    const common = { clock, log: silentLog, activity: this.activity, stores };
    if (scheduler) this.#scheduler = startScheduler({ ...common, client, random: seededRandom(3) });
    return { stores, fleet: new KubeletFleet({ ...common, clientFor: () => client }) };
  }

  async add(facts: NodeFacts): Promise<void> {
    this.#machines.push(facts);
    await this.fleet.add(facts, this.network);
    await this.settle();
  }

  /** Stops scheduler and kubelets and starts them anew. */
  async restart(): Promise<void> {
    const scheduler = this.#scheduler !== undefined;
    this.close();
    const started = this.#start(scheduler);
    this.#stores = started.stores;
    this.fleet = started.fleet;
    for (const facts of this.#machines) await this.fleet.add(facts, this.network);
    await this.settle();
  }

  async settle(milliseconds = 0): Promise<void> {
    const both = async () => {
      for (let i = 0; i < 3; i++) {
        await this.activity.idle();
        await this.cluster.controllers.idle();
      }
    };
    await both();
    await this.cluster.clock.step(milliseconds);
    await both();
  }

  close(): void {
    this.fleet.close();
    this.#scheduler?.close();
    this.#stores.close();
  }
}
