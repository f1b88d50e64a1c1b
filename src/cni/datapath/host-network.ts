// A node's kernel as data: plans are applied to it and withdrawn, and packets are routed by it.
import { containsAddress, parseAddress, parseCidr } from "../../vpc/cidr.ts";
import { MAIN_TABLE } from "./names.ts";
import type { Chain } from "./nat.ts";
import type { Link, NetworkPlan, Route, Rule } from "./plan.ts";

/** A packet as routing sees it. */
export interface Packet {
  readonly from: string;
  readonly to: string;
  /** Link it came in by; absent if the host sends it. */
  readonly iif?: string;
  /** Whether it carries the mark of the primary interface's connections. */
  readonly marked?: boolean;
}

/** How a packet leaves: the rule that chose the table and the route in it. */
export interface Path {
  readonly rule: Rule;
  readonly route: Route;
}

const LAST: Rule = { priority: 32_766, table: MAIN_TABLE };
/** Numbered chains of releases before 1.6. */
const LEGACY = /^AWS-(SNAT|CONNMARK)-CHAIN-[1-9]\d*$/;

/** The host's side of a node's network. Everything may be applied again, and withdrawn when it is gone. */
export class HostNetworkState {
  readonly links = new Map<string, Link>();
  readonly sysctls = new Map<string, string>();
  readonly #routes = new Map<string, Route>();
  readonly #rules = new Map<string, Rule>();
  #chains: readonly Chain[] = [];

  /** Makes what is missing; a link of the same name is replaced. */
  apply({ links, routes, rules, sysctls }: NetworkPlan): void {
    for (const link of links) if (link.place === "host") this.links.set(link.name, link);
    for (const route of routes) if (route.place === "host") this.#routes.set(routeKey(route), route);
    for (const rule of rules) this.#rules.set(JSON.stringify(rule), rule);
    for (const [name, value] of Object.entries(sysctls)) this.sysctls.set(name, value);
  }

  /** Removes what is there of a plan. A link takes its routes with it. */
  withdraw({ links, routes, rules, sysctls }: NetworkPlan): void {
    for (const rule of rules) this.#rules.delete(JSON.stringify(rule));
    for (const route of routes) this.#routes.delete(routeKey(route));
    for (const { place, name } of links) {
      if (place !== "host" || !this.links.delete(name)) continue;
      for (const [key, route] of this.#routes) if (route.device === name) this.#routes.delete(key);
    }
    for (const name of Object.keys(sysctls)) this.sysctls.delete(name);
  }

  /** Puts the plugin's chains in the place of those it made before, legacy ones included. */
  applyChains(chains: readonly Chain[]): void {
    this.#chains = chains.filter(({ name }) => !LEGACY.test(name));
  }

  get chains(): readonly Chain[] {
    return this.#chains;
  }

  /** Rules by priority, those of one priority in order of their making. */
  get rules(): Rule[] {
    return [...this.#rules.values()].sort((a, b) => a.priority - b.priority);
  }

  get routes(): Route[] {
    return [...this.#routes.values()];
  }

  /** How the packet leaves the host's routing; undefined if no table has a route for it. Table local belongs to the kernel and is passed over. */
  route(packet: Packet): Path | undefined {
    for (const rule of [...this.rules, LAST]) {
      if (rule.table === "local" || !matches(rule, packet)) continue;
      const route = this.#bestRoute(rule.table, packet.to);
      if (route) return { rule, route };
    }
    return undefined;
  }

  /** The address a packet of a pod leaves the node with: its own, or the primary interface's. */
  sourceOf(packet: Packet, outLink: string): string {
    const chain = this.#chains.find(({ name }) => name.startsWith("AWS-SNAT-CHAIN"));
    for (const { destination, notOutInterface, action } of chain?.rules ?? []) {
      if (destination !== undefined && !isIn(destination, packet.to)) continue;
      if (notOutInterface !== undefined && outLink.startsWith(notOutInterface.replace("+", ""))) continue;
      if (action.kind === "snat") return action.to;
      if (action.kind === "return") break;
    }
    return packet.from;
  }

  #bestRoute(table: number, to: string): Route | undefined {
    const length = (route: Route) => Number(route.destination.split("/")[1]);
    return this.routes.filter((route) => route.table === table && isIn(route.destination, to)).sort((a, b) => length(b) - length(a))[0];
  }
}

function matches({ from, to, iif, mark, protocol }: Rule, packet: Packet): boolean {
  if (from !== undefined && !isIn(from, packet.from)) return false;
  if (to !== undefined && !isIn(to, packet.to)) return false;
  if (iif !== undefined && iif !== packet.iif) return false;
  return protocol === undefined && (mark === undefined || packet.marked === true);
}

function isIn(cidr: string, text: string): boolean {
  const block = parseCidr(cidr.includes("/") ? cidr : `${cidr}/${cidr.includes(":") ? 128 : 32}`);
  const address = parseAddress(text);
  return block !== undefined && address !== undefined && block.family === address.family && containsAddress(block, address);
}

function routeKey({ place, table, destination }: Route): string {
  return `${place}/${table}/${destination}`;
}
