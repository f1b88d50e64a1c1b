// The node object of an EC2 instance: name, labels, addresses, capacity, as EKS nodes show them.
import { createHash } from "node:crypto";
import type { NodeFacts } from "../kubernetes/kubelet/types.ts";
import { instanceType } from "../vpc/instance-types.ts";
import { nodeCapacity } from "../vpc/node-capacity.ts";
import type { NodeBoot } from "./node-runtime.ts";

/** What the cloud calls the node's machine: zone and instance, on Fargate the pod it runs. */
export const providerIdOf = ({ availabilityZone: zone, instanceId, fargate, privateDnsName }: NodeBoot): string =>
  fargate ? `aws:///${zone}/${fargate.podUid}/${privateDnsName}` : `aws:///${zone}/${instanceId}`;

/** Facts of a node, ready to be registered. */
export function nodeFacts(boot: NodeBoot): NodeFacts {
  const type = instanceType(boot.instanceType);
  const arch = type?.architecture === "arm64" ? "arm64" : "amd64";
  const { privateDnsName: name, region, availabilityZone: zone, instanceId } = boot;
  return {
    name,
    providerId: providerIdOf(boot),
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
    ...nodeCapacity(type, boot.maxPods),
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

/** A stable id in UUID form out of the instance's own. */
function uuidFrom(instanceId: string, purpose: string): string {
  const hex = createHash("sha256").update(`${purpose}/${instanceId}`).digest("hex");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20, 32)].join("-");
}
