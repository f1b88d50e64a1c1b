// The instance ipamd runs on, as the instance metadata service tells it.

/** Facts of the instance ipamd runs on. */
export interface InstanceFacts {
  readonly instanceId: string;
  readonly vpcId: string;
  readonly zone: string;
  readonly subnetId: string;
  /** Interfaces the type can have. */
  readonly maxEnis: number;
  /** Addresses of one interface, the primary included. */
  readonly ipv4PerEni: number;
  /** Whether the type can hold prefixes. */
  readonly nitro: boolean;
  /** Whether the type can carry a trunk; unknown types count as able. */
  readonly trunkCapable?: boolean;
}
