// Section H: the CNI plugin as container runtimes call it.
import assert from "node:assert/strict";
import { hostVeth, podSuffix } from "../../src/cni/datapath/names.ts";
import { readConf } from "../../src/cni/plugin/conf.ts";
import { addressesIn, type CniResult, vlanOf } from "../../src/cni/plugin/result.ts";
import type { AddNetworkReply, CniRpc, DelNetworkReply } from "../../src/cni/rpc/messages.ts";
import { conformance } from "./conformance.ts";
import { added, type PluginWorld, pluginWorld } from "./plugin-world.ts";

const POLICED = { env: { NETWORK_POLICY_ENFORCING_MODE: "standard" } };
const SAMPLE = "sample-pod";
const DUMMY = "dummycc21c2d7785";
const VETH = "enicc21c2d7785";

const BRANCH_REPLY: AddNetworkReply = {
  ...{ Success: true, IPAllocationMetadata: [{ IPv4Addr: "10.0.3.9", IPv6Addr: "", DeviceNumber: -1, RouteTableId: 0 }] },
  ...{ UseExternalSNAT: false, VPCv4CIDRs: [], VPCv6CIDRs: [], NetworkPolicyMode: "" },
  ...{ PodVlanId: 1, PodENIMAC: "0a:01", PodENISubnetGW: "10.0.3.1", ParentIfIndex: 6 },
};

/** A socket whose other end answers as told. */
function answering(change: { add?: Partial<AddNetworkReply> | Error; del?: Partial<DelNetworkReply> | Error }): CniRpc {
  const settle = <T>(given: Partial<T> | Error | undefined, usual: T): Promise<T> =>
    given instanceof Error ? Promise.reject(given) : Promise.resolve({ ...usual, ...given });
  return {
    addNetwork: () => settle(change.add, BRANCH_REPLY),
    delNetwork: () => settle<DelNetworkReply>(change.del, { Success: true, IPAllocationMetadata: [], PodVlanId: 0, NetworkPolicyMode: "" }),
    networkPolicyConfigs: () => {
      throw new Error("not asked here");
    },
  };
}

/** What ADD answered for a pod at 10.0.0.9 on device 1 (table 2), changed as told. */
function prevResult({ vlan = "0", dummy = DUMMY, ips = true, mac = "2", device = "1" } = {}): CniResult {
  const interfaces = [{ name: VETH }, { name: "eth0", sandbox: "/ns", mac }, { name: dummy, mac: vlan, sandbox: device }];
  return { cniVersion: "0.4.0", interfaces, ips: ips ? [{ version: "4", address: "10.0.0.9/32", interface: 1 }] : [] };
}

const close = ({ made }: PluginWorld) => made.ipamd.close();
const assigned = ({ made }: PluginWorld) => made.ipamd.stats.assigned;

conformance("H", {
  "H1 names": () => {
    assert.equal(podSuffix("kube-system", "coredns-57ff979f67-qqbdh"), "b5faff8a083");
    assert.equal(podSuffix("kube-system", "coredns-57ff979f67-8ns9b"), "9571956a6cc");
    assert.equal(hostVeth("eni", "default", SAMPLE), VETH);
    assert.equal(hostVeth("eni", "default", SAMPLE, 1), hostVeth("eni", "default", `${SAMPLE}.1`));
  },
  "H2 an ordinary pod": async () => {
    const world = await pluginWorld();
    const [address = ""] = world.made.ec2.get("eni-0").addresses;
    const { code, out } = await world.run("ADD", SAMPLE, {}, { netns: "/ns" });
    assert.equal(code, 0);
    assert.deepEqual(out, {
      cniVersion: "0.4.0",
      interfaces: [{ name: VETH }, { name: "eth0", sandbox: "/ns", mac: "254" }, { name: DUMMY, mac: "0", sandbox: "0" }],
      ips: [{ version: "4", address: `${address}/32`, interface: 1 }],
    });
    assert.deepEqual(world.driver.done, [`setUp ${address} table 254 index 0`]);
    close(world);
  },
  "H3 what keeps a pod from its network": async () => {
    const world = await pluginWorld({ instance: { maxEnis: 1, ipv4PerEni: 2 } });
    const said = async (name: string) => {
      const { code, out } = await world.run("ADD", name);
      assert.deepEqual([code, out.code], [1, 999]);
      return out.msg;
    };
    world.driver.failure = new Error("file exists");
    assert.equal(await said("a"), "add command: failed to setup network: file exists");
    assert.equal(assigned(world), 0, "the address is back");
    const released = world.made.ipamd.counters.samples.find(({ name }) => name === "del_ip_req_count");
    assert.deepEqual(released?.labels, { reason: "SetupNSFailed" });
    assert.equal(await said("b"), "add cmd: failed to assign an IP address to container", "the only address cools down");
    world.state.rpc = answering({ add: new Error("boom") });
    assert.equal(await said("c"), "add cmd: Error received from AddNetwork gRPC call: rpc error: code = Unknown desc = boom");
    world.state.rpc = undefined;
    assert.match(await said("d"), /^add cmd: failed to connect to backend server/);
    close(world);
  },
  "H4 the network policy agent": async () => {
    const world = await pluginWorld(POLICED);
    await added(world, "a");
    assert.deepEqual(world.policed, ["a standard"]);
    for (const agent of ["refuses", "absent"] as const) {
      world.state.agent = agent;
      const { code, out } = await world.run("ADD", `b-${agent}`);
      assert.equal(code, 1);
      assert.match(out.msg, /failed to setup network policy$/);
    }
    const { out } = await world.run("DEL", "a");
    assert.equal(out.msg, "del cmd: failed to connect to network policy agent");
    close(world);
    const without = await pluginWorld();
    without.state.agent = "absent";
    await added(without, "a");
    assert.deepEqual(without.policed, []);
    close(without);
  },
  "H5 a pod with security groups of its own": async () => {
    const world = await pluginWorld();
    world.state.rpc = answering({});
    const result = await added(world, SAMPLE);
    assert.deepEqual(result.interfaces?.at(-1), { name: DUMMY, mac: "1", sandbox: "-1" });
    assert.equal(result.interfaces?.[0]?.name, "vlancc21c2d7785", "strict by default");
    assert.deepEqual(result.ips, [{ version: "4", address: "10.0.3.9/32", interface: 1, gateway: "10.0.3.1" }]);
    const standard = await added(world, SAMPLE, { podSGEnforcingMode: "standard" });
    assert.equal(standard.interfaces?.[0]?.name, VETH);
    assert.deepEqual(
      world.driver.done,
      ["strict", "standard"].map((mode) => `setUpBranch 10.0.3.9 vlan 1 ${mode} via 10.0.3.1`),
    );
    close(world);
  },
  "H6 ipamd is away": async () => {
    const world = await pluginWorld();
    world.state.rpc = undefined;
    assert.equal((await world.run("DEL", SAMPLE, { prevResult: prevResult() })).code, 0);
    assert.deepEqual(world.driver.done, ["tearDown 10.0.0.9 table 2"]);
    assert.equal((await world.run("DEL", SAMPLE, { prevResult: prevResult({ mac: "", device: "3" }) })).code, 0);
    assert.deepEqual(world.driver.done.at(-1), "tearDown 10.0.0.9 table 4", "results of old tell the device only");
    world.driver.failure = new Error("busy");
    assert.equal((await world.run("DEL", SAMPLE, { prevResult: prevResult() })).code, 0);
    assert.equal((await world.run("DEL", SAMPLE)).code, 0, "nothing is known");
    close(world);
  },
  "H7 what fails a removal": async () => {
    const world = await pluginWorld();
    world.state.rpc = answering({ del: { Success: false } });
    assert.equal((await world.run("DEL", SAMPLE)).out.msg, "del cmd: failed to process delete request");
    const allocation = { IPv4Addr: "10.0.0.9", IPv6Addr: "", DeviceNumber: 1, RouteTableId: 2 };
    world.state.rpc = answering({ del: { IPAllocationMetadata: [allocation] } });
    world.driver.failure = new Error("busy");
    assert.equal((await world.run("DEL", SAMPLE)).out.msg, "del cmd: failed on tear down pod network: busy");
    world.driver.failure = undefined;
    const malformed = await world.run("DEL", SAMPLE, "{");
    assert.deepEqual([malformed.code, malformed.out.code], [1, 6]);
    assert.match((await world.run("DEL", SAMPLE, {}, { args: "K8S_POD_NAME" })).out.msg, /invalid pair/);
    assert.equal((await world.run("DEL", SAMPLE, { prevResult: "nonsense" })).code, 0, "a result that is none does not count");
    assert.equal(world.driver.done.at(-1), "tearDown 10.0.0.9 table 2");
    world.state.rpc = answering({ del: new Error("boom") });
    assert.equal((await world.run("DEL", SAMPLE, { prevResult: prevResult() })).code, 0, "other errors count as an ipamd that is away");
    close(world);
  },
  "H8 what a previous result tells": async () => {
    const world = await pluginWorld();
    world.state.rpc = undefined;
    assert.equal(vlanOf(prevResult({ dummy: "dummy0" }), "default", SAMPLE), undefined);
    assert.equal(vlanOf(undefined, "default", SAMPLE), undefined);
    const remove = (result: CniResult, netns?: string) =>
      world.run("DEL", SAMPLE, { prevResult: result }, { ...(netns !== undefined && { netns }) });
    assert.equal((await remove(prevResult({ vlan: "xxx" }))).out.msg, "malformed vlanID in prevResult: xxx");
    assert.match((await remove(prevResult({ vlan: "7", ips: false }))).out.msg, /^del cmd: failed to delete with prevResult/);
    assert.deepEqual(world.driver.done, []);
    assert.equal((await remove(prevResult({ vlan: "7" }))).code, 0);
    assert.deepEqual(world.driver.done, ["tearDownBranch 10.0.0.9 vlan 7 strict"]);
    assert.equal((await remove(prevResult({ vlan: "7" }), "")).code, 0, "the sandbox is gone already");
    assert.equal(world.driver.done.length, 1);
    await remove(prevResult());
    assert.equal(world.driver.done.at(-1), "tearDown 10.0.0.9 table 2", "VLAN 0 is an ordinary pod");
    world.driver.failure = new Error("busy");
    assert.equal((await remove(prevResult({ vlan: "7" }))).out.msg, "del cmd: failed to delete with prevResult: busy");
    close(world);
  },
  "H9 the configuration": () => {
    const read = (conf: object) => readConf(JSON.stringify({ cniVersion: "0.4.0", name: "aws-cni", ...conf }));
    assert.throws(() => read({ vethPrefix: "veths" }), /conf.VethPrefix must be less than 4 characters long/);
    assert.throws(() => readConf("{]"), { code: 6 });
    assert.throws(() => readConf("[]"), { code: 6 });
    assert.throws(() => read({ mtu: "large" }), /mtu/);
    assert.throws(() => read({ cniVersion: "9.0.0" }), { code: 1, message: "incompatible CNI versions" });
    const { vethPrefix, mtu, mode } = read({});
    assert.deepEqual([vethPrefix, mtu, mode], ["eni", 9001, "strict"]);
  },
  "H10 a container with both families": () => {
    const result = prevResult();
    const both = { ...result, ips: [{ address: "2001:db8::9/128", interface: 1 }, ...(result.ips ?? [])] };
    assert.deepEqual(
      addressesIn(both, "eth0").map(({ address }) => address),
      ["10.0.0.9"],
    );
  },
  "H11 the same pod twice": async () => {
    const world = await pluginWorld();
    const first = await added(world, SAMPLE);
    assert.deepEqual(await added(world, SAMPLE), first);
    assert.equal(assigned(world), 1);
    close(world);
  },
  "H12 removed twice, removed without having been there": async () => {
    const world = await pluginWorld();
    await added(world, SAMPLE);
    assert.equal((await world.run("DEL", SAMPLE)).code, 0);
    assert.equal((await world.run("DEL", SAMPLE)).code, 0);
    assert.equal((await world.run("DEL", "stranger")).code, 0);
    assert.equal(assigned(world), 0);
    close(world);
  },
  "the other commands": async () => {
    const world = await pluginWorld();
    const version = await world.run("VERSION", SAMPLE);
    assert.deepEqual(version.out, {
      cniVersion: "1.1.0",
      supportedVersions: ["0.1.0", "0.2.0", "0.3.0", "0.3.1", "0.4.0", "1.0.0", "1.1.0"],
    });
    assert.deepEqual(await world.run("CHECK", SAMPLE), { code: 0, out: undefined });
    const unknown = await world.run("STATUS", SAMPLE);
    assert.deepEqual([unknown.code, unknown.out.code, unknown.out.msg], [1, 4, "unknown CNI_COMMAND: STATUS"]);
    const bare = await world.run("ADD", "", {}, { netns: "" });
    assert.deepEqual([bare.out.code, bare.out.msg], [4, "required env variables [CNI_CONTAINERID,CNI_NETNS] missing"]);
    close(world);
  },
  "a pod asks for every card by its annotation": async () => {
    const world = await pluginWorld();
    const seen: boolean[] = [];
    world.state.rpc = {
      ...answering({}),
      async addNetwork(request) {
        seen.push(request.RequiresMultiNICAttachment);
        return BRANCH_REPLY;
      },
    };
    const annotated = { runtimeConfig: { "io.kubernetes.cri.pod-annotations": { "k8s.amazonaws.com/nicConfig": "multi-nic-attachment" } } };
    await added(world, "a", annotated);
    await added(world, "b");
    assert.deepEqual(seen, [true, false]);
    close(world);
  },
});
