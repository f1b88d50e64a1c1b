// Every operation of every service but EC2 (beside this file) through the real SDK clients, five seeds each. Fails loudly if a client package changes its format.
import assert from "node:assert/strict";
import { test } from "node:test";
import { loadModel, modelOf } from "../../src/aws/models/index.ts";
import { fromJson } from "../../src/aws/protocol/json.ts";
import { seededRandom } from "../../src/base/random.ts";
import { roundTrip } from "./round-trip.ts";
import { decoded, encoded, wire } from "./support/decode.ts";
import { comparable, generate } from "./support/generate.ts";

const OPERATIONS = {
  ...{ eks: 70, iam: 180, sts: 12, cloudtrail: 60, logs: 116 },
  ...{ kms: 53, ssm: 140, autoscaling: 60, elasticloadbalancing: 40 },
};

for (const [service, operations] of Object.entries(OPERATIONS)) {
  test(`${service}: what is sent arrives, what is answered is seen`, async (t) => {
    const tally = await roundTrip(service);
    t.diagnostic(`${service}: ${tally.operations} operations, ${tally.messages} calls and ${tally.errors} errors`);
    assert.ok(tally.operations >= operations);
    if (service === "logs") assert.deepEqual(tally.streaming, ["GetLogObject", "StartLiveTail"]);
  });
}

test("eks-auth, whose client is not at hand: requests and answers made by hand", async () => {
  const { shapes } = await loadModel(modelOf("eks-auth"));
  const { name, input, output } = shapes.operations.get("AssumeRoleForPodIdentity") ?? assert.fail();
  assert.ok(input && output);
  for (let seed = 1; seed <= 5; seed++) {
    const random = seededRandom(seed);
    const sent = generate(input, { random }) as { clusterName: string };
    const { clusterName, ...body } = sent;
    const path = `/clusters/${encodeURIComponent(clusterName)}/assume-role-for-pod-identity`;
    assert.deepEqual((await decoded("eks-auth", wire({ path, body: JSON.stringify(body) })))?.input, sent);
    const answer = generate(output, { random }) as object;
    const seen = fromJson(output, JSON.parse((await encoded("eks-auth", name, answer)).body));
    assert.deepEqual(comparable(seen), comparable(answer));
  }
});
