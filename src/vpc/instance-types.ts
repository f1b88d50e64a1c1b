// What an instance type offers a network: interfaces, addresses, cards, branches. The facts are in data/instance-types.json.
import table from "./data/instance-types.json" with { type: "json" };

/** Network and size facts of an instance type. */
export interface InstanceType {
  readonly name: string;
  /** Unknown for a few old types. */
  readonly vcpus: number | undefined;
  readonly memoryMiB: number | undefined;
  readonly architecture: "x86_64" | "arm64";
  readonly hypervisor: "nitro" | "xen" | undefined;
  readonly bareMetal: boolean;
  /** Addresses per interface, the primary included; also the limit of IPv6 addresses. */
  readonly ipv4PerInterface: number;
  /** Interfaces of each network card. */
  readonly cards: readonly number[];
  /** Branch interfaces; 0 when the type cannot carry a trunk. */
  readonly branches: number;
}

type Row = readonly [vcpus: number, memoryMiB: number, hypervisor: string, ipv4: number, cards: readonly number[], branches: number];

const rows = table as unknown as Readonly<Record<string, Row>>;

/** Families with a `g` after the generation run on Graviton; a1 and the Apple M-series do too. */
function architecture(name: string): "x86_64" | "arm64" {
  return /^(a1\.|mac2|mac-m|[a-z]+\d+[a-z]*g)/.test(name) ? "arm64" : "x86_64";
}

/** A type by name; undefined if there is none. */
export function instanceType(name: string): InstanceType | undefined {
  const row = Object.hasOwn(rows, name) ? rows[name] : undefined;
  if (!row) return undefined;
  const [vcpus, memoryMiB, hypervisor, ipv4PerInterface, cards, branches] = row;
  return {
    name,
    vcpus: vcpus || undefined,
    memoryMiB: memoryMiB || undefined,
    architecture: architecture(name),
    hypervisor: hypervisor === "n" ? "nitro" : hypervisor === "x" ? "xen" : undefined,
    bareMetal: hypervisor === "m",
    ipv4PerInterface,
    cards,
    branches,
  };
}

/** Interfaces an instance can have in all. */
export function maxInterfaces(type: InstanceType): number {
  return type.cards.reduce((sum, card) => sum + card, 0);
}

/** Whether the type can hold /28 and /80 prefixes: Nitro and bare metal can. */
export function supportsPrefixes(type: InstanceType): boolean {
  return type.hypervisor === "nitro" || type.bareMetal;
}

/** Names of all known types, sorted. */
export function instanceTypeNames(): readonly string[] {
  return Object.keys(rows);
}
