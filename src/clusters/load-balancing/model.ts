// What Kubernetes objects ask of Elastic Load Balancing, before anything is looked up or made.
import type { Origin } from "./names.ts";

/** A request that cannot be built; its text goes into the event FailedBuildModel. */
export class ModelError extends Error {}

export type Scheme = "internal" | "internet-facing";
export type Texts = Readonly<Record<string, string>>;

/** How a subnet is chosen: by id or name, by tags, or by its role. */
export interface SubnetWish {
  readonly named?: readonly string[];
  readonly tags?: Readonly<Record<string, readonly string[]>>;
}

export interface CheckModel {
  readonly protocol: string;
  readonly port: string;
  readonly path?: string;
  readonly codes?: string;
  readonly interval: number;
  readonly timeout: number;
  readonly healthy: number;
  readonly unhealthy: number;
}

export interface TargetGroupModel {
  /** Value of its resource tag. */
  readonly id: string;
  readonly name: string;
  readonly protocol: string;
  readonly port: number;
  readonly targetType: "ip" | "instance";
  readonly ipAddressType: "ipv4" | "ipv6";
  readonly check: CheckModel;
  readonly attributes: Texts;
  /** Whose endpoints the targets are. */
  readonly namespace: string;
  readonly service: { readonly name: string; readonly port: number | string };
}

export type ActionModel =
  | { readonly type: "forward" /** Id of a target group. */; readonly group: string }
  | { readonly type: "fixed-response"; readonly code: string; readonly body: string }
  | { readonly type: "redirect"; readonly port: number };

export interface RuleModel {
  readonly host?: string;
  readonly paths: readonly string[];
  readonly action: ActionModel;
}

export interface ListenerModel {
  readonly port: number;
  readonly protocol: string;
  readonly certificates: readonly string[];
  readonly sslPolicy?: string;
  readonly attributes: Texts;
  readonly action: ActionModel;
  /** In order of priority. */
  readonly rules: readonly RuleModel[];
}

export interface LoadBalancerModel {
  readonly origin: Origin;
  /** Value of the stack tag: `namespace/name`, or the name of an ingress group. */
  readonly stack: string;
  readonly kind: "application" | "network";
  readonly name: string;
  readonly scheme: Scheme;
  readonly ipAddressType: "ipv4" | "dualstack" | "dualstack-without-public-ipv4";
  readonly subnets: SubnetWish;
  /** Source blocks that may reach the listeners. */
  readonly sources: readonly string[];
  readonly attributes: Texts;
  /** The customer's own. */
  readonly tags: Texts;
  readonly targetGroups: readonly TargetGroupModel[];
  readonly listeners: readonly ListenerModel[];
}
