// A small cluster for tests of network policies: namespaces, pods, Services and policies as objects, taken through the controller's
// computation and the agent's.

import { type AgentFacts, type AgentPod, CONNTRACK, type Mode, podPrograms } from "../../src/cni/network-policy/agent.ts";
import { judge, type Verdict } from "../../src/cni/network-policy/judge.ts";
import { pack } from "../../src/cni/network-policy/pack.ts";
import { isolationOf, resolvePolicy } from "../../src/cni/network-policy/resolve.ts";
import type { PolicyEndpoint, PolicyView } from "../../src/cni/network-policy/types.ts";
import type { KubeObject } from "../../src/kubernetes/api/object.ts";

let serial = 0;
const object = (kind: string, namespace: string, name: string, more: object, labels: Record<string, string> = {}): KubeObject => ({
  ...{ apiVersion: "v1", kind },
  metadata: { name, namespace, uid: `u${++serial}`, resourceVersion: "1", creationTimestamp: "2026-08-01T00:00:00Z", labels },
  ...more,
});

export const namespace = (name: string, labels: Record<string, string> = {}): KubeObject => object("Namespace", "", name, {}, labels);

/** What a pod of the tests is made from. */
export interface PodOptions {
  readonly labels?: Record<string, string>;
  readonly ip?: string;
  readonly hostIP?: string;
  readonly hostNetwork?: boolean;
  readonly phase?: string;
  /** Named container ports, TCP. */
  readonly ports?: Readonly<Record<string, number>>;
}

export function pod(ns: string, name: string, options: PodOptions = {}): KubeObject {
  const { labels = {}, ip, hostIP = "10.0.0.1", hostNetwork = false, phase = "Running", ports = {} } = options;
  const containers = [{ name: "main", ports: Object.entries(ports).map(([key, containerPort]) => ({ name: key, containerPort })) }];
  return object("Pod", ns, name, { spec: { hostNetwork, containers }, status: { phase, hostIP, ...(ip && { podIP: ip }) } }, labels);
}

export const service = (ns: string, name: string, spec: object): KubeObject => object("Service", ns, name, { spec });

/** A policy; types as the API server would default them. */
export function policy(
  ns: string,
  name: string,
  spec: { policyTypes?: string[]; egress?: object[]; [member: string]: unknown },
): KubeObject {
  const policyTypes = spec.policyTypes ?? (spec.egress ? ["Ingress", "Egress"] : ["Ingress"]);
  return object("NetworkPolicy", ns, name, { spec: { podSelector: {}, ...spec, policyTypes } });
}

/** Everything there is. */
export interface World {
  readonly namespaces: readonly KubeObject[];
  readonly pods: readonly KubeObject[];
  readonly services?: readonly KubeObject[];
  readonly policies: readonly KubeObject[];
}

export const viewOf = ({ namespaces, pods, services = [] }: World): PolicyView => ({
  namespaces: () => namespaces,
  pods: (ns) => pods.filter(({ metadata }) => metadata.namespace === ns),
  services: (ns) => services.filter(({ metadata }) => metadata.namespace === ns),
});

/** The PolicyEndpoints of every policy, in lists of `size`. */
export function endpointsOf(world: World, size?: number): PolicyEndpoint[] {
  const view = viewOf(world);
  return world.policies.flatMap((each) =>
    pack(resolvePolicy(each, view), [], size).create.map((lists, i) => ({
      name: `${each.metadata.name}-${i}`,
      namespace: each.metadata.namespace!,
      spec: {
        policyRef: { name: each.metadata.name, namespace: each.metadata.namespace! },
        podIsolation: isolationOf(each),
        ...lists,
      },
    })),
  );
}

export const agentPod = ({ metadata, spec }: KubeObject): AgentPod => ({
  namespace: metadata.namespace!,
  name: metadata.name,
  hostNetwork: spec.hostNetwork,
});
export const agentOn = (node: string, mode: Mode): AgentFacts => ({
  enforces: true,
  mode,
  modeSetting: `mode ${mode}`,
  nodeAddress: node,
  family: node.includes(":") ? 6 : 4,
  conntrack: CONNTRACK,
});

/** A connection: each end a pod, or an address outside. */
export interface Connection {
  readonly from: KubeObject | string;
  readonly to: KubeObject | string;
  readonly protocol?: string;
  readonly port: number;
}

export const addressOf = (end: KubeObject | string): string => (typeof end === "string" ? end : end.status.podIP);

/** The verdicts on the way: leaving the one end, coming to the other. Ends that are no pods have none. */
export function verdicts(
  endpoints: readonly PolicyEndpoint[],
  { from, to, protocol = "TCP", port }: Connection,
  mode: Mode = "standard",
): { egress?: Verdict; ingress?: Verdict } {
  const at = (end: KubeObject, direction: "Ingress" | "Egress", peer: string): Verdict => {
    const agent = agentOn(end.status.hostIP, mode);
    return judge(podPrograms(agentPod(end), agent, endpoints), agent, direction, { peer, protocol, port });
  };
  return {
    ...(typeof from !== "string" && { egress: at(from, "Egress", addressOf(to)) }),
    ...(typeof to !== "string" && { ingress: at(to, "Ingress", addressOf(from)) }),
  };
}

/** Whether both ends let it pass. */
export function passes(endpoints: readonly PolicyEndpoint[], connection: Connection, mode?: Mode): boolean {
  const { egress, ingress } = verdicts(endpoints, connection, mode);
  return egress?.allowed !== false && ingress?.allowed !== false;
}
