// Block storage of EKS Auto Mode: volumes made where pods are placed, and what missing permissions look like.
import assert from "node:assert/strict";
import { test } from "node:test";
import { DescribeInstancesCommand, DescribeVolumesCommand } from "@aws-sdk/client-ec2";
import { AttachRolePolicyCommand, DetachRolePolicyCommand } from "@aws-sdk/client-iam";
import type { KubeObject } from "../../src/kubernetes/api/object.ts";
import type { KubeClient } from "../../src/kubernetes/client/client.ts";
import { ACCOUNT, REGION } from "../support/atoll.ts";
import { type AutoModeCluster, startAutoMode } from "../support/auto-mode.ts";
import { podIdentityTrust } from "../support/policies.ts";
import { createRole } from "../support/scenario.ts";
import { eventually } from "../support/wait.ts";

const kubeOf = ({ test: { atoll } }: AutoModeCluster): KubeClient => atoll.clusters.cluster(`${ACCOUNT}/${REGION}/auto`)!.client();

const storageClass = (name: string, more: object = {}) => ({
  apiVersion: "storage.k8s.io/v1",
  kind: "StorageClass",
  metadata: { name },
  provisioner: "ebs.csi.eks.amazonaws.com",
  volumeBindingMode: "WaitForFirstConsumer",
  allowVolumeExpansion: true,
  parameters: { type: "gp3", encrypted: "true" },
  ...more,
});

const claim = (name: string, storageClassName: string) => ({
  apiVersion: "v1",
  kind: "PersistentVolumeClaim",
  metadata: { name, namespace: "default" },
  spec: { accessModes: ["ReadWriteOnce"], storageClassName, resources: { requests: { storage: "8Gi" } } },
});

const podWith = (name: string, claimName: string) => ({
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name, namespace: "default" },
  spec: {
    containers: [{ name: "c", image: "nginx", volumeMounts: [{ name: "data", mountPath: "/data" }] }],
    volumes: [{ name: "data", persistentVolumeClaim: { claimName } }],
  },
});

const told = (kube: KubeClient, reason: string, text: RegExp) =>
  eventually(`event ${reason}`, async () => kube.list("events").some((event: any) => event.reason === reason && text.test(event.message)));

async function volumes({ test: { clients } }: AutoModeCluster) {
  const Filters = [{ Name: "tag:ebs.csi.eks.amazonaws.com/cluster", Values: ["true"] }];
  return (await clients.ec2.send(new DescribeVolumesCommand({ Filters }))).Volumes ?? [];
}

test("a claim gets a volume in its first pod's zone, which follows pods, grows and goes with it", async () => {
  const auto = await startAutoMode();
  try {
    const kube = kubeOf(auto);
    await kube.create("storageclasses.storage.k8s.io", "", storageClass("auto"));
    await kube.create("persistentvolumeclaims", "default", claim("data", "auto"));
    await kube.create("pods", "default", podWith("app", "data"));
    await eventually("the pod runs", async () => kube.get("pods", "default", "app")?.status?.phase === "Running");
    const node = kube.get("nodes", "", kube.get("pods", "default", "app")!.spec.nodeName)!;
    const attached = await eventually("the volume is attached", async () => (await volumes(auto)).find(({ State }) => State === "in-use"));
    const tags = Object.fromEntries(attached.Tags!.map(({ Key, Value }) => [Key, Value]));
    assert.deepEqual(
      [tags["eks:eks-cluster-name"], tags["kubernetes.io/created-for/pvc/name"], attached.Size, attached.VolumeType, attached.Encrypted],
      ["auto", "data", 8, "gp3", true],
    );
    assert.equal(attached.AvailabilityZone, node.metadata.labels?.["topology.kubernetes.io/zone"]);
    assert.equal(`aws:///${attached.AvailabilityZone}/${attached.Attachments![0]!.InstanceId}`, node.spec.providerID);
    const [volume] = kube.list("persistentvolumes");
    assert.equal(volume!.spec.csi.volumeHandle, attached.VolumeId);

    await kube.patch("persistentvolumeclaims", "default", "data", "merge", { spec: { resources: { requests: { storage: "20Gi" } } } });
    await eventually(
      "it has grown",
      async () => kube.get("persistentvolumeclaims", "default", "data")?.status?.capacity?.storage === "20Gi",
    );
    assert.equal((await volumes(auto))[0]!.Size, 20);

    await kube.delete("pods", "default", "app");
    await eventually("it is detached", async () => (await volumes(auto))[0]?.State === "available");
    assert.deepEqual(kube.list("volumeattachments.storage.k8s.io"), []);
    await kube.delete("persistentvolumeclaims", "default", "data");
    await eventually("it is gone", async () => (await volumes(auto)).length === 0 && kube.list("persistentvolumes").length === 0);

    await kube.create(
      "storageclasses.storage.k8s.io",
      "",
      storageClass("kept", { reclaimPolicy: "Retain", volumeBindingMode: "Immediate" }),
    );
    await kube.create("persistentvolumeclaims", "default", claim("kept", "kept"));
    await eventually("bound at once", async () => kube.get("persistentvolumeclaims", "default", "kept")?.status?.phase === "Bound");
    await kube.delete("persistentvolumeclaims", "default", "kept");
    const [released] = kube.list("persistentvolumes");
    await kube.delete("persistentvolumes", "", released!.metadata.name);
    await eventually("the object is gone", async () => kube.list("persistentvolumes").length === 0);
    assert.equal((await volumes(auto)).length, 1, "what is retained stays");

    await kube.create(
      "storageclasses.storage.k8s.io",
      "",
      storageClass("odd", { volumeBindingMode: "Immediate", parameters: { colour: "red" } }),
    );
    await kube.create("persistentvolumeclaims", "default", claim("odd", "odd"));
    await told(kube, "ProvisioningFailed", /Invalid parameter key colour for CreateVolume/);

    // The add-on's driver acts in the role of its service account.
    const name = "ebs.csi.aws.com";
    await kube.create("csidrivers.storage.k8s.io", "", {
      apiVersion: "storage.k8s.io/v1",
      kind: "CSIDriver",
      metadata: { name },
      spec: {},
    });
    await kube.create("storageclasses.storage.k8s.io", "", storageClass("addon", { volumeBindingMode: "Immediate", provisioner: name }));
    await kube.create("persistentvolumeclaims", "default", claim("addon", "addon"));
    await told(kube, "ProvisioningFailed", /no EC2 IMDS role found/);
    const role = await createRole(auto.test.clients.iam, "ebs", podIdentityTrust(), { managed: ["service-role/AmazonEBSCSIDriverPolicy"] });
    const account = { name: "ebs-csi-controller-sa", namespace: "kube-system", annotations: { "eks.amazonaws.com/role-arn": role } };
    await kube.create("serviceaccounts", "kube-system", { apiVersion: "v1", kind: "ServiceAccount", metadata: account });
    await kube.patch("persistentvolumeclaims", "default", "addon", "merge", { metadata: { labels: { look: "again" } } });
    await eventually("bound", async () => kube.get("persistentvolumeclaims", "default", "addon")?.status?.phase === "Bound");
  } finally {
    await auto.test.close();
  }
});

test("without its policies the cluster role launches nothing and makes no volumes, and says so", async () => {
  // AmazonEKSClusterPolicy allows volumes, too.
  const policies = ["AmazonEKSNetworkingPolicy"];
  const auto = await startAutoMode({ policies });
  try {
    const { ec2, iam } = auto.test.clients;
    const kube = kubeOf(auto);
    const compute = { RoleName: "auto-cluster", PolicyArn: "arn:aws:iam::aws:policy/AmazonEKSComputePolicy" };
    await kube.create("storageclasses.storage.k8s.io", "", storageClass("auto"));
    await kube.create("persistentvolumeclaims", "default", claim("data", "auto"));
    await kube.create("pods", "default", podWith("app", "data"));
    const condition = (object: KubeObject | undefined, type: string) =>
      object?.status?.conditions?.find((each: { type: string }) => each.type === type);
    await eventually("the class cannot make its profile", async () =>
      /iam:AddRoleToInstanceProfile/.test(
        condition(kube.get("nodeclasses.eks.amazonaws.com", "", "default"), "InstanceProfileReady")?.message ?? "",
      ),
    );
    const { Reservations } = await ec2.send(new DescribeInstancesCommand({}));
    assert.deepEqual(Reservations, []);

    await iam.send(new AttachRolePolicyCommand(compute));
    await kube.patch("nodeclasses.eks.amazonaws.com", "", "default", "merge", { metadata: { annotations: { look: "again" } } });
    await eventually(
      "the profile is made",
      async () => condition(kube.get("nodeclasses.eks.amazonaws.com", "", "default"), "Ready")?.status === "True",
    );
    await told(kube, "ProvisioningFailed", /UnauthorizedOperation/);
    assert.equal((await volumes(auto)).length, 0);

    await iam.send(new DetachRolePolicyCommand(compute));
    await kube.create("pods", "default", {
      ...podWith("other", "data"),
      spec: { nodeSelector: { "eks.amazonaws.com/instance-family": "r5" }, containers: [{ name: "c", image: "nginx" }] },
    });
    const failed = await eventually("a claim fails", async () =>
      kube.list("nodeclaims.karpenter.sh").find((each) => condition(each, "Launched")?.reason === "LaunchFailed"),
    );
    assert.match(condition(failed, "Launched").message, /^UnauthorizedOperation/);
    await told(kube, "LaunchFailed", /UnauthorizedOperation/);
  } finally {
    await auto.test.close();
  }
});
