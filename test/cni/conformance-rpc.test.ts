// Section G: what ipamd answers to plugin and network policy agent.
import assert from "node:assert/strict";
import { existsSync, mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { annotatePodIp, POD_IPS } from "../../src/cni/rpc/pod-ip-annotation.ts";
import { NodeSockets } from "../../src/nodes/cni/node-sockets.ts";
import { FakeEc2 } from "../support/fake-ec2.ts";
import { socketClient } from "../support/grpc.ts";
import { conformance } from "./conformance.ts";
import { addRequest, delRequest, type PluginWorld, pluginWorld, pod, VERSION } from "./plugin-world.ts";
import { attached, type RigOptions } from "./rig.ts";
import { leaveStale } from "./stale-socket.ts";

const PD6 = { ENABLE_IPv4: "false", ENABLE_IPv6: "true", ENABLE_PREFIX_DELEGATION: "true" };
const MULTI = { ENABLE_MULTI_NIC: "true" };
const BRANCH = '[{"eniId":"eni-b","ifAddress":"0a:01","privateIp":"10.0.3.9","vlanId":7,"subnetCidr":"10.0.3.0/24"}]';
const CARDS = { instance: { maxEnis: 1, ipv4PerEni: 10, cards: [1, 1] } };

/** An instance with an interface on a second card, at `device`, with one address; nothing grows. */
async function twoCards(device: number, options: RigOptions = {}, firstAddresses = 1): Promise<PluginWorld> {
  const ec2 = new FakeEc2();
  ec2.give("eni-0", { addresses: firstAddresses });
  const second = ec2.addInstance("nobody");
  Object.assign(second, { deviceIndex: device, cardIndex: 1, instanceId: "i-1", attachmentId: `attach-${second.id}` });
  ec2.give(second.id, { addresses: 1 });
  const env = { DISABLE_NETWORK_RESOURCE_PROVISIONING: "true", ...options.env };
  return pluginWorld({ ...CARDS, ...options, ec2, env });
}

conformance("G", {
  "G1 plugin and daemon are of one version": async () => {
    const { rpc, made } = await pluginWorld();
    const failure = {
      code: "FailedPrecondition",
      message: `rpc error: code = FailedPrecondition desc = wrong client version "v1.0" (!= "${VERSION}")`,
    };
    await assert.rejects(rpc.addNetwork(addRequest("a", { ClientVersion: "v1.0" })), failure);
    await assert.rejects(rpc.delNetwork(delRequest("a", { ClientVersion: "v1.0" })), failure);
    assert.equal(made.ipamd.stats.assigned, 0);
    made.ipamd.close();
  },
  "G2 with external SNAT only the VPC's CIDRs": async () => {
    const { rpc, made } = await pluginWorld({
      env: { AWS_VPC_K8S_CNI_EXTERNALSNAT: "true", AWS_VPC_K8S_CNI_EXCLUDE_SNAT_CIDRS: "10.12.0.0/16" },
    });
    const [address = ""] = made.ec2.get("eni-0").addresses;
    const reply = await rpc.addNetwork(addRequest("a"));
    assert.deepEqual(reply.IPAllocationMetadata, [{ IPv4Addr: address, IPv6Addr: "", DeviceNumber: 0, RouteTableId: 254 }]);
    assert.deepEqual([reply.Success, reply.UseExternalSNAT, reply.VPCv4CIDRs, reply.PodVlanId], [true, true, ["10.10.0.0/16"], 0]);
    made.ipamd.close();
  },
  "G3 without it the excluded ones follow": async () => {
    const { rpc, made } = await pluginWorld({ env: { AWS_VPC_K8S_CNI_EXCLUDE_SNAT_CIDRS: "10.12.0.0/16,10.13.0.0/16" } });
    const reply = await rpc.addNetwork(addRequest("a"));
    assert.deepEqual([reply.UseExternalSNAT, reply.VPCv4CIDRs], [false, ["10.10.0.0/16", "10.12.0.0/16", "10.13.0.0/16"]]);
    made.ipamd.close();
  },
  "G4 an address of every card": async () => {
    const { rpc, made } = await twoCards(1, { env: MULTI });
    const reply = await rpc.addNetwork(addRequest("a", { RequiresMultiNICAttachment: true }));
    assert.deepEqual(
      reply.IPAllocationMetadata.map(({ DeviceNumber, RouteTableId }) => [DeviceNumber, RouteTableId]),
      [
        [0, 254],
        [1, 10_101],
      ],
    );
    assert.equal((await rpc.delNetwork(delRequest("a"))).IPAllocationMetadata.length, 2, "and both come back");
    made.ipamd.close();
  },
  "G5 several interfaces are asked for while that is off": async () => {
    const { rpc, made } = await twoCards(1);
    const reply = await rpc.addNetwork(addRequest("a", { RequiresMultiNICAttachment: true }));
    assert.deepEqual([reply.Success, made.ipamd.stats.assigned], [false, 0]);
    made.ipamd.close();
  },
  "G6 the next card when the first is empty": async () => {
    const { rpc, made } = await twoCards(0, { env: MULTI }, 0);
    const reply = await rpc.addNetwork(addRequest("a"));
    assert.deepEqual(
      reply.IPAllocationMetadata.map(({ DeviceNumber, RouteTableId }) => [DeviceNumber, RouteTableId]),
      [[0, 10_100]],
    );
    assert.deepEqual(await rpc.addNetwork(addRequest("a")), reply, "the same again");
    made.ipamd.close();
  },
  "G7 one card without an address": async () => {
    const { rpc, made } = await twoCards(1, { env: MULTI }, 0);
    const reply = await rpc.addNetwork(addRequest("a", { RequiresMultiNICAttachment: true }));
    assert.equal(reply.Success, false);
    const assigned = made.ipamd.pools.map(({ store }) => store.stats(made.clock.now()).assigned);
    assert.deepEqual(assigned, [0, 0], "nothing is kept of the other");
    made.ipamd.close();
  },
  "G8 IPv6 from the first address of the prefix": async () => {
    const ec2 = new FakeEc2();
    ec2.get("eni-0").prefixes6.push("2001:db8::/64");
    const { rpc, made } = await pluginWorld({ env: PD6, ec2 }, { ipv4: [], ipv6: ["2001:db8::/56"] });
    const reply = await rpc.addNetwork(addRequest("a"));
    assert.deepEqual(reply.IPAllocationMetadata, [{ IPv4Addr: "", IPv6Addr: "2001:db8::", DeviceNumber: 0, RouteTableId: 254 }]);
    assert.deepEqual([reply.VPCv6CIDRs, reply.VPCv4CIDRs], [["2001:db8::/56"], []]);
    made.ipamd.close();
    const without = await pluginWorld({ env: { ...PD6, ENABLE_PREFIX_DELEGATION: "false" } }, { ipv4: [], ipv6: [] });
    assert.equal((await without.rpc.addNetwork(addRequest("a"))).Success, false);
    without.made.ipamd.close();
  },
  "G9 a pod with security groups of its own is removed": async () => {
    const { rpc, made, pods } = await pluginWorld({ env: { ENABLE_POD_ENI: "true" } });
    const remove = (annotation: string | undefined, uid = "sg") => {
      const annotations: Record<string, string> = annotation === undefined ? {} : { "vpc.amazonaws.com/pod-eni": annotation };
      pods.splice(0, pods.length, pod("sg", { branch: true, annotations, uid }));
      return rpc.delNetwork(delRequest("sg"));
    };
    await assert.rejects(remove("[{"), /malformed/);
    await assert.rejects(remove("[]"), /malformed or empty/);
    await assert.rejects(remove(BRANCH, "another"), /UID mismatch/);
    const reply = await remove(BRANCH);
    assert.deepEqual([reply.Success, reply.PodVlanId], [true, 7]);
    assert.deepEqual(reply.IPAllocationMetadata, [{ IPv4Addr: "10.0.3.9", IPv6Addr: "", DeviceNumber: -1, RouteTableId: 0 }]);
    pods.length = 0;
    assert.deepEqual(await rpc.delNetwork(delRequest("sg")), {
      ...{ Success: true, IPAllocationMetadata: [], PodVlanId: 0, NetworkPolicyMode: "" },
    });
    made.ipamd.close();
  },
  "G10 the annotation with the pod's address": async () => {
    const stored: Record<string, string> = {};
    let writes = 0;
    const pods = {
      annotations: (_: string, name: string) => (name === "gone" ? undefined : stored),
      annotate: async (_: string, __: string, more: object) => {
        writes++;
        Object.assign(stored, more);
      },
    };
    const set = (address: string, released?: string, name = "a") => annotatePodIp(pods, "default", name, address, released);
    await set("10.0.0.1");
    await set("10.0.0.1");
    assert.deepEqual([stored[POD_IPS], writes], ["10.0.0.1", 1]);
    await set("10.0.0.2");
    assert.equal(stored[POD_IPS], "10.0.0.2");
    const text = "released IP 10.0.0.1 does not match existing annotation. Not patching pod";
    await assert.rejects(set("", "10.0.0.1"), { message: text });
    assert.equal(stored[POD_IPS], "10.0.0.2");
    await set("", "10.0.0.2");
    assert.equal(stored[POD_IPS], "");
    await set("", "10.0.0.2", "gone");
    const { rpc, made, pods: known } = await pluginWorld({ env: { ANNOTATE_POD_IP: "true" } });
    known.push(pod("a"));
    const reply = await rpc.addNetwork(addRequest("a"));
    assert.equal(known[0]?.metadata.annotations?.[POD_IPS], reply.IPAllocationMetadata[0]?.IPv4Addr);
    await rpc.delNetwork(delRequest("a"));
    assert.equal(known[0]?.metadata.annotations?.[POD_IPS], "");
    made.ipamd.close();
  },
  "G11 what the network policy agent asks": async () => {
    const v4 = await pluginWorld({ env: { NETWORK_POLICY_ENFORCING_MODE: "strict", ...MULTI } });
    assert.deepEqual(v4.rpc.networkPolicyConfigs(), {
      ...{ NetworkPolicyMode: "strict", MultiNICEnabled: true, NodeIPv4: "10.0.0.16", NodeIPv6: "" },
      ...{ InstanceID: "i-1", Region: "us-west-2" },
    });
    v4.made.ipamd.close();
    const v6 = await pluginWorld({ env: PD6 });
    const { NodeIPv4, NodeIPv6 } = v6.rpc.networkPolicyConfigs();
    assert.deepEqual([NodeIPv4, NodeIPv6], ["", "2001:db8::1"]);
    v6.made.ipamd.close();
  },
  "G12 the socket replaces a stale one, and its directory is made": async () => {
    const { rpc, made } = await pluginWorld();
    const base = mkdtempSync(join(tmpdir(), "atoll-g12-"));
    const directory = join(base, "missing", "i-1");
    const path = join(directory, "ipamd.sock");
    const sockets = new NodeSockets(join(base, "missing"), "i-1");
    const client = socketClient(path);
    const mode = (file: string) => statSync(file).mode & 0o777;
    try {
      await sockets.open(rpc, undefined);
      assert.deepEqual([statSync(path).isSocket(), mode(path), mode(directory)], [true, 0o660, 0o700]);
      await sockets.close();
      assert.equal(existsSync(directory), false, "and goes with ipamd");
      await leaveStale(path);
      assert.equal(statSync(path).isSocket(), true);
      await sockets.open(rpc, undefined);
      assert.equal(mode(path), 0o660);
      const { reply } = await client.call("rpc.CNIBackend/AddNetwork", addRequest("a"));
      assert.deepEqual([reply.Success, made.ipamd.stats.assigned], [true, 1]);
    } finally {
      client.close();
      await sockets.close();
      rmSync(base, { recursive: true });
      made.ipamd.close();
    }
  },
  "a pod with security groups of its own waits for trunk and annotation": async () => {
    const ec2 = new FakeEc2();
    const { rpc, made, pods } = await pluginWorld({ ec2, env: { ENABLE_POD_ENI: "true" } });
    const ask = (name: string) => rpc.addNetwork(addRequest(name));
    assert.equal((await ask("unknown")).Success, false, "a pod the API server does not know");
    pods.push(
      pod("sg", { branch: true, annotations: { "vpc.amazonaws.com/pod-eni": BRANCH } }),
      pod("early", { branch: true }),
      pod("plain"),
    );
    assert.equal((await ask("sg")).Success, false, "no trunk");
    const trunk = attached(ec2, 4);
    ec2.get(trunk).type = "trunk";
    await made.clock.step(61_000);
    await made.rest();
    const reply = await ask("sg");
    assert.deepEqual([reply.PodVlanId, reply.PodENIMAC, reply.PodENISubnetGW, reply.ParentIfIndex], [7, "0a:01", "10.0.3.1", 6]);
    assert.deepEqual(reply.IPAllocationMetadata, [{ IPv4Addr: "10.0.3.9", IPv6Addr: "", DeviceNumber: -1, RouteTableId: 0 }]);
    assert.equal((await ask("early")).Success, false, "no annotation yet");
    const plain = await ask("plain");
    assert.deepEqual([plain.Success, plain.PodVlanId], [true, 0]);
    made.ipamd.close();
  },
});
