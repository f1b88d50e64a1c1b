// The same as the default suite's, for longer.
import { test } from "node:test";
import { fuzzServices } from "./fuzz/fuzz.ts";

test("every operation of every service, forty times each", async (t) => {
  for (const seed of [2, 3]) {
    const { operations, requests, accepted, refused } = await fuzzServices(20, seed);
    t.diagnostic(`seed ${seed}: ${operations} operations, ${requests} hostile requests: ${refused} refused, ${accepted} accepted`);
  }
});
