// A control plane goes up one minor version under a running workload, then its nodes follow.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import {
  DescribeClusterCommand,
  DescribeNodegroupCommand,
  DescribeUpdateCommand,
  UpdateClusterVersionCommand,
  UpdateNodegroupVersionCommand,
} from "@aws-sdk/client-eks";
import { type Scenario, startScenario } from "../support/scenario.ts";
import { eventually } from "../support/wait.ts";

const NODEGROUP = "workers";

describe("an upgrade", { concurrency: false }, () => {
  let scenario: Scenario;
  before(async () => {
    scenario = await startScenario({ minor: 33 });
  });
  after(() => scenario.test.close());

  const kube = () => scenario.test.atoll.clusters.kube(`111122223333/us-west-2/${scenario.name}`)!;
  const web = () => kube().list("pods", { namespace: "default", labelSelector: "app=web" });
  const allReady = async () => {
    const pods = web();
    const ready = pods.filter((pod) =>
      pod.status?.conditions?.some((each: { type: string; status: string }) => each.type === "Ready" && each.status === "True"),
    );
    return pods.length === 3 && ready.length === 3 ? pods : undefined;
  };
  const succeeded = (updateId: string, nodegroupName?: string) =>
    eventually("update Successful", async () => {
      const { update } = await scenario.test.clients.eks.send(
        new DescribeUpdateCommand({ name: scenario.name, updateId, ...(nodegroupName && { nodegroupName }) }),
      );
      assert.notEqual(update?.status, "Failed", JSON.stringify(update?.errors));
      return update?.status === "Successful";
    });

  test("of the control plane leaves objects, pods and nodes as they were", async () => {
    const spec = { containers: [{ name: "c", image: "nginx" }] };
    await kube().create("deployments.apps", "default", {
      apiVersion: "apps/v1",
      kind: "Deployment",
      metadata: { name: "web" },
      spec: { replicas: 3, selector: { matchLabels: { app: "web" } }, template: { metadata: { labels: { app: "web" } }, spec } },
    });
    const before = await eventually("pods ready", allReady);
    const { update } = await scenario.test.clients.eks.send(new UpdateClusterVersionCommand({ name: scenario.name, version: "1.34" }));
    await succeeded(update!.id!);
    const { cluster } = await scenario.test.clients.eks.send(new DescribeClusterCommand({ name: scenario.name }));
    assert.equal(cluster?.version, "1.34");
    const uidsOf = (pods: readonly { metadata: { uid: string } }[]) => pods.map((pod) => pod.metadata.uid).sort();
    assert.deepEqual(uidsOf(web()), uidsOf(before));
  });

  test("leaves kubelets at work: a deleted pod is replaced on the old nodes", async () => {
    const [victim] = web();
    await kube().delete("pods", "default", victim!.metadata.name);
    await eventually("the pod's end", async () => !web().some((pod) => pod.metadata.uid === victim!.metadata.uid));
    await eventually("pods ready", allReady);
  });

  test("of the nodes replaces them and moves the pods, leaving none on the old ones", async () => {
    const old = kube()
      .list("nodes")
      .map(({ metadata }) => metadata.uid);
    const key = { clusterName: scenario.name, nodegroupName: NODEGROUP };
    const { update } = await scenario.test.clients.eks.send(new UpdateNodegroupVersionCommand(key));
    await succeeded(update!.id!, NODEGROUP);
    const { nodegroup } = await scenario.test.clients.eks.send(new DescribeNodegroupCommand(key));
    assert.equal(nodegroup?.version, "1.34");
    await eventually("pods ready", allReady);
    const nodes = kube().list("nodes");
    assert.equal(nodes.length, old.length);
    for (const { metadata, status } of nodes) {
      assert.ok(!old.includes(metadata.uid));
      assert.match(status.nodeInfo.kubeletVersion, /^v1\.34\./);
    }
    const names = nodes.map(({ metadata }) => metadata.name);
    // Pods of daemon sets go with their node: the pod garbage collector removes them after its quarantine.
    const left = kube()
      .list("pods")
      .filter((pod) => !names.includes(pod.spec.nodeName) && pod.metadata.ownerReferences?.[0]?.kind !== "DaemonSet");
    assert.deepEqual(
      left.map((pod) => [pod.metadata.name, pod.status.phase]),
      [],
    );
  });
});
