// CustomResourceDefinitions beside a real kube-apiserver: the same findings in the same order, where its release has them.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { definitionCases } from "../kubernetes/custom/definition-cases.ts";
import { ruleCases } from "../kubernetes/custom/rule-cases.ts";
import { schemaCases } from "../kubernetes/custom/schema-cases.ts";
import { oracleMissing, type RealKubernetes, startRealKubernetes } from "./real-kubernetes.ts";

const missing = oracleMissing();
let real: RealKubernetes;

before(async () => {
  if (!missing) real = await startRealKubernetes();
});
after(() => real?.close());

/** A finding without the value it shows, which that release writes in Go's syntax; values end where a quote, bracket or word does. */
const told = (finding: string): string =>
  finding.replace(/^([^ ]+: (?:Invalid|Unsupported|Duplicate) value): (?:"(?:[^"\\]|\\.)*"|.*?[\])}\w])(?=$|: [a-z'])/s, "$1");

for (const { title, definition, findings, since } of [...definitionCases, ...schemaCases, ...ruleCases]) {
  if (since !== undefined) continue;
  test(title, { skip: missing }, async () => {
    const answer = await real.call("POST", "/apis/apiextensions.k8s.io/v1/customresourcedefinitions?dryRun=All", definition);
    assert.equal(answer.status, 422, answer.text);
    const causes = answer.json.details.causes.map(({ field, message }: { field: string; message: string }) => `${field}: ${message}`);
    for (const [i, finding] of findings.entries()) {
      const tail = told(finding).replace(/^[^ ]+: (Invalid|Unsupported|Duplicate) value/, "");
      const head = told(finding).slice(0, told(finding).length - tail.length);
      assert.ok(causes[i]?.startsWith(head) && causes[i].endsWith(tail), `${causes[i]}\n${finding}`);
    }
    assert.equal(causes.length, findings.length);
  });
}
