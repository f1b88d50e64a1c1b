// Runs one pod of a daemon set on every eligible node and rolls template changes out.
import type { KubeObject } from "../../api/object.ts";
import type { Controller, ControllerDeps } from "../../runtime/controller.ts";
import { sameSpec } from "../../runtime/hash.ts";
import { claim, controllerOf, ownerKeys } from "../../runtime/owners.ts";
import { availableIn, isPodAvailable, isPodFinished, isPodReady, soonest } from "../../runtime/pods.ts";
import { compileSelector } from "../../runtime/selectors.ts";
import { keyOf, splitKey } from "../../runtime/store.ts";
import { parseTime } from "../../runtime/time.ts";
import { createPod, deletePod, inGrowingBatches, podFromTemplate } from "../pod-control.ts";
import { currentRevision, trimRevisions } from "../revisions.ts";
import { daemonTolerations, nodeShouldRun, pinnedAffinity } from "./eligible.ts";
import { updateStep } from "./rolling.ts";

const type = "daemonsets.apps";
const hashLabel = "controller-revision-hash";
const generationLabel = "pod-template-generation";
const burst = 250;
/** Failed daemon pods are replaced with growing delays: 1 s doubling to 15 min. */
const failedBackoff = { first: 1000, longest: 900_000 };

/** The daemon set controller. */
export function daemonSetController(deps: ControllerDeps): Controller {
  const { stores } = deps;
  const failures = new Map<string, { count: number; until: number }>();
  const all = () => stores.of(type).list().map(keyOf);
  return {
    name: "daemonset",
    watches: [
      { type, keys: ({ object }) => [keyOf(object)] },
      {
        type: "pods",
        keys: ({ object, old }) => {
          const keys = [...ownerKeys(object, "DaemonSet"), ...(old ? ownerKeys(old, "DaemonSet") : [])];
          if (controllerOf(object)) return keys;
          const sets = stores.of(type).list(object.metadata.namespace);
          return [...keys, ...sets.filter((set) => compileSelector(set.spec.selector)(object.metadata.labels)).map(keyOf)];
        },
      },
      {
        type: "nodes",
        keys: ({ type: event, object, old }) => (event === "MODIFIED" && old && sameNode(old, object) ? [] : all()),
      },
    ],
    async reconcile(key) {
      const { namespace, name } = splitKey(key);
      const set = stores.of(type).get(namespace, name);
      if (!set) return undefined;
      const matches = compileSelector(set.spec.selector);
      const pods = await claim({ client: deps.client, stores, type: "pods", owner: set, matches });
      if (set.metadata.deletionTimestamp) return writeStatus(deps, set, pods, undefined);
      const labels = { ...(set.spec.template.metadata?.labels ?? {}) };
      const revision = await currentRevision(deps, set, labels, hashLabel);
      const hash = revision.metadata.labels![hashLabel]!;
      const again = await manage(deps, set, pods, hash, failures);
      const after = stores.controlledBy("pods", set.metadata.uid).filter((pod) => matches(pod.metadata.labels));
      const used = new Set([revision.metadata.name, ...after.map((pod) => `${name}-${pod.metadata.labels?.[hashLabel]}`)]);
      await trimRevisions(deps, set, used);
      return soonest(again, await writeStatus(deps, set, after, hash));
    },
  };
}

/** Makes missing pods, removes surplus ones, and takes one step of an update. Returns when to look again. */
async function manage(
  deps: ControllerDeps,
  set: KubeObject,
  pods: readonly KubeObject[],
  hash: string,
  failures: Map<string, { count: number; until: number }>,
): Promise<number | undefined> {
  const { stores, clock, events } = deps;
  const now = clock.now();
  const isNew = (pod: KubeObject) => isCurrent(set, pod, hash);
  const byNode = podsByNode(pods);
  const create: string[] = [];
  const remove: KubeObject[] = [];
  const eligible = new Map<string, KubeObject[]>();
  const delays: number[] = [];
  for (const node of stores.of("nodes").list()) {
    const { name } = node.metadata;
    const { run, keep } = nodeShouldRun(set, node);
    const here = byNode.get(name) ?? [];
    byNode.delete(name);
    const live = here.filter((pod) => !pod.metadata.deletionTimestamp);
    if (run) {
      const running = live.filter((pod) => !isPodFinished(pod));
      const failed = live.filter(isPodFinished);
      const key = `${set.metadata.uid} ${name}`;
      if (failed.length) {
        const known = failures.get(key);
        if (known && known.until > now) delays.push(known.until - now);
        else {
          const count = (known?.count ?? 0) + 1;
          failures.set(key, { count, until: now + Math.min(failedBackoff.first * 2 ** (count - 1), failedBackoff.longest) });
          for (const pod of failed) {
            const phase = pod.status.phase as string;
            const word = phase === "Failed" ? "failed" : "succeeded";
            const reason = phase === "Failed" ? "FailedDaemonPod" : "SucceededDaemonPod";
            events.event(
              set,
              phase === "Failed" ? "Warning" : "Normal",
              reason,
              `Found ${word} daemon pod ${pod.metadata.namespace}/${pod.metadata.name} on node ${name}, will try to ${word === "failed" ? "kill" : "delete"} it`,
            );
            remove.push(pod);
          }
        }
      } else if (here.length === 0) create.push(name);
      remove.push(...surplus(running, isNew));
      eligible.set(name, here);
    } else if (!keep) remove.push(...live);
  }
  // Pods on nodes that are gone belong to the pod garbage collector; pods not yet bound whose node is gone go here.
  for (const here of byNode.values()) remove.push(...here.filter((pod) => !pod.spec.nodeName && !pod.metadata.deletionTimestamp));
  if (create.length === 0 && remove.length === 0 && (set.spec.updateStrategy?.type ?? "RollingUpdate") === "RollingUpdate") {
    const step = updateStep(set, eligible, isNew, now);
    create.push(...step.create);
    remove.push(...step.remove);
  }
  const template = templateWithRevision(set, hash);
  const made = await inGrowingBatches(Math.min(create.length, burst), (index) => {
    const node = create[index]!;
    const spec = { affinity: pinnedAffinity(template, node), tolerations: daemonTolerations(template) };
    return createPod(deps, set, podFromTemplate(set, template, { spec }));
  });
  const deleted = await Promise.allSettled(remove.slice(0, burst).map((pod) => deletePod(deps, set, pod)));
  const failure = made.error ?? deleted.find((result) => result.status === "rejected")?.reason;
  if (failure !== undefined) {
    await writeStatus(deps, set, pods, hash);
    throw failure;
  }
  return soonest(...delays, create.length > burst ? 1 : undefined);
}

/** All but one pod of a node, unless an update runs two there for a while. */
function surplus(running: readonly KubeObject[], isNew: (pod: KubeObject) => boolean): KubeObject[] {
  const oldest = (list: readonly KubeObject[]) =>
    [...list].sort(
      (a, b) =>
        Number(!!b.spec.nodeName) - Number(!!a.spec.nodeName) ||
        parseTime(a.metadata.creationTimestamp) - parseTime(b.metadata.creationTimestamp),
    );
  return [...oldest(running.filter(isNew)).slice(1), ...oldest(running.filter((pod) => !isNew(pod))).slice(1)];
}

function isCurrent(set: KubeObject, pod: KubeObject, hash: string | undefined): boolean {
  if (hash !== undefined && pod.metadata.labels?.[hashLabel] === hash) return true;
  const generation = set.metadata.annotations?.["deprecated.daemonset.template.generation"];
  return generation !== undefined && pod.metadata.labels?.[generationLabel] === generation;
}

function templateWithRevision(set: KubeObject, hash: string): any {
  const template = structuredClone(set.spec.template);
  const generation = set.metadata.annotations?.["deprecated.daemonset.template.generation"];
  template.metadata = {
    ...template.metadata,
    labels: { ...template.metadata?.labels, [hashLabel]: hash, ...(generation ? { [generationLabel]: generation } : {}) },
  };
  return template;
}

function podsByNode(pods: readonly KubeObject[]): Map<string, KubeObject[]> {
  const byNode = new Map<string, KubeObject[]>();
  for (const pod of pods) {
    const node = targetNode(pod);
    if (node) byNode.set(node, [...(byNode.get(node) ?? []), pod]);
  }
  return byNode;
}

/** The node a daemon pod is on or pinned to. */
function targetNode(pod: KubeObject): string | undefined {
  if (pod.spec.nodeName) return pod.spec.nodeName;
  const terms = pod.spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms as any[] | undefined;
  return terms?.[0]?.matchFields?.find((field: any) => field.key === "metadata.name")?.values?.[0];
}

async function writeStatus(
  { client, stores, clock }: ControllerDeps,
  set: KubeObject,
  pods: readonly KubeObject[],
  hash: string | undefined,
): Promise<number | undefined> {
  const now = clock.now();
  const minReady = set.spec.minReadySeconds ?? 0;
  const current = stores.of(type).get(set.metadata.namespace!, set.metadata.name);
  if (!current || current.metadata.uid !== set.metadata.uid) return undefined;
  const counts = { desired: 0, scheduled: 0, misscheduled: 0, ready: 0, available: 0, updated: 0 };
  const delays: (number | undefined)[] = [];
  const byNode = podsByNode(pods.filter((pod) => !pod.metadata.deletionTimestamp));
  for (const node of stores.of("nodes").list()) {
    const here = byNode.get(node.metadata.name) ?? [];
    const oldest = [...here].sort((a, b) => parseTime(a.metadata.creationTimestamp) - parseTime(b.metadata.creationTimestamp));
    if (!nodeShouldRun(set, node).run) {
      if (here.length) counts.misscheduled++;
      continue;
    }
    counts.desired++;
    if (!oldest.length) continue;
    counts.scheduled++;
    const ready = oldest.find(isPodReady);
    if (ready) {
      counts.ready++;
      if (isPodAvailable(ready, minReady, now)) counts.available++;
      delays.push(availableIn(ready, minReady, now));
    }
    if (hash === undefined || oldest.some((pod) => isCurrent(set, pod, hash))) counts.updated++;
  }
  const some = (name: string, value: number) => (value ? { [name]: value } : {});
  const status = {
    currentNumberScheduled: counts.scheduled,
    numberMisscheduled: counts.misscheduled,
    desiredNumberScheduled: counts.desired,
    numberReady: counts.ready,
    observedGeneration: set.metadata.generation ?? 1,
    ...some("updatedNumberScheduled", counts.updated),
    ...some("numberAvailable", counts.available),
    ...some("numberUnavailable", counts.desired - counts.available),
    ...(current.status?.collisionCount !== undefined ? { collisionCount: current.status.collisionCount } : {}),
  };
  if (!sameSpec(current.status ?? {}, status)) stores.of(type).observe(await client.updateStatus(type, { ...current, status }));
  return soonest(...delays);
}

function sameNode(a: KubeObject, b: KubeObject): boolean {
  return sameSpec(a.metadata.labels, b.metadata.labels) && sameSpec(a.spec, b.spec);
}
