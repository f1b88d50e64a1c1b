// Section P: addresses of Windows pods by the VPC resource controller, over the real EC2.
import assert from "node:assert/strict";
import { AwsError } from "../../src/aws/errors.ts";
import { vpcResourceSources } from "../../src/clusters/vpc-resource/sources.ts";
import { vpcResourceWebhook } from "../../src/clusters/vpc-resource/webhook.ts";
import { WINDOWS_ADDRESS } from "../../src/cni/branch/names.ts";
import type { AdmissionRequest } from "../../src/kubernetes/admission/types.ts";
import type { NewObject } from "../../src/kubernetes/api/object.ts";
import { conformance } from "./conformance.ts";
import { type ControllerRig, controllerRig } from "./controller-rig.ts";

const ON = { "enable-windows-ipam": "true" };
const PREFIXES = { ...ON, "enable-windows-prefix-delegation": "true" };

/** Sets the ConfigMap's data; undefined takes it away. */
async function settings(rig: ControllerRig, data: Record<string, string> | undefined): Promise<void> {
  const { kube } = rig;
  if (kube.get("configmaps", "kube-system", "amazon-vpc-cni")) await kube.delete("configmaps", "kube-system", "amazon-vpc-cni");
  if (data) {
    const metadata = { name: "amazon-vpc-cni", namespace: "kube-system" };
    await kube.create("configmaps", "kube-system", { apiVersion: "v1", kind: "ConfigMap", metadata, data });
  }
  await rig.settle();
}

/** A rig with Windows node `w1`. */
async function withNode(data: Record<string, string> | undefined, type = "m5.large", subnet?: string) {
  const rig = await controllerRig(subnet);
  await settings(rig, data);
  const instanceId = await rig.node("w1", type, { labels: { "kubernetes.io/os": "windows" } });
  return { rig, instanceId };
}

/** Makes pods through the webhook, on `w1` already. */
async function pods(rig: ControllerRig, ...names: string[]): Promise<void> {
  const webhook = vpcResourceWebhook(vpcResourceSources(() => rig.kube));
  for (const name of names) {
    const object: NewObject = {
      apiVersion: "v1",
      kind: "Pod",
      metadata: { name, namespace: "shop" },
      spec: {
        nodeName: "w1",
        nodeSelector: { "kubernetes.io/os": "windows" },
        containers: [{ name: "main" }],
        terminationGracePeriodSeconds: 0,
      },
      status: { phase: "Pending" },
    };
    const request = { operation: "CREATE", group: "", resource: "pods", subresource: "", namespace: "shop", object };
    await webhook.mutate!(request as AdmissionRequest);
    await rig.kube.create("pods", "shop", object);
    await rig.settle();
  }
}

async function remove(rig: ControllerRig, ...names: string[]): Promise<void> {
  for (const name of names) {
    await rig.kube.delete("pods", "shop", name);
    await rig.settle();
  }
}

const podNow = (rig: ControllerRig, name: string) => rig.kube.get("pods", "shop", name);
const annotation = (rig: ControllerRig, name: string) => podNow(rig, name)?.metadata.annotations?.[WINDOWS_ADDRESS];
const resources = (rig: ControllerRig, name: string) => podNow(rig, name)?.spec.containers[0].resources;
const capacity = (rig: ControllerRig) => rig.kube.get("nodes", "", "w1")?.status?.capacity?.[WINDOWS_ADDRESS];
const told = (rig: ControllerRig, name: string, reason: string) => rig.events(name).filter((each) => each.startsWith(`${reason}: `));

/** Secondary addresses and prefixes of the instance's only interface. */
async function held(rig: ControllerRig, instanceId: string): Promise<{ addresses: string[]; prefixes: string[] }> {
  const Filters = [{ Name: "attachment.instance-id", Values: [instanceId] }];
  const { NetworkInterfaces = [] } = await rig.aws.run("DescribeNetworkInterfaces", { Filters });
  assert.equal(NetworkInterfaces.length, 1);
  const [{ PrivateIpAddresses = [], Ipv4Prefixes = [] } = {}] = NetworkInterfaces;
  return {
    addresses: PrivateIpAddresses.filter(({ Primary }) => !Primary).map(({ PrivateIpAddress }) => PrivateIpAddress!),
    prefixes: Ipv4Prefixes.map(({ Ipv4Prefix }) => Ipv4Prefix!),
  };
}

/** How many addresses and prefixes the node has with so many pods, under settings. */
async function sizes(data: Record<string, string>, podCount: number): Promise<{ addresses: number; prefixes: number }> {
  const { rig, instanceId } = await withNode({ ...ON, ...data });
  await pods(rig, ...Array.from({ length: podCount }, (_, at) => `p${at}`));
  const { addresses, prefixes } = await held(rig, instanceId);
  return { addresses: addresses.length, prefixes: prefixes.length };
}

conformance("P", {
  "P1 the resource is injected and the pod gets its address only where the ConfigMap says true": async () => {
    const { rig, instanceId } = await withNode(ON);
    assert.equal(capacity(rig), "9");
    await pods(rig, "p");
    assert.deepEqual(resources(rig, "p"), { limits: { [WINDOWS_ADDRESS]: "1" }, requests: { [WINDOWS_ADDRESS]: "1" } });
    const [address = "", mask] = annotation(rig, "p")!.split("/");
    assert.equal(mask, "20");
    assert.ok((await held(rig, instanceId)).addresses.includes(address));
    assert.deepEqual(told(rig, "p", "ResourceAllocated"), [
      `ResourceAllocated: Allocated Resource ${WINDOWS_ADDRESS}: ${address}/20 to the pod`,
    ]);
    const others: (Record<string, string> | undefined)[] = [{ "enable-windows-ipam": "yes" }, {}, undefined];
    for (const data of others) {
      const off = await withNode(data);
      await pods(off.rig, "p");
      assert.equal(resources(off.rig, "p"), undefined);
      assert.equal(annotation(off.rig, "p"), undefined);
      assert.equal(capacity(off.rig), undefined);
      assert.deepEqual(await held(off.rig, off.instanceId), { addresses: [], prefixes: [] });
    }
  },

  "P2 warm and minimum targets of single addresses": async () => {
    const cases: [data: Record<string, string>, pods: number, addresses: number][] = [
      [{ "warm-ip-target": "1" }, 0, 1],
      [{ "warm-ip-target": "5" }, 2, 7],
      [{ "minimum-ip-target": "6" }, 0, 6],
      [{ "minimum-ip-target": "6" }, 3, 6],
      [{ "minimum-ip-target": "3", "warm-ip-target": "6" }, 0, 6],
      [{ "minimum-ip-target": "8", "warm-ip-target": "4" }, 0, 8],
      [{ "minimum-ip-target": "2", "warm-ip-target": "4" }, 2, 6],
      [{ "minimum-ip-target": "0", "warm-ip-target": "0" }, 0, 1],
      [{ "minimum-ip-target": "0", "warm-ip-target": "0" }, 3, 4],
      [{}, 0, 3],
      [{}, 2, 5],
      [{ "minimum-ip-target": "6" }, 7, 8],
      [{ "warm-ip-target": "1", "windows-warm-ip-target": "2" }, 1, 3],
      [{ "warm-ip-target": "many" }, 1, 4],
      [{ "warm-ip-target": "100" }, 0, 9],
    ];
    for (const [data, count, addresses] of cases)
      assert.deepEqual(await sizes(data, count), { addresses, prefixes: 0 }, `${JSON.stringify(data)} with ${count} pods`);
  },

  "P3 prefixes: by default, by warm prefixes, by addresses, and given back": async () => {
    const { rig, instanceId } = await withNode(PREFIXES);
    assert.equal(capacity(rig), "144");
    await pods(rig, "p1");
    const [prefix] = (await held(rig, instanceId)).prefixes;
    const start = prefix!.split(".")[3]!.split("/")[0]!;
    assert.equal(annotation(rig, "p1"), `${prefix!.split("/")[0]!.replace(/\d+$/, start)}/32`);
    assert.deepEqual(await sizes({ ...PREFIXES, "warm-prefix-target": "2" }, 0), { addresses: 0, prefixes: 2 });
    assert.deepEqual(await sizes({ ...PREFIXES, "warm-prefix-target": "2" }, 1), { addresses: 0, prefixes: 3 });
    assert.deepEqual(await sizes({ ...PREFIXES, "minimum-ip-target": "20" }, 0), { addresses: 0, prefixes: 2 });
    await settings(rig, { ...PREFIXES, "warm-ip-target": "15" });
    assert.equal((await held(rig, instanceId)).prefixes.length, 1);
    await pods(rig, "p2");
    assert.equal((await held(rig, instanceId)).prefixes.length, 2);
    await settings(rig, ON);
    assert.equal(capacity(rig), "9");
    const after = await held(rig, instanceId);
    assert.deepEqual([after.addresses.length, after.prefixes], [3, [prefix]], "the prefix of the pods stays for as long as they do");
    await pods(rig, "p3");
    assert.match(annotation(rig, "p3")!, /\/20$/);
    await remove(rig, "p1", "p2");
    await rig.pass(60);
    assert.deepEqual((await held(rig, instanceId)).prefixes, []);
  },

  "a freed address rests for 30 s, then serves again": async () => {
    const { rig } = await withNode({ ...ON, "warm-ip-target": "9" });
    const names = Array.from({ length: 9 }, (_, at) => `p${at}`);
    await pods(rig, ...names);
    const address = annotation(rig, "p0");
    await rig.kube.patch("pods", "shop", "p0", "merge", { status: { phase: "Succeeded" } }, { subresource: "status" });
    await rig.settle();
    await pods(rig, "late");
    assert.equal(annotation(rig, "late"), undefined);
    assert.deepEqual(told(rig, "late", "ResourceAllocationFailed"), [
      `ResourceAllocationFailed: Resource ${WINDOWS_ADDRESS} are being cooled down, will retry in 20s`,
    ]);
    await remove(rig, "p0");
    await rig.pass(30);
    assert.equal(annotation(rig, "late"), address);
  },

  "after a restart what pods hold is known, and nothing is asked of EC2 anew": async () => {
    const { rig, instanceId } = await withNode(ON);
    await pods(rig, "p1", "p2");
    const before = await held(rig, instanceId);
    rig.restart();
    rig.calls.length = 0;
    await rig.settle();
    await pods(rig, "p3");
    assert.deepEqual(
      rig.calls.filter((call) => !call.startsWith("Describe")),
      ["AssignPrivateIpAddresses"],
    );
    const given = ["p1", "p2", "p3"].map((name) => annotation(rig, name)!.split("/")[0]!);
    assert.equal(new Set(given).size, 3);
    assert.deepEqual(
      given.filter((each) => !before.addresses.includes(each)),
      [],
    );
  },

  "addresses that vanish from EC2 are no longer given; those that appear are": async () => {
    const { rig, instanceId } = await withNode(ON);
    const { addresses } = await held(rig, instanceId);
    const Filters = [{ Name: "attachment.instance-id", Values: [instanceId] }];
    const { NetworkInterfaces = [] } = await rig.aws.run("DescribeNetworkInterfaces", { Filters });
    const { NetworkInterfaceId } = NetworkInterfaces[0]!;
    await rig.aws.run("UnassignPrivateIpAddresses", { NetworkInterfaceId: NetworkInterfaceId!, PrivateIpAddresses: addresses });
    await rig.pass(16 * 60);
    await pods(rig, "p");
    assert.ok((await held(rig, instanceId)).addresses.includes(annotation(rig, "p")!.split("/")[0]!));
  },

  "without a right the node's events say it, and the pod waits; with it the pod is served": async () => {
    const { rig } = await withNode(undefined);
    rig.fail = (operation) => {
      if (operation === "AssignPrivateIpAddresses") throw new AwsError("UnauthorizedOperation", "You are not authorized");
    };
    await settings(rig, ON);
    await pods(rig, "p");
    assert.deepEqual(told(rig, "w1", "NoPodAddress"), ["NoPodAddress: UnauthorizedOperation: You are not authorized"]);
    assert.deepEqual(told(rig, "p", "ResourceAllocationFailed"), [
      `ResourceAllocationFailed: Warm pool for resource ${WINDOWS_ADDRESS} is currently empty, will retry in 600ms`,
    ]);
    rig.fail = () => {};
    await rig.pass(30);
    assert.match(annotation(rig, "p")!, /\/20$/);
  },

  "a subnet without a free /28 is told, and asked again after two minutes": async () => {
    const { rig } = await withNode(undefined);
    rig.fail = (operation) => {
      if (operation === "AssignPrivateIpAddresses")
        throw new AwsError("InsufficientCidrBlocks", "The specified subnet does not have enough free cidr blocks to satisfy the request.");
    };
    await settings(rig, PREFIXES);
    await pods(rig, "p");
    assert.equal(told(rig, "w1", "InsufficientCidrBlocks").length, 1);
    assert.match(told(rig, "p", "ResourceAllocationFailed")[0]!, /does not have enough free cidr blocks, will retry in 2m0s$/);
    rig.calls.length = 0;
    await rig.pass(90);
    assert.equal(rig.calls.filter((call) => call === "AssignPrivateIpAddresses").length, 0);
    rig.fail = () => {};
    await rig.pass(60);
    assert.match(annotation(rig, "p")!, /\/32$/);
  },

  "a type that cannot have prefixes has single addresses": async () => {
    const { rig } = await withNode(PREFIXES, "m4.large");
    assert.equal(capacity(rig), "9");
    await pods(rig, "p");
    assert.match(annotation(rig, "p")!, /\/20$/);
  },

  "a pod that cannot be told its address holds none": async () => {
    const { rig, instanceId } = await withNode({ ...ON, "warm-ip-target": "1" });
    rig.kube.intercept = (verb, type) => {
      if (verb === "patch" && type === "pods") throw new Error("refused");
    };
    await pods(rig, "p");
    assert.equal(annotation(rig, "p"), undefined);
    assert.equal((await held(rig, instanceId)).addresses.length, 1);
    rig.kube.intercept = () => {};
    await rig.pass(30);
    assert.match(annotation(rig, "p")!, /\/20$/);
    assert.equal((await held(rig, instanceId)).addresses.length, 2);
  },
});
