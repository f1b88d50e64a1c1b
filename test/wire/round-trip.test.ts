// Every operation of every service but EC2 (beside this file) through the real SDK clients, five seeds each. Fails loudly if a client package changes its format.
import assert from "node:assert/strict";
import { test } from "node:test";
import { roundTrip } from "./round-trip.ts";

for (const [service, operations] of Object.entries({ eks: 70, iam: 180, sts: 12, cloudtrail: 60, logs: 116 })) {
  test(`${service}: what is sent arrives, what is answered is seen`, async (t) => {
    const tally = await roundTrip(service);
    t.diagnostic(`${service}: ${tally.operations} operations, ${tally.messages} calls and ${tally.errors} errors`);
    assert.ok(tally.operations >= operations);
    if (service === "logs") assert.deepEqual(tally.streaming, ["GetLogObject", "StartLiveTail"]);
  });
}
