// What STS's operations are given.
import type { Caller } from "../../aws/caller.ts";
import type { Conditions } from "../../aws/operation.ts";
import type { Clock } from "../../base/clock.ts";
import type { Random } from "../../base/random.ts";
import type { Decision, DecisionRequest } from "../../policy/types.ts";
import type { IamDirectory, RequestFacts } from "../ports.ts";
import type { IssuerKeyring } from "./issuer-keyring.ts";
import type { Issued } from "./sessions.ts";

export interface StsDeps {
  readonly sessions: { issue(caller: Caller, expiresAt: number): Issued };
  readonly clock: Clock;
  readonly random: Random;
  readonly directory: IamDirectory;
  readonly keyring: IssuerKeyring;
  /** The policy engine. */
  evaluate(request: DecisionRequest): Decision;
  /** Told of every decision about a role's trust. `allowed` is what came of it: no decision allows a role that does not exist. */
  weighed?(requestId: string, request: DecisionRequest, decision: Decision, allowed: boolean): void;
  /** Global condition keys of a caller and request. */
  globalConditions(caller: Caller, facts: RequestFacts): Conditions;
  /** Details of an encoded authorization message; undefined if it is none of ours. */
  decodeMessage(message: string): string | undefined;
  /** Whether an account may use STS in a region. */
  regionEnabled(account: string, region: string): boolean;
}
