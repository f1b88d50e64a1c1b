// Section M, first part: trunks, VLAN ids, branches and their cool-down, against a small EC2.
import assert from "node:assert/strict";
import { FakeClock } from "../../src/base/clock.ts";
import { AtCapacity, BranchSet } from "../../src/cni/branch/branch-set.ts";
import { TRUNK_TAG, VLAN_TAG } from "../../src/cni/branch/names.ts";
import { readPodEni, writePodEni } from "../../src/cni/branch/pod-annotation.ts";
import { branchCooldown } from "../../src/cni/branch/settings.ts";
import { branchCapacity, ensureTrunk } from "../../src/cni/branch/trunk.ts";
import { VlanIds } from "../../src/cni/branch/vlan-ids.ts";
import { conformance } from "./conformance.ts";
import { FakeControllerEc2, failing } from "./fake-controller-ec2.ts";
import { settle } from "./rig.ts";

const NETWORK = { subnetId: "subnet-1", groups: ["sg-node"] };
const TRUNK = "eni-trunk";
const COOLDOWN = 60_000;

function branches(ec2: FakeControllerEc2, capacity = 9): BranchSet {
  const blocks = { cidr: "10.0.3.0/24", cidr6: "" };
  return new BranchSet({ ec2, clusterName: "dev", instanceId: "i-1", trunkId: TRUNK, network: NETWORK, blocks, capacity });
}

const trunk = async (ec2: FakeControllerEc2, clock = new FakeClock()) =>
  settle(clock, ensureTrunk(ec2, clock, "dev", await ec2.instance("i-1"), NETWORK));

/** A set in which `pods` hold one branch each. */
async function inUse(ec2: FakeControllerEc2, ...pods: string[]): Promise<BranchSet> {
  const set = branches(ec2);
  for (const pod of pods) await set.allocate(pod, ["sg-db"], 1);
  ec2.calls.length = 0;
  return set;
}

conformance("M", {
  "M1 a trunk is made at the highest free index": async () => {
    const ec2 = new FakeControllerEc2();
    assert.deepEqual(await trunk(ec2), { id: "eni-1", isNew: true });
    assert.deepEqual(ec2.calls, ["instance", "create trunk", "attach eni-1 2", "status eni-1"]);
    const wish = ec2.wishes.get("eni-1");
    assert.equal(wish?.description, "aws-k8s-trunk-eni");
    assert.deepEqual(wish?.tags, {
      "node.k8s.amazonaws.com/instance_id": "i-1",
      "eks:eni:owner": "eks-vpc-resource-controller",
      "cluster.k8s.amazonaws.com/name": "dev",
      "kubernetes.io/cluster/dev": "owned",
    });
    const taken = new FakeControllerEc2();
    taken.attached.push({ id: "eni-2", type: "interface", deviceIndex: 2, cardIndex: 0, status: "in-use" });
    await trunk(taken);
    assert.ok(taken.calls.includes("attach eni-1 1"));
  },
  "no trunk with an interface without a type, an EC2 error, no free index: the rest of M1": async () => {
    const untyped = new FakeControllerEc2();
    untyped.attached.push({ id: "eni-x", type: undefined, deviceIndex: 1, cardIndex: 0, status: "in-use" });
    await assert.rejects(trunk(untyped), /received an empty network interface type, for interface eni-x/);
    const broken = new FakeControllerEc2();
    failing(broken, "instance");
    await assert.rejects(trunk(broken), { code: "InternalError" });
    const full = new FakeControllerEc2();
    for (const deviceIndex of [1, 2])
      full.attached.push({ id: `e${deviceIndex}`, type: "interface", deviceIndex, cardIndex: 0, status: "in-use" });
    await assert.rejects(trunk(full), /no free device index found/);
    const refused = new FakeControllerEc2();
    failing(refused, "attach", 1, "AttachmentLimitExceeded");
    await assert.rejects(trunk(refused), { code: "AttachmentLimitExceeded" });
    assert.equal(refused.made.size, 0, "what cannot be attached is deleted");
  },
  "M2 branches of a living pod are known after a restart": async () => {
    const ec2 = new FakeControllerEc2();
    const held = await branches(ec2).allocate("pod", ["sg-db"], 2);
    const after = branches(ec2);
    after.adopt("pod", readPodEni(writePodEni(held))!);
    await after.reconcile();
    assert.deepEqual(after.doomed, []);
    assert.deepEqual(after.of("pod"), held);
    assert.equal((await after.allocate("other", [], 1))[0]?.vlanId, 3);
  },
  "M3 branches of no pod are deleted": async () => {
    const ec2 = new FakeControllerEc2();
    const held = await branches(ec2).allocate("gone", ["sg-db"], 2);
    const after = branches(ec2);
    await after.reconcile();
    assert.deepEqual(
      after.doomed,
      held.map(({ eniId }) => eniId),
    );
    assert.equal((await after.allocate("other", [], 1))[0]?.vlanId, 3, "their VLAN ids are taken until they are gone");
    await after.collect(0, COOLDOWN);
    assert.deepEqual(after.doomed, []);
    assert.equal(ec2.associated.size, 1);
  },
  "M4 a trunk that does not become attached is an error": async () => {
    const ec2 = new FakeControllerEc2();
    ec2.attached.push({ id: TRUNK, type: "trunk", deviceIndex: 2, cardIndex: 0, status: "attaching" });
    const clock = new FakeClock(0);
    await assert.rejects(trunk(ec2, clock), /eni-trunk is not attached/);
    assert.ok(clock.now() >= 63_000, "1 s, doubled six times");
  },
  "M5 VLAN ids: all, one freed, one marked": () => {
    const ids = new VlanIds();
    for (let id = 1; id <= 120; id++) assert.equal(ids.take(), id);
    assert.throws(() => ids.take(), /failed to find free vlan id in the available 120 ids/);
    ids.free(7);
    assert.equal(ids.take(), 7);
    const marked = new VlanIds();
    marked.mark(1);
    assert.equal(marked.take(), 2);
  },
  "M6 two branches for a pod; without groups the instance's": async () => {
    const ec2 = new FakeControllerEc2();
    const set = branches(ec2);
    const made = await set.allocate("pod", ["sg-db", "sg-base"], 2);
    assert.deepEqual(
      made.map(({ vlanId, associationId }) => [vlanId, associationId]),
      [
        [1, "trunk-assoc-eni-1"],
        [2, "trunk-assoc-eni-2"],
      ],
    );
    const wish = ec2.wishes.get("eni-2")!;
    assert.equal(wish.description, "aws-k8s-branch-eni");
    assert.equal(wish.type, undefined);
    assert.deepEqual(wish.groups, ["sg-db", "sg-base"]);
    assert.deepEqual([wish.tags[VLAN_TAG], wish.tags[TRUNK_TAG], wish.tags["eks:eni:owner"]], ["2", TRUNK, "eks-vpc-resource-controller"]);
    await set.allocate("plain", [], 1);
    assert.deepEqual(ec2.wishes.get("eni-3")?.groups, ["sg-node"]);
  },
  "M7 what was made before a failure is deleted": async () => {
    const ec2 = new FakeControllerEc2();
    failing(ec2, "associate", 1);
    const set = branches(ec2);
    await assert.rejects(set.allocate("pod", [], 1), /^Error: associating branch to trunk, InternalError: associate fails$/);
    assert.deepEqual(set.doomed, ["eni-1"]);
    let creates = 0;
    ec2.fail = (operation) => {
      if (operation === "create" && ++creates === 2) throw new Error("no");
    };
    await assert.rejects(set.allocate("pod", [], 2), /creating network interface, no/);
    assert.deepEqual([...set.doomed].sort(), ["eni-1", "eni-2"]);
    assert.equal(set.of("pod"), undefined);
    await set.collect(0, COOLDOWN);
    assert.equal(ec2.made.size, 0);
  },
  "M8 deletion frees the VLAN id, a failed one keeps it; disassociation may fail or be impossible": async () => {
    const ec2 = new FakeControllerEc2();
    const set = await inUse(ec2, "a", "b");
    set.revoke("a");
    await set.collect(0, COOLDOWN);
    assert.deepEqual(ec2.calls, ["disassociate trunk-assoc-eni-1", "delete eni-1"]);
    assert.equal((await set.allocate("c", [], 1))[0]?.vlanId, 1);
    failing(ec2, "delete", 1);
    set.revoke("b");
    await set.collect(0, COOLDOWN);
    assert.equal((await set.allocate("d", [], 1))[0]?.vlanId, 3);
    failing(ec2, "disassociate");
    await set.collect(0, COOLDOWN);
    assert.deepEqual(set.doomed, []);
    assert.equal((await set.allocate("e", [], 1))[0]?.vlanId, 2);
    set.adopt("f", [
      { eniId: "eni-9", mac: "", privateIp: "", ipv6Address: "", vlanId: 9, subnetCidr: "", subnetCidr6: "", associationId: "" },
    ]);
    set.revoke("f");
    ec2.calls.length = 0;
    await set.collect(0, COOLDOWN);
    assert.deepEqual(ec2.calls, ["delete eni-9"]);
  },
  "M9 the queue: too young, without a time, old enough, given up": async () => {
    const ec2 = new FakeControllerEc2();
    const set = await inUse(ec2, "young", "revoked", "old", "stubborn");
    set.release("old", 0);
    set.release("young", 30_000);
    set.revoke("revoked");
    await set.collect(60_000, COOLDOWN);
    assert.deepEqual(set.doomed, ["eni-1"]);
    await set.collect(90_000, COOLDOWN);
    assert.deepEqual(set.doomed, []);
    failing(ec2, "delete");
    set.revoke("stubborn");
    for (let attempt = 1; attempt <= 4; attempt++) {
      assert.deepEqual(set.doomed, ["eni-4"], `attempt ${attempt}`);
      await set.collect(0, COOLDOWN);
    }
    assert.deepEqual(set.doomed, []);
  },
  "M10 the cool-down as configured": () => {
    const read = (value: string | undefined) => branchCooldown(value === undefined ? {} : { "branch-eni-cooldown": value });
    assert.deepEqual(["30", undefined, "", "aaa", "29"].map(read), [30, 60, 60, 60, 30]);
    assert.equal(branchCooldown(undefined), 60);
    assert.equal(read("90"), 90);
  },
  "M11 a pod that has its branches gets no others": async () => {
    const ec2 = new FakeControllerEc2();
    const set = await inUse(ec2, "pod");
    assert.deepEqual(await set.allocate("pod", ["sg-other"], 1), set.of("pod"));
    assert.deepEqual(ec2.calls, []);
  },
  "capacities, for M13": () => {
    assert.equal(branchCapacity("m5.large"), 9);
    assert.equal(branchCapacity("f5.large"), 0);
    assert.equal(branchCapacity("t3.medium"), 0);
    assert.equal(branchCapacity("i4i.large"), 0);
  },
  "slots in cool-down count": async () => {
    const ec2 = new FakeControllerEc2();
    const set = branches(ec2, 2);
    await set.allocate("a", [], 1);
    await set.allocate("b", [], 1);
    set.release("a", 0);
    await assert.rejects(set.allocate("c", [], 1), AtCapacity);
    await set.collect(60_000, COOLDOWN);
    await set.allocate("c", [], 1);
    assert.equal(set.of("c")?.[0]?.vlanId, 1);
  },
  "the annotation is read whatever the case of its names": () => {
    const text = (entry: object) => JSON.stringify([entry]);
    const entry = { eniId: "eni-1", ifAddress: "0a:11", privateIp: "10.0.3.9", subnetCidr: "10.0.3.0/24", associationID: "trunk-assoc-1" };
    assert.equal(readPodEni(text({ ...entry, vlanID: 5 }))?.[0]?.vlanId, 5);
    assert.equal(readPodEni(text({ ...entry, vlanId: 5 }))?.[0]?.privateIp, "10.0.3.9");
    for (const bad of [undefined, "", "{", "[]", "{}", "[null]", "[[]]", text(entry), text({ ...entry, vlanId: "5" }), text({ vlanId: 5 })])
      assert.equal(readPodEni(bad), undefined, bad);
    const [branch] = readPodEni(text({ ...entry, vlanId: 5 }))!;
    assert.equal(
      writePodEni([branch!]),
      '[{"eniId":"eni-1","ifAddress":"0a:11","privateIp":"10.0.3.9","ipv6Addr":"","vlanId":5,"subnetCidr":"10.0.3.0/24","subnetV6Cidr":"","associationID":"trunk-assoc-1"}]',
    );
  },
});
