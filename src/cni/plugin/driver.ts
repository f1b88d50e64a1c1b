// What the plugin does to the node's network.
import type { EnforcingMode } from "../datapath/branch-pod.ts";

/** A pod's interface with an address of the node's interfaces. */
export interface PodSetup {
  readonly namespace: string;
  readonly name: string;
  /** Counts the interfaces of a pod with several. */
  readonly index: number;
  readonly address: string;
  /** Table of the interface that owns the address. */
  readonly table: number;
  readonly vethPrefix: string;
  readonly mtu: number;
}

/** A pod's interface on a branch. */
export interface BranchSetup extends Omit<PodSetup, "table"> {
  readonly mode: EnforcingMode;
  readonly vlanId: number;
  readonly branchMac: string;
  readonly gateway: string;
  /** Index of the trunk's link. */
  readonly parentIndex: number;
}

/** Makes and removes pods' networks. Everything may be done again; what is gone is not missed. Methods throw if the kernel refuses. */
export interface PodDriver {
  setUp(pods: readonly PodSetup[]): void;
  tearDown(pods: readonly Pick<PodSetup, "namespace" | "name" | "index" | "address" | "table">[]): void;
  setUpBranch(pod: BranchSetup): void;
  tearDownBranch(pod: Pick<BranchSetup, "namespace" | "name" | "address" | "vlanId" | "mode">): void;
}

/** A connection to the network policy agent of the node. */
export interface PolicyAgent {
  /** False: the agent refuses. */
  enforce(pod: {
    readonly namespace: string;
    readonly name: string;
    readonly mode: string;
    readonly interfaceCount: number;
  }): Promise<boolean>;
  remove(pod: { readonly namespace: string; readonly name: string }): Promise<void>;
}
