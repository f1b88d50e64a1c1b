// The EBS add-on on nodes: CSINodes say what a node takes, in the node's own name, and the scheduler heeds it.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { CreateAddonCommand } from "@aws-sdk/client-eks";
import type { KubeClient } from "../../src/kubernetes/client/client.ts";
import { ACCOUNT, REGION } from "../support/atoll.ts";
import { podIdentityTrust } from "../support/policies.ts";
import { createRole, type Scenario, startScenario } from "../support/scenario.ts";
import { eventually } from "../support/wait.ts";

let scenario: Scenario;
before(async () => {
  scenario = await startScenario({ minor: 34, nodes: 1 });
});
after(() => scenario?.test.close());

const DRIVER = "ebs.csi.aws.com";
const kube = (): KubeClient => scenario.test.atoll.clusters.kube(`${ACCOUNT}/${REGION}/main`)!;
const csiNodes = () => kube().list("csinodes.storage.k8s.io");

test("the driver registers on its node with what an m5.large takes", async () => {
  assert.deepEqual(csiNodes(), []);
  const { iam, eks } = scenario.test.clients;
  const roleArn = await createRole(iam, "ebs", podIdentityTrust());
  const podIdentityAssociations = [{ serviceAccount: "ebs-csi-controller-sa", roleArn }];
  await eks.send(new CreateAddonCommand({ clusterName: "main", addonName: "aws-ebs-csi-driver", podIdentityAssociations }));
  const [csiNode] = await eventually("the CSINode", async () => csiNodes().length === 1 && csiNodes());
  const [node] = kube().list("nodes");
  assert.equal(csiNode!.metadata.name, node!.metadata.name);
  assert.deepEqual(
    csiNode!.metadata.ownerReferences!.map(({ kind, uid }) => [kind, uid]),
    [["Node", node!.metadata.uid]],
  );
  assert.deepEqual(
    csiNode!.metadata.managedFields!.map(({ manager }: any) => manager),
    ["kubelet"],
  );
  const [driver] = csiNode!.spec.drivers;
  assert.equal(driver.name, DRIVER);
  assert.equal(driver.nodeID, node!.spec.providerID.split("/").at(-1));
  assert.ok(driver.allocatable.count >= 24 && driver.allocatable.count <= 26, String(driver.allocatable.count));
});

test("a pod that wants more volumes than that waits and says so", async () => {
  const limit = csiNodes()[0]!.spec.drivers[0].allocatable.count as number;
  await kube().create("storageclasses.storage.k8s.io", "", {
    ...{ apiVersion: "storage.k8s.io/v1", kind: "StorageClass", metadata: { name: "late" } },
    ...{ provisioner: DRIVER, volumeBindingMode: "WaitForFirstConsumer" },
  });
  const names = Array.from({ length: limit + 1 }, (_, i) => `data-${i}`);
  for (const name of names) {
    const spec = { accessModes: ["ReadWriteOnce"], storageClassName: "late", resources: { requests: { storage: "1Gi" } } };
    await kube().create("persistentvolumeclaims", "default", { apiVersion: "v1", kind: "PersistentVolumeClaim", metadata: { name }, spec });
  }
  const volumes = names.map((claimName) => ({ name: claimName, persistentVolumeClaim: { claimName } }));
  const spec = { containers: [{ name: "c", image: "nginx" }], volumes };
  await kube().create("pods", "default", { apiVersion: "v1", kind: "Pod", metadata: { name: "greedy" }, spec });
  const event = await eventually("the scheduler's word", async () =>
    kube()
      .list("events", { namespace: "default" })
      .find(({ reason }) => reason === "FailedScheduling"),
  );
  assert.match(event.message, /^0\/1 nodes are available: 1 node\(s\) exceed max volume count\./);
});
