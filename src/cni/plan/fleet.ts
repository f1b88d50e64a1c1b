// The nodes of a plan, taking addresses out of its subnets as ipamd would ask for them.
import type { PlanShortage } from "../../base/net-plan.ts";
import type { Shortage } from "../../vpc/address-book.ts";
import type { Holding } from "./counted-ec2.ts";
import { addressesOf } from "./node-profile.ts";
import { type PlannedSubnet, SHORTAGE_ANSWERS, type Taken } from "./planned-subnet.ts";

/** Where one node's addresses come from: the instance's own, and those of further interfaces and pods. */
export interface Place {
  readonly node: PlannedSubnet;
  readonly pods: PlannedSubnet;
}

interface PlannedNode {
  readonly place: Place;
  readonly taken: { readonly subnet: PlannedSubnet; readonly what: Taken }[];
  holding: Holding;
  pods: number;
}

const NOTHING: Holding = { interfaces: 0, addresses: 0, prefixes: 0 };

/** A growing fleet of equal nodes. `holdings[p]` is what a node with p pods holds. */
export class Fleet {
  readonly #places: readonly Place[];
  readonly #holdings: readonly Holding[];
  readonly #nodes: PlannedNode[] = [];
  #cursor = 0;

  constructor(places: readonly Place[], holdings: readonly Holding[]) {
    this.#places = places;
    this.#holdings = holdings;
  }

  get size(): number {
    return this.#nodes.length;
  }

  /** Addresses the fleet wants to hold, whether the subnets have them or not. */
  get wanted(): number {
    return this.#nodes.reduce((sum, { pods }) => sum + addressesOf(this.#holding(pods)), 0);
  }

  get interfaces(): number {
    return this.#nodes.reduce((sum, { pods }) => sum + this.#holding(pods).interfaces, 0);
  }

  /** Pods on the fullest node. */
  get fullest(): number {
    return this.#nodes.reduce((most, { pods }) => Math.max(most, pods), 0);
  }

  addNodes(count: number): void {
    for (let i = 0; i < count; i++) {
      const place = this.#places[this.#nodes.length % this.#places.length];
      if (place) this.#nodes.push({ place, taken: [], holding: NOTHING, pods: 0 });
    }
  }

  /** Spreads pods over the nodes, at most `perNode` on each; adds nodes when all are full. */
  addPods(count: number, perNode: number): void {
    let left = count;
    for (let full = 0; left > 0; this.#cursor++) {
      if (full >= this.#nodes.length) {
        this.addNodes(1);
        this.#cursor = this.#nodes.length - 1;
        full = 0;
      }
      const node = this.#nodes[this.#cursor % this.#nodes.length]!;
      if (node.pods >= perNode) {
        full++;
        continue;
      }
      node.pods++;
      left--;
      full = 0;
    }
  }

  /** Takes what the nodes want and do not have: first all instances, then their pools. The first shortage, if any; what it leaves is kept. */
  fill(): PlanShortage | undefined {
    return (
      this.#each((node, number) => this.#grow(node, number, { ...NOTHING, interfaces: 1 })) ??
      this.#each((node, number) => this.#grow(node, number, this.#holding(node.pods)))
    );
  }

  /** Takes what a rolling update needs on top, and gives it back: so many nodes more with so many pods each. */
  rehearseUpdate(surge: number, pods: number): PlanShortage | undefined {
    const before = this.#nodes.length;
    this.addNodes(surge);
    for (const node of this.#nodes.slice(before)) node.pods = pods;
    const short = this.fill();
    for (const { taken } of this.#nodes.splice(before)) for (const { subnet, what } of taken) subnet.giveBack(what);
    return short;
  }

  #holding(pods: number): Holding {
    return this.#holdings[Math.min(pods, this.#holdings.length - 1)] ?? NOTHING;
  }

  #each(act: (node: PlannedNode, number: number) => PlanShortage | undefined): PlanShortage | undefined {
    for (const [i, node] of this.#nodes.entries()) {
      const short = act(node, i + 1);
      if (short) return short;
    }
    return undefined;
  }

  #grow(node: PlannedNode, number: number, wanted: Holding): PlanShortage | undefined {
    const fail = (subnet: PlannedSubnet, short: Shortage, operation: string): PlanShortage => ({
      ...{ subnet: subnet.name, operation, node: number },
      ...SHORTAGE_ANSWERS[short],
    });
    const take = (subnet: PlannedSubnet, addresses: number, prefixes: number): Shortage | undefined => {
      if (addresses + prefixes <= 0) return undefined;
      const what = subnet.take(addresses, prefixes);
      if (typeof what === "string") return what;
      node.taken.push({ subnet, what });
      return undefined;
    };
    if (node.holding.interfaces === 0) {
      const short = take(node.place.node, 1, 0);
      if (short) return fail(node.place.node, short, "RunInstances");
      node.holding = { ...NOTHING, interfaces: 1 };
    }
    const { pods } = node.place;
    const interfaces = Math.max(0, wanted.interfaces - node.holding.interfaces);
    const short =
      take(pods, interfaces, 0) ??
      take(pods, Math.max(0, wanted.addresses - node.holding.addresses), 0) ??
      this.#takePrefixes(wanted.prefixes - node.holding.prefixes, (count) => take(pods, 0, count));
    if (short) return fail(pods, short, interfaces > 0 ? "CreateNetworkInterface" : "AssignPrivateIpAddresses");
    const most = (what: keyof Holding) => Math.max(wanted[what], node.holding[what]);
    node.holding = { interfaces: most("interfaces"), addresses: most("addresses"), prefixes: most("prefixes") };
    return undefined;
  }

  /** One by one, as a pool grows: what counts is the answer to the one that does not fit. */
  #takePrefixes(count: number, take: (count: number) => Shortage | undefined): Shortage | undefined {
    for (let i = 0; i < count; i++) {
      const short = take(1);
      if (short) return short;
    }
    return undefined;
  }
}
