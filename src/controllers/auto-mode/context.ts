// What every step of Auto Mode works with, for one cluster.
import type { CallOptions } from "../../aws/operation.ts";
import type { KubeClient } from "../../kubernetes/client/client.ts";
import type { EventRecorder } from "../../kubernetes/runtime/events.ts";
import type { ClusterRecord } from "../../services/eks/records.ts";
import type { ControllerDeps } from "../deps.ts";

/** Source of Auto Mode's events. */
export const COMPONENT = "eks-auto-mode/compute";

/** Nodes that are to go once others have taken their place. */
export interface Command {
  readonly reason: "Empty" | "Underutilized" | "Drifted";
  /** NodeClaims that go. */
  readonly candidates: readonly string[];
  /** NodeClaims made instead. */
  readonly replacements: readonly string[];
  readonly since: number;
}

/** What is remembered of a cluster while it is watched. A restart forgets it and decides anew. */
export interface Memory {
  /** Pods last seen on each node. */
  readonly seen: Map<string, string>;
  readonly commands: Command[];
  /** What each object was told last, by its uid. */
  readonly told: Map<string, string>;
  /** Until when types in zones are taken to be sold out, in epoch milliseconds. */
  readonly soldOut: Map<string, number>;
}

/** One cluster as Auto Mode sees it now. */
export interface AutoCluster {
  readonly deps: ControllerDeps;
  readonly key: string;
  readonly cluster: ClusterRecord;
  readonly kube: KubeClient;
  readonly events: EventRecorder;
  readonly memory: Memory;
  /** The session of the cluster role. Rejects with AccessDenied if EKS may not assume it. */
  asClusterRole(): Promise<CallOptions>;
  /** EKS's service-linked role, which may look and delete. */
  asService(): CallOptions;
}
