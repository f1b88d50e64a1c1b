// Rules for the networks of hybrid nodes (spec eks-control-plane §11).
import type { RemoteNetworkConfigRequest, RemoteNetworkConfigResponse } from "@aws-sdk/client-eks";
import { contains, overlaps, parseCidr } from "../../vpc/cidr.ts";
import { PRIVATE_BLOCKS, strictBlock } from "./blocks.ts";
import { invalidParameter } from "./errors.ts";

const cidrsOf = (networks: readonly { cidrs?: string[] | undefined }[] | undefined) =>
  (networks ?? []).flatMap((network) => network.cidrs ?? []);

/** All blocks of a remote network configuration. */
export const remoteCidrs = (config: RemoteNetworkConfigRequest | undefined): string[] => [
  ...cidrsOf(config?.remoteNodeNetworks),
  ...cidrsOf(config?.remotePodNetworks),
];

/** Throws InvalidParameterException unless the configuration is well formed and fits the cluster. */
export function checkRemoteNetworks(
  config: RemoteNetworkConfigRequest,
  cluster: { name: string; ipFamily: string; authenticationMode: string; taken: readonly string[] },
): void {
  const refuse = (reason: string): never => {
    throw invalidParameter(`The remoteNetworkConfig is not valid: ${reason}`, { clusterName: cluster.name });
  };
  const nodes = cidrsOf(config.remoteNodeNetworks);
  const pods = cidrsOf(config.remotePodNetworks);
  if (nodes.length === 0 && pods.length === 0) return;
  if ((config.remoteNodeNetworks?.length ?? 0) > 1 || (config.remotePodNetworks?.length ?? 0) > 1)
    refuse("at most one network object is allowed");
  if (pods.length > 0 && nodes.length === 0) refuse("remotePodNetworks need remoteNodeNetworks");
  if (nodes.length > 15 || pods.length > 15) refuse("at most 15 CIDR blocks are allowed");
  if (cluster.ipFamily === "ipv6") refuse("hybrid nodes need a cluster of IP family ipv4");
  if (cluster.authenticationMode === "CONFIG_MAP") refuse("the authentication mode must be API or API_AND_CONFIG_MAP");
  const seen: string[] = [...cluster.taken];
  for (const cidr of [...nodes, ...pods]) {
    const block = strictBlock(cidr);
    if (!block || block.prefix < 8 || !PRIVATE_BLOCKS.some((outer) => contains(outer, block))) {
      refuse(`${cidr} is not a block within 10.0.0.0/8, 172.16.0.0/12 or 192.168.0.0/16`);
    }
    const clash = seen.find((other) => {
      const taken = parseCidr(other);
      return block !== undefined && taken !== undefined && overlaps(block, taken);
    });
    if (clash) refuse(`${cidr} overlaps with ${clash}`);
    seen.push(cidr);
  }
}

/** What is stored and shown: nothing when both lists are empty. */
export function storedRemoteNetworks(config: RemoteNetworkConfigRequest | undefined): RemoteNetworkConfigResponse | undefined {
  if (remoteCidrs(config).length === 0) return undefined;
  return {
    ...(config?.remoteNodeNetworks ? { remoteNodeNetworks: config.remoteNodeNetworks } : {}),
    ...(config?.remotePodNetworks ? { remotePodNetworks: config.remotePodNetworks } : {}),
  };
}
