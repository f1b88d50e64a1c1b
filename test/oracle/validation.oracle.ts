// Findings about objects beside a real kube-apiserver of 1.20: the tables of the default suite, where their texts are that old.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { accessChanges, accessCreations } from "../kubernetes/kinds/access-cases.ts";
import { classChanges, classCreations } from "../kubernetes/kinds/class-cases.ts";
import { configChanges, configCreations } from "../kubernetes/kinds/config-cases.ts";
import { webhookChanges, webhookCreations } from "../kubernetes/kinds/webhooks-cases.ts";
import { type ChangeCase, type CreateCase, change, create, findings } from "../kubernetes/validation.ts";
import { oracleMissing, startRealKubernetes } from "./real-kubernetes.ts";

/** Webhooks come last: the server calls those that are taken. */
const tables: readonly (readonly [string, readonly CreateCase[], readonly ChangeCase[]])[] = [
  ["access", accessCreations, accessChanges],
  ["configuration", configCreations, configChanges],
  ["classes", classCreations, classChanges],
  ["webhooks", webhookCreations, webhookChanges],
];

const missing = oracleMissing();
let real: Awaited<ReturnType<typeof startRealKubernetes>>;
before(async () => {
  if (!missing) real = await startRealKubernetes();
});
after(() => real?.close());

/** Go walks maps in any order, so findings are compared as a set. */
const asSet = (message: string) =>
  findings(message)
    .replace(/^\[|\]$/g, "")
    .split(/, (?=[a-zA-Z]+[.[:])/)
    .sort();

for (const [about, creations, changes] of tables) {
  for (const [index, each] of creations.entries()) {
    const [kind, object, message, newer] = each;
    if (newer) continue;
    test(`${about}: ${kind} ${JSON.stringify(object).slice(0, 200)}`, { skip: missing }, async () => {
      const answer = await create(real.call, index, each);
      assert.deepEqual([answer.status, asSet(answer.json.message ?? "")], [message === undefined ? 201 : 422, asSet(message ?? "")]);
    });
  }
  for (const [index, each] of changes.entries()) {
    const [kind, object, patch, message, newer] = each;
    if (newer) continue;
    const words = `${kind} ${JSON.stringify(object).slice(0, 100)} changed by ${JSON.stringify(patch).slice(0, 100)}`;
    test(`${about}: ${words}`, { skip: missing }, async () => {
      const answer = await change(real.call, index, each);
      assert.deepEqual([answer.status, asSet(answer.json.message ?? "")], [message === undefined ? 200 : 422, asSet(message ?? "")]);
    });
  }
}
