// The books of a full cluster, as its users can read them: EC2's interfaces and subnets, Kubernetes' nodes and pods.
import {
  DescribeNetworkInterfacesCommand,
  type DescribeNetworkInterfacesCommandOutput,
  DescribeSubnetsCommand,
  type NetworkInterface,
} from "@aws-sdk/client-ec2";
import type { KubeObject } from "../src/kubernetes/api/object.ts";
import type { KubeClient } from "../src/kubernetes/client/client.ts";
import { type Cidr, parseCidr, size } from "../src/vpc/cidr.ts";
import type { Installation } from "./installation.ts";

/** Addresses of every subnet that nobody gets: network, router, DNS, reserve, broadcast (Amazon VPC User Guide, "Subnet CIDR blocks"). */
const RESERVED = 5;
const PAGE = 1000;

/** What was counted. */
export interface Audit {
  readonly addresses: number;
  readonly interfaces: number;
}

/**
 * Throws unless every pod runs with an address of an interface of its own node, no address is held twice, by interfaces or by pods,
 * and every subnet has as many free addresses as its size and its interfaces leave.
 */
export async function audit({ clients: { ec2 } }: Installation, client: KubeClient, nodes: number, pods: number): Promise<Audit> {
  const owners = new Map<string, string>();
  const used = new Map<string, number>();
  let interfaces = 0;
  let NextToken: string | undefined;
  do {
    const page: DescribeNetworkInterfacesCommandOutput = await ec2.send(
      new DescribeNetworkInterfacesCommand({ MaxResults: PAGE, ...(NextToken ? { NextToken } : {}) }),
    );
    for (const each of page.NetworkInterfaces ?? []) {
      interfaces++;
      count(each, owners, used);
    }
    NextToken = page.NextToken;
  } while (NextToken);

  const { Subnets = [] } = await ec2.send(new DescribeSubnetsCommand({}));
  for (const { SubnetId = "", CidrBlock = "", AvailableIpAddressCount } of Subnets) {
    const left = Number(size(parseCidr(CidrBlock) as Cidr)) - RESERVED - (used.get(SubnetId) ?? 0);
    if (left !== AvailableIpAddressCount) throw new Error(`${SubnetId} says ${AvailableIpAddressCount} addresses are free, not ${left}`);
  }

  const machines = new Map(client.list("nodes").map((node) => [node.metadata.name, String(node.spec.providerID).split("/").at(-1)]));
  if (machines.size !== nodes) throw new Error(`${machines.size} nodes`);
  const held = new Set<string>();
  for (const pod of client.list("pods")) {
    if (pod.status?.phase !== "Running") throw new Error(`${pod.metadata.name} is ${pod.status?.phase}`);
    if (pod.spec.hostNetwork) continue;
    const { podIP } = pod.status;
    if (held.has(podIP)) throw new Error(`${podIP} has two pods`);
    held.add(podIP);
    if (isCrowd(pod) && owners.get(podIP) !== machines.get(pod.spec.nodeName)) {
      throw new Error(`${pod.metadata.name} has ${podIP}, which ${pod.spec.nodeName} does not hold`);
    }
  }
  const crowd = client.list("pods", { labelSelector: "tier=crowd" }).length;
  if (crowd !== pods) throw new Error(`${crowd} pods`);
  return { addresses: owners.size, interfaces };
}

/** Pods that the benchmark made. */
export const isCrowd = ({ metadata }: KubeObject) => metadata.labels?.tier === "crowd";

function count(each: NetworkInterface, owners: Map<string, string>, used: Map<string, number>): void {
  const { SubnetId = "", NetworkInterfaceId = "", PrivateIpAddresses = [], Attachment } = each;
  for (const { PrivateIpAddress = "" } of PrivateIpAddresses) {
    const other = owners.get(PrivateIpAddress);
    if (other) throw new Error(`${PrivateIpAddress} belongs to ${NetworkInterfaceId} and to one of ${other}`);
    owners.set(PrivateIpAddress, Attachment?.InstanceId ?? NetworkInterfaceId);
  }
  used.set(SubnetId, (used.get(SubnetId) ?? 0) + PrivateIpAddresses.length);
}
