// The messages between the CNI plugin and ipamd (spec vpc-cni §3.12). Names are those of upstream's rpc.proto.

/** One address of a pod and the interface it belongs to. */
export interface IpAllocation {
  readonly IPv4Addr: string;
  readonly IPv6Addr: string;
  /** -1 for a branch interface. */
  readonly DeviceNumber: number;
  /** 0 for a branch interface: its table follows from the VLAN. */
  readonly RouteTableId: number;
}

/** rpc.AddNetworkRequest. */
export interface AddNetworkRequest {
  readonly ClientVersion: string;
  readonly K8S_POD_NAME: string;
  readonly K8S_POD_NAMESPACE: string;
  readonly K8S_POD_INFRA_CONTAINER_ID: string;
  readonly Netns: string;
  readonly ContainerID: string;
  readonly IfName: string;
  readonly NetworkName: string;
  readonly RequiresMultiNICAttachment: boolean;
}

/** rpc.AddNetworkReply. */
export interface AddNetworkReply {
  readonly Success: boolean;
  readonly IPAllocationMetadata: readonly IpAllocation[];
  readonly UseExternalSNAT: boolean;
  readonly VPCv4CIDRs: readonly string[];
  readonly VPCv6CIDRs: readonly string[];
  /** 0 for ordinary pods. */
  readonly PodVlanId: number;
  readonly PodENIMAC: string;
  readonly PodENISubnetGW: string;
  readonly ParentIfIndex: number;
  /** Empty: no agent is asked. */
  readonly NetworkPolicyMode: string;
}

/** rpc.DelNetworkRequest. */
export interface DelNetworkRequest {
  readonly ClientVersion: string;
  readonly K8S_POD_NAME: string;
  readonly K8S_POD_NAMESPACE: string;
  readonly K8S_POD_INFRA_CONTAINER_ID: string;
  readonly K8S_POD_UID: string;
  readonly Reason: string;
  readonly ContainerID: string;
  readonly IfName: string;
  readonly NetworkName: string;
}

/** rpc.DelNetworkReply. */
export interface DelNetworkReply {
  readonly Success: boolean;
  readonly IPAllocationMetadata: readonly IpAllocation[];
  readonly PodVlanId: number;
  readonly NetworkPolicyMode: string;
}

/** rpc.NetworkPolicyAgentConfigReply: what the network policy agent asks ipamd at its start. */
export interface NetworkPolicyConfigs {
  readonly NetworkPolicyMode: string;
  readonly MultiNICEnabled: boolean;
  /** Empty unless the cluster is of that family. */
  readonly NodeIPv4: string;
  readonly NodeIPv6: string;
  readonly InstanceID: string;
  readonly Region: string;
}

/** ipamd as plugin and network policy agent see it. Rejects with {@link RpcError} or the handler's error. */
export interface CniRpc {
  addNetwork(request: AddNetworkRequest): Promise<AddNetworkReply>;
  delNetwork(request: DelNetworkRequest): Promise<DelNetworkReply>;
  networkPolicyConfigs(): NetworkPolicyConfigs;
}

/** A gRPC status that is not OK; `message` is as Go's client prints it. */
export class RpcError extends Error {
  readonly code: "FailedPrecondition" | "Unknown" | "Unavailable";
  /** The status message as it goes over the wire. */
  readonly description: string;

  constructor(code: RpcError["code"], description: string) {
    super(`rpc error: code = ${code} desc = ${description}`);
    this.code = code;
    this.description = description;
  }
}
