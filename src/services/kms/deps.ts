// What KMS's operations are given.
import type { Caller } from "../../aws/caller.ts";
import type { Conditions } from "../../aws/operation.ts";
import type { Random } from "../../base/random.ts";
import type { Decision, DecisionRequest } from "../../policy/types.ts";
import type { IamDirectory, RequestFacts } from "../ports.ts";
import type { KmsState } from "./state.ts";

export interface KmsDeps {
  readonly state: KmsState;
  readonly random: Random;
  readonly directory: Pick<IamDirectory, "policies" | "role" | "user">;
  /** The policy engine. */
  evaluate(request: DecisionRequest): Decision;
  /** Global condition keys of a caller and request. */
  globalConditions(caller: Caller, facts: RequestFacts): Conditions;
}
