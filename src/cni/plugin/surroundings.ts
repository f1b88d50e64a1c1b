// What a call of the plugin carries, and what it finds on the node.
import type { Log } from "../../base/log.ts";
import type { CniRpc } from "../rpc/messages.ts";
import type { PodDriver, PolicyAgent } from "./driver.ts";

/** CNI_COMMAND and its company. */
export interface PluginCall {
  readonly command: string;
  readonly containerId: string;
  readonly netns: string;
  readonly ifName: string;
  /** CNI_ARGS. */
  readonly args: string;
  readonly stdin: string;
}

/** What the plugin works with. */
export interface PluginSurroundings {
  /** Of the plugin: ipamd's must be the same. */
  readonly version: string;
  readonly driver: PodDriver;
  readonly log: Log;
  /** Connects to ipamd's socket. Rejects if nobody serves it. */
  dial(): Promise<CniRpc>;
  /** Connects to the network policy agent's socket. Rejects if nobody serves it. */
  dialPolicyAgent(): Promise<PolicyAgent>;
}
