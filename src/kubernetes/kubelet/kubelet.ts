// A simulated kubelet: registers its node, keeps its lease and status fresh, and runs the pods bound to it.
import type { Clock } from "../../base/clock.ts";
import type { Log } from "../../base/log.ts";
import type { KubeObject } from "../api/object.ts";
import type { KubeClient } from "../client/client.ts";
import type { Activity } from "../runtime/activity.ts";
import { findCondition } from "../runtime/conditions.ts";
import { errorText, ignoreNotFound, isAlreadyExists, isNotFound } from "../runtime/errors.ts";
import { createEventRecorder, type EventRecorder } from "../runtime/events.ts";
import { isPodFinished } from "../runtime/pods.ts";
import type { Change } from "../runtime/store.ts";
import type { Stores } from "../runtime/stores.ts";
import { microTimestamp } from "../runtime/time.ts";
import { admit } from "./admission.ts";
import type { KubeletContext } from "./context.ts";
import { extendedResources, machineStatus, type NetworkState, newNode, nodeConditions } from "./node-status.ts";
import { PodWorker } from "./pod-worker.ts";
import type { NodeFacts, PodNetwork } from "./types.ts";

const leaseNamespace = "kube-node-lease";
const leaseSeconds = 40;
const statusEvery = 300_000;
const leases = "leases.coordination.k8s.io";

export interface KubeletOptions {
  /** Acts as `system:node:<name>`. */
  readonly client: KubeClient;
  readonly stores: Stores;
  readonly clock: Clock;
  readonly log: Log;
  readonly activity: Activity;
  readonly facts: NodeFacts;
  readonly network: PodNetwork;
  /** Says why the network is not ready yet; ready unless given. Call {@link Kubelet.refresh} when it changes. */
  readonly networkState?: NetworkState;
}

export class Kubelet {
  readonly #options: KubeletOptions;
  readonly #events: EventRecorder;
  readonly #workers = new Map<string, PodWorker>();
  readonly #context: KubeletContext;
  #reported = 0;
  #registered = false;
  #closed = false;

  constructor(options: KubeletOptions) {
    this.#options = options;
    const { client, clock, activity, facts, network, stores } = options;
    const limits = { burst: 25, refill: 300_000, similar: 10, window: 600_000, rate: { perSecond: 50, burst: 100 } };
    this.#events = createEventRecorder({ client, clock, activity }, "kubelet", facts.name, limits);
    this.#context = {
      client,
      clock,
      activity,
      network,
      facts,
      log: options.log.child({ controller: "kubelet", node: facts.name }),
      events: this.#events,
      hostIP: facts.addresses.find(({ type }) => type === "InternalIP")?.address ?? "",
      // Reads through the client: the node authorizer lets a node see what its pods refer to.
      lookup: (type, namespace, name) => client.get(type, namespace, name),
      admit: (pod) => this.#admit(pod, stores.of("nodes").get("", facts.name)),
    };
  }

  get name(): string {
    return this.#options.facts.name;
  }

  /** The pods this kubelet knows, with their latest state. */
  pods(): KubeObject[] {
    return [...this.#workers.values()].map(({ pod }) => pod);
  }

  /** Registers the node, or adopts it after a restart, and begins to run its pods. */
  async start(): Promise<void> {
    const { stores } = this.#options;
    const isNew = await this.#register();
    await this.#renewLease();
    await this.#report(true);
    if (isNew) await Promise.all(stores.podsOn(this.name).map((pod) => this.#disown(pod)));
    this.#registered = true;
    for (const pod of stores.podsOn(this.name)) this.podChanged({ type: "ADDED", object: pod, old: undefined });
  }

  /** A pod bound to this node changed. */
  podChanged({ type, object: pod }: Change): void {
    if (this.#closed || !this.#registered) return;
    const { uid } = pod.metadata;
    const worker = this.#workers.get(uid);
    if (type === "DELETED") {
      worker?.vanish();
      this.#workers.delete(uid);
      return;
    }
    if (worker) {
      worker.update(pod);
      return;
    }
    const made = new PodWorker(this.#context, pod);
    this.#workers.set(uid, made);
    made.start();
  }

  /** Called by the fleet's ticker about every 10 s: renews the lease, and the status when it is due. */
  async heartbeat(): Promise<void> {
    if (this.#closed) return;
    try {
      await this.#renewLease();
      if (this.#options.clock.now() - this.#reported >= statusEvery) await this.#report(true);
    } catch (error) {
      this.#context.log.debug({ error: errorText(error) }, "heartbeat failed");
    }
  }

  /** Reports the node's status at once, if its readiness or what it has to give changed. */
  async refresh(): Promise<void> {
    await this.#report(false);
  }

  /** Stops without telling anybody, as a machine that is switched off. */
  close(): void {
    this.#closed = true;
    for (const worker of this.#workers.values()) worker.close();
    this.#workers.clear();
  }

  /** Whether the node is new to the cluster. */
  async #register(): Promise<boolean> {
    const { client, facts } = this.#options;
    const wanted = newNode(facts);
    try {
      await client.create("nodes", "", wanted);
      this.#tell("Starting", "Starting kubelet.");
      return true;
    } catch (error) {
      if (!isAlreadyExists(error)) throw error;
      const { labels, annotations } = wanted.metadata;
      await client.patch("nodes", "", this.name, "merge", { metadata: { labels, annotations } });
      return false;
    }
  }

  /** A pod that is bound to a node before the node was there ran on an earlier machine of that name: here it starts anew. */
  async #disown(pod: KubeObject): Promise<void> {
    if (isPodFinished(pod) || !pod.status?.containerStatuses) return;
    const { namespace = "", name, uid } = pod.metadata;
    const containers = { containerStatuses: null, initContainerStatuses: null, ephemeralContainerStatuses: null };
    const body = { metadata: { uid }, status: { phase: "Pending", podIP: null, podIPs: null, ...containers } };
    await ignoreNotFound(this.#options.client.patch("pods", namespace, name, "merge", body, { subresource: "status" }));
  }

  async #renewLease(): Promise<void> {
    const { client, clock } = this.#options;
    const renewTime = microTimestamp(clock.now());
    try {
      await client.patch(leases, leaseNamespace, this.name, "merge", { spec: { renewTime } });
    } catch (error) {
      if (!isNotFound(error)) throw error;
      const node = client.get("nodes", "", this.name);
      const owner = node && { apiVersion: "v1", kind: "Node", name: this.name, uid: node.metadata.uid };
      const lease = {
        apiVersion: "coordination.k8s.io/v1",
        kind: "Lease",
        metadata: { name: this.name, namespace: leaseNamespace, ...(owner ? { ownerReferences: [owner] } : {}) },
        spec: { holderIdentity: this.name, leaseDurationSeconds: leaseSeconds, renewTime },
      };
      await client.create(leases, leaseNamespace, lease);
    }
  }

  async #report(always: boolean): Promise<void> {
    const { client, clock, facts, networkState } = this.#options;
    const now = clock.now();
    const node = client.get("nodes", "", this.name);
    const conditions = nodeConditions(node, networkState?.(), now);
    const before = findCondition(node?.status?.conditions, "Ready");
    const ready = findCondition(conditions, "Ready")!;
    const extended = extendedResources(facts, node);
    const isAllocatable = ([name, amount]: [string, string]) => node?.status?.allocatable?.[name] === amount;
    const same = before?.status === ready.status && before.message === ready.message && Object.entries(extended).every(isAllocatable);
    if (same && !always) return;
    this.#reported = now;
    await ignoreNotFound(
      client.patch(
        "nodes",
        "",
        this.name,
        "strategic",
        { status: { ...machineStatus(facts, extended), conditions } },
        { subresource: "status" },
      ),
    );
    if (before?.status !== ready.status) {
      const reason = ready.status === "True" ? "NodeReady" : "NodeNotReady";
      this.#tell(reason, `Node ${this.name} status is now: ${reason}`);
    }
  }

  #tell(reason: string, message: string): void {
    this.#events.event({ kind: "Node", name: this.name, uid: this.name }, "Normal", reason, message);
  }

  #admit(pod: KubeObject, node: KubeObject | undefined) {
    const others = [...this.#workers.values()]
      .filter((worker) => worker.active && worker.pod.metadata.uid !== pod.metadata.uid)
      .map((worker) => worker.pod);
    const { facts } = this.#options;
    return admit(pod, node, { ...facts.allocatable, ...extendedResources(facts, node) }, others);
  }
}
