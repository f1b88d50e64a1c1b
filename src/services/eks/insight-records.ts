// What EKS remembers of insights: findings of the last look at a cluster, and when it was taken. Times are epoch milliseconds.
import type { Category, InsightStatusValue } from "@aws-sdk/client-eks";

/** A thing an insight is about. */
export interface InsightResource {
  readonly status: InsightStatusValue;
  readonly reason: string;
  /** Path of a Kubernetes object, or ARN. */
  readonly kubernetesResourceUri?: string;
  readonly arn?: string;
}

/** An API on its way out. Versions are `1.32`. */
export interface DeprecatedApi {
  readonly usage: string;
  readonly replacedWith: string;
  readonly stopServingVersion: string;
  readonly startServingReplacementVersion: string;
  readonly clients: readonly { readonly userAgent: string; readonly requests: number; readonly lastAt: number }[];
}

/** What a check found. */
export interface Finding {
  readonly name: string;
  readonly category: Category;
  /** Version the check is about. */
  readonly kubernetesVersion: string;
  readonly description: string;
  readonly recommendation: string;
  readonly additionalInfo: Readonly<Record<string, string>>;
  readonly status: InsightStatusValue;
  readonly reason: string;
  readonly resources: readonly InsightResource[];
  /** APIs that the version drops, and who used them within 30 days. */
  readonly deprecations?: readonly DeprecatedApi[];
  /** Versions of add-ons that would do. */
  readonly addons?: readonly { readonly name: string; readonly compatibleVersions: readonly string[] }[];
}

/** A finding with its history. */
export interface InsightRecord extends Finding {
  readonly id: string;
  readonly refreshedAt: number;
  /** When the status last changed. */
  readonly changedAt: number;
}

/** The last look at a cluster; keyed like the cluster. */
export interface InsightsRefreshRecord {
  readonly status: "IN_PROGRESS" | "COMPLETED" | "FAILED";
  readonly startedAt: number;
  readonly endedAt?: number;
  /** The cluster's version at the time. */
  readonly version: string;
  readonly message: string;
}
