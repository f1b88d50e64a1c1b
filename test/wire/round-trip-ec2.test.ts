// Every operation of EC2 through the real SDK client, five seeds each.
import assert from "node:assert/strict";
import { test } from "node:test";
import { roundTrip } from "./round-trip.ts";

test("ec2: what is sent arrives, what is answered is seen", async (t) => {
  const tally = await roundTrip("ec2");
  t.diagnostic(`ec2: ${tally.operations} operations, ${tally.messages} calls and ${tally.errors} errors`);
  assert.ok(tally.operations >= 823);
});
