// What is gathered about network policies around a pod: the agent of its node, and whether objects are up to date.
import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { FakeClock } from "../../src/base/clock.ts";
import type { EmbeddedCluster } from "../../src/clusters/embedded-cluster.ts";
import { POLICIES, POLICY_ENDPOINTS } from "../../src/cni/network-policy/types.ts";
import { Stores } from "../../src/kubernetes/runtime/stores.ts";
import { policyEnd } from "../../src/nodes/net/policy-facts.ts";
import { FakeKubeClient } from "../support/fake-kube-client.ts";

const DEFINITIONS = "customresourcedefinitions.apiextensions.k8s.io";
let client: FakeKubeClient;
let cluster: EmbeddedCluster;
beforeEach(() => {
  client = new FakeKubeClient(new FakeClock());
  const stores = new Stores(client);
  cluster = { client: () => client, facts: { ipFamily: "ipv4" }, running: { stores } } as unknown as EmbeddedCluster;
});

const define = (name: string) =>
  client.create(DEFINITIONS, "", { apiVersion: "apiextensions.k8s.io/v1", kind: "CustomResourceDefinition", metadata: { name } });
const addNode = (name: string, labels: Record<string, string> = {}) =>
  client.create("nodes", "", { apiVersion: "v1", kind: "Node", metadata: { name, labels } });
async function addPod(namespace: string, name: string, labels: Record<string, string>, spec: object, status: object = {}) {
  await client.create("pods", namespace, { apiVersion: "v1", kind: "Pod", metadata: { name, namespace, labels }, spec });
  return client.patch("pods", namespace, name, "merge", { status: { phase: "Running", ...status } }, { subresource: "status" });
}
const addAwsNode = (nodeName: string, args: string[], env: object[] = []) =>
  addPod(
    "kube-system",
    `aws-node-${nodeName}`,
    { "k8s-app": "aws-node" },
    {
      nodeName,
      containers: [
        { name: "aws-node", env },
        { name: "aws-eks-nodeagent", args },
      ],
    },
  );
const addApp = (nodeName: string) =>
  addPod("shop", "api-1", { app: "api" }, { nodeName, containers: [{ name: "main" }] }, { podIP: "10.0.1.1", hostIP: "10.0.0.1" });
const addPolicy = (spec: object) =>
  client.create(POLICIES, "shop", {
    apiVersion: "networking.k8s.io/v1",
    kind: "NetworkPolicy",
    metadata: { name: "p", namespace: "shop" },
    spec,
  });

test("the agent's flags and aws-node's environment", async () => {
  await addNode("a");
  const pod = await addApp("a");
  assert.equal(policyEnd(cluster, pod).agent, undefined, "no aws-node, no agent");
  await addAwsNode(
    "a",
    ["--enable-ipv6=false", "--enable-network-policy=true", "--conntrack-cache-cleanup-period=60"],
    [{ name: "NETWORK_POLICY_ENFORCING_MODE", value: "strict" }],
  );
  assert.deepEqual(policyEnd(cluster, pod).agent, {
    ...{ enforces: true, mode: "strict", modeSetting: "NETWORK_POLICY_ENFORCING_MODE=strict", nodeAddress: "10.0.0.1", family: 4 },
    conntrack: { cleanupPeriod: 60, tableSize: 524_288 },
  });
});

test("flags that say no, nonsense or nothing do not enforce", async () => {
  await addNode("a");
  const pod = await addApp("a");
  for (const args of [[], ["--enable-network-policy=false"], ["--enable-network-policy=maybe"], ["--enable-network-policy-x=true"]]) {
    await addAwsNode("a", args);
    const { agent } = policyEnd(cluster, pod);
    assert.deepEqual([agent?.enforces, agent?.mode], [false, "standard"], args.join());
    await client.delete("pods", "kube-system", "aws-node-a", { gracePeriodSeconds: 0 });
  }
});

test("machines of Auto Mode bring the agent, and their NodeClass says what pods without policies may", async () => {
  const labels = { "eks.amazonaws.com/compute-type": "auto", "eks.amazonaws.com/nodeclass": "closed" };
  await addNode("auto", labels);
  await addNode("fargate", { "eks.amazonaws.com/compute-type": "fargate" });
  const pod = await addApp("auto");
  assert.deepEqual([policyEnd(cluster, pod).agent?.enforces, policyEnd(cluster, pod).agent?.mode], [true, "standard"]);
  await define("nodeclasses.eks.amazonaws.com");
  await client.create("nodeclasses.eks.amazonaws.com", "", {
    ...{ apiVersion: "eks.amazonaws.com/v1", kind: "NodeClass", metadata: { name: "closed" } },
    spec: { networkPolicy: "DefaultDeny" },
  });
  const { mode, modeSetting } = policyEnd(cluster, pod).agent!;
  assert.deepEqual([mode, modeSetting], ["strict", "networkPolicy DefaultDeny of NodeClass closed"]);
  const where = { ...pod, spec: { ...pod.spec, nodeName: "fargate" } };
  assert.equal(policyEnd(cluster, where).agent, undefined);
});

test("policies that select the pod, and objects that are behind", async () => {
  await addNode("a");
  const pod = await addApp("a");
  const policy = await addPolicy({ podSelector: { matchLabels: { app: "api" } }, policyTypes: ["Ingress"] });
  assert.deepEqual(policyEnd(cluster, pod), {
    ...{ pod: { namespace: "shop", name: "api-1", hostNetwork: false }, node: "a", agent: undefined, endpoints: [] },
    ...{ selecting: ["shop/p"], outdated: [], isControlled: false },
  });
  await define(POLICY_ENDPOINTS);
  assert.deepEqual(policyEnd(cluster, pod).outdated, [], "before the controller has made any object, none is behind");
  const listed = [{ hostIP: "10.0.0.1", podIP: "10.0.1.1", name: "api-1", namespace: "shop" }];
  const spec = { policyRef: { name: "p", namespace: "shop" }, podIsolation: ["Ingress"], podSelectorEndpoints: listed };
  const owner = { apiVersion: "networking.k8s.io/v1", kind: "NetworkPolicy", name: "p", uid: policy.metadata.uid, controller: true };
  const metadata = { name: "p-x", namespace: "shop", ownerReferences: [owner] };
  await client.create(POLICY_ENDPOINTS, "shop", { apiVersion: "networking.k8s.aws/v1alpha1", kind: "PolicyEndpoint", metadata, spec });
  assert.deepEqual([policyEnd(cluster, pod).outdated, policyEnd(cluster, pod).endpoints.length], [[], 1]);
  await client.patch(POLICY_ENDPOINTS, "shop", "p-x", "merge", { spec: { podSelectorEndpoints: [] } });
  assert.deepEqual(policyEnd(cluster, pod).outdated, ["shop/p"]);
  assert.deepEqual(policyEnd(cluster, { ...pod, metadata: { ...pod.metadata, labels: {} } }).selecting, []);
});
