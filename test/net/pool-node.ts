// One instance of the random world: its ipamd, its pods, and what its pods were told.
import type { FakeClock } from "../../src/base/clock.ts";
import { silentLog } from "../../src/base/log.ts";
import { ec2Calls } from "../../src/cni/ipamd/ec2-calls.ts";
import { Ipamd, type IpamdOptions } from "../../src/cni/ipamd/ipamd.ts";
import { holds, parseBlock } from "../../src/cni/pool/block.ts";
import type { Environment } from "../../src/cni/settings.ts";
import { instanceType, supportsPrefixes } from "../../src/vpc/instance-types.ts";
import { keyOf, metaOf, settingsOf } from "../cni/rig.ts";
import type { FlakyEc2 } from "./flaky-ec2.ts";

/** EC2's text for prefixes that a subnet has too few addresses for; ipamd does not take it for a shortage (spec vpc-cni §2.3). */
const NO_ROOM = "There aren't sufficient free Ipv4 addresses or prefixes";

/** What a node is made of. */
export interface NodeFacts {
  readonly instanceId: string;
  readonly type: string;
  readonly vpcId: string;
  readonly subnetId: string;
  readonly env: Environment;
  /** Milliseconds between looks at the pool. */
  readonly period: number;
  /** What else ipamd gets. */
  readonly more?: Partial<Pick<IpamdOptions, "metadata" | "eniConfig">>;
}

export class PoolNode {
  readonly facts: NodeFacts;
  readonly ec2: FlakyEc2;
  readonly clock: FakeClock;
  /** Addresses of the pods. */
  readonly pods = new Map<string, string>();
  /** When this ipamd took addresses back. */
  readonly freed = new Map<string, number>();
  cordoned = false;
  #ipamd: Ipamd | undefined;

  constructor(facts: NodeFacts, ec2: FlakyEc2, clock: FakeClock) {
    this.facts = facts;
    this.ec2 = ec2;
    this.clock = clock;
  }

  get ipamd(): Ipamd {
    if (!this.#ipamd) throw new Error("the node has not started");
    return this.#ipamd;
  }

  /** Whether ipamd serves: after a start that a full subnet forbids it does not, as upstream's. */
  get serves(): boolean {
    return this.#ipamd !== undefined;
  }

  /** Starts ipamd, anew after a stop. Failures are tried again, in the end without mishaps; a full subnet is left for a later start. */
  async start(): Promise<void> {
    this.stop();
    this.freed.clear();
    for (let tries = 0; tries < 20 && !this.#ipamd; tries++) {
      if (tries > 10) this.ec2.trouble = undefined;
      const ipamd = this.#make();
      try {
        await within(this.clock, ipamd.start(this.#held()));
        this.#ipamd = ipamd;
      } catch (error) {
        ipamd.close();
        if ((error as Error).message === NO_ROOM && !this.ec2.trouble) return;
        if (tries === 19) throw error;
      }
    }
  }

  stop(): void {
    this.#ipamd?.close();
    this.#ipamd = undefined;
  }

  /** The pod's address; undefined if the pool has none. */
  async add(pod: string): Promise<string | undefined> {
    try {
      const { address } = await within(this.clock, this.ipamd.assign(keyOf(pod), metaOf(pod)));
      this.pods.set(pod, address);
      return address;
    } catch (error) {
      if ((error as Error).message === "AssignPodIPAddress: no available IP/Prefix addresses" || error instanceof TooLong) return undefined;
      throw error;
    }
  }

  /** Takes the pod's address back. */
  remove(pod: string): void {
    const address = this.pods.get(pod);
    if (address === undefined || !this.ipamd.unassign(keyOf(pod))) throw new Error(`${pod} held nothing`);
    this.freed.set(address, this.clock.now());
    this.pods.delete(pod);
  }

  /** Looks at the pool until it stays as it is. */
  async rest(): Promise<void> {
    const { store } = this.ipamd;
    for (let before = -1; before !== store.size + store.enis.size; ) {
      before = store.size + store.enis.size;
      await within(this.clock, this.ipamd.manage());
    }
  }

  #held() {
    return [...this.pods].map(([pod, address]) => ({ key: keyOf(pod), meta: metaOf(pod), address }));
  }

  /** An address whose CIDR leaves the pool has no past on this node any more: shrinking takes what is free, cooling or not (spec vpc-cni §3.4). */
  #forgetting(ipamd: Ipamd): Ipamd {
    const { store } = ipamd;
    const remove = store.removeCidr.bind(store);
    store.removeCidr = (eniId, cidr, force) => {
      remove(eniId, cidr, force);
      const block = parseBlock(cidr)!;
      for (const address of this.freed.keys()) if (holds(block, address)) this.freed.delete(address);
    };
    return ipamd;
  }

  #make(): Ipamd {
    const { instanceId, type: name, vpcId, subnetId, env, period, more } = this.facts;
    const type = instanceType(name)!;
    const place = { region: "us-west-2", sourceIp: "10.0.0.1", version: "v1.23.1", clock: this.clock };
    const ipamd = new Ipamd({
      instance: {
        ...{ instanceId, vpcId, subnetId, zone: "us-west-2a", maxEnis: type.cards[0]!, ipv4PerEni: type.ipv4PerInterface },
        nitro: supportsPrefixes(type),
      },
      settings: settingsOf(env),
      ec2: ec2Calls(this.ec2.invoke, this.ec2.caller, place),
      clock: this.clock,
      log: silentLog,
      maxPods: () => 110,
      isCordoned: () => this.cordoned,
      period,
      ...more,
    });
    return this.#forgetting(ipamd);
  }
}

class TooLong extends Error {}

/** Waits for a promise, moving the clock when it does not settle by itself; gives up on one that hangs. */
async function within<T>(clock: FakeClock, promise: Promise<T>): Promise<T> {
  let done = false;
  const mark = () => {
    done = true;
  };
  promise.then(mark, mark);
  for (let turn = 0; turn < 400; turn++) {
    await new Promise((resolve) => setImmediate(resolve));
    if (done) return promise;
    if (turn > 2) await clock.step(turn < 50 ? 100 : 2000);
  }
  throw new TooLong("does not settle");
}
