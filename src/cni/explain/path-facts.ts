// What the judgement about traffic is made from.
import type { AclEntry } from "../../vpc/network-acls.ts";
import type { Route } from "../../vpc/routes.ts";
import type { GroupRule } from "../../vpc/security-groups.ts";
import type { HostPod, HostView } from "./host-view.ts";

/** An interface in the VPC. */
export interface PathEni {
  readonly id: string;
  readonly subnetId: string;
  readonly groups: readonly string[];
  /** Every address and prefix of it: `10.0.0.7`, `10.0.0.16/28`. */
  readonly addresses: readonly string[];
  /** Public address by private one. */
  readonly publicAddresses: Readonly<Record<string, string>>;
  readonly description: string;
}

/** A subnet with what applies to it. */
export interface PathSubnet {
  readonly id: string;
  readonly cidr: string;
  readonly routeTableId: string;
  readonly routes: readonly Route[];
  readonly aclId: string;
  readonly acl: readonly AclEntry[];
}

/** The VPC as far as paths need it. */
export interface PathVpc {
  readonly cidrs: readonly string[];
  readonly enis: readonly PathEni[];
  readonly subnets: readonly PathSubnet[];
  readonly rules: readonly GroupRule[];
  /** Blocks of prefix lists that rules name. */
  readonly prefixLists?: Readonly<Record<string, readonly string[]>>;
}

/** One end that is a pod. */
export interface PathPod extends Omit<HostPod, "eniId"> {
  readonly eniId: string;
  readonly hostNetwork: boolean;
  readonly node: string;
}

/** A question: may the pod reach the address? */
export interface PathQuestion {
  readonly pod: PathPod;
  /** The pod's node. */
  readonly host: HostView;
  readonly vpc: PathVpc;
  readonly to: string;
  /** What is at the other end, if it is a pod. */
  readonly toPod?: PathPod;
  readonly protocol: "tcp" | "udp" | "icmp";
  /** Destination port, or ICMP type. */
  readonly port: number;
}
