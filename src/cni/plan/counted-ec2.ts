// An EC2 that never runs out and counts what one instance holds: ipamd runs against it to tell what a node will take.
import type { Ec2, InterfaceFacts, NewInterface, Wish } from "../ipamd/ec2.ts";

const INSTANCE = "i-planned";

interface CountedInterface extends InterfaceFacts {
  readonly addresses: string[];
  readonly prefixes: string[];
}

/** What an instance holds. */
export interface Holding {
  readonly interfaces: number;
  /** Secondary addresses. */
  readonly addresses: number;
  readonly prefixes: number;
}

/** One instance with its primary interface. Addresses are made up; only their number means something. */
export class CountedEc2 implements Ec2 {
  readonly instanceId = INSTANCE;
  readonly #interfaces = new Map<string, CountedInterface>();
  #made = 0;

  constructor() {
    this.#add({ subnetId: "planned", groups: [], description: "", tags: {} }, 0);
  }

  get holding(): Holding {
    const all = [...this.#interfaces.values()];
    const sum = (count: (eni: CountedInterface) => number) => all.reduce((total, eni) => total + count(eni), 0);
    return { interfaces: all.length, addresses: sum((eni) => eni.addresses.length), prefixes: sum((eni) => eni.prefixes.length) };
  }

  async interfacesOf(): Promise<InterfaceFacts[]> {
    return [...this.#interfaces.values()];
  }

  async describe(interfaceIds: readonly string[]): Promise<InterfaceFacts[]> {
    return interfaceIds.map((id) => this.#eni(id));
  }

  async unusedInterfaces(): Promise<InterfaceFacts[]> {
    return [];
  }

  async subnets() {
    return [{ id: "planned", available: Number.MAX_SAFE_INTEGER, tags: {} }];
  }

  async createInterface(input: NewInterface): Promise<InterfaceFacts> {
    const eni = this.#add(input, this.#interfaces.size);
    if (input.addresses) await this.assign(eni.id, { addresses: input.addresses });
    if (input.prefixes) await this.assign(eni.id, { prefixes: input.prefixes });
    return eni;
  }

  async attach(interfaceId: string): Promise<string> {
    return `attach-${interfaceId}`;
  }

  async deleteOnTermination(): Promise<void> {}
  async setGroups(): Promise<void> {}
  async createTags(): Promise<void> {}
  async detach(): Promise<void> {}

  async assign(interfaceId: string, wish: Wish): Promise<string[]> {
    const eni = this.#eni(interfaceId);
    if ("addresses" in wish) {
      const granted = Array.from({ length: wish.addresses }, () => this.#address(1));
      eni.addresses.push(...granted);
      return granted;
    }
    const granted = Array.from({ length: "prefixes" in wish ? wish.prefixes : 0 }, () => `${this.#address(16)}/28`);
    eni.prefixes.push(...granted);
    return granted;
  }

  async unassign(interfaceId: string, addresses: readonly string[], prefixes: readonly string[]): Promise<void> {
    const eni = this.#eni(interfaceId);
    for (const [held, gone] of [
      [eni.addresses, addresses],
      [eni.prefixes, prefixes],
    ] as const) {
      const kept = held.filter((each) => !gone.includes(each));
      held.splice(0, held.length, ...kept);
    }
  }

  async delete(interfaceId: string): Promise<void> {
    this.#interfaces.delete(interfaceId);
  }

  #add({ subnetId, groups, description, tags }: NewInterface, deviceIndex: number): CountedInterface {
    const id = `eni-${this.#made}`;
    const eni: CountedInterface = {
      ...{ id, subnetId, groups, description, tags, deviceIndex, cardIndex: 0, type: "interface", attachmentId: `attach-${id}` },
      ...{ primaryIp: this.#address(1), addresses: [], prefixes: [], prefixes6: [] },
    };
    this.#interfaces.set(id, eni);
    return eni;
  }

  /** The next address whose number is a multiple of `step`. */
  #address(step: number): string {
    this.#made = Math.ceil((this.#made + 1) / step) * step;
    const value = this.#made;
    this.#made += step - 1;
    return `10.${(value >> 16) & 255}.${(value >> 8) & 255}.${value & 255}`;
  }

  #eni(id: string): CountedInterface {
    const eni = this.#interfaces.get(id);
    if (!eni) throw new Error(`${id} is not planned`);
    return eni;
  }
}
