// What EC2's operations are given, and the type their tables satisfy.

import type { Call, Operations } from "../../aws/operation.ts";
import type { Clock } from "../../base/clock.ts";
import type { Random } from "../../base/random.ts";
import type { Store } from "../../store/store.ts";
import type { Choice } from "../../vpc/address-book.ts";
import type { IamDirectory } from "../ports.ts";
import { ensureDefaults } from "./defaults.ts";
import { Scope } from "./scope.ts";

/** How long state changes take, in milliseconds. */
export interface Delays {
  readonly pending: number;
  readonly stopping: number;
  readonly shuttingDown: number;
  /** How long a terminated instance stays visible. */
  readonly terminated: number;
  readonly natGateway: number;
}

/** What the operations of EC2 share. */
export interface Ec2Deps {
  readonly store: Store;
  readonly clock: Clock;
  readonly random: Random;
  /** Scopes in use, by account and region. */
  readonly scopes: Map<string, Scope>;
  /** IAM's instance profiles; without it every profile is taken to exist. */
  readonly profiles: Pick<IamDirectory, "instanceProfileRole"> | undefined;
  readonly addressChoice: Choice;
  /** Interfaces a region may have: the quota AWS raises on request. */
  readonly interfaceQuota: number;
  /** Tells the life-cycle driver that an instance or NAT gateway began a transition. */
  readonly transition: (scope: Scope, kind: "instance" | "natgateway", id: string) => void;
}

/** Tables of EC2 operations. */
export type Ec2Operations = Operations<typeof import("@aws-sdk/client-ec2"), Ec2Deps>;

/** The scope of an account and region, without giving it its default VPC. */
export function bareScope(
  deps: Pick<Ec2Deps, "store" | "clock" | "random" | "scopes" | "addressChoice" | "interfaceQuota">,
  account: string,
  region: string,
  partition: string,
): Scope {
  const key = `${account}/${region}`;
  let scope = deps.scopes.get(key);
  if (!scope) {
    const { store, clock, random, addressChoice, interfaceQuota } = deps;
    scope = new Scope({ store, clock, random, addressChoice, interfaceQuota, account, region, partition });
    deps.scopes.set(key, scope);
  }
  return scope;
}

/** The scope a call works in; on first use of an account's region, its default VPC is made. */
export function scopeOf(call: Pick<Call, "account" | "region" | "partition">, deps: Ec2Deps): Scope {
  const scope = bareScope(deps, call.account, call.region, call.partition);
  ensureDefaults(scope);
  return scope;
}
