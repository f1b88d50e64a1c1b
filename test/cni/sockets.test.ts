// ipamd and the network policy agent over their sockets, as a plugin or probe that is not Atoll's meets them.
import assert from "node:assert/strict";
import { existsSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { eventually } from "../support/wait.ts";
import { awsNode, pod, settled } from "./cni-world.ts";
import { addRequest, delRequest, pod as podOf, VERSION } from "./plugin-world.ts";
import { clientOf, ownDirectory, serves, servingNode, socketNode } from "./socket-world.ts";

const ADD = "rpc.CNIBackend/AddNetwork";
const DEL = "rpc.CNIBackend/DelNetwork";
const CHECK = "grpc.health.v1.Health/Check";
const GRPC = { unknown: 2, notFound: 5, failedPrecondition: 9, unavailable: 14 };

test("calls over the socket act on the pool that the node's own plugin uses", async (t) => {
  const { host, client, ec2 } = await servingNode(t);
  const {
    ips: [inside],
  } = await host.add(pod("inside"));
  const again = await client.call(ADD, addRequest("inside"));
  assert.equal(again.reply.IPAllocationMetadata[0].IPv4Addr, inside, "the same sandbox has the same address");
  const { reply } = await client.call(ADD, addRequest("outside"));
  const [allocation] = reply.IPAllocationMetadata;
  assert.ok(ec2.get("eni-0").addresses.includes(allocation.IPv4Addr) && allocation.IPv4Addr !== inside);
  assert.deepEqual(reply, {
    ...{ Success: true, UseExternalSNAT: false, VPCv4CIDRs: ["10.0.0.0/16"], VPCv6CIDRs: [] },
    IPAllocationMetadata: [{ IPv4Addr: allocation.IPv4Addr, IPv6Addr: "", DeviceNumber: 0, RouteTableId: 254 }],
    ...{ PodVlanId: 0, PodENIMAC: "", PodENISubnetGW: "", ParentIfIndex: 0, NetworkPolicyMode: "standard" },
  });
  assert.equal(host.ipamd?.stats.assigned, 2);
  const removed = await client.call(DEL, delRequest("outside"));
  assert.deepEqual(removed.reply, {
    ...{ Success: true, IPAllocationMetadata: [allocation], PodVlanId: 0, NetworkPolicyMode: "standard" },
  });
  assert.equal(host.ipamd?.stats.assigned, 1);
  await client.call(DEL, delRequest("inside"));
  assert.equal(host.ipamd?.stats.assigned, 0, "what the one gave the other takes");
});

test("errors have upstream's statuses and texts", async (t) => {
  const { client, host } = await servingNode(t);
  const wrong = { code: GRPC.failedPrecondition, details: `wrong client version "v1.0" (!= "${VERSION}")` };
  assert.deepEqual(await client.call(ADD, addRequest("a", { ClientVersion: "v1.0" })), wrong);
  assert.deepEqual(await client.call(DEL, delRequest("a", { ClientVersion: "v1.0" })), wrong);
  assert.equal((await client.call(ADD, {})).code, GRPC.failedPrecondition, "an empty message has no version");
  assert.deepEqual(await client.call(DEL, delRequest("nobody")), { code: GRPC.unknown, details: "datastore: unknown pod" });
  for (const absent of [{ ContainerID: "" }, { IfName: "" }, { NetworkName: "" }])
    assert.equal((await client.call(ADD, addRequest("a", absent))).reply.Success, false, JSON.stringify(absent));
  assert.equal((await client.call(ADD, addRequest("a", { RequiresMultiNICAttachment: true }))).reply.Success, false);
  assert.equal(host.ipamd?.stats.assigned, 0);
});

test("pods of the API server are judged as the node's own plugin has them judged", async (t) => {
  const node = socketNode(t, ownDirectory(t));
  const client = clientOf(t, node.path);
  node.pods.push(podOf("plain"), podOf("branch", { branch: true, uid: "its-uid" }));
  node.host.awsNodeChanged(awsNode("1", { ENABLE_POD_ENI: "true" }), true);
  await serves(node.host);
  const add = async (name: string) => (await client.call(ADD, addRequest(name))).reply.Success;
  assert.deepEqual([await add("plain"), await add("branch"), await add("unknown")], [true, false, false]);
  assert.deepEqual(await client.call(DEL, delRequest("branch", { K8S_POD_UID: "another" })), {
    ...{ code: GRPC.unknown, details: "pod UID mismatch: another is gone, its-uid has its name" },
  });
  assert.deepEqual((await client.call(DEL, delRequest("unknown"))).reply.Success, true);
});

test("a pool without addresses is no error of the call", async (t) => {
  const { client, host, starvations } = await servingNode(t, undefined, undefined, { maxPods: () => 9 });
  const replies = [];
  for (let i = 0; i < 12; i++) replies.push((await client.call(ADD, addRequest(`p${i}`))).reply.Success);
  assert.ok(replies[0] && !replies.at(-1), `${replies}`);
  assert.equal(replies.filter(Boolean).length, host.ipamd?.stats.assigned);
  assert.equal(starvations.length, replies.filter((done) => !done).length, "the node's event says why, as for its own pods");
});

test("what the network policy agent asks", async (t) => {
  const { client } = await servingNode(t);
  assert.deepEqual((await client.call("rpc.ConfigServerBackend/GetNetworkPolicyConfigs")).reply, {
    ...{ NetworkPolicyMode: "standard", MultiNICEnabled: false, NodeIPv4: "10.0.0.16", NodeIPv6: "" },
    ...{ InstanceID: "i-1", Region: "us-west-2" },
  });
});

test("health, as probes ask for it", async (t) => {
  const { client, agentPath } = await servingNode(t);
  const agent = clientOf(t, agentPath);
  const serving = { reply: { status: "SERVING" } };
  assert.deepEqual(await client.call(CHECK, { service: "" }), serving);
  assert.deepEqual(await client.call(CHECK, { service: "grpc.health.v1.aws-node" }), serving);
  assert.deepEqual(await agent.call(CHECK, { service: "grpc.health.v1.np-agent" }), serving);
  assert.deepEqual(await client.call(CHECK, { service: "other" }), { code: GRPC.notFound, details: "unknown service" });
  assert.deepEqual(await client.stream("grpc.health.v1.Health/Watch", { service: "" }, 1), [{ status: "SERVING" }]);
  assert.deepEqual(await client.stream("grpc.health.v1.Health/Watch", { service: "other" }, 1), [{ status: "SERVICE_UNKNOWN" }]);
});

test("the network policy agent's socket answers as the agent does, and is there only where one runs", async (t) => {
  const asked: unknown[] = [];
  const { agentPath } = await servingNode(t, undefined, undefined, {
    dialPolicyAgent: async () => ({
      enforce: async (request) => asked.push(request) === 1,
      remove: async (request) => void asked.push(request),
    }),
  });
  const agent = clientOf(t, agentPath);
  const request = { K8S_POD_NAME: "a", K8S_POD_NAMESPACE: "default", NETWORK_POLICY_MODE: "strict", InterfaceCount: 2 };
  assert.deepEqual((await agent.call("rpc.NPBackend/EnforceNpToPod", request)).reply, { Success: true });
  assert.deepEqual((await agent.call("rpc.NPBackend/EnforceNpToPod", request)).reply, { Success: false });
  assert.deepEqual((await agent.call("rpc.NPBackend/DeletePodNp", request)).reply, { Success: true });
  const named = { namespace: "default", name: "a" };
  const enforced = { ...named, mode: "strict", interfaceCount: 2 };
  assert.deepEqual(asked, [enforced, enforced, named]);
  const without = await servingNode(t, undefined, undefined, { dialPolicyAgent: async () => Promise.reject(new Error("none")) });
  assert.deepEqual([existsSync(without.path), existsSync(without.agentPath)], [true, false]);
});

test("the socket goes with the aws-node pod and comes with the next; addresses stand", async (t) => {
  const { host, client, path, sockets } = await servingNode(t);
  const before = (await client.call(ADD, addRequest("kept"))).reply.IPAllocationMetadata;
  host.awsNodeChanged(awsNode("1"), false);
  await sockets.close();
  assert.equal(existsSync(path), false);
  assert.equal((await client.call(ADD, addRequest("early"))).code, GRPC.unavailable);
  host.awsNodeChanged(awsNode("2", { VPC_CNI_VERSION: "v1.22.0" }), true);
  await eventually("the socket is back", async () => existsSync(path));
  const next = clientOf(t, path);
  assert.equal((await next.call(ADD, addRequest("kept"))).code, GRPC.failedPrecondition, "it is the new one that answers");
  const after = await next.call(ADD, addRequest("kept", { ClientVersion: "v1.22.0" }));
  assert.deepEqual(after.reply.IPAllocationMetadata, before);
});

test("an aws-node that is replaced while it starts leaves nothing behind", async (t) => {
  const { host, path, sockets } = socketNode(t, ownDirectory(t));
  for (const uid of ["1", "2", "3"]) host.awsNodeChanged(awsNode(uid), true);
  host.awsNodeChanged(awsNode("3"), false);
  await settled();
  await sockets.close();
  assert.equal(existsSync(path), false);
  host.awsNodeChanged(awsNode("4"), true);
  host.close();
  await settled();
  await sockets.close();
  assert.equal(existsSync(path), false);
});

test("a call that is under way when ipamd goes is told so, and its connection ends", async (t) => {
  const held = Promise.withResolvers<{ ipv4: string[]; ipv6: string[] }>();
  const { host, client } = await servingNode(t, undefined, undefined, { vpcCidrs: () => held.promise });
  const call = client.call(ADD, addRequest("a"));
  await settled();
  await settled();
  host.close();
  assert.ok([1, GRPC.unavailable].includes((await call).code ?? 0), "Cancelled or Unavailable");
  held.resolve({ ipv4: [], ipv6: [] });
});

test("two nodes serve side by side, each its own pool", async (t) => {
  const base = ownDirectory(t);
  const [one, two] = await Promise.all([servingNode(t, base, "i-1"), servingNode(t, base, "i-2")]);
  assert.deepEqual(readdirSync(base).sort(), ["i-1", "i-2"]);
  await Promise.all([one.client.call(ADD, addRequest("a")), two.client.call(ADD, addRequest("a")), two.client.call(ADD, addRequest("b"))]);
  assert.deepEqual([one.host.ipamd?.stats.assigned, two.host.ipamd?.stats.assigned], [1, 2]);
  one.host.close();
  await one.sockets.close();
  assert.deepEqual(readdirSync(base), ["i-2"]);
  assert.equal((await two.client.call(CHECK)).reply.status, "SERVING");
});

test("callers that come at once get an address each", async (t) => {
  const { client, host } = await servingNode(t, undefined, undefined, { poolPeriod: 0 });
  const names = Array.from({ length: 27 }, (_, i) => `p${i}`);
  const replies = await Promise.all(names.map((name) => client.call(ADD, addRequest(name))));
  const addresses = replies.map(({ reply }) => reply.IPAllocationMetadata[0]?.IPv4Addr);
  assert.equal(new Set(addresses).size, names.length, `${addresses}`);
  assert.equal(host.ipamd?.stats.assigned, names.length);
});

test("a socket that cannot be made keeps the node from Ready, by name, until it can", async (t) => {
  const base = ownDirectory(t);
  const owner = await servingNode(t, base);
  const second = socketNode(t, base);
  second.host.awsNodeChanged(awsNode("2"), true);
  await eventually("the failure is told", async () => second.failures.length > 0);
  assert.equal(second.host.notReady, "cni plugin not initialized");
  assert.match(second.failures[0] ?? "", /^ipamd: failed to listen to gRPC socket: another process serves .*ipamd\.sock$/);
  assert.equal((await owner.client.call(CHECK)).reply.status, "SERVING", "and is not taken from who has it");
  owner.host.close();
  await owner.sockets.close();
  await second.clock.step(5000);
  await serves(second.host);
  assert.equal(statSync(join(base, "i-1", "ipamd.sock")).mode & 0o777, 0o660);
});
