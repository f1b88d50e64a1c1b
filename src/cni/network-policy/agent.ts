// The network policy agent of a node, as a model: what is in force on a pod (spec vpc-cni §8.2).
import { type FirewallMap, firewallMap, type SourcedEntry } from "./firewall.ts";
import type { Direction, PolicyEndpoint } from "./types.ts";

/** How the agent treats pods that no policy is programmed for: it allows everything, or nothing. */
export type Mode = "standard" | "strict";

/** Settings of a node's agent. */
export interface AgentFacts {
  /** `--enable-network-policy` of the agent in the aws-node pod; the agent of Auto Mode's nodes always enforces. */
  readonly enforces: boolean;
  readonly mode: Mode;
  /** What sets the mode, for texts: `NETWORK_POLICY_ENFORCING_MODE=strict`. */
  readonly modeSetting: string;
  /** Address of the node: its traffic is always allowed. */
  readonly nodeAddress: string;
  readonly family: 4 | 6;
  /** The table of flows that were allowed, whose answers pass: seconds between its cleanings, and its size. */
  readonly conntrack: { readonly cleanupPeriod: number; readonly tableSize: number };
}

/** The agent's flow table unless flags say otherwise. */
export const CONNTRACK = { cleanupPeriod: 300, tableSize: 524_288 };

/** A pod on the agent's node. */
export interface AgentPod {
  readonly namespace: string;
  readonly name: string;
  readonly hostNetwork: boolean;
}

/** Values of the pod state map. */
export const POD_STATE = { policiesApplied: 0, defaultAllow: 1, defaultDeny: 2 } as const;
export type PodState = (typeof POD_STATE)[keyof typeof POD_STATE];

/** A direction of a pod with policies: its map, or undefined where no policy isolates it. */
export interface Isolation {
  readonly map: FirewallMap;
  /** `namespace/name` of the policies that isolate, each with the PolicyEndpoint that lists the pod. */
  readonly by: readonly { readonly policy: string; readonly endpoint: string }[];
}

/** What is in force on a pod. */
export interface PodPrograms {
  /** Key of the maps, which pods share. */
  readonly identity: string;
  readonly state: PodState;
  readonly ingress?: Isolation;
  readonly egress?: Isolation;
}

/** Under which name pods of a node share maps: their name without its last segment, and the namespace. */
export const podIdentity = ({ namespace, name }: Pick<AgentPod, "namespace" | "name">): string =>
  `${name.includes("-") ? name.slice(0, name.lastIndexOf("-")) : name}@${namespace}`;

/** What the agent has programmed for a pod; undefined if it has nothing to do with it: not enforcing, or a host network pod. */
export function podPrograms(pod: AgentPod, agent: AgentFacts, endpoints: readonly PolicyEndpoint[]): PodPrograms | undefined {
  if (!agent.enforces || pod.hostNetwork) return undefined;
  const identity = podIdentity(pod);
  const local = endpoints.filter(({ spec }) => spec.policyRef.namespace === pod.namespace);
  const listing = local.filter(({ spec }) =>
    spec.podSelectorEndpoints?.some(({ name, namespace }) => name === pod.name && namespace === pod.namespace),
  );
  if (listing.length === 0) return { identity, state: agent.mode === "strict" ? POD_STATE.defaultDeny : POD_STATE.defaultAllow };
  const isolation = (direction: Direction): Isolation | undefined => {
    const isolating = listing.filter(({ spec }) => spec.podIsolation.includes(direction));
    if (isolating.length === 0) return undefined;
    const names = new Set(isolating.map(({ spec }) => spec.policyRef.name));
    // A policy's objects hold parts of one list: whichever of them names the pod, the entries of all apply.
    const entries = local
      .filter(({ spec }) => names.has(spec.policyRef.name))
      .flatMap(({ name, spec }) =>
        ((direction === "Ingress" ? spec.ingress : spec.egress) ?? []).map(
          (entry): SourcedEntry => ({ policy: `${spec.policyRef.namespace}/${spec.policyRef.name}`, endpoint: name, entry }),
        ),
      );
    const by = isolating.map(({ name, spec }) => ({ policy: `${spec.policyRef.namespace}/${spec.policyRef.name}`, endpoint: name }));
    return { map: firewallMap(entries, agent.family), by };
  };
  const ingress = isolation("Ingress");
  const egress = isolation("Egress");
  return { identity, state: POD_STATE.policiesApplied, ...(ingress && { ingress }), ...(egress && { egress }) };
}
