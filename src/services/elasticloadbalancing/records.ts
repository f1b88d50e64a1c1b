// What Elastic Load Balancing keeps. Actions, conditions and certificates are kept as requests give them.
import type { Action, Certificate, RuleCondition } from "@aws-sdk/client-elastic-load-balancing-v2";
import type { TagMap } from "../../aws/caller.ts";

export type Kind = "application" | "network";
export type IpAddressType = "ipv4" | "dualstack" | "dualstack-without-public-ipv4";
export type Attributes = Readonly<Record<string, string>>;

/** What all resources have. */
export interface Resource {
  readonly arn: string;
  readonly tags: TagMap;
}

/** A subnet a load balancer stands in. */
export interface Placement {
  readonly subnetId: string;
  readonly zone: string;
  /** Address that was asked for. */
  readonly address?: string;
  /** Its interface there; absent until it is made. */
  readonly interfaceId?: string;
}

export interface LoadBalancerRecord extends Resource {
  readonly name: string;
  readonly kind: Kind;
  readonly scheme: "internet-facing" | "internal";
  readonly vpcId: string;
  readonly ipAddressType: IpAddressType;
  readonly placements: readonly Placement[];
  readonly groups: readonly string[];
  readonly dnsName: string;
  readonly createdAt: number;
  /** From when on it is active. */
  readonly activeAt: number;
  /** Those that differ from the defaults. */
  readonly attributes: Attributes;
  readonly enforcePrivateLink?: "on" | "off";
  /** It is gone for everybody; its interfaces may not be, yet. */
  readonly deleting?: boolean;
}

export interface TargetRecord {
  readonly id: string;
  readonly port: number;
  readonly zone?: string;
  /** Set once deregistered: until when connections drain. */
  readonly drainsUntil?: number;
}

export interface HealthCheck {
  readonly enabled: boolean;
  readonly protocol: string;
  readonly port: string;
  readonly path?: string;
  readonly interval: number;
  readonly timeout: number;
  readonly healthy: number;
  readonly unhealthy: number;
  readonly httpCode?: string;
  readonly grpcCode?: string;
}

export interface TargetGroupRecord extends Resource {
  readonly name: string;
  readonly targetType: "instance" | "ip";
  readonly protocol: string;
  readonly protocolVersion?: string;
  readonly port: number;
  readonly vpcId: string;
  readonly ipAddressType: "ipv4" | "ipv6";
  readonly check: HealthCheck;
  readonly attributes: Attributes;
  readonly targets: readonly TargetRecord[];
}

export interface ListenerRecord extends Resource {
  readonly loadBalancerArn: string;
  readonly port: number;
  readonly protocol: string;
  readonly sslPolicy?: string;
  /** The default one first. */
  readonly certificates: readonly Certificate[];
  readonly alpn: readonly string[];
  readonly actions: readonly Action[];
  readonly attributes: Attributes;
  readonly defaultRuleArn: string;
}

export interface RuleRecord extends Resource {
  readonly listenerArn: string;
  readonly priority: number;
  readonly conditions: readonly RuleCondition[];
  readonly actions: readonly Action[];
}
