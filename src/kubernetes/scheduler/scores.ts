// How well a fitting node suits a pod: free resources, balance, spreading, and what the pod prefers.
import { termMatches } from "../runtime/node-affinity.ts";
import { untolerated } from "../runtime/tolerations.ts";
import type { ClusterState } from "./cluster-state.ts";
import { imagePoints } from "./images.ts";
import type { NodeInfo } from "./node-info.ts";
import { type PodInfo, weightedTerms } from "./pod-info.ts";
import { spreadPoints } from "./spreading.ts";

/** Raw points of one aspect; the larger the better after normalising to 0..100. */
interface Score {
  readonly weight: number;
  /**
   * Points already in 0..100, or raw points to be normalised, or raw points of which fewer are better; with `spread`, fewer than the most, and
   * a negative number for a node that does not count.
   */
  readonly kind: "absolute" | "more" | "fewer" | "spread";
  points(node: NodeInfo): number;
}

const defaultCpu = 100;
const defaultMemory = 200 * 1024 * 1024 * 1000;

/** The best nodes first place; `peers` selects the pods it is spread with by default, if it has no owner. Returns every node with the highest total (kube-scheduler picks one of them at random). */
export function bestNodes(info: PodInfo, nodes: readonly NodeInfo[], state: ClusterState, peers?: object): NodeInfo[] {
  if (nodes.length <= 1) return [...nodes];
  const totals = new Float64Array(nodes.length);
  for (const { weight, kind, points } of scoresFor(info, nodes, state, peers)) {
    const raw = nodes.map(points);
    const counting = kind === "spread" ? raw.filter((each) => each >= 0) : raw;
    const most = Math.max(...counting);
    const least = Math.min(...counting);
    for (let i = 0; i < raw.length; i++) totals[i]! += weight * normal(kind, raw[i]!, least, most);
  }
  const top = Math.max(...totals);
  return nodes.filter((_, index) => totals[index] === top);
}

function normal(kind: Score["kind"], raw: number, least: number, most: number): number {
  if (kind === "absolute") return Math.floor(raw);
  if (kind === "spread") return raw < 0 ? 0 : most === 0 ? 100 : Math.floor((100 * (most + least - raw)) / most);
  if (most === least) return kind === "fewer" ? 100 : 0;
  return Math.floor((100 * (kind === "fewer" ? most - raw : raw - least)) / (most - least));
}

function scoresFor(info: PodInfo, nodes: readonly NodeInfo[], state: ClusterState, peers: object | undefined): Score[] {
  const { pod } = info;
  const cpu = info.requests.cpu || defaultCpu;
  const memory = info.requests.memory || defaultMemory;
  const share = (node: NodeInfo, name: "cpu" | "memory", wanted: number) => {
    const has = node.allocatable[name] ?? 0;
    return has ? Math.min(1, ((node.used[name] ?? 0) + wanted) / has) : 1;
  };
  const scores: Score[] = [
    { weight: 1, kind: "absolute", points: (node) => 50 * (1 - share(node, "cpu", cpu)) + 50 * (1 - share(node, "memory", memory)) },
    { weight: 1, kind: "absolute", points: (node) => 100 * (1 - Math.abs(share(node, "cpu", cpu) - share(node, "memory", memory)) / 2) },
    { weight: 3, kind: "fewer", points: ({ node }) => softTaints(node.spec?.taints, pod.spec.tolerations) },
  ];
  const preferred = pod.spec.affinity?.nodeAffinity?.preferredDuringSchedulingIgnoredDuringExecution as any[] | undefined;
  if (preferred?.length) {
    const points = ({ node }: NodeInfo) =>
      preferred.reduce((sum, { weight, preference }) => sum + (termMatches(preference, node) ? weight : 0), 0);
    scores.push({ weight: 2, kind: "more", points });
  }
  const images = imagePoints(pod, state.imageNodes, state.list.length);
  if (images) scores.push({ weight: 1, kind: "absolute", points: ({ node }) => images(node) });
  const spread = spreadPoints(info, nodes, state, peers);
  if (spread) scores.push({ weight: 2, kind: "spread", points: spread });
  return [...scores, ...attraction(info, state)];
}

function softTaints(taints: readonly any[] | undefined, tolerations: readonly any[] | undefined): number {
  return taints ? taints.filter((taint) => untolerated([taint], tolerations, ["PreferNoSchedule"])).length : 0;
}

/** Preferred pod affinity and anti-affinity. */
function attraction({ pod }: PodInfo, state: ClusterState): Score[] {
  const { podAffinity, podAntiAffinity } = pod.spec.affinity ?? {};
  const terms = [
    ...weightedTerms(pod, podAffinity?.preferredDuringSchedulingIgnoredDuringExecution).map((term) => ({ term, sign: 1 })),
    ...weightedTerms(pod, podAntiAffinity?.preferredDuringSchedulingIgnoredDuringExecution).map((term) => ({ term, sign: -1 })),
  ].map(({ term, sign }) => ({ term, sign, domains: state.domains(term) }));
  if (!terms.length) return [];
  const points = (node: NodeInfo) =>
    terms.reduce((sum, { term, sign, domains }) => sum + sign * term.weight * (domains.get(node.label(term.topologyKey) ?? "") ?? 0), 0);
  return [{ weight: 2, kind: "more", points }];
}
