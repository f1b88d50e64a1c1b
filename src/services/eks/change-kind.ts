// What UpdateClusterConfig needs to know of one kind of change.
import type { UpdateClusterConfigRequest, UpdateParam, UpdateType } from "@aws-sdk/client-eks";
import type { Call } from "../../aws/operation.ts";
import type { EksDeps } from "./deps.ts";
import { invalidParameter } from "./errors.ts";
import type { ClusterRecord, ClusterSettings } from "./records.ts";

/** The update's parameters and the settings to apply. */
export interface Checked {
  readonly params: UpdateParam[];
  readonly change: Partial<ClusterSettings>;
}

/** One kind of change. `check` throws the service's error if the cluster cannot or need not change so. */
export interface ChangeKind {
  readonly type: UpdateType;
  asks(input: UpdateClusterConfigRequest): boolean;
  check(input: UpdateClusterConfigRequest, cluster: ClusterRecord, call: Call, deps: EksDeps): Checked | Promise<Checked>;
}

/** The error when a cluster already is as asked. */
export const noChange = (what: string, cluster: ClusterRecord) =>
  invalidParameter(`Cluster is already at the desired configuration with ${what}`, { clusterName: cluster.name });

/** Equality of two lists, order included. */
export const sameList = (a: readonly string[], b: readonly string[]) =>
  a.length === b.length && a.every((item, index) => item === b[index]);
