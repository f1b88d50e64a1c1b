// What EKS remembers of requests to deprecated Kubernetes APIs.

/** One user agent's requests to one API. Keyed `<cluster key>/<group>/<version>/<plural>/<digest of the agent>`. */
export interface ApiUseRecord {
  readonly group: string;
  readonly version: string;
  readonly plural: string;
  readonly userAgent: string;
  /** Requests by day: days since 1970 as text. */
  readonly days: Readonly<Record<string, number>>;
  /** Epoch milliseconds. */
  readonly lastAt: number;
}
