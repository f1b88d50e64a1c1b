// Launching the instance of a NodeClaim: managed by EKS, tagged, in the subnets and groups of its class (spec eks-control-plane §16.3, §16.4).
import type { _InstanceType, RunInstancesRequest } from "@aws-sdk/client-ec2";
import { AwsError } from "../../aws/errors.ts";
import { type Offering, offerings } from "../../clusters/auto-mode/instances/offerings.ts";
import { POOL_LABEL } from "../../clusters/auto-mode/pool.ts";
import { meets, type Requirement } from "../../clusters/auto-mode/requirements.ts";
import type { KubeObject } from "../../kubernetes/api/object.ts";
import { milli } from "../../kubernetes/runtime/quantity.ts";
import type { ClusterRecord } from "../../services/eks/records.ts";
import { imageId, releaseVersions } from "../../services/node-images.ts";
import type { AutoCluster } from "./context.ts";
import type { NodeClass } from "./node-class.ts";

const OPERATOR = "eks.amazonaws.com";
/** After EC2 had none, a type counts as sold out in a zone for this long. */
const SOLD_OUT_MS = 3 * 60_000;
/** Offerings tried for one claim. */
const TRIES = 20;

/** A launched instance. */
export interface Launched {
  readonly instanceId: string;
  readonly imageId: string;
  readonly offering: Offering;
}

/** Nothing that the claim allows can be had now. */
export class InsufficientCapacity extends Error {}

/** Zones of a class's subnets. */
function zonesOf(nodeClass: NodeClass): { name: string; id: string }[] {
  const zones = new Map(nodeClass.subnets.map(({ zone, zoneID }) => [zone, { name: zone, id: zoneID }]));
  return [...zones.values()];
}

/** Offerings of a class that are not sold out. */
export function offeringsOf({ cluster, memory, deps }: AutoCluster, nodeClass: NodeClass): readonly Offering[] {
  const now = deps.clock.now();
  const isSoldOut = ({ type, zone, capacityType }: Offering) => (memory.soldOut.get(`${type}/${zone}/${capacityType}`) ?? 0) > now;
  const all = offerings(cluster.region, zonesOf(nodeClass), nodeClass.diskGiB);
  return memory.soldOut.size === 0 ? all : all.filter((offering) => !isSoldOut(offering));
}

/** A machine image: its EKS type, release and id in the region. */
export interface NodeImage {
  readonly type: "BOTTLEROCKET_ARM_64" | "BOTTLEROCKET_x86_64";
  readonly release: string;
  readonly id: string;
}

/** The image for an architecture (`amd64`, `arm64`): the newest release for the cluster's version. */
export function imageOf({ region, version }: Pick<ClusterRecord, "region" | "version">, arch: string | undefined): NodeImage {
  const type = arch === "arm64" ? "BOTTLEROCKET_ARM_64" : "BOTTLEROCKET_x86_64";
  const release = releaseVersions(type, version).at(-1) ?? "";
  return { type, release, id: imageId(region, { type, version, releaseVersion: release }) };
}

/** What a claim may be launched as, the best first. */
export function choices(auto: AutoCluster, claim: KubeObject, nodeClass: NodeClass): Offering[] {
  const requirements = (claim.spec.requirements ?? []) as Requirement[];
  const labels = claim.metadata.labels ?? {};
  const requests = Object.entries((claim.spec.resources?.requests ?? {}) as Record<string, string>);
  const zones = requirements.find(({ key, operator }) => key === "topology.kubernetes.io/zone" && operator === "In")?.values ?? [];
  const rank = (zone: string) => (zones.includes(zone) ? zones.indexOf(zone) : zones.length);
  return offeringsOf(auto, nodeClass)
    .filter((offering) => meets({ ...labels, ...offering.labels }, requirements))
    .filter(({ allocatable }) => requests.every(([name, amount]) => milli(allocatable[name]) >= milli(amount)))
    .sort((a, b) => a.price - b.price || rank(a.zone) - rank(b.zone));
}

/** Launches the claim's instance. Throws EC2's error; InsufficientCapacity if everything is sold out or the subnets are full. */
export async function launch(auto: AutoCluster, claim: KubeObject, nodeClass: NodeClass): Promise<Launched> {
  const { memory, deps } = auto;
  const options = await auto.asClusterRole();
  const candidates = choices(auto, claim, nodeClass).slice(0, TRIES);
  let last = "no instance type satisfies the requirements";
  for (const offering of candidates) {
    const request = launchRequest(auto, claim, nodeClass, offering);
    try {
      const { Instances = [] } = await deps.invoke("ec2", "RunInstances", request, options);
      return { instanceId: Instances[0]?.InstanceId ?? "", imageId: request.ImageId!, offering };
    } catch (error) {
      if (!(error instanceof AwsError) || !/^(InsufficientInstanceCapacity|InsufficientFreeAddressesInSubnet)$/.test(error.code))
        throw error;
      last = error.message;
      memory.soldOut.set(`${offering.type}/${offering.zone}/${offering.capacityType}`, deps.clock.now() + SOLD_OUT_MS);
    }
  }
  throw new InsufficientCapacity(last);
}

function launchRequest(auto: AutoCluster, claim: KubeObject, nodeClass: NodeClass, offering: Offering): RunInstancesRequest {
  const { spec } = nodeClass.object;
  const { size: _, iops, throughput, kmsKeyID } = spec.ephemeralStorage ?? {};
  const [subnet] = nodeClass.subnets.filter(({ zone }) => zone === offering.zone).sort((a, b) => b.free - a.free);
  const encryption = kmsKeyID ? { Encrypted: true, KmsKeyId: kmsKeyID } : { Encrypted: true };
  const disk = (DeviceName: string, Ebs: object) => ({
    DeviceName,
    Ebs: { VolumeType: "gp3" as const, DeleteOnTermination: true, ...encryption, ...Ebs },
  });
  const groups = nodeClass.groups.map(({ id }) => id);
  const isPublic: boolean | undefined = spec.advancedNetworking?.associatePublicIPAddress;
  return {
    MinCount: 1,
    MaxCount: 1,
    ImageId: imageOf(auto.cluster, offering.labels["kubernetes.io/arch"]).id,
    InstanceType: offering.type as _InstanceType,
    // The same request after a crash finds the instance that the first one made.
    ClientToken: `${claim.metadata.uid}-${offering.type}-${offering.zone}`.slice(0, 64),
    ...(isPublic === undefined
      ? { SubnetId: subnet!.id, SecurityGroupIds: groups }
      : {
          NetworkInterfaces: [
            { DeviceIndex: 0, SubnetId: subnet!.id, Groups: groups, AssociatePublicIpAddress: isPublic, DeleteOnTermination: true },
          ],
        }),
    IamInstanceProfile: { Name: nodeClass.profile },
    MetadataOptions: { HttpTokens: "required", HttpPutResponseHopLimit: 1 },
    BlockDeviceMappings: [
      disk("/dev/xvda", { VolumeSize: 4 }),
      disk("/dev/xvdb", { VolumeSize: nodeClass.diskGiB, Iops: iops, Throughput: throughput }),
    ],
    ...(offering.capacityType === "spot" ? { InstanceMarketOptions: { MarketType: "spot" } } : {}),
    Operator: { Principal: OPERATOR },
    TagSpecifications: (["instance", "volume", "network-interface"] as const).map((ResourceType) => ({
      ResourceType,
      Tags: Object.entries(tagsOf(auto, claim, nodeClass)).map(([Key, Value]) => ({ Key, Value })),
    })),
  };
}

function tagsOf({ cluster }: AutoCluster, claim: KubeObject, nodeClass: NodeClass): Record<string, string> {
  return {
    ...nodeClass.object.spec.tags,
    "eks:eks-cluster-name": cluster.name,
    "eks:kubernetes-node-class-name": nodeClass.name,
    "eks:kubernetes-node-pool-name": claim.metadata.labels?.[POOL_LABEL] ?? "none",
    [`kubernetes.io/cluster/${cluster.name}`]: "owned",
  };
}
