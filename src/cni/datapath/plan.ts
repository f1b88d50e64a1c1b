// The network of a node as data: links, addresses, routes, rules and what else the plugin writes to the kernel.

/** Where something is: the node's own network namespace or the pod's. */
export type Place = "host" | "pod";

export interface Link {
  readonly place: Place;
  readonly name: string;
  readonly kind: "device" | "veth" | "vlan";
  readonly mtu: number;
  readonly mac?: string;
  /** Of a VLAN: its id and the link it rides on. */
  readonly vlanId?: number;
  readonly parent?: string;
}

export interface LinkAddress {
  readonly place: Place;
  readonly device: string;
  /** `10.0.0.7/32`. */
  readonly cidr: string;
}

export interface Route {
  readonly place: Place;
  readonly table: number;
  /** `10.0.0.7/32`, `0.0.0.0/0`. */
  readonly destination: string;
  readonly device: string;
  readonly via?: string;
  readonly scope?: "link";
}

export interface Rule {
  readonly priority: number;
  readonly table: number | "local";
  readonly from?: string;
  readonly to?: string;
  readonly iif?: string;
  /** Value and mask, `0x80/0x80`. */
  readonly mark?: string;
  readonly protocol?: "icmpv6";
}

/** A permanent neighbour entry in the pod. */
export interface Neighbour {
  readonly place: Place;
  readonly device: string;
  readonly address: string;
  readonly mac: string;
}

/** What is to be there. */
export interface NetworkPlan {
  readonly links: readonly Link[];
  readonly addresses: readonly LinkAddress[];
  readonly routes: readonly Route[];
  readonly rules: readonly Rule[];
  readonly neighbours: readonly Neighbour[];
  readonly sysctls: Readonly<Record<string, string>>;
}

/** A plan with the parts given, otherwise empty. */
export function plan(parts: Partial<NetworkPlan>): NetworkPlan {
  return { links: [], addresses: [], routes: [], rules: [], neighbours: [], sysctls: {}, ...parts };
}

/** `address/32`, or `/128` for IPv6. */
export function hostCidr(address: string): string {
  return address.includes(":") ? `${address}/128` : `${address}/32`;
}

/** The destination of a default route of the address's family. */
export function anywhere(address: string): string {
  return address.includes(":") ? "::/0" : "0.0.0.0/0";
}
