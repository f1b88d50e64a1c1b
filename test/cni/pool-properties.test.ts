// Random work on nodes that share a subnet, with EC2 failing and ipamd restarting: what must hold at all times and at the end.
import assert from "node:assert/strict";
import { test } from "node:test";
import { FakeClock } from "../../src/base/clock.ts";
import { type Random, randomInt, seededRandom } from "../../src/base/random.ts";
import { holds } from "../../src/cni/pool/block.ts";
import type { Environment } from "../../src/cni/settings.ts";
import { FakeEc2 } from "../support/fake-ec2.ts";
import { ec2Error, keyOf, metaOf, type Rig, rig, settle } from "./rig.ts";

const BUDGET = 3000;
const OPERATIONS = 120;
const LIMITS = { enis: 3, ipv4PerEni: 6 };
const COOLDOWN = 30_000;
const SETTINGS: Environment[] = [
  {},
  { WARM_IP_TARGET: "2", MINIMUM_IP_TARGET: "4" },
  { WARM_ENI_TARGET: "0" },
  { ENABLE_PREFIX_DELEGATION: "true", WARM_PREFIX_TARGET: "1" },
  { ENABLE_PREFIX_DELEGATION: "true", WARM_IP_TARGET: "5" },
];
const FAILING = [
  "DescribeNetworkInterfaces",
  "DescribeSubnets",
  "CreateNetworkInterface",
  "AttachNetworkInterface",
  "ModifyNetworkInterfaceAttribute",
  "AssignPrivateIpAddresses",
  "UnassignPrivateIpAddresses",
  "DetachNetworkInterface",
  "DeleteNetworkInterface",
];

interface Node {
  readonly id: string;
  readonly env: Environment;
  made: Rig;
  readonly pods: Map<string, string>;
  readonly freed: Map<string, number>;
}

class World {
  readonly #random: Random;
  readonly clock = new FakeClock();
  readonly ec2: FakeEc2;
  readonly nodes: Node[] = [];
  #pods = 0;

  constructor(seed: number) {
    this.#random = seededRandom(seed);
    this.ec2 = new FakeEc2(40 + this.#pick(400));
    this.ec2.interfaces.clear();
  }

  async addNode(): Promise<void> {
    const id = `i-${this.nodes.length}`;
    try {
      this.ec2.addInstance(id, "subnet-1", LIMITS);
    } catch {
      return;
    }
    const env = SETTINGS[this.#pick(SETTINGS.length)]!;
    const node: Node = { id, env, made: undefined as unknown as Rig, pods: new Map(), freed: new Map() };
    await this.start(node);
    this.nodes.push(node);
  }

  /** Starts ipamd again until EC2 lets it. */
  async start(node: Node): Promise<void> {
    node.freed.clear();
    for (let tries = 0; ; tries++) {
      const instance = { instanceId: node.id, maxEnis: LIMITS.enis, ipv4PerEni: LIMITS.ipv4PerEni };
      const made = rig({ ec2: this.ec2, clock: this.clock, env: node.env, instance, maxPods: 60 });
      const held = [...node.pods].map(([pod, address]) => ({ key: keyOf(pod), meta: metaOf(pod), address }));
      node.made = made;
      try {
        return await settle(this.clock, made.ipamd.start(held));
      } catch {
        made.ipamd.close();
        if (tries > 20) this.ec2.fail = () => {};
      }
    }
  }

  async step(): Promise<void> {
    const node = this.nodes[this.#pick(this.nodes.length)];
    const choice = this.#pick(21);
    if (!node) return this.addNode();
    if (choice < 8) return this.#addPod(node);
    if (choice < 13) return this.#removePod(node);
    if (choice < 16) return this.clock.step(this.#pick(40_000));
    if (choice === 16) return this.#breakEc2();
    if (choice === 17) {
      node.made.ipamd.close();
      return this.start(node);
    }
    if (choice === 20) return this.#killWhileGrowing(node);
    if (choice === 18) node.made.cordoned = !node.made.cordoned;
    else this.#meddle(node);
  }

  async #addPod(node: Node): Promise<void> {
    const pod = `pod-${this.#pods++}`;
    const address = await node.made.assign(pod).catch((error: Error) => {
      assert.equal(error.message, "AssignPodIPAddress: no available IP/Prefix addresses");
      return undefined;
    });
    if (address === undefined) return;
    const freedAt = node.freed.get(address);
    if (freedAt !== undefined) assert.ok(this.clock.now() - freedAt >= COOLDOWN, `${address} had not cooled down`);
    node.freed.delete(address);
    node.pods.set(pod, address);
  }

  #removePod(node: Node): void {
    const pods = [...node.pods.keys()];
    const pod = pods[this.#pick(pods.length || 1)];
    if (!pod) return;
    assert.equal(node.made.unassign(pod), true);
    node.freed.set(node.pods.get(pod)!, this.clock.now());
    node.pods.delete(pod);
  }

  /** Ends the process where an attachment of this node would be under way. */
  async #killWhileGrowing(node: Node): Promise<void> {
    const isOurs = (id: unknown) => this.ec2.get(String(id)).description.endsWith(node.id);
    this.ec2.fail = (operation, id) => (operation === "AttachNetworkInterface" && isOurs(id) ? new Promise(() => {}) : undefined);
    await this.clock.step(6000);
    node.made.ipamd.close();
    this.ec2.fail = () => {};
    await this.start(node);
  }

  #breakEc2(): void {
    const operation = FAILING[this.#pick(FAILING.length)]!;
    let left = 1 + this.#pick(8);
    const code = ["RequestLimitExceeded", "InternalError", "InsufficientFreeAddressesInSubnet"][this.#pick(3)]!;
    this.ec2.fail = (called) => {
      if (called === operation && left-- > 0) throw ec2Error(code);
    };
  }

  /** Somebody gives an interface an address by hand. */
  #meddle(node: Node): void {
    const own = [...this.ec2.interfaces.values()].find((eni) => eni.instanceId === node.id);
    if (!own || own.addresses.length + own.prefixes.length + 1 >= LIMITS.ipv4PerEni) return;
    try {
      this.ec2.give(own.id, { addresses: 1 });
    } catch {
      // The subnet is full.
    }
  }

  /** What holds at all times. */
  check(): void {
    const owners = new Set<string>();
    // Sixteen that nobody gets, and the one of the interface the fake begins with.
    let used = 17;
    for (const eni of this.ec2.interfaces.values()) used += 1 + eni.addresses.length + 16 * eni.prefixes.length;
    assert.equal(this.ec2.subnetsById.get("subnet-1")!.used.size, used, "the subnet's count adds up");
    for (const { id, pods, made, freed } of this.nodes) {
      const { store } = made.ipamd;
      const mine = [...this.ec2.interfaces.values()].filter((eni) => eni.instanceId === id);
      assert.ok(mine.length <= LIMITS.enis);
      const cidrs = mine.flatMap((eni) => [...eni.addresses.map((address) => `${address}/32`), ...eni.prefixes]);
      for (const address of pods.values()) {
        assert.ok(!owners.has(address), `${address} has two owners`);
        owners.add(address);
        assert.ok(
          cidrs.some((cidr) => isIn(cidr, address)),
          `${address} is not on ${id}`,
        );
      }
      assert.deepEqual(new Map([...store.assignments()].map(({ key, address }) => [key.containerId, address])), pods);
      const { total, assigned, cooldown } = store.stats(this.clock.now());
      assert.ok(assigned + cooldown <= total + pods.size, "counts add up");
      const known = [...store.enis.values()].flatMap((eni) => [...eni.cidrs.values()]);
      for (const address of freed.keys()) if (!known.some((cidr) => holds(cidr, address))) freed.delete(address);
    }
  }

  /** When everybody has left and EC2 works, nothing is leaked and the pools and EC2 agree. */
  async checkEnd(): Promise<void> {
    this.ec2.fail = () => {};
    for (const node of this.nodes) {
      node.made.cordoned = false;
      while (node.pods.size > 0) this.#removePod(node);
    }
    await this.clock.step(4_000_000);
    for (const { made } of this.nodes) await made.rest();
    for (const eni of this.ec2.interfaces.values()) assert.ok(eni.instanceId, `${eni.id} is leaked`);
    for (const { id, made } of this.nodes) {
      const { store } = made.ipamd;
      assert.equal(store.stats(this.clock.now()).assigned, 0);
      assert.equal(store.stats(this.clock.now()).cooldown, 0);
      const inEc2 = [...this.ec2.interfaces.values()].filter((eni) => eni.instanceId === id);
      const wanted = inEc2.map((eni) => [eni.id, [...eni.addresses.map((address) => `${address}/32`), ...eni.prefixes].sort()]);
      assert.deepEqual([...store.enis.values()].map((eni) => [eni.id, [...eni.cidrs.keys()].sort()]).sort(), wanted.sort());
      made.ipamd.close();
    }
  }

  #pick(bound: number): number {
    return randomInt(this.#random, bound);
  }
}

function isIn(cidr: string, address: string): boolean {
  const number = (text: string) => text.split(".").reduce((sum, part) => sum * 256 + Number(part), 0);
  const [base = "", length = "32"] = cidr.split("/");
  return number(address) >= number(base) && number(address) < number(base) + 2 ** (32 - Number(length));
}

test("no address has two owners, none is leaked, counts add up", async (t) => {
  const deadline = performance.now() + BUDGET;
  let operations = 0;
  let worlds = 0;
  for (let seed = 1; performance.now() < deadline; seed++) {
    const world = new World(seed);
    try {
      for (let i = 0; i < 3; i++) await world.addNode();
      for (let i = 0; i < OPERATIONS; i++) {
        await world.step();
        world.check();
        operations++;
      }
      await world.checkEnd();
    } catch (error) {
      throw new Error(`seed ${seed}: ${(error as Error).message}`, { cause: error });
    }
    worlds++;
  }
  t.diagnostic(`${operations} random operations in ${worlds} worlds`);
});
