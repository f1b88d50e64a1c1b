// Shapes of NetworkPolicy and PolicyEndpoint objects (spec vpc-cni §8.1, §17.1).
import type { KubeObject } from "../../kubernetes/api/object.ts";
import type { LabelSelector } from "../../kubernetes/runtime/selectors.ts";

export type Direction = "Ingress" | "Egress";

/** A port of a policy's rule as the API server keeps it. */
export interface PolicyRulePort {
  readonly protocol?: string;
  /** A number, or the name of a container port. */
  readonly port?: number | string;
  readonly endPort?: number;
}

/** A peer of a policy's rule. */
export interface PolicyPeer {
  readonly podSelector?: LabelSelector;
  readonly namespaceSelector?: LabelSelector;
  readonly ipBlock?: { readonly cidr: string; readonly except?: readonly string[] };
}

/** Ports of an entry: no port means every port of the protocol. */
export interface EntryPort {
  readonly protocol: string;
  readonly port?: number;
  readonly endPort?: number;
}

/** What may be talked to: an address or block, at some ports or, without any, at all and with every protocol. */
export interface Entry {
  readonly cidr: string;
  readonly except?: readonly string[];
  readonly ports?: readonly EntryPort[];
}

/** A pod a policy selects. */
export interface PodEndpoint {
  readonly hostIP: string;
  readonly podIP: string;
  readonly name: string;
  readonly namespace: string;
}

/** The lists of a PolicyEndpoint. One policy may need several objects, each with a part of them. */
export interface Lists {
  readonly ingress: readonly Entry[];
  readonly egress: readonly Entry[];
  readonly podSelectorEndpoints: readonly PodEndpoint[];
}

/** A PolicyEndpoint's specification. Empty lists are left out. */
export interface PolicyEndpointSpec extends Partial<Lists> {
  readonly policyRef: { readonly name: string; readonly namespace: string };
  readonly podSelector?: LabelSelector;
  readonly podIsolation: readonly Direction[];
}

/** A PolicyEndpoint as the agent reads it. */
export interface PolicyEndpoint {
  readonly name: string;
  readonly namespace: string;
  readonly spec: PolicyEndpointSpec;
}

/** What policies are resolved against. */
export interface PolicyView {
  namespaces(): readonly KubeObject[];
  pods(namespace: string): readonly KubeObject[];
  services(namespace: string): readonly KubeObject[];
}

export const POLICIES = "networkpolicies.networking.k8s.io";
export const POLICY_ENDPOINTS = "policyendpoints.networking.k8s.aws";

/** The lists of an object that may lack them. */
export const listsOf = ({ ingress = [], egress = [], podSelectorEndpoints = [] }: Partial<Lists>): Lists => ({
  ingress,
  egress,
  podSelectorEndpoints,
});

/** A stored PolicyEndpoint as the agent reads it; none if somebody made one that says of no policy. */
export function policyEndpoint({ metadata, spec }: KubeObject): PolicyEndpoint[] {
  if (!spec?.policyRef) return [];
  return [{ name: metadata.name, namespace: metadata.namespace ?? "", spec: { ...spec, podIsolation: spec.podIsolation ?? [] } }];
}
