// What an ipamd is made of.
import type { Clock } from "../../base/clock.ts";
import type { Log } from "../../base/log.ts";
import type { IpamSettings } from "../settings.ts";
import type { HostNetwork } from "./context.ts";
import type { Ec2 } from "./ec2.ts";
import type { EniConfig } from "./eni-config.ts";
import type { InstanceFacts } from "./instance.ts";
import type { Metadata } from "./metadata.ts";

/** What an ipamd works with. */
export interface IpamdOptions {
  readonly instance: InstanceFacts;
  readonly settings: IpamSettings;
  readonly ec2: Ec2;
  readonly clock: Clock;
  readonly log: Log;
  /** Pods the kubelet runs at most. */
  maxPods(): number;
  /** Whether the node is cordoned: then the pool does not grow and no interface is removed. */
  isCordoned(): boolean;
  /** Milliseconds between looks at the pool; upstream 5,000. Zero: looks when asked, and waits for nothing. */
  readonly period: number;
  /** The node's view of its interfaces; EC2's own if absent. */
  readonly metadata?: Metadata;
  /** Milliseconds by which the node's view of its interfaces lags behind EC2; 0 if absent. */
  readonly metadataLag?: number;
  readonly host?: HostNetwork;
  /** The node's ENIConfig; throws if it does not exist. Needed under custom networking. */
  eniConfig?(): EniConfig;
  /** Whether EC2 is asked where upstream believes the metadata service; true if absent. */
  readonly strictReconcile?: boolean;
  /** Writes the checkpoint after every change; when it throws, the change is undone. */
  persist?(): void;
  /** Hears of EC2 calls that failed, by the API's name. */
  ec2Failed?(operation: string, error: unknown): void;
}
