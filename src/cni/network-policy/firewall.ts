// The maps of a pod's programs: address blocks, longest prefix first, with the ports they may use (spec vpc-cni §8.2).
import { type Address, type Cidr, contains, containsAddress, formatCidr, parseAddress, parseCidr } from "../../vpc/cidr.ts";
import { distinct, portKey } from "./keys.ts";
import type { Entry, EntryPort } from "./types.ts";

/** Combinations of protocol and ports a map entry holds. */
export const MAX_PORTS = 24;

/** An entry of a PolicyEndpoint, with where it comes from. */
export interface SourcedEntry {
  readonly policy: string;
  /** Name of the PolicyEndpoint. */
  readonly endpoint: string;
  readonly entry: Entry;
}

/** What a block may use: `"any"`, or ports; none is a denial. */
export interface MapEntry {
  readonly block: Cidr;
  readonly ports: "any" | readonly EntryPort[];
  /** The entries the ports come from. */
  readonly sources: readonly SourcedEntry[];
}

/** A direction's map. Blocks that need more combinations than an entry holds are not in it and named apart. */
export interface FirewallMap {
  readonly entries: readonly MapEntry[];
  /** Blocks not programmed, with their number of combinations. */
  readonly refused: readonly { readonly cidr: string; readonly combinations: number }[];
}

interface Parsed {
  readonly sourced: SourcedEntry;
  readonly block: Cidr;
  readonly except: readonly Cidr[];
}

/** Computes the map. Entries of the other address family are skipped, as a node has pods of one only. */
export function firewallMap(entries: readonly SourcedEntry[], family: 4 | 6): FirewallMap {
  const parsed = entries.flatMap((sourced): Parsed[] => {
    const block = blockOfText(sourced.entry.cidr);
    if (block?.family !== family) return [];
    return [{ sourced, block, except: (sourced.entry.except ?? []).flatMap((cidr) => parseCidr(cidr) ?? []) }];
  });
  const blocks = new Map(parsed.flatMap(({ block, except }) => [block, ...except]).map((block) => [formatCidr(block), block]));
  // Most entries are single addresses, which cover nothing but themselves.
  const wide = parsed.filter(({ block }) => !isSingle(block));
  const single = Map.groupBy(
    parsed.filter(({ block }) => isSingle(block)),
    ({ block }) => formatCidr(block),
  );
  const result: MapEntry[] = [];
  const refused: { cidr: string; combinations: number }[] = [];
  for (const [cidr, block] of blocks) {
    // The longest prefix alone decides, so it carries what every wider block allows unless an exception takes it out.
    const around = wide.filter((each) => contains(each.block, block) && !each.except.some((hole) => contains(hole, block)));
    const covering = [...around, ...(single.get(cidr) ?? [])];
    const isAny = covering.some(({ sourced }) => !sourced.entry.ports?.length);
    const ports = isAny
      ? "any"
      : distinct(
          covering.flatMap(({ sourced }) => sourced.entry.ports ?? []),
          portKey,
        );
    if (ports !== "any" && ports.length > MAX_PORTS) refused.push({ cidr, combinations: ports.length });
    else result.push({ block, ports, sources: covering.map(({ sourced }) => sourced) });
  }
  return { entries: result.sort((a, b) => b.block.prefix - a.block.prefix), refused };
}

const isSingle = ({ family, prefix }: Cidr) => prefix === (family === 4 ? 32 : 128);

/** A packet of a new connection, as the maps see it. */
export interface Packet {
  /** Address of the other end. */
  readonly peer: string;
  readonly protocol: string;
  readonly port: number;
}

/** The entry of the longest prefix around the other end, and what of it admits the packet, if anything does. */
export function lookup({ entries }: FirewallMap, { peer, protocol, port }: Packet): { entry?: MapEntry; admitted?: SourcedEntry } {
  const address = parseAddress(peer);
  const entry = address && entries.find(({ block }) => containsAddress(block, address));
  if (!entry) return {};
  const admitted = entry.sources.find(
    ({ entry: { ports = [] } }) => ports.length === 0 || ports.some((each) => admits(each, protocol, port)),
  );
  return { entry, ...(admitted && { admitted }) };
}

/** Whether an entry's port is or contains the packet's. */
export function admits({ protocol, port, endPort }: EntryPort, of: string, number: number): boolean {
  if (protocol !== of.toUpperCase()) return false;
  return port === undefined || (number >= port && number <= (endPort ?? port));
}

/** A block, or an address as the block of itself alone. */
function blockOfText(text: string): Cidr | undefined {
  if (text.includes("/")) return parseCidr(text);
  const address: Address | undefined = parseAddress(text);
  return address && { family: address.family, base: address.value, prefix: address.family === 4 ? 32 : 128 };
}
