// What EKS remembers of a cluster's capabilities. Times are epoch milliseconds.
import type {
  ArgoCdRole,
  CapabilityDeletePropagationPolicy,
  CapabilityIssueCode,
  CapabilityStatus,
  CapabilityType,
  SsoIdentityType,
} from "@aws-sdk/client-eks";
import type { Tags } from "./records.ts";

/** People of IAM Identity Center that have a role in Argo CD. */
export interface RoleMapping {
  readonly role: ArgoCdRole;
  readonly identities: readonly { readonly id: string; readonly type: SsoIdentityType }[];
}

/** Settings of an Argo CD capability. */
export interface ArgoCdSettings {
  readonly namespace: string;
  readonly idcInstanceArn: string;
  readonly idcRegion: string;
  /** At most one per role. */
  readonly roleMappings: readonly RoleMapping[];
  readonly vpceIds: readonly string[];
  readonly endpointPrefix?: string;
}

/** Settings of an ACK capability. */
export interface AckSettings {
  readonly enableCrossNamespace: boolean;
  /** As given: unknown names turn nothing off. */
  readonly disabledServices: readonly string[];
}

/** The members of a capability that UpdateCapability can change. */
export interface CapabilitySettings {
  readonly roleArn: string;
  readonly argoCd?: ArgoCdSettings;
  readonly ack?: AckSettings;
}

/** A capability. Keyed by its name. */
export interface CapabilityRecord extends CapabilitySettings {
  readonly clusterName: string;
  readonly name: string;
  readonly arn: string;
  readonly type: CapabilityType;
  readonly status: CapabilityStatus;
  readonly health: readonly { readonly code: CapabilityIssueCode; readonly message: string }[];
  readonly tags: Tags;
  readonly createdAt: number;
  readonly modifiedAt: number;
  readonly deletePropagationPolicy: CapabilityDeletePropagationPolicy;
  /** What the update in progress is to bring; the settings themselves are those last in force. */
  readonly wanted?: CapabilitySettings;
  readonly activeUpdate?: string;
  readonly deletingSince?: number;
}
