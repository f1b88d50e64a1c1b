// How many addresses a Windows node can have: it uses its primary interface only (spec vpc-cni §7.3).
import { instanceType, supportsPrefixes } from "../../vpc/instance-types.ts";
import { PREFIX_SIZE } from "../pool/targets.ts";

/** What an instance type gives a Windows node. */
export interface WindowsCapacity {
  /** Addresses or prefixes besides the primary address. */
  readonly slots: number;
  /** Whether the pool consists of prefixes. */
  readonly prefixes: boolean;
  /** Addresses that are advertised. */
  readonly addresses: number;
}

/** The capacity of a type; prefixes only where the type can have them. Undefined for a type nothing is known of. */
export function windowsCapacity(name: string, wantsPrefixes: boolean): WindowsCapacity | undefined {
  const type = instanceType(name);
  if (!type) return undefined;
  const slots = type.ipv4PerInterface - 1;
  const prefixes = wantsPrefixes && supportsPrefixes(type);
  return { slots, prefixes, addresses: prefixes ? slots * PREFIX_SIZE : slots };
}
