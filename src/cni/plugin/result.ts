// The plugin's result, which runtimes keep and hand back as prevResult (spec vpc-cni §4.2).
import { podSuffix } from "../datapath/names.ts";
import { hostCidr } from "../datapath/plan.ts";
import type { AddNetworkReply, IpAllocation } from "../rpc/messages.ts";
import { CniError } from "./errors.ts";

/** An interface of a result. The plugin keeps tables and VLANs in `mac`, device numbers in `sandbox`. */
export interface ResultInterface {
  readonly name: string;
  readonly mac?: string;
  readonly sandbox?: string;
}

/** An address of a result. */
export interface ResultIp {
  /** `4` or `6`; in results before 1.0.0. */
  readonly version?: string;
  readonly address: string;
  readonly gateway?: string;
  /** Index into the interfaces. */
  readonly interface?: number;
}

/** A result of CNI 0.3 and later. */
export interface CniResult {
  readonly cniVersion?: string;
  readonly interfaces?: readonly ResultInterface[];
  readonly ips?: readonly ResultIp[];
}

/** Whose result it is. */
export interface ResultPod {
  readonly namespace: string;
  readonly name: string;
  readonly netns: string;
  readonly ifName: string;
}

/** The name of the dummy interface that carries a pod's VLAN and device number. */
export const dummyName = (namespace: string, name: string): string => `dummy${podSuffix(namespace, name)}`;

/** Name of a pod's interface number `index`. */
export const containerInterface = (ifName: string, index: number): string => (index === 0 ? ifName : `mNicIf${index}`);

/** The address of an allocation: of either family, IPv4 if it has both. */
export const addressOf = ({ IPv4Addr, IPv6Addr }: IpAllocation): string => IPv4Addr || IPv6Addr;

/** What ADD answers. `veths` are the host's ends, in the order of the allocations. */
export function addResult(cniVersion: string, pod: ResultPod, reply: AddNetworkReply, veths: readonly string[]): CniResult {
  const { IPAllocationMetadata: allocations, PodVlanId, PodENISubnetGW } = reply;
  const interfaces: ResultInterface[] = allocations.flatMap((allocation, index) => [
    { name: veths[index] ?? "" },
    { name: containerInterface(pod.ifName, index), sandbox: pod.netns, mac: String(allocation.RouteTableId) },
  ]);
  const dummy: ResultInterface = {
    name: dummyName(pod.namespace, pod.name),
    mac: String(PodVlanId),
    sandbox: String(allocations[0]?.DeviceNumber ?? 0),
  };
  const isOld = cniVersion.startsWith("0.");
  const ips = allocations.map((allocation, index): ResultIp => {
    const address = addressOf(allocation);
    return {
      ...(isOld && { version: address.includes(":") ? "6" : "4" }),
      address: hostCidr(address),
      interface: 2 * index + 1,
      ...(PodVlanId > 0 && { gateway: PodENISubnetGW }),
    };
  });
  return { cniVersion, interfaces: [...interfaces, dummy], ips };
}

/** The dummy interface of a pod in a result; undefined if there is none. */
export function dummyOf(result: CniResult | undefined, namespace: string, name: string): ResultInterface | undefined {
  const wanted = dummyName(namespace, name);
  return result?.interfaces?.find((each) => each.name === wanted);
}

/** VLAN id a result tells; undefined: the result does not say. Throws CniError if it is no number. */
export function vlanOf(result: CniResult | undefined, namespace: string, name: string): number | undefined {
  const dummy = dummyOf(result, namespace, name);
  if (!dummy) return undefined;
  if (!/^\d+$/.test(dummy.mac ?? "")) throw new CniError(`malformed vlanID in prevResult: ${dummy.mac ?? ""}`);
  return Number(dummy.mac);
}

/** A pod's address in a result. */
export interface HeldAddress {
  readonly address: string;
  /** The container's end. */
  readonly interface: ResultInterface;
}

/** The addresses of a pod's interfaces, one for each; IPv4 before IPv6 where an interface has both. */
export function addressesIn({ interfaces = [], ips = [] }: CniResult, ifName: string): HeldAddress[] {
  const own = interfaces.map((each, at) => ({ each, at })).filter(({ each }) => each.name === ifName || /^mNicIf\d+$/.test(each.name));
  return own.flatMap(({ each, at }) => {
    const found = ips.filter((ip) => ip.interface === at).map((ip) => ip.address.split("/")[0] ?? "");
    const address = found.find((text) => !text.includes(":")) ?? found[0];
    return address === undefined ? [] : [{ address, interface: each }];
  });
}
