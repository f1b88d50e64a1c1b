// A metadata service that lags, and an ipamd that lives with it.
import assert from "node:assert/strict";
import { test } from "node:test";
import { FakeClock } from "../../src/base/clock.ts";
import { laggingMetadata } from "../../src/cni/ipamd/lagging-metadata.ts";
import { promptMetadata } from "../../src/cni/ipamd/metadata.ts";
import { FakeEc2 } from "../support/fake-ec2.ts";
import { attached, rig, settle, started } from "./rig.ts";

const LAG = 3000;

function late() {
  const ec2 = new FakeEc2();
  const clock = new FakeClock();
  const metadata = laggingMetadata(promptMetadata(ec2, "i-1"), clock, LAG);
  const shows = async () => Object.fromEntries((await metadata.interfaces()).map(({ id, addresses }) => [id, addresses.length]));
  return { ec2, clock, shows };
}

test("an interface shows first without its addresses, then with them", async () => {
  const { ec2, clock, shows } = late();
  ec2.give("eni-0", { addresses: 2 });
  assert.deepEqual(await shows(), { "eni-0": 2 }, "what was there at the first look is old");
  const id = attached(ec2, 1);
  ec2.give(id, { addresses: 3 });
  assert.deepEqual(await shows(), { "eni-0": 2 });
  await clock.step(LAG / 3);
  assert.deepEqual(await shows(), { "eni-0": 2, [id]: 0 });
  await clock.step(LAG);
  assert.deepEqual(await shows(), { "eni-0": 2, [id]: 3 });
});

test("what is gone stays for a while, and what comes back was never away", async () => {
  const { ec2, clock, shows } = late();
  const [address = ""] = ec2.give("eni-0", { addresses: 2 });
  const id = attached(ec2, 1);
  await shows();
  await ec2.unassign("eni-0", [address], []);
  ec2.drop(id);
  assert.deepEqual(await shows(), { "eni-0": 2, [id]: 0 });
  await clock.step(LAG);
  assert.deepEqual(await shows(), { "eni-0": 1 });
  const prefixes = late();
  prefixes.ec2.give("eni-0", { prefixes: 1 });
  await prefixes.shows();
  assert.deepEqual(await prefixes.shows(), { "eni-0": 0 });
});

test("ipamd waits for a new interface's addresses, and no pod gets one that was given back", async () => {
  const made = rig({ metadataLag: LAG, env: { WARM_IP_TARGET: "2", MINIMUM_IP_TARGET: "2" } });
  const { ipamd, clock, ec2, assign, rest } = made;
  await settle(clock, ipamd.start([]));
  const pods = Array.from({ length: 12 }, (_, at) => `p${at}`);
  for (const pod of pods) {
    for (;;) {
      const address = await assign(pod).catch(() => undefined);
      if (address !== undefined) break;
      await settle(clock, ipamd.manage());
    }
    await rest();
  }
  assert.ok(ec2.interfaces.size >= 2, "a second interface was waited for");
  for (const pod of pods) made.unassign(pod);
  for (let minute = 0; minute < 5; minute++) {
    await clock.step(60_000);
    await rest();
  }
  const inEc2 = [...ec2.interfaces.values()].flatMap(({ addresses }) => addresses).sort();
  const inStore = [...ipamd.store.enis.values()].flatMap(({ cidrs }) => [...cidrs.keys()].map((cidr) => cidr.replace("/32", ""))).sort();
  assert.deepEqual(inStore, inEc2);
  ipamd.close();
});

test("without a lag nothing is waited for where nobody else waits", async () => {
  const { ipamd, clock } = await started({ period: 0 });
  const before = clock.now();
  await ipamd.manage();
  assert.equal(clock.now(), before);
  ipamd.close();
});
