// The node object of a Windows instance (EKS User Guide, "Deploy Windows nodes on EKS clusters").
import { createHash } from "node:crypto";
import type { NodeFacts } from "../kubernetes/kubelet/types.ts";
import { instanceType } from "../vpc/instance-types.ts";
import { diskOf, nodeCapacity, windowsMaxPods } from "../vpc/node-capacity.ts";
import { nodeFacts } from "./node-facts.ts";
import type { NodeBoot } from "./node-runtime.ts";

/** Default root volume of Windows node groups. */
const DISK_GIB = 50;

/** Build numbers by release of Windows Server; updates of April 2026. */
const BUILDS: Readonly<Record<string, { readonly build: string; readonly update: number }>> = {
  "2019": { build: "10.0.17763", update: 8644 },
  "2022": { build: "10.0.20348", update: 5020 },
  "2025": { build: "10.0.26100", update: 32690 },
};

/** Release of Windows Server by EKS's name of an image type: `2022` of `WINDOWS_CORE_2022_x86_64`; undefined for other systems. */
export function windowsRelease(amiType: string): string | undefined {
  const release = /^WINDOWS_(?:CORE|FULL)_(\d{4})_/.exec(amiType)?.[1];
  return release !== undefined && Object.hasOwn(BUILDS, release) ? release : undefined;
}

/** Facts of a Windows node: what an EC2 node shows, with Windows's system, disk and max pods. Core and Full name themselves alike. */
export function windowsFacts(boot: NodeBoot, release: string): NodeFacts {
  const facts = nodeFacts(boot);
  const type = instanceType(boot.instanceType);
  const { build = "", update = 0 } = BUILDS[release] ?? {};
  const { capacity, allocatable } = nodeCapacity(type, boot.maxPods ?? windowsMaxPods(type), diskOf(DISK_GIB));
  return {
    ...facts,
    labels: {
      ...facts.labels,
      "beta.kubernetes.io/os": "windows",
      "kubernetes.io/os": "windows",
      "node.kubernetes.io/windows-build": build,
    },
    capacity: withoutHugePages(capacity),
    allocatable: withoutHugePages(allocatable),
    nodeInfo: {
      ...facts.nodeInfo,
      containerRuntimeVersion: "containerd://2.1.6",
      kernelVersion: `${build}.${update}`,
      machineID: hostName(boot.instanceId),
      operatingSystem: "windows",
      osImage: `Windows Server ${release} Datacenter (simulated by Atoll)`,
    },
  };
}

function withoutHugePages(quantities: NodeFacts["capacity"]): NodeFacts["capacity"] {
  return Object.fromEntries(Object.entries(quantities).filter(([name]) => !name.startsWith("hugepages-")));
}

/** The name Windows gives itself on EC2, which its kubelet reports as the machine's id. */
const hostName = (instanceId: string) => `EC2AMAZ-${createHash("sha256").update(instanceId).digest("hex").slice(0, 7).toUpperCase()}`;
