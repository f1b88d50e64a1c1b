// The size of a Fargate machine for a pod (EKS User Guide, "Understand Fargate Pod configuration details").
import type { KubeObject } from "../../kubernetes/api/object.ts";
import { podAmounts } from "../../kubernetes/runtime/pod-resources.ts";

/** A machine's size. */
export interface MachineSize {
  readonly vcpus: number;
  readonly memoryMiB: number;
}

const GIB = 1024;
/** Kept for kubelet, kube-proxy and containerd. */
const OVERHEAD_MIB = 256;

const steps = (from: number, to: number, by: number) =>
  Array.from({ length: (to - from) / by + 1 }, (_, index) => (from + index * by) * GIB);

/** Memory that can be had with a number of vCPUs, in MiB, ascending. */
const SIZES: readonly (readonly [vcpus: number, memory: readonly number[]])[] = [
  [0.25, [0.5 * GIB, GIB, 2 * GIB]],
  [0.5, steps(1, 4, 1)],
  [1, steps(2, 8, 1)],
  [2, steps(4, 16, 1)],
  [4, steps(8, 30, 1)],
  [8, steps(16, 60, 4)],
  [16, steps(32, 120, 8)],
];

/** The smallest machine that holds a pod's requests; undefined if none does. */
export function machineSize(pod: KubeObject): MachineSize | undefined {
  const amounts = podAmounts(pod);
  // Amounts are in thousandths.
  const cpu = (amounts.cpu ?? 0) / 1000;
  const memory = (amounts.memory ?? 0) / 1000 / (GIB * GIB) + OVERHEAD_MIB;
  for (const [vcpus, choices] of SIZES) {
    const memoryMiB = choices.find((choice) => choice >= memory);
    if (vcpus >= cpu && memoryMiB !== undefined) return { vcpus, memoryMiB };
  }
  return undefined;
}

/** As the annotation CapacityProvisioned says it: `0.25vCPU 0.5GB`. */
export const sizeText = ({ vcpus, memoryMiB }: MachineSize) => `${vcpus}vCPU ${memoryMiB / GIB}GB`;
