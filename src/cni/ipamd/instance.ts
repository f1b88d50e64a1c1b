// The instance ipamd runs on, as the instance metadata service tells it.

/** Facts of the instance ipamd runs on. */
export interface InstanceFacts {
  readonly instanceId: string;
  readonly vpcId: string;
  readonly zone: string;
  readonly subnetId: string;
  /** Interfaces the type can have on its first network card. */
  readonly maxEnis: number;
  /** The same for every card; absent: there is one. */
  readonly cards?: readonly number[];
  /** Addresses of one interface, the primary included. */
  readonly ipv4PerEni: number;
  /** Whether the type can hold prefixes. */
  readonly nitro: boolean;
  /** Whether the type can carry a trunk; unknown types count as able. */
  readonly trunkCapable?: boolean;
}
