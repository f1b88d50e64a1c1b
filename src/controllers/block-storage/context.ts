// What the steps of block storage work with, for one cluster.
import type { CallOptions } from "../../aws/operation.ts";
import type { KubeObject } from "../../kubernetes/api/object.ts";
import type { KubeClient } from "../../kubernetes/client/client.ts";
import type { ClusterRecord } from "../../services/eks/records.ts";
import type { ControllerDeps } from "../deps.ts";

export interface BlockStorage {
  readonly deps: ControllerDeps;
  readonly cluster: ClusterRecord;
  readonly kube: KubeClient;
  /** A client of a node, with its rights. */
  asNode(name: string): KubeClient;
  /** EKS looking at EC2. */
  asObserver(): CallOptions;
  /** Writes an event, unless the object was told the same last. */
  tell(object: KubeObject, type: "Normal" | "Warning", reason: string, message: string): void;
}
