// Whatever is sent to any operation: a modelled error or an honest answer, no failure of our own, nothing half-written.
import { test } from "node:test";
import { fuzzServices } from "./fuzz/fuzz.ts";

test("every operation of every service refuses in its own words", async (t) => {
  const { operations, requests, accepted, refused } = await fuzzServices(3, 1);
  t.diagnostic(`${operations} operations, ${requests} hostile requests: ${refused} refused, ${accepted} accepted`);
});
