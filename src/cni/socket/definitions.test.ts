import assert from "node:assert/strict";
import { test } from "node:test";
import { DEFINITIONS } from "./definitions.ts";

/** Field numbers by message (spec vpc-cni §3.12, §4.2). */
const NUMBERS: Readonly<Record<string, string>> = {
  AddNetworkRequest:
    "K8S_POD_NAME 1, K8S_POD_NAMESPACE 2, K8S_POD_INFRA_CONTAINER_ID 3, Netns 4, IfName 5, NetworkName 6, ContainerID 7, ClientVersion 8, RequiresMultiNICAttachment 9",
  IPAllocationMetadata: "IPv4Addr 1, IPv6Addr 2, DeviceNumber 3, RouteTableId 4",
  AddNetworkReply:
    "Success 1, IPAllocationMetadata 2, UseExternalSNAT 5, VPCv4CIDRs 6, PodVlanId 7, PodENIMAC 8, PodENISubnetGW 9, ParentIfIndex 10, VPCv6CIDRs 12, NetworkPolicyMode 13",
  DelNetworkRequest:
    "K8S_POD_NAME 1, K8S_POD_NAMESPACE 2, K8S_POD_INFRA_CONTAINER_ID 3, Reason 5, IfName 6, NetworkName 7, ContainerID 8, ClientVersion 9, K8S_POD_UID 10",
  DelNetworkReply: "Success 1, IPAllocationMetadata 2, PodVlanId 4, NetworkPolicyMode 6",
  NetworkPolicyAgentConfigReply: "NetworkPolicyMode 1, MultiNICEnabled 2, NodeIPv4 3, NodeIPv6 4, InstanceID 5, Region 6",
  EnforceNpRequest: "K8S_POD_NAME 1, K8S_POD_NAMESPACE 2, NETWORK_POLICY_MODE 3, InterfaceCount 4",
  EnforceNpReply: "Success 1",
  DeleteNpRequest: "K8S_POD_NAME 1, K8S_POD_NAMESPACE 2",
  DeleteNpReply: "Success 1",
};
const REPEATED = ["IPAllocationMetadata", "VPCv4CIDRs", "VPCv6CIDRs"];
const NUMERIC = ["DeviceNumber", "RouteTableId", "PodVlanId", "ParentIfIndex", "InterfaceCount"];
const BOOLEAN = ["Success", "UseExternalSNAT", "RequiresMultiNICAttachment", "MultiNICEnabled"];

const definitions: Record<string, { fields?: Record<string, { type: string; id: number; rule?: string }>; methods?: object }> =
  DEFINITIONS.nested.rpc.nested;

for (const [message, numbers] of Object.entries(NUMBERS))
  test(`the fields of ${message}`, () => {
    const fields = Object.entries(definitions[message]?.fields ?? {});
    assert.equal(fields.map(([name, { id }]) => `${name} ${id}`).join(", "), numbers);
    for (const [name, { type, rule }] of fields) {
      const expected = NUMERIC.includes(name) ? "int32" : BOOLEAN.includes(name) ? "bool" : "string";
      assert.equal(type, name === "IPAllocationMetadata" ? name : expected, name);
      assert.equal(rule === "repeated", REPEATED.includes(name), name);
    }
  });

test("there are no other messages", () => {
  const messages = Object.entries(definitions).filter(([, { fields }]) => fields !== undefined);
  assert.deepEqual(messages.map(([name]) => name).sort(), Object.keys(NUMBERS).sort());
});
