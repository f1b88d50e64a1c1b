// A Fargate machine's life: interface and node for a pod, the pod bound to it, and everything gone after the pod (spec vpc-cni §7.2).

import { AwsError } from "../../aws/errors.ts";
import type { CallOptions } from "../../aws/operation.ts";
import { NODE_CONTROLLER } from "../../clusters/system-roles.ts";
import { type KubeObject, StatusError } from "../../kubernetes/api/object.ts";
import type { KubeClient } from "../../kubernetes/client/client.ts";
import { childKey } from "../../services/eks/arn.ts";
import type { FargateMachineRecord, FargateProfileRecord } from "../../services/eks/fargate-records.ts";
import type { ClusterRecord } from "../../services/eks/records.ts";
import { asService } from "../../services/eks/service-roles.ts";
import type { ControllerDeps } from "../deps.ts";
import { type MachineSize, sizeText } from "./size.ts";

/** Groups of the machine's interface instead of the cluster's own: set by the webhook for security groups for pods. */
const POD_GROUPS = "fargate.amazonaws.com/pod-sg";
const TAINT = { key: "eks.amazonaws.com/compute-type", value: "fargate", effect: "NoSchedule" };

const machineId = (machine: FargateMachineRecord) => `fargate/${machine.podUid}`;

/** Makes a machine for a pod in the emptiest subnet of its profile. Made again after a crash it is the same one. */
export async function makeMachine(
  deps: ControllerDeps,
  cluster: ClusterRecord,
  profile: FargateProfileRecord,
  pod: KubeObject,
  size: MachineSize,
): Promise<FargateMachineRecord> {
  const service = asService(deps, cluster, "fargate");
  const { uid, name, namespace = "" } = pod.metadata;
  const { Subnets = [] } = await deps.invoke("ec2", "DescribeSubnets", { SubnetIds: [...profile.subnets] }, service);
  const earlier = await leftOver(deps, uid, service);
  const [subnet] = [...Subnets].sort((a, b) => (b.AvailableIpAddressCount ?? 0) - (a.AvailableIpAddressCount ?? 0));
  const groups = pod.metadata.annotations?.[POD_GROUPS]?.split(",") ?? [cluster.clusterSecurityGroupId ?? ""];
  const made =
    earlier ??
    (
      await deps.invoke(
        "ec2",
        "CreateNetworkInterface",
        {
          SubnetId: subnet!.SubnetId!,
          Description: description(uid),
          Groups: groups,
          ...(cluster.ipFamily === "ipv6" ? { Ipv6AddressCount: 1 } : {}),
        },
        service,
      )
    ).NetworkInterface!;
  const address = made.PrivateIpAddress ?? "";
  const domain = cluster.region === "us-east-1" ? "ec2.internal" : `${cluster.region}.compute.internal`;
  const ipv6Address = made.Ipv6Addresses?.[0]?.Ipv6Address;
  const record: FargateMachineRecord = {
    ...{ podUid: uid, namespace, podName: name, profile: profile.name, address, ...size },
    nodeName: `fargate-ip-${address.replaceAll(".", "-")}.${domain}`,
    interfaceId: made.NetworkInterfaceId ?? "",
    subnetId: made.SubnetId ?? "",
    zone: made.AvailabilityZone ?? "",
    ...(ipv6Address ? { ipv6Address } : {}),
    version: cluster.version,
  };
  return deps.state.fargateMachines.put(childKey(cluster, cluster.name, uid), record);
}

const description = (podUid: string) => `Amazon EKS Fargate ${podUid}`;

/** The interface that an interrupted attempt has made for a pod. */
async function leftOver({ invoke }: ControllerDeps, podUid: string, service: CallOptions) {
  const filters = [{ Name: "description", Values: [description(podUid)] }];
  return (await invoke("ec2", "DescribeNetworkInterfaces", { Filters: filters }, service)).NetworkInterfaces?.[0];
}

/** Boots a machine's node; harmless if it runs. */
export function bootMachine(
  { nodes }: ControllerDeps,
  clusterKey: string,
  cluster: ClusterRecord,
  profile: FargateProfileRecord,
  machine: FargateMachineRecord,
): Promise<void> {
  const { partition, account, region } = cluster;
  const { podUid, vcpus, memoryMiB, version } = machine;
  return nodes.boot({
    ...{ clusterKey, clusterName: cluster.name, partition, account, region, version },
    instanceId: machineId(machine),
    ...{ instanceType: "", imageId: "", amiType: "", releaseVersion: "" },
    availabilityZone: machine.zone,
    subnetId: machine.subnetId,
    privateIpAddress: machine.address,
    privateDnsName: machine.nodeName,
    nodeRoleArn: profile.podExecutionRoleArn,
    labels: { "eks.amazonaws.com/compute-type": "fargate" },
    taints: [TAINT],
    fargate: { podUid, vcpus, memoryMiB, podAddress: machine.ipv6Address ?? machine.address },
  });
}

/** Binds the pod once its node is ready, and says what was provisioned for it. */
export async function bindWhenReady({ nodes }: ControllerDeps, kube: KubeClient, machine: FargateMachineRecord): Promise<void> {
  if (nodes.status(machineId(machine)) !== "ready") return;
  const { namespace, podName, nodeName, podUid } = machine;
  const annotations = { CapacityProvisioned: sizeText(machine), Logging: "LoggingDisabled: LOGGING_CONFIGMAP_NOT_FOUND" };
  await kube.patch("pods", namespace, podName, "merge", { metadata: { annotations } });
  await kube.post("pods", namespace, podName, "binding", {
    apiVersion: "v1",
    kind: "Binding",
    metadata: { name: podName, namespace, uid: podUid },
    target: { apiVersion: "v1", kind: "Node", name: nodeName },
  });
}

/** Takes a machine away: what runs on it, its node object, its interface, its record. */
export async function removeMachine(
  deps: ControllerDeps,
  clusterKey: string,
  cluster: ClusterRecord,
  machine: FargateMachineRecord,
): Promise<void> {
  await deps.nodes.shutdown(machineId(machine));
  await deps.clusters
    .kube(clusterKey, NODE_CONTROLLER)
    ?.delete("nodes", "", machine.nodeName)
    .catch((error: unknown) => {
      if (!(error instanceof StatusError) || error.code !== 404) throw error;
    });
  const service = asService(deps, cluster, "fargate");
  await deps.invoke("ec2", "DeleteNetworkInterface", { NetworkInterfaceId: machine.interfaceId }, service).catch((error: unknown) => {
    if (!(error instanceof AwsError) || !error.code.startsWith("InvalidNetworkInterfaceID")) throw error;
  });
  deps.state.fargateMachines.delete(childKey(cluster, cluster.name, machine.podUid));
}
