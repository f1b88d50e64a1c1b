// Messages and services that cross a node's sockets, as data: upstream's names, types and field numbers
// (spec vpc-cni §3.12, §4.2; gRPC Health Checking Protocol).

const text = (id: number) => ({ type: "string", id });
const flag = (id: number) => ({ type: "bool", id });
const int32 = (id: number) => ({ type: "int32", id });
const many = (type: string, id: number) => ({ rule: "repeated", type, id });
const call = (requestType: string, responseType: string) => ({ requestType, responseType, comment: "" });

const NO_FIELDS = "google.protobuf.Empty";
/** Fields the requests of both directions begin with. */
const POD = { K8S_POD_NAME: text(1), K8S_POD_NAMESPACE: text(2) };
const SANDBOX = { ...POD, K8S_POD_INFRA_CONTAINER_ID: text(3) };
const DONE = { Success: flag(1) };

const RPC = {
  CNIBackend: {
    methods: {
      AddNetwork: call("AddNetworkRequest", "AddNetworkReply"),
      DelNetwork: call("DelNetworkRequest", "DelNetworkReply"),
    },
  },
  ConfigServerBackend: { methods: { GetNetworkPolicyConfigs: call(NO_FIELDS, "NetworkPolicyAgentConfigReply") } },
  NPBackend: {
    methods: {
      EnforceNpToPod: call("EnforceNpRequest", "EnforceNpReply"),
      DeletePodNp: call("DeleteNpRequest", "DeleteNpReply"),
    },
  },
  AddNetworkRequest: {
    fields: {
      ...SANDBOX,
      ...{ Netns: text(4), IfName: text(5), NetworkName: text(6), ContainerID: text(7), ClientVersion: text(8) },
      RequiresMultiNICAttachment: flag(9),
    },
  },
  IPAllocationMetadata: { fields: { IPv4Addr: text(1), IPv6Addr: text(2), DeviceNumber: int32(3), RouteTableId: int32(4) } },
  AddNetworkReply: {
    fields: {
      ...DONE,
      ...{ IPAllocationMetadata: many("IPAllocationMetadata", 2), UseExternalSNAT: flag(5), VPCv4CIDRs: many("string", 6) },
      ...{ PodVlanId: int32(7), PodENIMAC: text(8), PodENISubnetGW: text(9), ParentIfIndex: int32(10) },
      ...{ VPCv6CIDRs: many("string", 12), NetworkPolicyMode: text(13) },
    },
  },
  DelNetworkRequest: {
    fields: {
      ...SANDBOX,
      ...{ Reason: text(5), IfName: text(6), NetworkName: text(7), ContainerID: text(8), ClientVersion: text(9) },
      K8S_POD_UID: text(10),
    },
  },
  DelNetworkReply: {
    fields: { ...DONE, IPAllocationMetadata: many("IPAllocationMetadata", 2), PodVlanId: int32(4), NetworkPolicyMode: text(6) },
  },
  NetworkPolicyAgentConfigReply: {
    fields: {
      ...{ NetworkPolicyMode: text(1), MultiNICEnabled: flag(2), NodeIPv4: text(3), NodeIPv6: text(4) },
      ...{ InstanceID: text(5), Region: text(6) },
    },
  },
  EnforceNpRequest: { fields: { ...POD, NETWORK_POLICY_MODE: text(3), InterfaceCount: int32(4) } },
  EnforceNpReply: { fields: DONE },
  DeleteNpRequest: { fields: POD },
  DeleteNpReply: { fields: DONE },
};

const HEALTH_CALL = call("HealthCheckRequest", "HealthCheckResponse");

const HEALTH = {
  Health: { methods: { Check: HEALTH_CALL, Watch: { ...HEALTH_CALL, responseStream: true } } },
  HealthCheckRequest: { fields: { service: text(1) } },
  HealthCheckResponse: {
    fields: { status: { type: "ServingStatus", id: 1 } },
    nested: { ServingStatus: { values: { UNKNOWN: 0, SERVING: 1, NOT_SERVING: 2, SERVICE_UNKNOWN: 3 } } },
  },
};

/** All of them, in the JSON form of protobuf definitions. */
export const DEFINITIONS = {
  nested: {
    rpc: { nested: RPC },
    grpc: { nested: { health: { nested: { v1: { nested: HEALTH } } } } },
    google: { nested: { protobuf: { nested: { Empty: { fields: {} } } } } },
  },
};
