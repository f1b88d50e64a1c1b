// What Elastic Load Balancing's operations are given.

import type { Invoke, Operations, Sdk } from "../../aws/operation.ts";
import type { Pager } from "../../aws/paginate.ts";
import type { Clock } from "../../base/clock.ts";
import type { Random } from "../../base/random.ts";
import type { TargetProbe } from "../ports.ts";
import type { State } from "./state.ts";

export interface ElbDeps {
  readonly state: State;
  readonly clock: Clock;
  readonly random: Random;
  /** How EC2 is asked for subnets, groups and interfaces. */
  readonly invoke: Invoke;
  /** What health checks find. */
  readonly probe: TargetProbe;
  readonly pager: Pager;
  readonly delays: ElbDelays;
}

/** How long things take. */
export interface ElbDelays {
  /** A new load balancer on its way up, in milliseconds. */
  readonly provisioning: number;
  /** Whether deregistered targets stay visible for their deregistration delay. */
  readonly drains: boolean;
}

/** Tables of operations. */
export type ElbOperations = Operations<Sdk["elasticloadbalancing"], ElbDeps>;
