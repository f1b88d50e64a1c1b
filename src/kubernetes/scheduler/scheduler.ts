// Places pods on nodes: takes one after another, decides at once on the state in memory, and writes decisions in the background.

import type { Clock } from "../../base/clock.ts";
import type { Log } from "../../base/log.ts";
import { type Random, randomInt } from "../../base/random.ts";
import type { KubeObject } from "../api/object.ts";
import type { KubeClient } from "../client/client.ts";
import { Activity } from "../runtime/activity.ts";
import { claimsOf } from "../runtime/claims.ts";
import { findCondition } from "../runtime/conditions.ts";
import { errorText, ignoreNotFound } from "../runtime/errors.ts";
import { createEventRecorder, type EventRecorder } from "../runtime/events.ts";
import { isPodFinished } from "../runtime/pods.ts";
import { matchesMap } from "../runtime/selectors.ts";
import type { Change } from "../runtime/store.ts";
import { Stores } from "../runtime/stores.ts";
import { timestamp } from "../runtime/time.ts";
import { ClusterState } from "./cluster-state.ts";
import { type FilterContext, readObjects } from "./filters/filter.ts";
import { waitsForConsumer } from "./filters/volumes.ts";
import { type Fit, findFit } from "./fit.ts";
import { fitError } from "./messages.ts";
import { type PodInfo, podInfo } from "./pod-info.ts";
import { type Candidate, notEligible, preempt } from "./preemption.ts";
import { SchedulingQueue } from "./queue.ts";
import { bestNodes } from "./scores.ts";
import { bindClaims } from "./volume-binding.ts";

export const defaultSchedulerName = "default-scheduler";
const newestMinor = 36;
/** What pods with volumes wait for. */
const volumeTypes = [
  "persistentvolumeclaims",
  "persistentvolumes",
  "storageclasses.storage.k8s.io",
  "csinodes.storage.k8s.io",
  "volumeattachments.storage.k8s.io",
];
/** Decisions in one turn of the event loop, so that requests are answered between them. */
const perTurn = 32;

export interface SchedulerOptions {
  /** Acts as `system:kube-scheduler`. */
  readonly client: KubeClient;
  readonly clock: Clock;
  readonly log: Log;
  readonly random: Random;
  /** Kubernetes' minor version, whose words events use; the newest unless given. */
  readonly minor?: number;
  /** Shared with the controllers; its own unless given. */
  readonly stores?: Stores;
  readonly activity?: Activity;
}

/** Starts the scheduler; everything it knows comes from the API. */
export function startScheduler(options: SchedulerOptions): { close(): void } {
  const stores = options.stores ?? new Stores(options.client);
  const scheduler = new Scheduler({
    ...options,
    stores,
    activity: options.activity ?? new Activity(),
    minor: options.minor ?? newestMinor,
  });
  scheduler.start();
  return {
    close() {
      scheduler.close();
      if (!options.stores) stores.close();
    },
  };
}

class Scheduler {
  readonly #options: Required<SchedulerOptions>;
  readonly #events: EventRecorder;
  readonly #state = new ClusterState();
  readonly #queue: SchedulingQueue;
  readonly #context: FilterContext;
  readonly #nominations = new Map<string, Map<string, PodInfo>>();
  readonly #subscriptions: { close(): void }[] = [];
  /** Pods decided about whose binding is on its way. */
  readonly #binding = new Set<string>();
  #next = 0;
  #scheduled = false;
  #followsClaims = false;

  constructor(options: Required<SchedulerOptions>) {
    this.#options = options;
    const { client, clock, activity, stores } = options;
    this.#events = createEventRecorder({ client, clock, activity }, defaultSchedulerName);
    this.#queue = new SchedulingQueue(clock);
    const read = readObjects(
      (type, namespace, name) => stores.of(type).get(namespace, name),
      (type) => stores.of(type).list(),
      options.minor,
    );
    this.#context = { state: this.#state, ...read };
  }

  start(): void {
    const { stores, activity } = this.#options;
    const stopWatching = activity.watch(() => this.#queue.busy || this.#binding.size > 0);
    this.#subscriptions.push({ close: stopWatching });
    this.#queue.onReady = () => {
      if (this.#scheduled) return;
      this.#scheduled = true;
      setImmediate(() => this.#turn());
    };
    this.#subscriptions.push(
      stores.of("nodes").subscribe((change) => this.#nodeChanged(change)),
      stores.pods.subscribe((change) => this.#podChanged(change)),
      ...volumeTypes.map((type) => stores.of(type).subscribe(() => this.#queue.changed((pod) => claimsOf(pod).length > 0))),
    );
  }

  close(): void {
    for (const subscription of this.#subscriptions) subscription.close();
    this.#queue.close();
  }

  #nodeChanged({ type, object, old }: Change): void {
    if (type === "DELETED") {
      this.#state.removeNode(object.metadata.name);
      return;
    }
    // Heartbeats change nothing that decides.
    if (old && sameForScheduling(old, object)) return;
    this.#state.setNode(object);
    this.#queue.changed();
  }

  #podChanged({ type, object: pod, old }: Change): void {
    const { uid } = pod.metadata;
    if (type === "DELETED" || isPodFinished(pod)) {
      this.#queue.remove(uid);
      this.#forgetNomination(uid);
      this.#binding.delete(uid);
      if (this.#state.unassign(uid)) this.#queue.changed();
      return;
    }
    if (pod.spec.nodeName) {
      this.#queue.remove(uid);
      this.#forgetNomination(uid);
      this.#state.assign(pod, pod.spec.nodeName);
      if (!old?.spec.nodeName || old.metadata.labels !== pod.metadata.labels) this.#queue.changed(dependsOnPods);
      return;
    }
    if ((pod.spec.schedulerName ?? defaultSchedulerName) !== defaultSchedulerName || this.#binding.has(uid)) return;
    if (!old && pod.status?.nominatedNodeName) this.#nominate(pod.status.nominatedNodeName, podInfo(pod));
    if (pod.metadata.deletionTimestamp) {
      this.#queue.remove(uid);
      return;
    }
    if (pod.spec.schedulingGates?.length) {
      void this.#condition(pod, "SchedulingGated", "Scheduling is blocked due to non-empty scheduling gates");
      return;
    }
    if (pod.spec.resourceClaims?.length) this.#followClaims();
    const changed =
      old &&
      ((old.metadata.generation !== pod.metadata.generation && differ(old.spec, pod.spec)) ||
        differ(old.status?.resourceClaimStatuses, pod.status?.resourceClaimStatuses));
    if (changed) this.#queue.retry(pod);
    else this.#queue.add(pod);
  }

  /** Resource claims, which not every version serves, are followed from the first pod on that has some. */
  #followClaims(): void {
    if (this.#followsClaims) return;
    this.#followsClaims = true;
    const claims = this.#options.stores.of("resourceclaims.resource.k8s.io");
    this.#subscriptions.push(claims.subscribe(() => this.#queue.changed((pod) => pod.spec.resourceClaims?.length > 0)));
  }

  #turn(): void {
    this.#scheduled = false;
    for (let i = 0; i < perTurn; i++) {
      const taken = this.#queue.take();
      if (!taken) return;
      try {
        this.#decide(taken);
      } catch (error) {
        this.#options.log.error({ controller: "scheduler", error: errorText(error), stack: (error as Error).stack }, "scheduling failed");
        this.#queue.again(taken);
      }
    }
    if (this.#queue.busy) this.#queue.onReady();
  }

  #decide(taken: { pod: KubeObject; attempts: number }): void {
    const info = podInfo(taken.pod);
    const fit = findFit(info, this.#context, this.#nominations, this.#next);
    if (this.#state.list.length) this.#next = (this.#next + fit.looked) % this.#state.list.length;
    if (fit.feasible.length === 0) {
      this.#refuse(taken, info, fit);
      return;
    }
    const best = bestNodes(info, fit.feasible, this.#state, this.#peers(info));
    const node = best[best.length === 1 ? 0 : randomInt(this.#options.random, best.length)]!;
    this.#state.assign(taken.pod, node.name);
    this.#binding.add(taken.pod.metadata.uid);
    void this.#options.activity.track(this.#bind(taken, node.name));
  }

  /** The pods of the Services a pod is of, with which it is spread if it has no owner that says so. */
  #peers({ pod, owner }: PodInfo): object | undefined {
    if (owner || pod.spec.topologySpreadConstraints?.length) return undefined;
    const { namespace, labels } = pod.metadata;
    const services = this.#options.stores.of("services").list(namespace);
    const mine = services.filter(({ spec }) => Object.keys(spec?.selector ?? {}).length > 0 && matchesMap(spec.selector, labels));
    return mine.length ? { matchLabels: Object.assign({}, ...mine.map(({ spec }) => spec.selector)) } : undefined;
  }

  async #bind(taken: { pod: KubeObject; attempts: number }, node: string): Promise<void> {
    const { client } = this.#options;
    const { namespace = "", name, uid } = taken.pod.metadata;
    let plugin = 'PreBind plugin "VolumeBinding"';
    try {
      await this.#bindVolumes(taken.pod, node);
      plugin = 'Bind plugin "DefaultBinder"';
      const target = { apiVersion: "v1", kind: "Node", name: node };
      await client.post("pods", namespace, name, "binding", {
        apiVersion: "v1",
        kind: "Binding",
        metadata: { name, namespace, uid },
        target,
      });
      this.#events.event(taken.pod, "Normal", "Scheduled", `Successfully assigned ${namespace}/${name} to ${node}`);
      this.#binding.delete(uid);
    } catch (error) {
      this.#binding.delete(uid);
      const present = this.#present(namespace, name);
      if (present?.spec.nodeName) return;
      this.#state.unassign(uid);
      if (present?.metadata.uid !== uid || present.metadata.deletionTimestamp) return;
      const message = `running ${plugin}: ${errorText(error)}`;
      this.#events.event(taken.pod, "Warning", "FailedScheduling", message);
      await this.#condition(taken.pod, "SchedulerError", message);
      this.#queue.again({ ...taken, pod: present });
    }
  }

  /** A pod as it is now; what was seen of it last if the scheduler may not read pods. */
  #present(namespace: string, name: string): KubeObject | undefined {
    try {
      return this.#options.client.get("pods", namespace, name);
    } catch {
      return this.#options.stores.pods.get(namespace, name);
    }
  }

  async #bindVolumes(pod: KubeObject, node: string): Promise<void> {
    const claims = claimsOf(pod).map((name) => this.#context.claim(pod.metadata.namespace!, name)!);
    const waiting = claims.filter((claim) => claim.status?.phase !== "Bound" && waitsForConsumer(claim, this.#context));
    if (waiting.length) await bindClaims(this.#options, waiting, node);
  }

  #refuse(taken: { pod: KubeObject; attempts: number }, info: PodInfo, fit: Fit): void {
    const { stores } = this.#options;
    const found = fit.upfront
      ? `preemption: 0/${this.#state.list.length} nodes are available: ${this.#state.list.length} Preemption is not helpful for scheduling.`
      : this.#state.list.length
        ? preempt(info, fit, this.#state.nodes, stores.of("poddisruptionbudgets.policy").list())
        : undefined;
    const preemption = typeof found === "string" ? { preemption: this.#claimsSentence() + found } : {};
    const { refusals, upfront, skipped } = fit;
    const message = fitError({ nodes: this.#state.list.length, refusals, skipped, ...(upfront ? { upfront } : {}), ...preemption });
    this.#queue.setAside(taken);
    this.#events.event(taken.pod, "Warning", "FailedScheduling", message);
    const candidate = typeof found === "object" ? found : undefined;
    const keeps = typeof found === "string" && found.startsWith(notEligible);
    const displaced = candidate ? this.#displaced(candidate.node.name, info) : [];
    if (candidate) this.#nominate(candidate.node.name, info);
    else if (!keeps) this.#forgetNomination(taken.pod.metadata.uid);
    const work = this.#condition(taken.pod, "Unschedulable", message, candidate?.node.name ?? (keeps ? undefined : ""));
    void this.#options.activity.track(Promise.all([work, ...displaced, ...(candidate ? [this.#evict(info, candidate)] : [])]));
  }

  /** What dynamic resource allocation says to every pod that fits nowhere, in the versions that say it. */
  #claimsSentence(): string {
    const { minor } = this.#options;
    return minor === 34 || minor === 35 ? "no new claims to deallocate, " : "";
  }

  /** Less important pods that wait for a node lose it to a more important one, and look elsewhere. */
  #displaced(node: string, { priority }: PodInfo): Promise<unknown>[] {
    const rivals = [...(this.#nominations.get(node)?.values() ?? [])].filter((other) => other.priority < priority);
    return rivals.map(({ pod }) => {
      const { namespace = "", name, uid } = pod.metadata;
      this.#forgetNomination(uid);
      this.#queue.changed((waiting) => waiting.metadata.uid === uid);
      const body = { metadata: { uid }, status: { nominatedNodeName: null } };
      return this.#options.client.patch("pods", namespace, name, "strategic", body, { subresource: "status" }).catch((error) => {
        this.#options.log.debug({ controller: "scheduler", pod: name, error: errorText(error) }, "nomination not withdrawn");
      });
    });
  }

  /** Asks the victims to leave; the pod waits for them with a nomination. */
  async #evict({ pod }: PodInfo, { node, victims }: Candidate): Promise<void> {
    const { client, log } = this.#options;
    await Promise.all(
      victims.map(async ({ pod: victim }) => {
        const { namespace = "", name, uid } = victim.metadata;
        if (victim.metadata.deletionTimestamp) return;
        const message = `${defaultSchedulerName}: preempting to accommodate a higher priority pod`;
        const condition = {
          type: "DisruptionTarget",
          status: "True",
          reason: "PreemptionByScheduler",
          message,
          lastTransitionTime: timestamp(this.#options.clock.now()),
        };
        try {
          await client.patch("pods", namespace, name, "strategic", { status: { conditions: [condition] } }, { subresource: "status" });
          await client.delete("pods", namespace, name, { uid });
          this.#events.event(victim, "Normal", "Preempted", `Preempted by pod ${pod.metadata.uid} on node ${node.name}`);
        } catch (error) {
          log.debug({ controller: "scheduler", pod: name, error: errorText(error) }, "victim not deleted");
        }
      }),
    );
  }

  #nominate(node: string, info: PodInfo): void {
    this.#forgetNomination(info.pod.metadata.uid);
    const nominated = this.#nominations.get(node) ?? new Map<string, PodInfo>();
    this.#nominations.set(node, nominated.set(info.pod.metadata.uid, info));
  }

  #forgetNomination(uid: string): void {
    for (const [node, pods] of this.#nominations) if (pods.delete(uid) && pods.size === 0) this.#nominations.delete(node);
  }

  /** Writes why a pod waits; an empty `nominatedNodeName` takes a nomination back. */
  async #condition(pod: KubeObject, reason: string, message: string, nominatedNodeName?: string): Promise<void> {
    const { client, clock, log } = this.#options;
    const { namespace = "", name, uid } = pod.metadata;
    const present = findCondition(pod.status?.conditions, "PodScheduled");
    const before = pod.status?.nominatedNodeName ?? "";
    const nominated =
      nominatedNodeName !== undefined && nominatedNodeName !== before ? { nominatedNodeName: nominatedNodeName || null } : {};
    if (present?.status === "False" && present.reason === reason && present.message === message && !("nominatedNodeName" in nominated))
      return;
    const lastTransitionTime = present?.status === "False" ? present.lastTransitionTime : timestamp(clock.now());
    const condition = { type: "PodScheduled", status: "False", reason, message, lastTransitionTime, lastProbeTime: null };
    try {
      const body = { metadata: { uid }, status: { conditions: [condition], ...nominated } };
      await ignoreNotFound(client.patch("pods", namespace, name, "strategic", body, { subresource: "status" }));
    } catch (error) {
      log.debug({ controller: "scheduler", pod: name, error: errorText(error) }, "condition not written");
    }
  }
}

const differ = (a: unknown, b: unknown): boolean => a !== b && JSON.stringify(a) !== JSON.stringify(b);

function sameForScheduling(a: KubeObject, b: KubeObject): boolean {
  return !(
    differ(a.spec, b.spec) ||
    differ(a.metadata.labels, b.metadata.labels) ||
    differ(a.status?.allocatable, b.status?.allocatable) ||
    differ(a.status?.images, b.status?.images)
  );
}

/** Pods whose place depends on where other pods are. */
function dependsOnPods(pod: KubeObject): boolean {
  return !!pod.spec.affinity?.podAffinity || !!pod.spec.affinity?.podAntiAffinity || !!pod.spec.topologySpreadConstraints?.length;
}
