// An imagined node that pods are packed onto while several offerings could still become it.
import type { KubeObject } from "../../kubernetes/api/object.ts";
import { nodeShouldRun } from "../../kubernetes/controllers/daemonset/eligible.ts";
import { nodeMatches } from "../../kubernetes/runtime/node-affinity.ts";
import type { Amounts } from "../../kubernetes/runtime/pod-resources.ts";
import type { ClusterState } from "../../kubernetes/scheduler/cluster-state.ts";
import type { Check } from "../../kubernetes/scheduler/filters/filter.ts";
import { NodeInfo } from "../../kubernetes/scheduler/node-info.ts";
import { type PodInfo, podInfo } from "../../kubernetes/scheduler/pod-info.ts";
import type { Offering } from "./instances/offerings.ts";
import { limitedAmounts, type PlanPool, type Taint, withinLimits } from "./pool.ts";
import { hasVariety, impliedLabels, meets, podRequirements } from "./requirements.ts";

/** A Node object that is not there. */
export function imaginedNode(
  name: string,
  labels: Readonly<Record<string, string>>,
  taints: readonly Taint[],
  allocatable: Readonly<Record<string, string>>,
): KubeObject {
  return {
    apiVersion: "v1",
    kind: "Node",
    metadata: { name, uid: name, labels: { ...labels, "kubernetes.io/hostname": name } },
    spec: { taints },
    status: { allocatable },
  } as unknown as KubeObject;
}

interface Candidate {
  readonly offering: Offering;
  readonly node: NodeInfo;
}

/** Pods whose place depends on where others are. */
const looksAround = ({ pod }: PodInfo) =>
  Boolean(pod.spec.topologySpreadConstraints?.length || pod.spec.affinity?.podAffinity || pod.spec.affinity?.podAntiAffinity);

/** One imagined node. The state holds a stand-in of its best offering, so that spreading counts its pods. */
export class Bin {
  readonly name: string;
  readonly pool: PlanPool;
  readonly labels: Readonly<Record<string, string>>;
  #candidates: readonly Candidate[];
  readonly #pods: PodInfo[] = [];

  constructor(name: string, pool: PlanPool, labels: Readonly<Record<string, string>>, candidates: readonly Candidate[]) {
    this.name = name;
    this.pool = pool;
    this.labels = labels;
    this.#candidates = candidates;
  }

  /** The cheapest offering left. */
  get best(): Offering {
    return this.#candidates[0]!.offering;
  }

  offerings(): Offering[] {
    return this.#candidates.map(({ offering }) => offering);
  }

  pods(): KubeObject[] {
    return this.#pods.map(({ pod }) => pod);
  }

  /** Requests of pods and daemons. */
  requests(): Amounts {
    const { node } = this.#candidates[0]!;
    return { ...node.used, pods: node.pods.size * 1000 };
  }

  /** What counts towards the pool's limits while the offering is open: as much as the best one has. */
  reserved(): Amounts {
    return limitedAmounts(this.best.capacity);
  }

  /** Puts a pod onto the node if an offering is left that fits; answers whether it did. */
  take(info: PodInfo, check: Check, state: ClusterState): boolean {
    const zone = looksAround(info) ? this.best.zone : undefined;
    const left = this.#candidates.filter(({ offering, node }) => (zone === undefined || offering.zone === zone) && !check(node));
    if (
      left.length === 0 ||
      !hasVariety(
        left.map(({ offering }) => offering),
        this.pool.requirements,
      )
    )
      return false;
    this.#candidates = left;
    for (const { node } of left) node.add(info);
    this.#pods.push(info);
    state.setNode(left[0]!.node.node);
    state.assign(info.pod, this.name);
    return true;
  }
}

/** What a new bin is opened with. */
export interface Opening {
  readonly info: PodInfo;
  readonly check: Check;
  readonly pools: readonly PlanPool[];
  readonly usage: ReadonlyMap<string, Readonly<Amounts>>;
  readonly daemonSets: readonly KubeObject[];
  readonly state: ClusterState;
  readonly name: string;
}

/** A bin of the first pool that can serve the pod, with the pod in it; otherwise why none can. */
export function openBin(opening: Opening): Bin | string {
  const { info, pools } = opening;
  const reasons: string[] = [];
  for (const pool of pools) {
    const outcome = tryPool(opening, pool);
    if (outcome instanceof Bin) return outcome;
    reasons.push(outcome);
  }
  if (reasons.length === 0) return "no nodepools found";
  const { cpu = 0, memory = 0 } = info.requests;
  return `${reasons.join("; ")} (pod requests cpu ${cpu}m, memory ${Math.ceil(memory / 1000 / 2 ** 20)}Mi)`;
}

function tryPool({ info, check, usage, daemonSets, state, name }: Opening, pool: PlanPool): Bin | string {
  const labels = { ...pool.labels, ...chosenLabels(info.pod, pool) };
  const suits = (offering: Offering) => nodeMatches(info.pod, imaginedNode(name, { ...offering.labels, ...labels }, [], {}));
  const matching = pool.offerings.filter(suits);
  const affordable = matching.filter(({ capacity }) => withinLimits(pool, usage.get(pool.name) ?? {}, capacity));
  if (matching.length > 0 && affordable.length === 0) return `all available instance types exceed limits for nodepool: "${pool.name}"`;
  const zones = zoneLoads(state);
  const candidates = spreadZones(affordable, zones).map((offering): Candidate => {
    const node = imaginedNode(name, { ...offering.labels, ...labels }, pool.taints, offering.allocatable);
    const running = new NodeInfo(node);
    for (const daemon of daemonPods(daemonSets, node)) running.add(daemon);
    return { offering, node: running };
  });
  const fits = thin(
    candidates.filter((candidate) => !check(candidate.node)),
    pool,
  );
  if (fits.length > 0) {
    // Checked above for every zone: a pod that looks around settles on the best of them.
    const bin = new Bin(name, pool, labels, fits);
    if (bin.take(info, () => undefined, state)) return bin;
  }
  return `incompatible with nodepool "${pool.name}", no instance type satisfied resources, requirements and taints`;
}

/** Offerings of one size and place kept as alternatives. */
const ALTERNATIVES = 3;

/** Leaves out dearer offerings of equal size, which later pods would only be checked against; not where the pool asks for variety. */
function thin(candidates: readonly Candidate[], pool: PlanPool): readonly Candidate[] {
  if (pool.requirements.some(({ minValues }) => minValues !== undefined)) return candidates;
  const seen = new Map<string, number>();
  return candidates.filter(({ offering: { allocatable, zone, capacityType, labels } }) => {
    const { cpu, memory, pods } = allocatable;
    const key = [cpu, memory, pods, zone, capacityType, labels["kubernetes.io/arch"]].join("/");
    const count = (seen.get(key) ?? 0) + 1;
    seen.set(key, count);
    return count <= ALTERNATIVES;
  });
}

/** Labels for the pool's open requirements, as the pod wishes them. */
function chosenLabels(pod: KubeObject, pool: PlanPool): Record<string, string> {
  const wishes = impliedLabels(podRequirements(pod));
  const keys = new Set(pool.custom.map(({ key }) => key));
  const chosen = Object.fromEntries(Object.entries(wishes).filter(([key]) => keys.has(key)));
  return meets(
    { ...pool.labels, ...chosen },
    pool.custom.filter(({ key }) => key in chosen),
  )
    ? chosen
    : {};
}

function daemonPods(sets: readonly KubeObject[], node: KubeObject): PodInfo[] {
  return sets
    .filter((set) => nodeShouldRun(set, node).run)
    .map((set) =>
      podInfo({
        ...set.spec.template,
        metadata: {
          ...set.spec.template.metadata,
          name: set.metadata.name,
          uid: `daemon-${set.metadata.uid}`,
          namespace: set.metadata.namespace,
        },
      } as KubeObject),
    );
}

function zoneLoads(state: ClusterState): Map<string, number> {
  const loads = new Map<string, number>();
  for (const node of state.list) {
    const zone = node.label("topology.kubernetes.io/zone") ?? "";
    loads.set(zone, (loads.get(zone) ?? 0) + 1);
  }
  return loads;
}

/** Of equally cheap offerings, those in zones with fewer nodes come first. */
function spreadZones(offerings: readonly Offering[], loads: ReadonlyMap<string, number>): Offering[] {
  return [...offerings].sort((a, b) => a.price - b.price || (loads.get(a.zone) ?? 0) - (loads.get(b.zone) ?? 0));
}
