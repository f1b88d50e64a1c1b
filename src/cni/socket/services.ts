// What a node serves on its sockets: ipamd to the plugin, the network policy agent to both (spec vpc-cni §3.12, §4.2, §8.2).
import type { PolicyAgent } from "../plugin/driver.ts";
import type { AddNetworkRequest, CniRpc, DelNetworkRequest } from "../rpc/messages.ts";

/** Answers one call: request and reply are messages of the service's definition, every field of a request is there. */
export type Method = (request: any) => Promise<object>;

/** What one socket serves. */
export interface SocketServices {
  /** The name under which health checks may ask. */
  readonly health: string;
  /** Methods by the full name of their service. */
  readonly services: Readonly<Record<string, Readonly<Record<string, Method>>>>;
}

/** rpc.EnforceNpRequest. */
interface EnforceRequest {
  readonly K8S_POD_NAME: string;
  readonly K8S_POD_NAMESPACE: string;
  readonly NETWORK_POLICY_MODE: string;
  readonly InterfaceCount: number;
}

/** ipamd.sock. */
export const ipamdServices = (rpc: CniRpc): SocketServices => ({
  health: "grpc.health.v1.aws-node",
  services: {
    "rpc.CNIBackend": {
      AddNetwork: (request: AddNetworkRequest) => rpc.addNetwork(request),
      DelNetwork: (request: DelNetworkRequest) => rpc.delNetwork(request),
    },
    "rpc.ConfigServerBackend": { GetNetworkPolicyConfigs: async () => rpc.networkPolicyConfigs() },
  },
});

/** npa.sock. */
export const agentServices = (agent: PolicyAgent): SocketServices => ({
  health: "grpc.health.v1.np-agent",
  services: {
    "rpc.NPBackend": {
      EnforceNpToPod: async (request: EnforceRequest) => ({
        Success: await agent.enforce({
          ...{ namespace: request.K8S_POD_NAMESPACE, name: request.K8S_POD_NAME },
          ...{ mode: request.NETWORK_POLICY_MODE, interfaceCount: request.InterfaceCount },
        }),
      }),
      DeletePodNp: async ({ K8S_POD_NAMESPACE: namespace, K8S_POD_NAME: name }: EnforceRequest) => {
        await agent.remove({ namespace, name });
        return { Success: true };
      },
    },
  },
});
