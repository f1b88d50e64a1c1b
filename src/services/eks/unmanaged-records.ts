// What EKS remembers of clusters it does not run: connected ones, and subscriptions for EKS Anywhere. Times are epoch milliseconds.
import type { Tags } from "./records.ts";

/** A registered cluster. It stays PENDING: its agent would need Systems Manager, which Atoll does not run. */
export interface ConnectedClusterRecord {
  readonly name: string;
  readonly arn: string;
  readonly createdAt: number;
  readonly tags: Tags;
  readonly provider: string;
  readonly roleArn: string;
  readonly activationId: string;
  readonly activationCode: string;
  /** Epoch milliseconds; afterwards the code is worthless, and the record stays. */
  readonly activationExpiry: number;
}

/** A subscription. What it has licensed is counted, not issued: Atoll runs no License Manager. */
export interface SubscriptionRecord {
  readonly id: string;
  readonly arn: string;
  readonly name: string;
  readonly createdAt: number;
  /** Length of a term. */
  readonly months: number;
  /** Terms that were over when renewal was switched off; they stand, whatever comes. */
  readonly renewals: number;
  readonly licenseQuantity: number;
  readonly autoRenew: boolean;
  readonly tags: Tags;
}
