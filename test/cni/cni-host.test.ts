// A node's CNI: aws-node comes and goes, pods keep their addresses, bad settings are told.
import assert from "node:assert/strict";
import { test } from "node:test";
import { awsNode, cniWorld, pod, settled } from "./cni-world.ts";
import { refuse } from "./rig.ts";

test("the network is ready when aws-node has filled the pool", async () => {
  const { ec2, host, seen } = cniWorld();
  assert.equal(host.notReady, "cni plugin not initialized");
  await assert.rejects(host.add(pod("a")), /failed to connect to backend server/);
  host.awsNodeChanged(awsNode("1"), true);
  await settled();
  assert.equal(host.notReady, undefined);
  assert.equal(ec2.get("eni-0").addresses.length, 9);
  assert.deepEqual(ec2.get("eni-0").tags, {
    "node.k8s.amazonaws.com/instance_id": "i-1",
    "cluster.k8s.amazonaws.com/name": "dev",
    "eks:eni:owner": "amazon-vpc-cni",
  });
  assert.match(seen[0]?.options.userAgent, /^amazon-vpc-cni-k8s\//);
  assert.deepEqual(await host.add(pod("a")), { ips: [ec2.get("eni-0").addresses[0]] });
  host.close();
});

test("growth by an interface goes through EC2's own calls", async () => {
  const { clock, ec2, host, seen } = cniWorld();
  host.awsNodeChanged(awsNode("1"), true);
  await settled();
  await host.add(pod("a"));
  await clock.step(10_000);
  const grown = seen.map(({ operation }) => operation).filter((operation) => !operation.startsWith("Describe"));
  assert.deepEqual(grown.slice(2), ["CreateNetworkInterface", "AttachNetworkInterface", "ModifyNetworkInterfaceAttribute"]);
  assert.equal(ec2.interfaces.size, 2);
  await host.delete({ namespace: "default", name: "a", uid: "a" });
  await clock.step(400_000);
  assert.equal(ec2.interfaces.size, 1, "and its removal does");
  host.close();
});

test("while aws-node is away pods keep their addresses, and those that leave are not forgotten", async () => {
  const { host, pods } = cniWorld();
  const first = awsNode("1");
  host.awsNodeChanged(first, true);
  await settled();
  const kept = await host.add(pod("kept"));
  await host.add(pod("leaves"));
  host.awsNodeChanged(first, false);
  assert.equal(host.notReady, undefined, "the node stays Ready");
  await assert.rejects(host.add(pod("new")), /failed to connect to backend server/);
  await host.delete({ namespace: "default", name: "leaves", uid: "leaves" });
  pods.push(pod("kept", kept.ips[0]));
  host.awsNodeChanged(awsNode("2"), true);
  await settled();
  assert.deepEqual(await host.add(pod("kept")), kept);
  const others = new Set<string | undefined>();
  for (let i = 0; i < 8; i++) others.add((await host.add(pod(`p${i}`))).ips[0]);
  assert.equal(others.size, 8, "the address of the pod that left is free again");
  assert.ok(!others.has(kept.ips[0]));
  host.close();
});

test("a new process takes what pods hold from the pods", async () => {
  const { ec2, host, pods } = cniWorld();
  const [, second = ""] = ec2.give("eni-0", { addresses: 3 });
  pods.push(pod("a", second), { ...pod("done", ec2.get("eni-0").addresses[0]), status: { phase: "Succeeded" } } as any);
  host.awsNodeChanged(awsNode("1"), true);
  await settled();
  assert.deepEqual(await host.add(pod("a")), { ips: [second] });
  assert.deepEqual(await host.add(pod("b")), { ips: [ec2.get("eni-0").addresses[0]] });
  host.close();
});

test("settings that forbid a start are told, and a corrected aws-node starts", async () => {
  for (const [env, cause] of [
    [{ ENABLE_PREFIX_DELEGATION: "true" }, /WARM_PREFIX_TARGET = 0 is not supported/],
    [{ ENABLE_IPv6: "true" }, /dual stack/],
    [{ AWS_VPC_K8S_CNI_CUSTOM_NETWORK_CFG: "true" }, /eniconfigs.crd.k8s.amazonaws.com "default" not found/],
  ] as const) {
    const { host, failures, clock } = cniWorld();
    host.awsNodeChanged(awsNode("1", env), true);
    await settled();
    assert.match(failures[0] ?? "", cause);
    assert.equal(host.notReady, "cni plugin not initialized");
    await clock.step(5000);
    assert.equal(failures.length, 2, "tried again");
    host.awsNodeChanged(awsNode("2"), true);
    await settled();
    assert.equal(host.notReady, undefined);
    host.close();
  }
});

test("what IAM refuses is told by the call's name", async () => {
  const { ec2, host, denials, failures } = cniWorld({ poolPeriod: 0 });
  refuse(ec2, ["AssignPrivateIpAddresses"], "UnauthorizedOperation");
  host.awsNodeChanged(awsNode("1", { ENABLE_SUBNET_DISCOVERY: "false" }), true);
  await settled();
  assert.ok(denials.includes("AssignPrivateIpAddresses"));
  assert.equal(failures.length, 1);
  host.close();
});

test("custom networking follows the node's label", async () => {
  const { ec2, host } = cniWorld({
    node: () => ({ labels: { "topology.kubernetes.io/zone": "us-west-2a" }, annotations: {} }),
    eniConfig: (name) => (name === "us-west-2a" ? { subnetId: "subnet-2", securityGroups: ["sg-9"] } : undefined),
  });
  ec2.addSubnet("subnet-2", "100.64.0.0", 1024);
  const env = { AWS_VPC_K8S_CNI_CUSTOM_NETWORK_CFG: "true", ENI_CONFIG_LABEL_DEF: "topology.kubernetes.io/zone" };
  host.awsNodeChanged(awsNode("1", env), true);
  await settled();
  assert.match((await host.add(pod("a"))).ips[0] ?? "", /^100\.64\./);
  assert.deepEqual(ec2.get("eni-1").groups, ["sg-9"]);
  host.close();
});

test("prefix mode and IPv6 speak EC2's prefixes", async () => {
  const prefixes = cniWorld();
  prefixes.host.awsNodeChanged(awsNode("1", { ENABLE_PREFIX_DELEGATION: "true", WARM_PREFIX_TARGET: "1" }), true);
  await settled();
  assert.equal(prefixes.ec2.get("eni-0").prefixes.length, 1);
  prefixes.host.close();
  const v6 = cniWorld();
  v6.host.awsNodeChanged(awsNode("1", { ENABLE_IPv4: "false", ENABLE_IPv6: "true", ENABLE_PREFIX_DELEGATION: "true" }), true);
  await settled();
  assert.deepEqual(await v6.host.add(pod("a")), { ips: [v6.ec2.get("eni-0").prefixes6[0]?.replace("/80", "")] });
  v6.host.close();
});

test("a pod without an address gets upstream's words, and the node the cause", async () => {
  const { ec2, host, starvations } = cniWorld();
  host.awsNodeChanged(awsNode("1", { MINIMUM_IP_TARGET: "2" }), true);
  await settled();
  for (const uid of ["a", "b"]) await host.add(pod(uid));
  await assert.rejects(host.add(pod("c")), { message: "add cmd: failed to assign an IP address to container" });
  assert.match(starvations[0] ?? "", /^settings: MINIMUM_IP_TARGET=2 without WARM_IP_TARGET never grows/);
  host.close();
  const frozen = cniWorld();
  frozen.host.awsNodeChanged(awsNode("1", { DISABLE_NETWORK_RESOURCE_PROVISIONING: "true" }), true);
  await settled();
  await assert.rejects(frozen.host.add(pod("a")));
  assert.match(frozen.starvations[0] ?? "", /DISABLE_NETWORK_RESOURCE_PROVISIONING/);
  frozen.host.close();
  assert.ok(ec2.interfaces.size >= 1);
});

test("pods that come back get their interfaces as they were set up", async () => {
  const { host } = cniWorld();
  host.awsNodeChanged(awsNode("1"), true);
  await settled();
  await host.add(pod("old"));
  host.awsNodeChanged(awsNode("2", { AWS_VPC_ENI_MTU: "1500", AWS_VPC_K8S_CNI_VETHPREFIX: "veth" }), true);
  await settled();
  await host.add(pod("new"));
  const shown = ["old", "new"].map((name) => host.driver.of("default", name).map(({ mtu, vethPrefix }) => [mtu, vethPrefix]));
  assert.deepEqual(shown, [[[9001, "eni"]], [[1500, "veth"]]]);
  host.close();
});

test("the network policy agent keeps a pod from its network when it is not there", async () => {
  const { host } = cniWorld({ dialPolicyAgent: () => Promise.reject(new Error("no agent")) });
  host.awsNodeChanged(awsNode("1", { NETWORK_POLICY_ENFORCING_MODE: "standard" }), true);
  await settled();
  await assert.rejects(host.add(pod("a")), { message: "add cmd: failed to setup network policy" });
  host.close();
});

test("a throttled call is tried three times, as the SDK does, and then with the next look", async () => {
  const { ec2, host, clock } = cniWorld();
  refuse(ec2, ["AssignPrivateIpAddresses"], "RequestLimitExceeded", 2);
  host.awsNodeChanged(awsNode("1"), true);
  await settled();
  await clock.step(2000);
  await settled();
  assert.equal(host.notReady, undefined, "the third attempt came through");
  assert.equal(host.ipamd?.counters.total("ec2api_error_count"), 0);
  refuse(ec2, ["CreateNetworkInterface"], "RequestLimitExceeded");
  await host.add(pod("a"));
  await clock.step(10_000);
  assert.equal(host.ipamd?.lastFailure?.code, "RequestLimitExceeded");
  assert.equal(host.ipamd?.pausedUntil, undefined, "that is no shortage");
  ec2.fail = () => {};
  await clock.step(10_000);
  assert.equal(ec2.interfaces.size, 2, "growth goes on");
  host.close();
});

test("new interfaces track connections as the primary one does", async () => {
  const { ec2, host, seen, clock } = cniWorld();
  Object.assign(ec2.get("eni-0"), { connectionTracking: { tcpEstablished: 600, udp: 45 } });
  host.awsNodeChanged(awsNode("1"), true);
  await settled();
  await host.add(pod("a"));
  await clock.step(10_000);
  const created = seen.find(({ operation }) => operation === "CreateNetworkInterface");
  assert.deepEqual(created?.input.ConnectionTrackingSpecification, { TcpEstablishedTimeout: 600, UdpTimeout: 45 });
  host.close();
});

test("an ipamd whose aws-node is gone leaves EC2 alone", async () => {
  const { host, seen, clock } = cniWorld();
  const first = awsNode("1");
  host.awsNodeChanged(first, true);
  await settled();
  const started = seen.length;
  await clock.step(70_000);
  assert.ok(seen.length > started, "it looks at its interfaces every minute");
  host.awsNodeChanged(first, false);
  const stopped = seen.length;
  await clock.step(200_000);
  assert.equal(seen.length, stopped);
  host.close();
});
