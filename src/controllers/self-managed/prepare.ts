// Everything that must be right before an instance of the customer's own becomes a node (EKS User Guide, "Self-managed nodes").
import type { Instance } from "@aws-sdk/client-ec2";
import { AwsError } from "../../aws/errors.ts";
import { endpointProblem } from "../../nodes/endpoint-reach.ts";
import { readVpc } from "../../nodes/net/vpc-facts.ts";
import { readUserData } from "../../nodes/user-data/read.ts";
import { type NodeSettings, UserDataError } from "../../nodes/user-data/settings.ts";
import type { ClusterRecord } from "../../services/eks/records.ts";
import type { NodeImage } from "../../services/node-images.ts";
import type { ControllerDeps } from "../deps.ts";
import type { NodeBoot } from "../runtime.ts";
import { destinationOf, trusts } from "./credentials.ts";
import type { MachineRecord } from "./machine.ts";

/** Why there is no node, as the console shows it. `final`: nothing outside the instance can mend it. */
export interface Obstacle {
  readonly line: string;
  readonly final: boolean;
}

type Prepared = { readonly boot: NodeBoot } | Obstacle;

const wait = (line: string): Obstacle => ({ line, final: false });
const ends = (line: string): Obstacle => ({ line, final: true });

/** Program that reads the user data, by system. */
const PROGRAMS = { al2: "cloud-init", al2023: "nodeadm", bottlerocket: "early-boot-config", windows: "atoll" } as const;

/** What to boot, or what stands against it. */
export async function prepare(deps: ControllerDeps, machine: MachineRecord, image: NodeImage, place: Place): Promise<Prepared> {
  const program = PROGRAMS[image.os];
  let settings: NodeSettings;
  try {
    settings = readUserData(machine.userData ?? "", image.os);
  } catch (error) {
    if (error instanceof UserDataError) return ends(`${program}: ${error.message}`);
    throw error;
  }
  const role = machine.profile && deps.directory.instanceProfileRole(machine.profile.arn);
  if (!role) return wait(`${program}: no EC2 IMDS role found: the instance has no instance profile with a role`);
  const destination = await destinationOf(deps, settings, role, { ...place, instanceId: machine.id }).catch((error: unknown) => {
    if (error instanceof AwsError) return error;
    throw error;
  });
  if (destination instanceof AwsError)
    return wait(`${program}: An error occurred (${destination.code}) when calling the DescribeCluster operation: ${destination.message}`);
  const { endpoint, clusterName } = destination;
  const found = deps.state.clusters
    .entries(`${place.account}/${place.region}/`)
    .find(([, each]) => each.endpoint === endpoint.replace(/\/$/, ""));
  if (!found) return wait(`kubelet: Unable to register node with API server: Post "${endpoint}/api/v1/nodes": no cluster answers there`);
  const [clusterKey, cluster] = found;
  const instance = await describe(deps, cluster, machine.id);
  if (!instance) return wait("kubelet: the instance has no network interface yet");
  const unreachable = await reach(deps, cluster, instance);
  if (unreachable)
    return wait(
      `kubelet: Unable to register node with API server: Post "${endpoint}/api/v1/nodes": dial tcp: i/o timeout (${unreachable})`,
    );
  if (!trusts(destination.certificateAuthority, cluster.certificateAuthority ?? ""))
    return wait(
      `kubelet: Unable to register node with API server: Post "${endpoint}/api/v1/nodes": tls: failed to verify certificate: x509: certificate signed by unknown authority`,
    );
  if (clusterName !== cluster.name)
    return wait(
      `kubelet: Unable to register node with API server: Unauthorized (the token is for cluster ${clusterName}, the endpoint is that of ${cluster.name})`,
    );
  return { boot: bootOf(settings, instance, image, role.arn, clusterKey, cluster) };
}

interface Place {
  readonly account: string;
  readonly region: string;
}

async function describe({ invoke }: ControllerDeps, cluster: ClusterRecord, id: string): Promise<Instance | undefined> {
  const output = await invoke("ec2", "DescribeInstances", { InstanceIds: [id] }, reader(cluster));
  const instance = output.Reservations?.[0]?.Instances?.[0];
  return instance?.PrivateIpAddress ? instance : undefined;
}

const EC2 = "ec2.amazonaws.com";

/** The machine itself, which knows its own network: nobody's permission is asked. */
const reader = ({ partition, account, region }: ClusterRecord) => ({
  caller: { kind: "service" as const, service: EC2, partition, accountId: account, arn: EC2, userId: EC2 },
  ...{ region, account },
});

async function reach({ invoke }: ControllerDeps, cluster: ClusterRecord, instance: Instance): Promise<string | undefined> {
  const { partition, account, region } = cluster;
  const vpc = await readVpc({ invoke, partition, account, region }, instance.VpcId ?? "");
  const caller = {
    ...{ address: instance.PrivateIpAddress ?? "", publicAddress: instance.PublicIpAddress },
    ...{ subnetId: instance.SubnetId ?? "", vpcId: instance.VpcId ?? "" },
    groups: (instance.SecurityGroups ?? []).flatMap(({ GroupId }) => GroupId ?? []),
  };
  return endpointProblem(vpc, caller, {
    ...{ vpcId: cluster.vpcId, publicAccess: cluster.endpointPublicAccess, privateAccess: cluster.endpointPrivateAccess },
    interfaces: cluster.interfaces?.ids ?? [],
  });
}

function bootOf(
  { labels, taints, maxPods }: NodeSettings,
  instance: Instance,
  image: NodeImage,
  nodeRoleArn: string,
  clusterKey: string,
  { name: clusterName, partition, account, region }: ClusterRecord,
): NodeBoot {
  return {
    ...{ clusterKey, clusterName, partition, account, region, nodeRoleArn, labels, taints },
    ...(maxPods !== undefined && { maxPods }),
    ...{ imageId: instance.ImageId ?? "", amiType: image.type, version: image.version, releaseVersion: image.releaseVersion },
    instanceId: instance.InstanceId ?? "",
    instanceType: instance.InstanceType ?? "",
    availabilityZone: instance.Placement?.AvailabilityZone ?? "",
    subnetId: instance.SubnetId ?? "",
    privateIpAddress: instance.PrivateIpAddress ?? "",
    privateDnsName: instance.PrivateDnsName ?? "",
  };
}
