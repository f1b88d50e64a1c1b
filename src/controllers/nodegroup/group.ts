// A node group as the steps of its controller see it.
import type { ClusterRecord, NodegroupRecord } from "../../services/eks/records.ts";

/** A node group with its cluster: what every step works on. */
export interface Group {
  readonly key: string;
  readonly clusterKey: string;
  readonly cluster: ClusterRecord;
  readonly nodegroup: NodegroupRecord;
}
