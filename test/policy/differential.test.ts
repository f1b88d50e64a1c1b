// The engine against a second evaluator that shares nothing with it: every disagreement is a mistake in one of them.
// ATOLL_POLICY_PAIRS=5000000 runs longer.
import assert from "node:assert/strict";
import { test } from "node:test";
import { evaluate } from "../../src/policy/evaluate.ts";
import { parsePolicy } from "../../src/policy/parse.ts";
import type { AttachedPolicy, DecisionRequest } from "../../src/policy/types.ts";
import { dice, type Policies, policies, request, seeded } from "./generate.ts";
import { type OpenQuestion, secondOpinion } from "./second-opinion.ts";

const PAIRS = Number(process.env.ATOLL_POLICY_PAIRS ?? 100_000);
/** Requests asked of each set of policies. */
const PER_SET = 20;
const SEED = 20_260_101;

const attach = (document: object, kind: "identity" | "resource"): AttachedPolicy => ({
  name: kind,
  document: parsePolicy(JSON.stringify(document), kind),
});

function prepared({ identity, boundary, session, serviceControl, resourcePolicy }: Policies) {
  const each = (documents: readonly object[]) => documents.map((document) => attach(document, "identity"));
  return {
    policies: {
      identity: each(identity),
      ...(boundary && { boundary: attach(boundary, "identity") }),
      ...(session && { session: each(session) }),
      ...(serviceControl && { serviceControl: serviceControl.map(each) }),
    },
    ...(resourcePolicy && { resourcePolicy: attach(resourcePolicy, "resource") }),
  };
}

test(`${PAIRS} generated decisions agree with a second evaluator`, () => {
  const roll = dice(seeded(SEED));
  const outcomes = new Map<string, number>();
  for (let done = 0; done < PAIRS; ) {
    const set = policies(roll);
    const engine = prepared(set);
    for (let i = 0; i < PER_SET && done < PAIRS; i++, done++) {
      const asked = request(roll);
      const question: OpenQuestion = { ...asked, ...set };
      const { allowed, explicit, decidedBy } = evaluate({ ...asked, ...engine } as DecisionRequest);
      const opinion = secondOpinion(question);
      if (allowed !== opinion.allowed || explicit !== opinion.explicit || decidedBy !== opinion.decidedBy) {
        assert.deepEqual({ allowed, explicit, decidedBy }, opinion, `pair ${done}: ${JSON.stringify(question, undefined, 1)}`);
      }
      const outcome = `${allowed ? "allow" : explicit ? "deny" : "none"} ${decidedBy}`;
      outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
    }
  }
  // A generator that only ever produced one kind of answer would prove nothing.
  const rare = [...outcomes].filter(([, count]) => count < PAIRS / 2000);
  assert.ok(outcomes.size >= 14, `only ${[...outcomes.keys()].join(", ")}`);
  assert.deepEqual(rare, [], "outcomes that hardly ever came up");
});
