// What Auto Scaling's operations are given.
import type { Invoke } from "../../aws/operation.ts";
import type { Random } from "../../base/random.ts";
import type { IamDirectory, ScalingGroups, SessionIssuer } from "../ports.ts";
import type { AutoScalingState } from "./records.ts";

export interface AutoScalingDeps {
  /** The groups behind managed node groups. */
  readonly groups: ScalingGroups;
  readonly state: AutoScalingState;
  readonly random: Random;
  readonly directory: IamDirectory;
  readonly sessions: SessionIssuer;
  /** How EC2 is asked for the instances of a group. */
  readonly invoke: Invoke;
}
