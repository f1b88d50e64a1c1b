// Pools of several network cards: growth, cards that are left alone, restarts, IPv6 (ENABLE_MULTI_NIC).
import assert from "node:assert/strict";
import { test } from "node:test";
import { FURTHER_ADDRESSES } from "../../src/nodes/cni/further-addresses.ts";
import { FakeEc2 } from "../support/fake-ec2.ts";
import { awsNode, cniWorld, pod, settled } from "./cni-world.ts";
import { keyOf, metaOf, type RigOptions, rig, settle } from "./rig.ts";

const MULTI = { ENABLE_MULTI_NIC: "true" };
const CARDS = { instance: { maxEnis: 2, ipv4PerEni: 10, cards: [2, 2, 2] } };

async function begun(options: RigOptions = {}) {
  const made = rig({ ...CARDS, ...options, env: { ...MULTI, ...options.env } });
  await settle(made.clock, made.ipamd.start([]));
  await made.rest();
  return made;
}

const onCard = (ec2: FakeEc2, card: number) => [...ec2.interfaces.values()].filter((eni) => eni.cardIndex === card);

test("every card has an interface and keeps one address warm", async () => {
  const { ipamd, ec2, rest } = await begun();
  assert.deepEqual(
    [1, 2].map((card) => onCard(ec2, card).map(({ deviceIndex, addresses, groups }) => [deviceIndex, addresses.length, groups])),
    [[[0, 1, ["sg-1"]]], [[0, 1, ["sg-1"]]]],
  );
  const taken = await ipamd.assignOnEveryCard(keyOf("a"), metaOf("a"));
  assert.deepEqual(
    taken.map(({ card }) => card),
    [0, 1, 2],
  );
  await rest();
  assert.deepEqual(onCard(ec2, 1)[0]?.addresses.length, 2, "one more, for the next pod");
  ipamd.close();
});

test("interfaces of further cards are not ipamd's while the setting is off", async () => {
  const ec2 = new FakeEc2();
  const far = ec2.addInstance("nobody");
  Object.assign(far, { deviceIndex: 1, cardIndex: 1, instanceId: "i-1", attachmentId: `attach-${far.id}` });
  const { ipamd } = await begun({ ec2, env: { ENABLE_MULTI_NIC: "false" } });
  assert.deepEqual([ipamd.pools.length, ipamd.store.enis.has(far.id)], [1, false]);
  ipamd.close();
});

test("a card with nothing but an EFA interface without addresses is left alone", async () => {
  const ec2 = new FakeEc2();
  const efa = ec2.addInstance("nobody");
  Object.assign(efa, { deviceIndex: 1, cardIndex: 1, instanceId: "i-1", attachmentId: `attach-${efa.id}`, type: "efa-only" });
  const { ipamd } = await begun({ ec2 });
  assert.deepEqual(
    ipamd.pools.map(({ store }) => store.card),
    [0, 2],
  );
  assert.equal(onCard(ec2, 1).length, 1, "nothing is added to it");
  ipamd.close();
});

test("under IPv6 every further card has one interface with one prefix", async () => {
  const { ipamd, ec2 } = await begun({ env: { ENABLE_IPv4: "false", ENABLE_IPv6: "true", ENABLE_PREFIX_DELEGATION: "true" } });
  for (const card of [0, 1, 2])
    assert.deepEqual([onCard(ec2, card).length, onCard(ec2, card)[0]?.prefixes6.length], [1, 1], `card ${card}`);
  const taken = await ipamd.assignOnEveryCard(keyOf("a"), metaOf("a"));
  assert.ok(taken.every(({ address }) => address.includes(":")));
  ipamd.close();
});

test("a pod's further addresses outlast a restart in its annotation", async () => {
  const first = cniWorld({}, "p4d.24xlarge");
  first.host.awsNodeChanged(awsNode("1", MULTI), true);
  await settled();
  const wishful = pod("a", undefined, { "k8s.amazonaws.com/nicConfig": "multi-nic-attachment" });
  const given = await first.host.add(wishful);
  const { annotations } = wishful.metadata;
  const further = JSON.parse(annotations?.[FURTHER_ADDRESSES] ?? "[]");
  assert.deepEqual(
    further.map(({ card }: { card: number }) => card),
    [1, 2, 3],
  );
  assert.deepEqual(
    first.host.driver.of("default", "a").map(({ index }) => index),
    [0, 1, 2, 3],
  );
  first.host.close();
  const second = cniWorld({}, "p4d.24xlarge", first.ec2);
  second.pods.push(pod("a", given.ips[0], annotations));
  second.host.awsNodeChanged(awsNode("2", MULTI), true);
  await settled();
  const held = second.host.ipamd!.pools.flatMap(({ store }) => [...store.assignments()].map(({ address }) => address));
  assert.deepEqual(held, [given.ips[0], ...further.map(({ address }: { address: string }) => address)]);
  await second.host.delete({ namespace: "default", name: "a", uid: "a" });
  assert.deepEqual(second.host.driver.of("default", "a"), []);
  second.host.close();
});
