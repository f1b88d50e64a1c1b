// Section J: the pool, the metadata service and EC2 disagree, or do not answer.
import assert from "node:assert/strict";
import type { InterfaceFacts } from "../../src/cni/ipamd/ec2.ts";
import { FakeEc2 } from "../support/fake-ec2.ts";
import { conformance } from "./conformance.ts";
import { attached, keyOf, metaOf, type Rig, type RigOptions, refuse, rig, settle } from "./rig.ts";

/** A metadata service whose answer can be changed on its way. */
class Lagging {
  readonly #ec2: FakeEc2;
  view: (interfaces: InterfaceFacts[]) => InterfaceFacts[] = (interfaces) => interfaces;

  constructor(ec2: FakeEc2) {
    this.#ec2 = ec2;
  }

  async interfaces(): Promise<InterfaceFacts[]> {
    return this.view(await this.#ec2.interfacesOf("i-1"));
  }
}

const QUIET = { WARM_ENI_TARGET: "0" };
const MINUTE = 61_000;

/** A started ipamd with two addresses, `a` and `b` holding none yet. */
async function two(options: RigOptions = {}): Promise<Rig & { metadata: Lagging }> {
  const ec2 = options.ec2 ?? new FakeEc2();
  ec2.give("eni-0", { addresses: 2 });
  const metadata = new Lagging(ec2);
  const made = rig({ env: QUIET, ec2, metadata, ...options });
  await settle(made.clock, made.ipamd.start([]));
  return { ...made, metadata };
}

function addresses({ ipamd }: Rig): string[] {
  return [...ipamd.store.enis.values()].flatMap((eni) => [...eni.cidrs.keys()].map((cidr) => cidr.replace("/32", "")));
}

const without = (interfaces: InterfaceFacts[]) => interfaces.map((eni) => ({ ...eni, addresses: [] }));

conformance("J", {
  "J1 addresses that neither shows leave the pool": async () => {
    const made = await two({ env: { ...QUIET, DISABLE_NETWORK_RESOURCE_PROVISIONING: "true" } });
    made.ec2.get("eni-0").addresses = [];
    await made.clock.step(MINUTE);
    assert.deepEqual(addresses(made), []);
    made.ipamd.close();
  },
  "J2 EC2 is believed": async () => {
    const made = await two();
    made.metadata.view = without;
    await made.clock.step(MINUTE);
    assert.equal(addresses(made).length, 2);
    made.ipamd.close();
  },
  "J3 an interface somebody attached is adopted": async () => {
    const made = await two();
    const id = attached(made.ec2, 1);
    made.ec2.give(id, { addresses: 3 });
    let asked = 0;
    made.ec2.fail = (operation) => void (operation === "DescribeNetworkInterfaces" && asked++);
    await made.clock.step(MINUTE);
    assert.equal(made.ipamd.store.enis.get(id)?.cidrs.size, 3);
    assert.equal(made.ec2.get(id).tags["node.k8s.amazonaws.com/instance_id"], "i-1");
    assert.equal(asked, 2, "the metadata service and one question to EC2");
    made.ipamd.close();
  },
  "J4 an interface that vanishes from the metadata service": async () => {
    for (const strictReconcile of [true, false]) {
      const ec2 = new FakeEc2();
      const id = attached(ec2, 1);
      ec2.give(id, { addresses: 2 });
      const made = await two({ ec2, strictReconcile });
      for (const pod of ["a", "b", "c", "d"]) await made.assign(pod);
      made.metadata.view = (interfaces) => interfaces.filter((eni) => eni.id !== id);
      await made.clock.step(2 * MINUTE);
      assert.equal(made.ipamd.store.enis.has(id), strictReconcile);
      assert.deepEqual(made.ipamd.store.forced, strictReconcile ? { enis: 0, addresses: 0 } : { enis: 1, addresses: 2 });
      ec2.drop(id);
      await made.clock.step(2 * MINUTE);
      assert.equal(made.ipamd.store.enis.has(id), false, "gone from EC2, too");
      made.ipamd.close();
    }
  },
  "J5 a freed address is not believed to be back": async () => {
    const made = await two({ env: { WARM_IP_TARGET: "1" } });
    await made.ipamd.manage();
    const [kept = ""] = addresses(made);
    assert.equal(addresses(made).length, 1);
    made.metadata.view = (interfaces) => interfaces.map((eni) => ({ ...eni, addresses: [kept, "10.0.250.1"] }));
    await made.clock.step(59_000);
    await made.clock.step(200_000);
    assert.deepEqual(addresses(made), [kept]);
    made.ipamd.close();
  },
  "J6 an interface the host does not have is left alone": async () => {
    const ec2 = new FakeEc2();
    const [foreign, own] = [attached(ec2, 1), attached(ec2, 2)];
    const host = {
      setUp: async ({ id }: InterfaceFacts) => {
        if (id === foreign) throw new Error("link not found");
      },
      tearDown: async () => {},
    };
    const made = await two({ ec2, host });
    assert.deepEqual([...made.ipamd.store.enis.keys()], ["eni-0", own]);
    assert.match(made.warnings.join(), /link not found/);
    made.ipamd.close();
  },
  "J7 an address in the place of another is noticed": async () => {
    const made = await two();
    const eni = made.ec2.get("eni-0");
    eni.addresses = [eni.addresses[0]!, "10.0.250.1"];
    await made.clock.step(MINUTE);
    assert.deepEqual(addresses(made), [eni.addresses[0], "10.0.250.1"]);
    made.ipamd.close();
  },
  "J8 after a restart a released address is not given to a pod": async () => {
    for (const strictReconcile of [true, false]) {
      const ec2 = new FakeEc2();
      ec2.give("eni-0", { addresses: 2 });
      const metadata = new Lagging(ec2);
      metadata.view = (interfaces) => interfaces.map((eni) => ({ ...eni, addresses: ["10.0.250.1", ...eni.addresses] }));
      const made = rig({ env: QUIET, ec2, metadata, strictReconcile });
      await made.ipamd.start([]);
      assert.equal(addresses(made).includes("10.0.250.1"), !strictReconcile);
      made.ipamd.close();
    }
  },
  "J9 without the metadata service nothing changes": async () => {
    const made = await two();
    await made.assign("a");
    made.metadata.view = () => {
      throw new Error("503");
    };
    await made.clock.step(120_000);
    assert.equal(addresses(made).length, 2);
    assert.match(made.warnings.join(), /reconciliation failed: 503/);
    assert.ok(made.ipamd.counters.total("ipamd_error_count") > 0);
    made.ipamd.close();
  },
  "J10 throttled for five minutes": async () => {
    const made = await two({ instance: { ipv4PerEni: 3 } });
    const all = ["DescribeNetworkInterfaces", "CreateNetworkInterface", "AttachNetworkInterface", "AssignPrivateIpAddresses"];
    refuse(made.ec2, all, "RequestLimitExceeded");
    for (const pod of ["a", "b"]) await made.assign(pod);
    await made.clock.step(300_000);
    assert.equal(made.ipamd.store.stats(0).assigned, 2);
    assert.equal(made.ec2.interfaces.size, 1);
    refuse(made.ec2, ["AttachNetworkInterface"], "RequestLimitExceeded", 1);
    await made.clock.step(20_000);
    assert.ok(await made.assign("c"));
    assert.equal(made.ec2.interfaces.size, 2);
    made.ipamd.close();
  },
  "J11 killed between creating and attaching": async () => {
    const made = await two({ instance: { ipv4PerEni: 3 } });
    for (const pod of ["a", "b"]) await made.assign(pod);
    made.ec2.fail = (operation) => (operation === "AttachNetworkInterface" ? new Promise(() => {}) : undefined);
    await made.clock.step(6000);
    assert.equal(made.ec2.interfaces.size, 2);
    made.ipamd.close();
    made.ec2.fail = () => {};
    const again = rig({ env: { ...QUIET, MAX_ENI: "1" }, ec2: made.ec2, clock: made.clock });
    await again.ipamd.start([]);
    await made.clock.step(290_000);
    const young = made.ec2.interfaces.size;
    await made.clock.step(4_000_000);
    assert.deepEqual([young, made.ec2.interfaces.size], [2, 1]);
    again.ipamd.close();
  },
  "J12 a restart with twenty pods": async () => {
    const first = rig({ maxPods: 29 });
    await first.ipamd.start([]);
    const held: [string, string][] = [];
    for (let i = 0; i < 20; i++) {
      held.push([`p${i}`, await first.assign(`p${i}`)]);
      await first.rest();
    }
    first.ipamd.close();
    const second = rig({ maxPods: 29, ec2: first.ec2, clock: first.clock });
    const stale = { key: keyOf("gone"), meta: metaOf("gone"), address: "10.9.9.9" };
    await second.ipamd.start([...held.map(([pod, address]) => ({ key: keyOf(pod), meta: metaOf(pod), address })), stale]);
    for (const [pod, address] of held) assert.equal(await second.assign(pod), address);
    assert.ok(!held.map(([, address]) => address).includes(await second.assign("new")));
    assert.equal(new Set([...second.ipamd.store.assignments()].map(({ address }) => address)).size, 21);
    assert.match(second.warnings.join(), /pod address is on no interface/);
    second.ipamd.close();
  },
  "prefix delegation switched on: free addresses go, those of pods stay": async () => {
    const ec2 = new FakeEc2();
    const [held = ""] = ec2.give("eni-0", { addresses: 3 });
    const env = { ENABLE_PREFIX_DELEGATION: "true", WARM_PREFIX_TARGET: "1" };
    const made = rig({ ec2, env });
    await made.ipamd.start([{ key: keyOf("a"), meta: metaOf("a"), address: held }]);
    assert.deepEqual([ec2.get("eni-0").addresses, ec2.get("eni-0").prefixes.length], [[held], 1]);
    made.unassign("a");
    await made.clock.step(5000);
    assert.deepEqual(ec2.get("eni-0").addresses, []);
    made.ipamd.close();
    const back = rig({ ec2 });
    await back.ipamd.start([]);
    assert.deepEqual([ec2.get("eni-0").addresses.length, ec2.get("eni-0").prefixes.length], [9, 0]);
    back.ipamd.close();
  },
  "other interfaces follow the primary interface's security groups": async () => {
    const ec2 = new FakeEc2();
    const own = attached(ec2, 1);
    const foreign = attached(ec2, 2, { "node.k8s.amazonaws.com/no_manage": "true" });
    ec2.get("eni-0").groups = ["sg-7", "sg-8"];
    const made = await two({ ec2 });
    await made.clock.step(MINUTE);
    assert.deepEqual([ec2.get(own).groups, ec2.get(foreign).groups], [["sg-7", "sg-8"], ["sg-1"]]);
    ec2.get(own).groups = ["sg-own"];
    await made.clock.step(2 * MINUTE);
    assert.deepEqual(ec2.get(own).groups, ["sg-own"], "what somebody sets on one interface stays");
    made.ipamd.close();
  },
  "what EC2 kept is taken in again": async () => {
    const made = await two({ env: { WARM_IP_TARGET: "1" } });
    refuse(made.ec2, ["UnassignPrivateIpAddresses"], "InternalError");
    await made.ipamd.manage();
    assert.equal(addresses(made).length, 1);
    made.ec2.fail = () => {};
    await made.clock.step(200_000);
    assert.deepEqual([made.ec2.get("eni-0").addresses.length, addresses(made).length], [1, 1]);
    made.ipamd.close();
  },
});
