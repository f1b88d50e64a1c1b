// What explanations of a pod work on: the pod, its entitlement, and where they look things up.
import type { PodReport, PodStep } from "../../base/access-report.ts";
import type { EmbeddedCluster } from "../../clusters/embedded-cluster.ts";
import type { KubeObject } from "../../kubernetes/api/object.ts";
import type { PodIdentities } from "../../nodes/pod-identity.ts";
import type { SimulatedNodes } from "../../nodes/simulated-nodes.ts";
import type { AccessSources } from "./access.ts";

/** A Pod Identity association as far as explanations need it. */
export interface AssociationView {
  readonly arn: string;
  readonly id: string;
  readonly roleArn: string;
  readonly disableSessionTags: boolean;
  readonly targetRoleArn?: string;
  readonly externalId?: string;
  readonly policy?: string;
  /** Epoch milliseconds. */
  readonly createdAt: number;
}

/** What the way of a pod is looked up in. */
export interface PodSources extends AccessSources {
  readonly nodes: SimulatedNodes;
  readonly identities: PodIdentities;
  association(clusterKey: string, namespace: string, serviceAccount: string): AssociationView | undefined;
}

/** One pod on its way. */
export interface PodCase {
  readonly cluster: EmbeddedCluster;
  readonly clusterArn: string;
  readonly pod: KubeObject;
  readonly namespace: string;
  readonly serviceAccount: string;
  readonly association: AssociationView | undefined;
  readonly sources: PodSources;
}

/** How the way goes on after the webhook. */
export type Way = Pick<PodReport, "session" | "answer"> & { readonly steps: readonly PodStep[] };
