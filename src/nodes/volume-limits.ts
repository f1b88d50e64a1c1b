// How many EBS volumes an instance takes besides its root volume (EC2 User Guide, "Amazon EBS volume limits for Amazon EC2 instances").
import { instanceType } from "../vpc/instance-types.ts";

/** Nitro instances share this many attachments between volumes and interfaces. */
const shared = 28;
/** What the EBS driver assumes of instances that are not built on Nitro. */
const xen = 39;
/** Limits of the seventh and later generations, for volumes alone, by size; other sizes take 32. */
const dedicated: Readonly<Record<string, number>> = { "16xlarge": 48, "24xlarge": 64, "32xlarge": 88, "48xlarge": 128, "96xlarge": 128 };

/** Volumes that can be attached to an instance of a type which has as many interfaces; undefined for an unknown type. */
export function attachableVolumes(type: string, interfaces: number): number | undefined {
  const known = instanceType(type);
  if (!known) return undefined;
  if (known.hypervisor === "xen") return xen;
  const [family = "", size = ""] = type.split(".");
  const generation = Number(/^[a-z]+(\d)/.exec(family)?.[1] ?? 0);
  const most = generation >= 7 ? (dedicated[size] ?? 32) : shared - interfaces;
  return Math.max(1, most - 1);
}
