// A random world: instances come and go, pods too, users meddle, EC2 fails, processes restart. What must hold is checked all the while.
import assert from "node:assert/strict";
import { AwsError } from "../../src/aws/errors.ts";
import { FakeClock } from "../../src/base/clock.ts";
import { type Random, randomInt, seededRandom } from "../../src/base/random.ts";
import type { Environment } from "../../src/cni/settings.ts";
import { checkAddresses } from "../../src/services/ec2/index.ts";
import { network } from "../ec2/harness.ts";
import { FlakyEc2, type Mishap } from "./flaky-ec2.ts";
import { PoolNode } from "./pool-node.ts";
import { checkBooks, checkNode, type Interface } from "./pool-world-checks.ts";

const TYPES = ["t3.small", "m5.large", "m5.xlarge", "m4.large"];
const SETTINGS: Environment[] = [
  {},
  { WARM_IP_TARGET: "2", MINIMUM_IP_TARGET: "4" },
  { WARM_ENI_TARGET: "0" },
  { ENABLE_PREFIX_DELEGATION: "true", WARM_PREFIX_TARGET: "1" },
  { ENABLE_PREFIX_DELEGATION: "true", WARM_IP_TARGET: "5", MINIMUM_IP_TARGET: "20" },
  { WARM_IP_TARGET: "1", MAX_ENI: "2", ENABLE_SUBNET_DISCOVERY: "false" },
];
const FAILING = [
  ...[
    "DescribeNetworkInterfaces",
    "DescribeSubnets",
    "CreateNetworkInterface",
    "AttachNetworkInterface",
    "ModifyNetworkInterfaceAttribute",
  ],
  ...["AssignPrivateIpAddresses", "UnassignPrivateIpAddresses", "DetachNetworkInterface", "DeleteNetworkInterface", "CreateTags"],
];
const CODES = [
  "RequestLimitExceeded",
  "InternalError",
  "InsufficientFreeAddressesInSubnet",
  "InsufficientCidrBlocks",
  "UnauthorizedOperation",
];
const BLOCKS = ["10.0.0.0/24", "10.0.1.0/25", "10.0.2.0/26"];
const COOLDOWN = 30_000;
const MOST_NODES = 5;
/** Operations between looks at everything. */
const AUDIT = 25;
/** Long enough for every sweep of leaked interfaces to run and to find what it saw young the time before. */
const SWEEPS = 8_000_000;
const MINE = "made by a user";

/** What happened in a world. */
export interface Tally {
  operations: number;
  assigned: number;
  refused: number;
  launched: number;
  restarts: number;
  mishaps: number;
}

export class PoolWorld {
  readonly #random: Random;
  readonly #clock = new FakeClock();
  readonly #ec2: FlakyEc2;
  readonly #nodes: PoolNode[] = [];
  readonly #holders = new Map<string, string>();
  readonly tally: Tally = { operations: 0, assigned: 0, refused: 0, launched: 0, restarts: 0, mishaps: 0 };
  #vpcId = "";
  #subnets: string[] = [];
  #pods = 0;

  constructor(seed: number) {
    this.#random = seededRandom(seed);
    this.#ec2 = new FlakyEc2(this.#clock, seed);
  }

  /** Lives through so many operations and then ends: everybody leaves, and nothing may be left behind. Throws what does not hold. */
  async run(operations: number): Promise<void> {
    await this.#begin();
    while (this.tally.operations < operations) {
      await this.#step();
      if (++this.tally.operations % AUDIT === 0) await this.#audit();
    }
    await this.#end();
    this.tally.mishaps = this.#ec2.mishaps;
  }

  async #begin(): Promise<void> {
    const { api } = this.#ec2;
    const { vpcId, subnetId } = await network(api, "10.0.0.0/16", BLOCKS[0]);
    this.#vpcId = vpcId;
    this.#subnets = [subnetId];
    for (const CidrBlock of BLOCKS.slice(1)) {
      const { Subnet } = await api.run("CreateSubnet", { VpcId: vpcId, CidrBlock, AvailabilityZone: "us-west-2a" });
      this.#subnets.push(Subnet!.SubnetId!);
    }
    await this.#launch();
  }

  async #step(): Promise<void> {
    const choice = this.#pick(1000);
    const node = this.#one(this.#nodes);
    if (!node || choice < 6) return this.#launch();
    if (!node.serves) return node.start();
    if (choice < 450) return this.#addPod(node);
    if (choice < 860) return this.#removePod(node);
    if (choice < 925) return this.#clock.step(this.#pick(30_000));
    if (choice < 955) return this.#breakEc2();
    if (choice < 962) return this.#restart(node);
    if (choice < 964) return this.#restartAll();
    if (choice < 967) return this.#terminate(node);
    if (choice < 976) node.cordoned = !node.cordoned;
    else if (choice < 986) await this.#reserve();
    else await this.#meddle();
  }

  async #launch(): Promise<void> {
    if (this.#nodes.length >= MOST_NODES) return;
    const type = this.#one(TYPES)!;
    const SubnetId = this.#one(this.#subnets)!;
    const input = { MinCount: 1, MaxCount: 1, ImageId: "ami-00000000000000001", InstanceType: type as "m5.large", SubnetId };
    const launched = await this.#try(() => this.#ec2.api.run("RunInstances", input));
    if (!launched) return;
    const instanceId = launched.Instances![0]!.InstanceId!;
    const env = this.#one(SETTINGS)!;
    const period = this.#pick(2) * 5000;
    const node = new PoolNode({ instanceId, type, vpcId: this.#vpcId, subnetId: SubnetId, env, period }, this.#ec2, this.#clock);
    this.#nodes.push(node);
    this.tally.launched++;
    await node.start();
  }

  async #terminate(node: PoolNode): Promise<void> {
    node.stop();
    this.#nodes.splice(this.#nodes.indexOf(node), 1);
    for (const address of node.pods.values()) this.#holders.delete(address);
    await this.#ec2.api.run("TerminateInstances", { InstanceIds: [node.facts.instanceId] });
    await this.#clock.step(0);
  }

  async #addPod(node: PoolNode): Promise<void> {
    const pod = `pod-${this.#pods++}`;
    const address = await node.add(pod);
    if (address === undefined) {
      this.tally.refused++;
      return;
    }
    this.tally.assigned++;
    assert.ok(!this.#holders.has(address), `${address} of ${pod} is ${this.#holders.get(address)}'s`);
    this.#holders.set(address, pod);
    const freedAt = node.freed.get(address);
    if (freedAt !== undefined) assert.ok(this.#clock.now() - freedAt >= COOLDOWN, `${address} had not cooled down`);
    node.freed.delete(address);
  }

  #removePod(node: PoolNode): void {
    const pod = this.#one([...node.pods.keys()]);
    if (pod === undefined || !node.serves) return;
    this.#holders.delete(node.pods.get(pod)!);
    node.remove(pod);
  }

  async #restart(node: PoolNode): Promise<void> {
    this.tally.restarts++;
    await node.start();
  }

  /** Everything dies, perhaps in the middle of calls, and comes back. */
  async #restartAll(): Promise<void> {
    const operation = this.#one(FAILING)!;
    this.#ec2.trouble = { operation, code: "", mishap: "hangs", times: 3 };
    await this.#clock.step(this.#pick(8000));
    for (const node of this.#nodes) node.stop();
    this.#ec2.trouble = undefined;
    this.#ec2.restart();
    for (const node of this.#nodes) await this.#restart(node);
  }

  #breakEc2(): void {
    const mishap: Mishap = this.#pick(3) === 0 ? "lost" : "refused";
    this.#ec2.trouble = { operation: this.#one(FAILING)!, code: this.#one(CODES)!, mishap, times: 1 + this.#pick(8) };
  }

  /** Somebody reserves a range, or gives one up. */
  async #reserve(): Promise<void> {
    const { api } = this.#ec2;
    const SubnetId = this.#one(this.#subnets)!;
    const { SubnetIpv4CidrReservations: reservations = [] } = await api.run("GetSubnetCidrReservations", { SubnetId });
    const block = BLOCKS[this.#subnets.indexOf(SubnetId)]!.replace(/0\/.*/, "");
    const one = this.#one(reservations);
    if (one && (reservations.length > 2 || this.#pick(2) === 0))
      await api.run("DeleteSubnetCidrReservation", { SubnetCidrReservationId: one.SubnetCidrReservationId });
    else {
      const Cidr = `${block}${16 * this.#pick(4)}/${28 - this.#pick(2)}`;
      await this.#try(() =>
        api.run("CreateSubnetCidrReservation", { SubnetId, Cidr, ReservationType: this.#pick(2) ? "prefix" : "explicit" }),
      );
    }
  }

  /** A user makes interfaces, attaches one, deletes one, or gives one of a node's an address more. */
  async #meddle(): Promise<void> {
    const { api } = this.#ec2;
    const all = await this.#interfaces();
    const mine = this.#one(all.filter((each) => each.Description === MINE && !each.Attachment));
    const node = this.#one(this.#nodes);
    const what = this.#pick(4);
    await this.#try(async () => {
      if (what === 0 && mine) await api.run("DeleteNetworkInterface", { NetworkInterfaceId: mine.NetworkInterfaceId });
      else if (what === 1 && mine && node)
        await api.run("AttachNetworkInterface", {
          ...{ NetworkInterfaceId: mine.NetworkInterfaceId, InstanceId: node.facts.instanceId, DeviceIndex: 1 + this.#pick(3) },
        });
      else if (what === 2 && all.length > 0)
        await api.run("AssignPrivateIpAddresses", {
          ...{ NetworkInterfaceId: this.#one(all)!.NetworkInterfaceId, SecondaryPrivateIpAddressCount: 1 },
        });
      else if (all.filter((each) => each.Description === MINE).length < 4)
        await api.run("CreateNetworkInterface", { SubnetId: this.#one(this.#subnets)!, Description: MINE });
    });
  }

  async #audit(when?: "at rest"): Promise<void> {
    assert.deepEqual(checkAddresses(this.#ec2.store), []);
    const interfaces = await this.#interfaces();
    await checkBooks(this.#ec2.api, this.#subnets, interfaces);
    for (const node of this.#nodes) checkNode(node, interfaces, when);
  }

  async #end(): Promise<void> {
    this.#ec2.trouble = undefined;
    for (const node of [...this.#nodes]) {
      node.cordoned = false;
      if (!node.serves) await this.#terminate(node);
      while (node.serves && node.pods.size > 0) this.#removePod(node);
    }
    await this.#clock.step(COOLDOWN + 100_000);
    for (const node of this.#nodes) await node.rest();
    await this.#audit("at rest");

    for (const node of this.#nodes.slice(1)) await this.#terminate(node);
    if (this.#nodes.length === 0) await this.#launch();
    await this.#clock.step(SWEEPS);
    const last = this.#nodes[0]!;
    for (const { Description, NetworkInterfaceId, Attachment } of await this.#interfaces())
      if (Description !== MINE) assert.equal(Attachment?.InstanceId, last.facts.instanceId, `${NetworkInterfaceId} is leaked`);
    await this.#audit("at rest");
    await this.#clear(last);
  }

  /** The last instance goes, then what a user would delete by hand. */
  async #clear(last: PoolNode): Promise<void> {
    const { api } = this.#ec2;
    await this.#terminate(last);
    for (const { NetworkInterfaceId } of await this.#interfaces()) await api.run("DeleteNetworkInterface", { NetworkInterfaceId });
    for (const [i, SubnetId] of this.#subnets.entries()) {
      const { SubnetIpv4CidrReservations: reservations = [] } = await api.run("GetSubnetCidrReservations", { SubnetId });
      for (const { SubnetCidrReservationId } of reservations) await api.run("DeleteSubnetCidrReservation", { SubnetCidrReservationId });
      const { Subnets } = await api.run("DescribeSubnets", { SubnetIds: [SubnetId] });
      assert.equal(Subnets![0]!.AvailableIpAddressCount, 2 ** (32 - Number(BLOCKS[i]!.split("/")[1])) - 5, "every address is back");
    }
  }

  async #interfaces(): Promise<Interface[]> {
    return (await this.#ec2.api.run("DescribeNetworkInterfaces", {})).NetworkInterfaces!;
  }

  /** What EC2 refuses does not happen. */
  async #try<T>(run: () => Promise<T>): Promise<T | undefined> {
    try {
      return await run();
    } catch (error) {
      if (error instanceof AwsError) return undefined;
      throw error;
    }
  }

  #one<T>(items: readonly T[]): T | undefined {
    return items.length === 0 ? undefined : items[this.#pick(items.length)];
  }

  #pick(bound: number): number {
    return randomInt(this.#random, bound);
  }
}
