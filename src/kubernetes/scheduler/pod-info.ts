// A pod as the scheduler looks at it, computed once.
import type { KubeObject } from "../api/object.ts";
import { claimsOf } from "../runtime/claims.ts";
import { canonical } from "../runtime/hash.ts";
import { controllerOf } from "../runtime/owners.ts";
import { type Amounts, hostPorts, podAmounts } from "../runtime/pod-resources.ts";
import { compileSelector, type LabelMatch } from "../runtime/selectors.ts";

/** A pod (anti-)affinity term or spread constraint: which pods it means and over which topology. */
export interface Term {
  readonly topologyKey: string;
  /** Equal terms have equal identities, so their counts are shared. */
  readonly identity: string;
  readonly matches: (pod: KubeObject) => boolean;
  readonly weight: number;
}

export interface PodInfo {
  readonly pod: KubeObject;
  readonly requests: Readonly<Amounts>;
  readonly ports: readonly string[];
  readonly priority: number;
  /** Uid of the owner it is spread with, or "". */
  readonly owner: string;
  /** Names of the claims it mounts. */
  readonly claims: readonly string[];
  readonly affinity: readonly Term[];
  readonly antiAffinity: readonly Term[];
}

const none: readonly Term[] = [];
const noClaims: readonly string[] = [];
const spreading = new Set(["ReplicaSet", "ReplicationController", "StatefulSet"]);

/** Uid of the owner whose pods are spread without being asked to; those of jobs and daemon sets are not. */
function spreadOwner(pod: KubeObject): string {
  const owner = controllerOf(pod);
  return owner && spreading.has(owner.kind) ? owner.uid : "";
}

export function podInfo(pod: KubeObject): PodInfo {
  const { podAffinity, podAntiAffinity } = pod.spec.affinity ?? {};
  return {
    pod,
    requests: podAmounts(pod),
    ports: hostPorts(pod),
    priority: pod.spec.priority ?? 0,
    owner: spreadOwner(pod),
    claims: pod.spec.volumes?.length ? claimsOf(pod) : noClaims,
    affinity: podAffinity ? terms(pod, podAffinity.requiredDuringSchedulingIgnoredDuringExecution) : none,
    antiAffinity: podAntiAffinity ? terms(pod, podAntiAffinity.requiredDuringSchedulingIgnoredDuringExecution) : none,
  };
}

/** Required terms of an affinity. */
export function terms(pod: KubeObject, list: readonly any[] | undefined): readonly Term[] {
  return list?.map((term) => affinityTerm(pod, term, 0)) ?? none;
}

/** Preferred terms with their weights. */
export function weightedTerms(pod: KubeObject, list: readonly any[] | undefined): readonly Term[] {
  return list?.map(({ weight, podAffinityTerm }) => affinityTerm(pod, podAffinityTerm, weight)) ?? none;
}

function affinityTerm(pod: KubeObject, term: any, weight: number): Term {
  const selector = withLabelKeys(pod, term);
  const namespaces = new Set<string>(term.namespaces?.length ? term.namespaces : term.namespaceSelector ? [] : [pod.metadata.namespace!]);
  // An empty namespace selector means all namespaces; labels of namespaces are read through the standard name label only.
  const everywhere =
    term.namespaceSelector &&
    Object.keys(term.namespaceSelector.matchLabels ?? {}).length === 0 &&
    !term.namespaceSelector.matchExpressions?.length;
  const named: LabelMatch | undefined = term.namespaceSelector && !everywhere ? compileSelector(term.namespaceSelector) : undefined;
  const matchLabels = compileSelector(selector);
  return {
    topologyKey: term.topologyKey,
    identity: canonical([selector, [...namespaces], everywhere ?? false, term.namespaceSelector ?? null]),
    weight,
    matches: ({ metadata: { namespace, labels } }) =>
      (everywhere || namespaces.has(namespace!) || !!named?.({ "kubernetes.io/metadata.name": namespace! })) && matchLabels(labels),
  };
}

/** A spread constraint as a term over the pod's own namespace. */
export function spreadTerm(pod: KubeObject, constraint: any): Term {
  const selector = withLabelKeys(pod, constraint);
  const matchLabels = compileSelector(selector);
  const namespace = pod.metadata.namespace;
  return {
    topologyKey: constraint.topologyKey,
    identity: canonical(["spread", selector, namespace]),
    weight: 1,
    matches: (other) => other.metadata.namespace === namespace && !other.metadata.deletionTimestamp && matchLabels(other.metadata.labels),
  };
}

function withLabelKeys(pod: KubeObject, term: any): any {
  const keys = (term.matchLabelKeys ?? []).filter((key: string) => pod.metadata.labels?.[key] !== undefined);
  if (!keys.length || !term.labelSelector) return term.labelSelector;
  const matchExpressions = keys.map((key: string) => ({ key, operator: "In", values: [pod.metadata.labels![key]!] }));
  return { ...term.labelSelector, matchExpressions: [...(term.labelSelector.matchExpressions ?? []), ...matchExpressions] };
}
