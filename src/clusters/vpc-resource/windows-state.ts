// What the VPC resource controller remembers of one Windows node.
import type { NodePools } from "../../cni/windows/node-pools.ts";

/** A Windows node that has been looked up. */
export interface WindowsState {
  readonly instanceType: string;
  readonly pools: NodePools;
  /** When EC2 is to be asked what the node has; epoch milliseconds. */
  syncAt: number;
  /** EC2's refusals in a row, the last one's code, and until when it is left alone. */
  failures: number;
  failure: string;
  pausedUntil: number;
}
