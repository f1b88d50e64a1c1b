// Random operations on the real EC2 service and ipamd: no address is owned twice, none is leaked, counts add up.
import { test } from "node:test";
import { runWorlds } from "./pool-worlds.ts";

test("20,000 random operations on instances, pods, prefixes, reservations, with failures and restarts", async (t) => {
  t.diagnostic(await runWorlds({ operations: 20_000, perWorld: 2000 }));
});
