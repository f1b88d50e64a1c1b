// What EKS remembers of Fargate: profiles, and the machines their pods run on. Times are epoch milliseconds.
import type { FargateProfileIssueCode, FargateProfileStatus } from "@aws-sdk/client-eks";
import type { IssueRecord, Tags } from "./records.ts";

/** Which pods a profile takes. */
export interface SelectorRecord {
  readonly namespace: string;
  readonly labels: Readonly<Record<string, string>>;
}

/** A Fargate profile. It never changes but for status, health and tags. */
export interface FargateProfileRecord {
  readonly clusterName: string;
  readonly name: string;
  readonly arn: string;
  readonly createdAt: number;
  readonly podExecutionRoleArn: string;
  readonly subnets: readonly string[];
  readonly selectors: readonly SelectorRecord[];
  readonly status: FargateProfileStatus;
  readonly tags: Tags;
  readonly health: readonly IssueRecord<FargateProfileIssueCode>[];
  readonly deletingSince?: number;
}

/** The machine of one pod: its interface gives both node and pod their address. Keyed by the pod's uid. */
export interface FargateMachineRecord {
  readonly podUid: string;
  readonly namespace: string;
  readonly podName: string;
  readonly profile: string;
  readonly nodeName: string;
  readonly interfaceId: string;
  readonly subnetId: string;
  readonly zone: string;
  readonly address: string;
  /** Address of the pod in a cluster of IP family ipv6. */
  readonly ipv6Address?: string;
  readonly vcpus: number;
  readonly memoryMiB: number;
  /** Minor version of the cluster when the machine was made. */
  readonly version: string;
}
