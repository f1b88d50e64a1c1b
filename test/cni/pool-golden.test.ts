// The growth loop against the golden table: pods added one by one, the pool looked at until it rests.
import assert from "node:assert/strict";
import { test } from "node:test";
import { FakeClock } from "../../src/base/clock.ts";
import { silentLog } from "../../src/base/log.ts";
import { Ipamd } from "../../src/cni/ipamd/ipamd.ts";
import { type Environment, readSettings } from "../../src/cni/settings.ts";
import { FakeEc2 } from "../support/fake-ec2.ts";
import table from "./data/pool-golden.json" with { type: "json" };

type Row = [pods: number, total: number | null, perEni: number[], attachedOrStuck: number];

const SETTINGS: Record<string, Environment> = {
  "default WARM_ENI=1": { WARM_ENI_TARGET: "1" },
  "WARM_ENI=0": { WARM_ENI_TARGET: "0" },
  "WARM_ENI=2": { WARM_ENI_TARGET: "2" },
  "W=1,M=1": { WARM_IP_TARGET: "1", MINIMUM_IP_TARGET: "1" },
  "W=5,M=10": { WARM_IP_TARGET: "5", MINIMUM_IP_TARGET: "10" },
  "W=2,M=0": { WARM_IP_TARGET: "2", MINIMUM_IP_TARGET: "0" },
  "W=0,M=10": { WARM_IP_TARGET: "0", MINIMUM_IP_TARGET: "10" },
  "PD WPT=1": { ENABLE_PREFIX_DELEGATION: "true", WARM_PREFIX_TARGET: "1" },
  "PD WPT=2": { ENABLE_PREFIX_DELEGATION: "true", WARM_PREFIX_TARGET: "2" },
  "PD W=5,M=10": { ENABLE_PREFIX_DELEGATION: "true", WARM_PREFIX_TARGET: "1", WARM_IP_TARGET: "5", MINIMUM_IP_TARGET: "10" },
  "PD W=7,M=20": { ENABLE_PREFIX_DELEGATION: "true", WARM_PREFIX_TARGET: "1", WARM_IP_TARGET: "7", MINIMUM_IP_TARGET: "20" },
};

async function rest(ipamd: Ipamd): Promise<void> {
  for (let before = -1; before !== total(ipamd); ) {
    before = total(ipamd);
    await ipamd.manage();
  }
}

const total = (ipamd: Ipamd) => [...ipamd.store.enis.values()].reduce((sum, eni) => sum + eni.cidrs.size, 0);

async function walk(type: { enis: number; slotsPerEni: number }, env: Environment, maxPods: number, rows: Row[]): Promise<number> {
  const ipamd = new Ipamd({
    instance: {
      instanceId: "i-1",
      vpcId: "vpc-1",
      zone: "a",
      subnetId: "subnet-1",
      maxEnis: type.enis,
      ipv4PerEni: type.slotsPerEni + 1,
      nitro: true,
    },
    settings: readSettings(env),
    ec2: new FakeEc2(),
    clock: new FakeClock(),
    log: silentLog,
    maxPods: () => maxPods,
    isCordoned: () => false,
    period: 5000,
  });
  await ipamd.start([]);
  await rest(ipamd);
  let pods = 0;
  for (const [wanted, expected, perEni, attachedOrStuck] of rows) {
    let stuck = false;
    while (pods < wanted && !stuck) {
      stuck = await ipamd
        .assign({ containerId: `c${pods}`, ifName: "eth0" }, { namespace: "default", name: `p${pods}`, uid: `${pods}` })
        .then(
          () => false,
          () => true,
        );
      if (!stuck) pods++;
      await rest(ipamd);
    }
    const sizes = [...ipamd.store.enis.values()].map((eni) => eni.cidrs.size);
    const where = `${wanted} pods`;
    if (expected === null) assert.equal(pods, attachedOrStuck, `${where}: stuck at`);
    else {
      assert.equal(total(ipamd), expected, `${where}: total`);
      assert.equal(sizes.length, attachedOrStuck, `${where}: attached`);
    }
    assert.deepEqual(
      sizes.filter((size) => size > 0),
      perEni.filter((size) => size > 0),
      `${where}: per interface`,
    );
  }
  ipamd.close();
  return rows.length;
}

let checked = 0;
for (const [name, type] of Object.entries(table)) {
  for (const [setting, { maxPods, rows }] of Object.entries(type.settings)) {
    test(`${name}, ${setting}`, async () => {
      checked += await walk(type, SETTINGS[setting]!, maxPods, rows as Row[]);
    });
  }
}

test("every vector was checked", (t) => {
  assert.equal(checked, 797);
  t.diagnostic(`${checked} golden vectors of the pool`);
});
