// What the controllers work with.

import type { Invoke } from "../aws/operation.ts";
import type { Clock } from "../base/clock.ts";
import type { Log } from "../base/log.ts";
import type { Random } from "../base/random.ts";
import type { AutoScalingState } from "../services/autoscaling/records.ts";
import type { EksState } from "../services/eks/state.ts";
import type { IamDirectory, SessionIssuer } from "../services/ports.ts";
import type { ClusterRuntime, InstanceEvents, NodeRuntime } from "./runtime.ts";
import type { Timing } from "./timing.ts";

/** Dependencies of every controller. */
export interface ControllerDeps {
  readonly state: EksState;
  /** Auto Scaling's records; without them there are no groups of customers' own, and no activities. */
  readonly scaling?: AutoScalingState;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly invoke: Invoke;
  readonly directory: IamDirectory;
  readonly sessions: SessionIssuer;
  readonly clusters: ClusterRuntime;
  readonly nodes: NodeRuntime;
  readonly timing: Timing;
  /** Why the keys of an OpenID Connect issuer cannot be had; undefined if they can. Absent: issuers are not asked. */
  readonly issuerProblem?: (issuerUrl: string) => Promise<string | undefined>;
  /** Default: EC2's records in the same store. */
  readonly instances?: InstanceEvents;
}
