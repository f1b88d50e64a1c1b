// The branch interfaces of one trunk: given to pods, cooling down after them, deleted (spec vpc-cni §6.5).
import { codeOf } from "../ipamd/errors.ts";
import type { ControllerEc2, MadeInterface, SubnetBlocks } from "./ec2.ts";
import { TRUNK_TAG, VLAN_TAG } from "./names.ts";
import type { BranchDetails } from "./pod-annotation.ts";
import { type BranchNetwork, ownerTags } from "./trunk.ts";
import { VlanIds } from "./vlan-ids.ts";

const DESCRIPTION = "aws-k8s-branch-eni";
const MOST_RETRIES = 3;

/** What a set is made for. */
export interface BranchSetOptions {
  readonly ec2: ControllerEc2;
  readonly clusterName: string;
  readonly instanceId: string;
  readonly trunkId: string;
  readonly network: BranchNetwork;
  readonly blocks: SubnetBlocks;
  /** Branch interfaces of the instance's type. */
  readonly capacity: number;
}

type Doomed = Pick<BranchDetails, "eniId" | "vlanId" | "associationId">;

interface Entry extends Doomed {
  /** Epoch milliseconds; undefined: there is no cool-down. */
  readonly since: number | undefined;
  retries: number;
}

/** All slots are taken, some perhaps by interfaces that cool down. */
export class AtCapacity extends Error {
  constructor() {
    super("cannot create more branches at this point as used branches plus the delete queue is at max capacity");
  }
}

/** State of one trunk. Calls must not overlap. */
export class BranchSet {
  readonly #options: BranchSetOptions;
  readonly #byPod = new Map<string, readonly BranchDetails[]>();
  readonly #vlans = new VlanIds();
  #queue: Entry[] = [];

  constructor(options: BranchSetOptions) {
    this.#options = options;
  }

  get trunkId(): string {
    return this.#options.trunkId;
  }

  get capacity(): number {
    return this.#options.capacity;
  }

  /** Uids of pods that hold interfaces. */
  get pods(): readonly string[] {
    return [...this.#byPod.keys()];
  }

  /** Interfaces that wait for their end. */
  get doomed(): readonly string[] {
    return this.#queue.map(({ eniId }) => eniId);
  }

  of(uid: string): readonly BranchDetails[] | undefined {
    return this.#byPod.get(uid);
  }

  /** Notes what a pod holds already, as its annotation says. */
  adopt(uid: string, branches: readonly BranchDetails[]): void {
    this.#byPod.set(uid, branches);
    for (const { vlanId } of branches) this.#vlans.mark(vlanId);
  }

  /** Takes in the trunk's interfaces as EC2 has them: those of no pod are to be deleted. Rejects with EC2's error. */
  async reconcile(): Promise<void> {
    const { ec2, trunkId, network } = this.#options;
    const found = await ec2.branchesOf(trunkId, network.subnetId);
    const known = new Set([...this.doomed, ...[...this.#byPod.values()].flat().map(({ eniId }) => eniId)]);
    const leaked = found.filter(({ id }) => !known.has(id));
    if (leaked.length === 0) return;
    const associations = await ec2.associations(trunkId);
    this.#doom(
      leaked.map(({ id, tags }) => ({ eniId: id, vlanId: Number(tags[VLAN_TAG] ?? 0), associationId: associations.get(id) ?? "" })),
    );
  }

  /**
   * Makes a pod's interfaces; those it holds already are its answer. Without groups the instance's are taken. Rejects with AtCapacity, or
   * with EC2's error after what step it was; what was made is then to be deleted.
   */
  async allocate(uid: string, groups: readonly string[], count: number): Promise<readonly BranchDetails[]> {
    const held = this.#byPod.get(uid);
    if (held) return held;
    const used = [...this.#byPod.values()].flat().length;
    if (used + this.#queue.length + count > this.#options.capacity) throw new AtCapacity();
    const made: BranchDetails[] = [];
    try {
      for (let i = 0; i < count; i++) await this.#make(groups, made);
    } catch (error) {
      this.#doom(made);
      throw error;
    }
    this.#byPod.set(uid, made);
    return made;
  }

  /** Takes back what a pod never learned of: there is no cool-down. */
  revoke(uid: string): void {
    this.#doom(this.#byPod.get(uid) ?? []);
    this.#byPod.delete(uid);
  }

  /** Begins the cool-down of a pod's interfaces. `now` is epoch milliseconds. */
  release(uid: string, now: number): void {
    for (const branch of this.#byPod.get(uid) ?? []) this.#queue.push({ ...branch, since: now, retries: 0 });
    this.#byPod.delete(uid);
  }

  /** Deletes what has cooled down. What EC2 refuses four times is given up; its VLAN id stays taken. */
  async collect(now: number, cooldown: number): Promise<void> {
    const { ec2 } = this.#options;
    const due = this.#queue.filter(({ since }) => since === undefined || now - since >= cooldown);
    for (const entry of due) {
      // EC2 decides: if it is still associated, deleting it fails.
      if (entry.associationId) await ec2.disassociate(entry.associationId).catch(() => {});
      try {
        await ec2.delete(entry.eniId);
      } catch {
        if (++entry.retries > MOST_RETRIES) this.#queue = this.#queue.filter((each) => each !== entry);
        continue;
      }
      this.#vlans.free(entry.vlanId);
      this.#queue = this.#queue.filter((each) => each !== entry);
    }
  }

  async #make(groups: readonly string[], made: BranchDetails[]): Promise<void> {
    const { ec2, clusterName, instanceId, trunkId, network, blocks } = this.#options;
    const vlanId = this.#vlans.take();
    const tags = { ...ownerTags(clusterName, instanceId), [VLAN_TAG]: String(vlanId), [TRUNK_TAG]: trunkId };
    let branch: MadeInterface;
    try {
      branch = await ec2.create({
        ...{ subnetId: network.subnetId, groups: groups.length > 0 ? groups : network.groups },
        ...{ description: DESCRIPTION, tags },
      });
    } catch (error) {
      this.#vlans.free(vlanId);
      throw new BranchError("creating network interface", error);
    }
    const { id: eniId, mac, privateIp, ipv6Address } = branch;
    const details = { eniId, mac, privateIp, ipv6Address, vlanId, subnetCidr: blocks.cidr, subnetCidr6: blocks.cidr6, associationId: "" };
    made.push(details);
    try {
      made[made.length - 1] = { ...details, associationId: await ec2.associate(eniId, trunkId, vlanId) };
    } catch (error) {
      throw new BranchError("associating branch to trunk", error);
    }
  }

  #doom(branches: readonly Doomed[]): void {
    for (const branch of branches) if (branch.vlanId > 0) this.#vlans.mark(branch.vlanId);
    this.#queue.unshift(
      ...branches.map(({ eniId, vlanId, associationId }) => ({ eniId, vlanId, associationId, since: undefined, retries: 0 })),
    );
  }
}

/** EC2's refusal, with the step it was given in. */
export class BranchError extends Error {
  /** EC2's code; empty if it is none of EC2's errors. */
  readonly code: string;

  constructor(step: string, cause: unknown) {
    const code = codeOf(cause);
    super(`${step}, ${code ? `${code}: ` : ""}${(cause as Error).message}`);
    this.code = code;
  }
}
