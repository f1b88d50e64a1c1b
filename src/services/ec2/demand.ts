// The shape of an access rule.
import type { Call, Requirement } from "../../aws/operation.ts";
import type { Ec2Deps } from "./deps.ts";

/** One resource an operation touches, with what is known about it. `action` names another action than the operation's own. */
export interface Demand {
  readonly resource: string;
  readonly conditions?: Requirement["conditions"];
  readonly action?: string;
}

/** What an operation demands for an input. The first demand is on the operation's own action. */
export type AccessRule = (input: never, call: Call, deps: Ec2Deps) => readonly Demand[];
