// Section B: the data store and its checkpoint.
import assert from "node:assert/strict";
import { checkpointPath, encodeCheckpoint, restoreCheckpoint } from "../../src/cni/ipamd/checkpoint.ts";
import { DataStore } from "../../src/cni/pool/data-store.ts";
import { removableEni } from "../../src/cni/pool/removable-eni.ts";
import { wantedOnExisting } from "../../src/cni/pool/targets.ts";
import { conformance } from "./conformance.ts";
import { addEni, keyOf, metaOf, rig, settingsOf, storeOf, use } from "./rig.ts";

const AGED = 10 * 60_000;
const NONE = "AssignPodIPAddress: no available IP/Prefix addresses";

/** Two interfaces with one address each, and a checkpoint whose writing can fail. */
function withFile() {
  const file = { text: "", broken: false };
  const store: DataStore = new DataStore(false, 30_000, () => {
    if (file.broken) throw new Error("disk full");
    file.text = encodeCheckpoint(store.assignments());
  });
  addEni(store, 0);
  addEni(store, 1);
  store.addCidr("eni-0", "1.1.1.1/32");
  store.addCidr("eni-1", "1.1.2.2/32");
  return { store, file };
}

function assign(store: DataStore, pod: string, now = 0): string {
  return store.assign(keyOf(pod), metaOf(pod), now).address;
}

function removable(store: DataStore, warm: number, minimum: number): string | undefined {
  return removableEni(store, settingsOf({ WARM_IP_TARGET: String(warm), MINIMUM_IP_TARGET: String(minimum) }), AGED)?.id;
}

/** eni-0 primary with two pods, eni-1 two free, eni-2 one free. */
function three(): DataStore {
  const store = storeOf([2, 2, 1]);
  use(store, 2);
  return store;
}

function checkpoint(entries: readonly { pod: string; ip: string }[], version = "vpc-cni-ipam/1"): string {
  const allocations = entries.map(({ pod, ip }) => ({
    ...{ networkName: "aws-cni", containerID: pod, ifName: "eth0", ipv4: ip, allocationTimestamp: 1_700_000_000_000_000_000 },
    metadata: { k8sPodNamespace: "default", k8sPodName: pod },
  }));
  return JSON.stringify({ version, allocations });
}

const everyLink = { has: () => true, dropRules() {} };

conformance("B", {
  "B1 an interface is added once": () => {
    const store = storeOf([0]);
    assert.throws(() => addEni(store, 0), { message: "data store: duplicate ENI" });
  },
  "B2 a CIDR is added once": () => {
    const store = storeOf([0]);
    for (const cidr of ["10.0.9.1/32", "10.0.9.16/28"]) {
      store.addCidr("eni-0", cidr);
      const { size } = store;
      assert.throws(() => store.addCidr("eni-0", cidr), { message: "datastore: IP already in data store" });
      assert.equal(store.size, size);
    }
  },
  "B3 a key gets the same address again": () => {
    const { store, file } = withFile();
    assert.deepEqual([assign(store, "key1"), assign(store, "key1")], ["1.1.1.1", "1.1.1.1"]);
    assert.equal(store.stats(0).assigned, 1);
    assert.equal(JSON.parse(file.text).allocations.length, 1);
  },
  "B4 what cannot be written down is not assigned": () => {
    const { store, file } = withFile();
    assign(store, "key1");
    const before = file.text;
    file.broken = true;
    assert.throws(() => assign(store, "key2"), { message: "disk full" });
    assert.throws(() => store.unassign(keyOf("key1"), 0), { message: "disk full" });
    assert.equal(store.stats(0).assigned, 1);
    assert.equal(file.text, before);
    file.broken = false;
    const given = store.assign(keyOf("key2"), metaOf("key2"), 0);
    assert.deepEqual([given.address, given.eniId], ["1.1.2.2", "eni-1"]);
  },
  "B5 an empty pool and an unknown pod": () => {
    const { store } = withFile();
    use(store, 2);
    assert.throws(() => assign(store, "key4"), { message: NONE });
    assert.throws(() => store.unassign(keyOf("key4"), 0), { message: "datastore: unknown pod" });
  },
  "B6 an unused interface goes once it is old and has cooled down": () => {
    const { store } = withFile();
    use(store, 2);
    store.unassign(keyOf("p1"), AGED);
    const settings = settingsOf({});
    assert.equal(removableEni(store, settings, AGED), undefined, "cooling down");
    assert.equal(removableEni(store, settings, 30_000), undefined, "too young");
    assert.equal(removableEni(store, settings, AGED + 30_000)?.id, "eni-1");
  },
  "B7 a prefix is used from its base on": () => {
    const store = storeOf([1], { prefixes: true });
    assert.deepEqual(
      ["a", "b", "c"].map((pod) => assign(store, pod)),
      ["10.0.0.0", "10.0.0.1", "10.0.0.2"],
    );
    assert.equal(store.stats(0).total, 16);
  },
  "B8 cool-down shows in the counts": () => {
    for (const [prefixes, total] of [
      [false, 2],
      [true, 16],
    ] as const) {
      const store = storeOf([prefixes ? 1 : 2], { prefixes, cooldown: 1000 });
      use(store, 2);
      store.unassign(keyOf("p0"), 5000);
      const counts = { total, assigned: 1, prefixes: prefixes ? 1 : 0, freePrefixes: 0 };
      assert.deepEqual(store.stats(5000), { ...counts, cooldown: 1 });
      assert.deepEqual(store.stats(6000), { ...counts, cooldown: 0 });
    }
  },
  "B9 a CIDR in use goes only by force": () => {
    const store = storeOf([1]);
    use(store, 1);
    assert.throws(() => store.removeCidr("eni-0", "10.0.0.1/32"), { message: "datastore: IP is used and can not be deleted" });
    store.removeCidr("eni-0", "10.0.0.1/32", true);
    assert.equal(store.forced.addresses, 1);
    assert.throws(() => store.unassign(keyOf("p0"), 0), { message: "datastore: unknown pod" });
  },
  "B10 prefix mode switched on and off": () => {
    const store = storeOf([1]);
    use(store, 1);
    const sizes = [store.size];
    store.prefixMode = true;
    store.addCidr("eni-0", "10.0.8.0/28");
    sizes.push(store.size);
    const given = store.assign(keyOf("pd"), metaOf("pd"), 0);
    assert.deepEqual([given.address, given.deviceNumber], ["10.0.8.0", 0]);
    sizes.push(store.size);
    store.removeCidr("eni-0", "10.0.0.1/32", true);
    sizes.push(store.size);
    store.prefixMode = false;
    store.addCidr("eni-0", "10.0.0.1/32");
    sizes.push(store.size);
    store.removeCidr("eni-0", "10.0.8.0/28", true);
    sizes.push(store.size);
    assert.deepEqual(sizes, [1, 17, 17, 16, 17, 1]);
  },
  "B11 an interface goes if the others meet the targets": () => {
    const answers = [
      [3, 1],
      [1, 5],
      [2, 4],
      [0, 3],
      [0, 2],
    ].map(([warm, minimum]) => {
      const store = three();
      const first = removable(store, warm!, minimum!);
      return first;
    });
    assert.deepEqual(answers.slice(0, 3), [undefined, undefined, "eni-2"]);
    const store = three();
    assert.equal(removable(store, 2, 4), "eni-2");
    store.removeEni("eni-2");
    assert.equal(removable(store, 0, 3), undefined);
    assert.equal(removable(store, 0, 2), "eni-1");
  },
  "B12 a trunk and an EFA interface stay": () => {
    const store = storeOf([2]);
    use(store, 2);
    addEni(store, 4, { isTrunk: true });
    addEni(store, 5, { isEfa: true });
    store.addCidr("eni-4", "10.0.4.1/32");
    store.addCidr("eni-5", "10.0.5.1/32");
    assert.equal(removable(store, 0, 2), undefined);
    addEni(store, 6);
    assert.equal(removable(store, 0, 2), "eni-6");
  },
  "B13 an excluded interface serves no pod": () => {
    const store = storeOf([2]);
    store.enis.get("eni-0")!.isExcluded = true;
    assert.throws(() => assign(store, "a"), { message: NONE });
  },
  "B14 an excluded interface is not counted and gets nothing": async () => {
    const store = storeOf([2]);
    store.enis.get("eni-0")!.isExcluded = true;
    assert.equal(store.stats(0).total, 0);
    const { ipamd, ec2 } = rig({ env: { MAX_ENI: "1" } });
    ec2.subnetsById.get("subnet-1")!.tags["kubernetes.io/role/cni"] = "0";
    await ipamd.start([]);
    assert.ok(wantedOnExisting(ipamd.store.stats(0), settingsOf({}), ipamd.limits) > 0);
    assert.deepEqual(
      ec2.calls.filter((call) => call.startsWith("Assign")),
      [],
    );
    ipamd.close();
  },
  "B15 when the last pod leaves an excluded interface its addresses go back": async () => {
    const { ipamd, ec2, clock } = rig({ env: { MAX_ENI: "1" } });
    ec2.subnetsById.get("subnet-1")!.tags["kubernetes.io/role/cni"] = "0";
    const [kept = ""] = ec2.give("eni-0", { addresses: 2 });
    await ipamd.start([{ key: keyOf("a"), meta: metaOf("a"), address: kept }]);
    assert.deepEqual(ec2.get("eni-0").addresses, [kept], "free ones go at the start");
    assert.equal((await ipamd.assign(keyOf("a"), metaOf("a"))).address, kept, "its pod keeps it");
    ipamd.unassign(keyOf("a"));
    await clock.step(5000);
    assert.deepEqual(ec2.get("eni-0").addresses, []);
    ipamd.close();
  },
  "B16 a pod without a host link is not restored": () => {
    const { store, file } = withFile();
    const dropped: string[] = [];
    const text = checkpoint([
      { pod: "a", ip: "1.1.1.1" },
      { pod: "b", ip: "1.1.2.2" },
    ]);
    restoreCheckpoint(store, text, { has: ({ name }) => name === "a", dropRules: (address) => dropped.push(address) });
    assert.deepEqual(
      [...store.assignments()].map(({ address }) => address),
      ["1.1.1.1"],
    );
    assert.deepEqual(dropped, ["1.1.2.2"]);
    assert.equal(file.text, checkpoint([{ pod: "a", ip: "1.1.1.1" }]));
  },
  "B17 an address no interface has is dropped": () => {
    const { store, file } = withFile();
    restoreCheckpoint(store, checkpoint([{ pod: "a", ip: "9.9.9.9" }]), everyLink);
    assert.equal(store.stats(0).assigned, 0);
    assert.equal(JSON.parse(file.text).allocations.length, 0);
  },
  "B18 a file of another version stops the start": () => {
    const { store } = withFile();
    assert.throws(() => restoreCheckpoint(store, checkpoint([], "vpc-cni-ipam/2"), everyLink), /unknown backing store format/);
    restoreCheckpoint(store, undefined, everyLink);
  },
  "B19 a pod of before the checkpoint is released": () => {
    const { store } = withFile();
    store.restore({ networkName: "_migrated-from-cri", containerId: "a", ifName: "unknown" }, metaOf("a"), "1.1.1.1");
    assert.equal(store.unassign(keyOf("a"), 0).address, "1.1.1.1");
  },
  "B20 where the file is": () => {
    assert.equal(checkpointPath({}, 0), "/var/run/aws-node/ipam.json");
    assert.equal(checkpointPath({ AWS_VPC_K8S_CNI_BACKING_STORE: "/tmp/x.json" }, 0), "/tmp/x.json");
    assert.equal(checkpointPath({}, 2), "/var/run/aws-node/ipam-nic-2.json");
  },
});
