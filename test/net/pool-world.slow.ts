// A million random operations on the real EC2 service and ipamd.
import { test } from "node:test";
import { runWorlds } from "./pool-worlds.ts";

test("1,000,000 random operations: no address owned twice, none leaked, counts add up", async (t) => {
  t.diagnostic(await runWorlds({ operations: 1_000_000, perWorld: 4000, firstSeed: 100_000 }));
});
