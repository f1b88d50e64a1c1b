// Names the plugin gives to interfaces and tables of the host (spec vpc-cni §4.3, §4.6).
import { createHash } from "node:crypto";

/** Table `main` of the kernel. */
export const MAIN_TABLE = 254;
const BRANCH_TABLES = 100;
const CARD_TABLES = 10_000;

/** The part of a host interface's name that tells the pod: eleven hex digits. `index` counts the interfaces of a pod with several. */
export function podSuffix(namespace: string, pod: string, index = 0): string {
  const name = index === 0 ? pod : `${pod}.${index}`;
  return createHash("sha1").update(`${namespace}.${name}`).digest("hex").slice(0, 11);
}

/** Name of a pod's interface on the host. */
export function hostVeth(prefix: string, namespace: string, pod: string, index = 0): string {
  return prefix + podSuffix(namespace, pod, index);
}

/** Name of the VLAN link of a branch interface. */
export function vlanLink(vlanId: number): string {
  return `vlan.eth.${vlanId}`;
}

/** Route table of an interface by device index and network card. */
export function interfaceTable(device: number, card = 0): number {
  if (card > 0) return CARD_TABLES + 100 * card + device;
  return device === 0 ? MAIN_TABLE : device + 1;
}

/** The same as nodes of older releases have it; a rule that exists keeps it. */
export function formerInterfaceTable(device: number, card: number, maxEnis: number): number {
  return device + 1 + card * maxEnis;
}

/** Route table of a branch interface. */
export function branchTable(vlanId: number): number {
  return BRANCH_TABLES + vlanId;
}
