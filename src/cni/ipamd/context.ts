// What the parts of ipamd share.
import type { Clock } from "../../base/clock.ts";
import type { Log } from "../../base/log.ts";
import type { DataStore } from "../pool/data-store.ts";
import type { PoolLimits } from "../pool/targets.ts";
import type { IpamSettings } from "../settings.ts";
import type { Counters } from "./counters.ts";
import type { Ec2, InterfaceFacts } from "./ec2.ts";
import type { EniConfig } from "./eni-config.ts";
import type { FreedCidrs } from "./freed-cidrs.ts";
import type { InstanceFacts } from "./instance.ts";
import type { Metadata } from "./metadata.ts";
import type { Pace } from "./retry.ts";

/** Brings interfaces up and down on the host. */
export interface HostNetwork {
  /** Sets up link, table and rules of an interface. Rejects if its link is absent: the interface is then left alone. */
  setUp(eni: InterfaceFacts): Promise<void>;
  /** Deletes the rules of an interface's primary address. */
  tearDown(interfaceId: string, primaryIp: string): Promise<void>;
}

/** One ipamd's state and surroundings. */
export interface IpamdContext {
  /** The network card this is about. */
  readonly card: number;
  readonly store: DataStore;
  readonly limits: PoolLimits;
  readonly settings: IpamSettings;
  readonly instance: InstanceFacts;
  readonly ec2: Ec2;
  readonly metadata: Metadata;
  readonly host: HostNetwork;
  readonly clock: Clock;
  readonly log: Log;
  readonly counters: Counters;
  readonly freed: FreedCidrs;
  /** Interfaces of the instance that are not ipamd's; they take slots all the same. */
  unmanaged: ReadonlySet<string>;
  /** The primary interface's security groups as the others have them; undefined before the first look. */
  groups: readonly string[] | undefined;
  /** Under custom networking: what new interfaces are made of. Throws if the node's ENIConfig does not exist. */
  eniConfig(): EniConfig;
  /** True after the signal to stop: nothing new is begun. */
  isStopping(): boolean;
  /** A pace for pauses; without pauses where nothing is to be waited for. */
  pace(pace: Pace): Pace;
}

/** A host network that is not there: everything succeeds. */
export const noHostNetwork: HostNetwork = { setUp: async () => {}, tearDown: async () => {} };
