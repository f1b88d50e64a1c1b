// Section C: growth, interfaces made and freed.
import assert from "node:assert/strict";
import { FakeClock, sleep } from "../../src/base/clock.ts";
import { waitForInterface } from "../../src/cni/ipamd/metadata.ts";
import { WAIT_PACE } from "../../src/cni/ipamd/retry.ts";
import type { Environment } from "../../src/cni/settings.ts";
import { FakeEc2 } from "../support/fake-ec2.ts";
import { conformance } from "./conformance.ts";
import { attached, ec2Error, type Rig, type RigOptions, refuse, rig, settle, started } from "./rig.ts";

const SHORT = "InsufficientFreeAddressesInSubnet";
const U14 = { maxEnis: 4, ipv4PerEni: 15 };
const mutations = (ec2: FakeEc2) => ec2.calls.filter((call) => !/^(CreateTags|unused)/.test(call));
const creates = (ec2: FakeEc2) => ec2.calls.filter((call) => call.startsWith("Create") && !call.startsWith("CreateTags"));

/** A full primary interface, so that growth needs a new one. */
async function full(options: RigOptions = {}): Promise<Rig> {
  const made = rig({ instance: { ipv4PerEni: 4 }, ...options });
  made.ec2.give("eni-0", { addresses: 3 });
  await settle(made.clock, made.ipamd.start([]));
  return made;
}

async function idle(env: Environment, instance = { maxEnis: 4, ipv4PerEni: 15 }) {
  const { ipamd, rest } = await started({ env, instance });
  await rest();
  ipamd.close();
  const enis = [...ipamd.store.enis.values()];
  return { enis: enis.length, units: enis.reduce((sum, eni) => sum + eni.cidrs.size, 0) };
}

conformance("C", {
  "C1 without room elsewhere an interface with the default subnet and groups": async () => {
    const { ipamd, ec2, rest, assign } = await started({ instance: U14 });
    ec2.subnetsById.get("subnet-1")!.tags = {};
    await assign("a");
    await rest();
    assert.deepEqual(creates(ec2), ["CreateNetworkInterface 14"]);
    const made = ec2.get("eni-1");
    assert.deepEqual([made.subnetId, made.groups, made.description], ["subnet-1", ["sg-1"], "aws-K8S-i-1"]);
    ipamd.close();
  },
  "C2 under custom networking the interface is made as ENIConfig says": async () => {
    const ec2 = new FakeEc2();
    ec2.addSubnet("subnet-az1", "100.64.0.0", 4096);
    const eniConfig = () => ({ subnetId: "subnet-az1", securityGroups: ["sg1", "sg2"] });
    const { ipamd } = await started({ ec2, instance: U14, env: { AWS_VPC_K8S_CNI_CUSTOM_NETWORK_CFG: "true" }, eniConfig });
    assert.deepEqual(creates(ec2), ["CreateNetworkInterface 14"]);
    const made = ec2.get("eni-1");
    assert.deepEqual([made.subnetId, made.groups], ["subnet-az1", ["sg1", "sg2"]]);
    assert.equal(ec2.get("eni-0").addresses.length, 0);
    ipamd.close();
  },
  "C3 a cordoned node asks EC2 for nothing unless told to": async () => {
    for (const [env, expected] of [
      [{}, 0],
      [{ AWS_MANAGE_ENIS_NON_SCHEDULABLE: "true" }, 1],
    ] as const) {
      const made = rig({ env });
      made.cordoned = true;
      await made.ipamd.start([]);
      await made.clock.step(20_000);
      assert.equal(mutations(made.ec2).length > 0 ? 1 : 0, expected);
      made.ipamd.close();
    }
  },
  "C4 with discovery a short subnet leads to a new interface": async () => {
    const made = rig({ instance: U14 });
    refuse(made.ec2, ["AssignPrivateIpAddresses"], SHORT);
    await made.ipamd.start([]);
    assert.deepEqual(mutations(made.ec2).slice(0, 3), [
      "AssignPrivateIpAddresses 14",
      "AssignPrivateIpAddresses 1",
      "CreateNetworkInterface 14",
    ]);
    made.ipamd.close();
  },
  "C5 without discovery a short subnet pauses growth": async () => {
    const made = rig({ instance: U14, env: { ENABLE_SUBNET_DISCOVERY: "false" } });
    refuse(made.ec2, ["AssignPrivateIpAddresses"], SHORT);
    await made.ipamd.start([]);
    await made.clock.step(119_000);
    const asked = ["AssignPrivateIpAddresses 14", "AssignPrivateIpAddresses 1"];
    assert.deepEqual(mutations(made.ec2), asked);
    await made.clock.step(10_000);
    assert.deepEqual(mutations(made.ec2), [...asked, ...asked]);
    made.ipamd.close();
  },
  "C6 an address target is asked for exactly": async () => {
    const { ipamd, ec2, assign, rest } = await full({ env: { WARM_IP_TARGET: "3" } });
    for (const pod of ["a", "b", "c"]) await assign(pod);
    await rest();
    assert.deepEqual(creates(ec2), ["CreateNetworkInterface 3"]);
    ipamd.close();
  },
  "C7 addresses ipamd does not know of are adopted": async () => {
    const made = rig({ instance: { maxEnis: 1, ipv4PerEni: 15 }, ec2: limited(15) });
    made.ec2.fail = (operation) => {
      if (operation === "AssignPrivateIpAddresses" && made.ec2.get("eni-0").addresses.length === 0)
        made.ec2.give("eni-0", { addresses: 14 });
    };
    await made.ipamd.start([]);
    assert.equal(made.ipamd.store.size, 14);
    assert.deepEqual(mutations(made.ec2), ["AssignPrivateIpAddresses 14"]);
    assert.deepEqual(made.warnings, []);
    made.ipamd.close();
  },
  "C8 what cannot be attached is deleted": async () => {
    const { ipamd, ec2, assign, rest, warnings } = await full();
    await assign("a");
    refuse(ec2, ["AttachNetworkInterface"], "AttachmentLimitExceeded");
    await rest();
    assert.equal(ec2.interfaces.size, 1);
    assert.match(warnings.join(), /AttachmentLimitExceeded/);
    ipamd.close();
    const crowded = await full({ instance: { maxEnis: 200, ipv4PerEni: 4 } });
    for (let index = 1; index < 100; index++) attached(crowded.ec2, index, { "node.k8s.amazonaws.com/no_manage": "true" });
    const before = crowded.ec2.interfaces.size;
    await crowded.assign("a");
    await crowded.rest();
    assert.equal(crowded.ec2.interfaces.size, before);
    assert.match(crowded.warnings.join(), /no available device number/);
    crowded.ipamd.close();
  },
  "C9 what cannot be set to go with its instance is freed": async () => {
    const { ipamd, ec2, assign, rest } = await full();
    await assign("a");
    refuse(ec2, ["ModifyNetworkInterfaceAttribute"], "InternalError");
    await rest();
    assert.deepEqual(mutations(ec2).slice(-2), ["DetachNetworkInterface attach-eni-1", "DeleteNetworkInterface eni-1"]);
    assert.equal(ec2.interfaces.size, 1);
    ipamd.close();
  },
  "C10 no more is asked for than an interface holds": async () => {
    const { ipamd, ec2, assign, rest } = await started({ instance: { ipv4PerEni: 10 }, env: { WARM_IP_TARGET: "49" } });
    await assign("a");
    await rest();
    for (const call of [...creates(ec2), ...ec2.calls.filter((each) => each.startsWith("Assign"))])
      assert.ok(Number(call.split(" ")[1]) <= 9);
    assert.deepEqual(creates(ec2)[0], "CreateNetworkInterface 9");
    ipamd.close();
  },
  "C11 nothing is asked for where nothing is short or no slot is free": async () => {
    const { ipamd, ec2, rest } = await full({ env: { WARM_IP_TARGET: "3" } });
    await rest();
    assert.deepEqual(mutations(ec2), []);
    ipamd.close();
  },
  "C12 waiting for a new interface's addresses": async () => {
    assert.deepEqual(await waitFor(2, 2, false), { tries: 1, shown: 2 });
    assert.deepEqual(await waitFor(2, 12, false), { tries: 12, shown: 2 });
    await assert.rejects(waitFor(0, 12, false), /shows 0 of 12/);
  },
  "C13 waiting for a new interface's prefixes": async () => {
    assert.deepEqual(await waitFor(1, 1, true), { tries: 1, shown: 1 });
    await assert.rejects(waitFor(0, 1, true), /shows 0 of 1/);
  },
  "C14 freeing an interface": async () => {
    const outcomes: unknown[] = [];
    for (const [operation, code] of [
      ["none", ""],
      ["DescribeNetworkInterfaces", "InternalError"],
      ["DetachNetworkInterface", "InternalError"],
      ["DeleteNetworkInterface", "InvalidNetworkInterfaceID.NotFound"],
    ] as const) {
      const torn: string[] = [];
      const host = { setUp: async () => {}, tearDown: async (id: string) => void torn.push(id) };
      const made = await withExtra({ host });
      refuse(made.ec2, [operation], code);
      const detaches = () => made.ec2.calls.filter((call) => call.startsWith("Detach")).length;
      await settle(made.clock, made.ipamd.manage());
      outcomes.push([torn.length, made.warnings.length > 0, detaches()]);
      // One that cannot be detached is found again when the pool is reconciled.
      assert.equal(made.ipamd.store.enis.size, operation === "DetachNetworkInterface" ? 2 : 1);
      made.ipamd.close();
    }
    assert.deepEqual(outcomes, [
      [1, false, 1],
      [0, true, 0],
      [0, true, 12],
      [1, false, 1],
    ]);
  },
  "C15 an interface leaves the pool even if its rules stay": async () => {
    const host = { setUp: async () => {}, tearDown: async () => Promise.reject(new Error("netlink")) };
    const made = await withExtra({ host });
    await settle(made.clock, made.ipamd.manage());
    assert.equal(made.ipamd.store.enis.size, 1);
    assert.equal(made.ec2.interfaces.size, 1);
    assert.match(made.warnings.join(), /netlink/);
    made.ipamd.close();
  },
  "C16 a subnet without blocks is asked once in 120 s": async () => {
    const made = rig({ env: { ENABLE_PREFIX_DELEGATION: "true", WARM_PREFIX_TARGET: "1", ENABLE_SUBNET_DISCOVERY: "false" } });
    refuse(made.ec2, ["AssignPrivateIpAddresses", "CreateNetworkInterface"], "InsufficientCidrBlocks");
    await made.ipamd.start([]);
    await made.clock.step(100_000);
    assert.deepEqual(mutations(made.ec2), ["AssignPrivateIpAddresses 1"]);
    made.ipamd.close();
  },
  "C17 interfaces of an idle node": async () => {
    const counts = [
      await idle({ WARM_ENI_TARGET: "3", MAX_ENI: "2" }),
      await idle({ WARM_ENI_TARGET: "3" }),
      await idle({ WARM_ENI_TARGET: "2" }),
    ];
    assert.deepEqual(
      counts.map(({ enis }) => enis),
      [2, 3, 2],
    );
  },
  "C18 addresses of an idle node": async () => {
    const settings: Environment[] = [
      { WARM_IP_TARGET: "2" },
      { WARM_IP_TARGET: "16" },
      { MINIMUM_IP_TARGET: "2" },
      { MINIMUM_IP_TARGET: "16" },
      { MINIMUM_IP_TARGET: "6", WARM_IP_TARGET: "10" },
    ];
    const counts: number[] = [];
    for (const env of settings) counts.push((await idle(env)).units);
    assert.deepEqual(counts, [2, 16, 2, 16, 10]);
  },
  "C19 prefixes of an idle node": async () => {
    const settings: Environment[] = [
      { WARM_IP_TARGET: "2" },
      { WARM_IP_TARGET: "16" },
      { MINIMUM_IP_TARGET: "2" },
      { MINIMUM_IP_TARGET: "16" },
      { MINIMUM_IP_TARGET: "6", WARM_IP_TARGET: "10" },
      { WARM_IP_TARGET: "2", WARM_PREFIX_TARGET: "1" },
      { MINIMUM_IP_TARGET: "2", WARM_PREFIX_TARGET: "2" },
      { WARM_PREFIX_TARGET: "2" },
    ];
    const counts: number[] = [];
    for (const env of settings) counts.push((await idle({ ENABLE_PREFIX_DELEGATION: "true", ...env })).units);
    assert.deepEqual(counts, [1, 1, 1, 1, 1, 1, 1, 2]);
  },
  "C20 the pool returns to where it was": async () => {
    const { ipamd, clock, assign, unassign, rest } = await started({ env: { WARM_IP_TARGET: "3", WARM_ENI_TARGET: "0" } });
    const before = [ipamd.store.enis.size, ipamd.store.size];
    for (let i = 0; i < 14; i++) {
      await assign(`p${i}`);
      await rest();
    }
    assert.ok(ipamd.store.size > before[1]!);
    for (let i = 0; i < 14; i++) unassign(`p${i}`);
    for (let i = 0; i < 20; i++) await clock.step(31_000);
    assert.deepEqual([ipamd.store.enis.size, ipamd.store.size], before);
    ipamd.close();
  },
  "C21 slow attachments and a rush of pods": async () => {
    const made = await started({ instance: { maxEnis: 4, ipv4PerEni: 15 }, maxPods: 58 });
    const { ec2, clock, ipamd, assign } = made;
    ec2.fail = async (operation) => {
      if (operation === "AttachNetworkInterface") await sleep(clock, 10_000);
    };
    const served = new Set<string>();
    let refusals = 0;
    for (let second = 0; second < 120; second++) {
      for (let i = 0; i < 100; i++) {
        if (served.has(`p${i}`)) continue;
        await assign(`p${i}`).then(
          () => served.add(`p${i}`),
          () => refusals++,
        );
      }
      await clock.step(1000);
    }
    assert.equal(served.size, 56);
    assert.ok(refusals > 0);
    assert.equal(ec2.interfaces.size, 4);
    assert.equal(creates(ec2).length, 3);
    ipamd.close();
  },
  "C22 after the signal to stop nothing new is begun": async () => {
    const { ipamd, ec2, clock, assign } = await full();
    await assign("a");
    ec2.fail = (operation) => {
      if (operation === "DescribeSubnets") ipamd.close();
    };
    await settle(clock, ipamd.manage());
    await clock.step(600_000);
    assert.deepEqual(mutations(ec2), []);
  },
});

/** Waits for an interface that shows some of what is wanted. */
async function waitFor(shows: number, wanted: number, prefixMode: boolean): Promise<{ tries: number; shown: number }> {
  const ec2 = new FakeEc2();
  ec2.give("eni-0", prefixMode ? { prefixes: shows } : { addresses: shows });
  const clock = new FakeClock();
  let tries = 0;
  const metadata = {
    interfaces: () => {
      tries++;
      return ec2.interfacesOf("i-1");
    },
  };
  const shown = await settle(clock, waitForInterface("eni-0", wanted, { store: { prefixMode }, metadata, clock, pace: WAIT_PACE }));
  return { tries, shown: shown.addresses.length + shown.prefixes.length };
}

/** Three addresses on each of two interfaces, no pod, WARM_ENI_TARGET 0: the second is one too many. */
async function withExtra(options: RigOptions): Promise<Rig> {
  const made = rig({ instance: { maxEnis: 3, ipv4PerEni: 4 }, env: { WARM_ENI_TARGET: "0" }, ...options });
  const id = attached(made.ec2, 1);
  for (const each of ["eni-0", id]) made.ec2.give(each, { addresses: 3 });
  await made.ipamd.start([]);
  made.ec2.fail = (operation) => {
    if (operation === "DescribeNetworkInterfaces") throw ec2Error("Throttled");
  };
  await made.clock.step(4000);
  // Old enough to go, looked at for the first time.
  for (const eni of made.ipamd.store.enis.values()) Object.assign(eni, { createdAt: made.clock.now() - 60_000 });
  made.ec2.fail = () => {};
  return made;
}

/** An EC2 that holds the instance to a number of addresses. */
function limited(ipv4PerEni: number): FakeEc2 {
  const ec2 = new FakeEc2();
  const eni = ec2.addInstance("i-1", "subnet-1", { enis: 4, ipv4PerEni });
  ec2.interfaces.delete(eni.id);
  return ec2;
}
