// The node object of an EC2 instance: name, labels, addresses, capacity, as EKS nodes show them.
import { createHash } from "node:crypto";
import type { NodeFacts } from "../kubernetes/kubelet/types.ts";
import { type InstanceType, instanceType, maxInterfaces } from "../vpc/instance-types.ts";
import { recommendedMaxPods } from "../vpc/max-pods.ts";
import type { NodeBoot } from "./node-runtime.ts";

/** A type nothing is known of is shown as this one. */
const FALLBACK_SIZE = { vcpus: 2, memoryMiB: 8192 };
/** Share of the instance's memory that the kernel leaves visible; AMIs differ by a few MiB. */
const VISIBLE_MEMORY = 0.946;
const DISK_KI = 20_959_212;
const DISK_ALLOCATABLE = 18_242_267_924;
const EVICTION_MIB = 100;

/** Facts of a node, ready to be registered. */
export function nodeFacts(boot: NodeBoot): NodeFacts {
  const type = instanceType(boot.instanceType);
  const maxPods = maxPodsOf(type);
  const arch = type?.architecture === "arm64" ? "arm64" : "amd64";
  const { privateDnsName: name, region, availabilityZone: zone, instanceId } = boot;
  return {
    name,
    providerId: `aws:///${zone}/${instanceId}`,
    addresses: [
      { type: "InternalIP", address: boot.privateIpAddress },
      { type: "InternalDNS", address: name },
      { type: "Hostname", address: name },
    ],
    labels: {
      "beta.kubernetes.io/arch": arch,
      "beta.kubernetes.io/instance-type": boot.instanceType,
      "beta.kubernetes.io/os": "linux",
      "failure-domain.beta.kubernetes.io/region": region,
      "failure-domain.beta.kubernetes.io/zone": zone,
      "kubernetes.io/arch": arch,
      "kubernetes.io/hostname": name,
      "kubernetes.io/os": "linux",
      "node.kubernetes.io/instance-type": boot.instanceType,
      "topology.kubernetes.io/region": region,
      "topology.kubernetes.io/zone": zone,
      ...boot.labels,
    },
    taints: boot.taints,
    ...resources(type, maxPods),
    nodeInfo: {
      architecture: arch,
      bootID: uuidFrom(instanceId, "boot"),
      containerRuntimeVersion: "containerd://2.1.5",
      kernelVersion: "6.12.46-66.121.amzn2023.x86_64",
      kubeProxyVersion: "",
      kubeletVersion: `v${boot.version}.0-eks-a1b2c3d`,
      machineID: instanceId.replace("i-", "ec2").padEnd(32, "0"),
      operatingSystem: "linux",
      osImage: "Amazon Linux 2023.9 (simulated by Atoll)",
      systemUUID: uuidFrom(instanceId, "system"),
    },
  };
}

/** Pods a node of the type runs: what the bootstrap script gives the kubelet (spec vpc-cni §10.1). */
export function maxPodsOf(type: InstanceType | undefined): number {
  if (!type) return 110;
  return recommendedMaxPods({
    enis: type.cards[0] ?? maxInterfaces(type),
    ipv4: type.ipv4PerInterface,
    ...(type.vcpus && { vcpus: type.vcpus }),
  });
}

/** Capacity, and what is left after the kubelet's reservations (Amazon EKS AMI, kubelet configuration). */
function resources(type: InstanceType | undefined, maxPods: number): Pick<NodeFacts, "capacity" | "allocatable"> {
  const vcpus = type?.vcpus ?? FALLBACK_SIZE.vcpus;
  const memoryKi = Math.floor((type?.memoryMiB ?? FALLBACK_SIZE.memoryMiB) * 1024 * VISIBLE_MEMORY);
  const reservedKi = (255 + 11 * maxPods + EVICTION_MIB) * 1024;
  const fixed = { "hugepages-1Gi": "0", "hugepages-2Mi": "0", pods: String(maxPods) };
  return {
    capacity: { cpu: String(vcpus), "ephemeral-storage": `${DISK_KI}Ki`, memory: `${memoryKi}Ki`, ...fixed },
    allocatable: {
      cpu: `${vcpus * 1000 - reservedCpu(vcpus)}m`,
      "ephemeral-storage": String(DISK_ALLOCATABLE),
      memory: `${memoryKi - reservedKi}Ki`,
      ...fixed,
    },
  };
}

/** Millicores: 6 % of the first core, 1 % of the second, 0.5 % of the next two, 0.25 % of the rest. */
function reservedCpu(vcpus: number): number {
  let reserved = 60;
  if (vcpus > 1) reserved += 10;
  reserved += Math.min(Math.max(vcpus - 2, 0), 2) * 5;
  reserved += Math.max(vcpus - 4, 0) * 2.5;
  return Math.floor(reserved);
}

/** A stable id in UUID form out of the instance's own. */
function uuidFrom(instanceId: string, purpose: string): string {
  const hex = createHash("sha256").update(`${purpose}/${instanceId}`).digest("hex");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20, 32)].join("-");
}
