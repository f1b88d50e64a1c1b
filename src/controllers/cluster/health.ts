// What an ACTIVE cluster stands on, looked at after every update and from time to time (spec eks-control-plane §5.7).
import type { ClusterIssueCode } from "@aws-sdk/client-eks";
import type { ClusterRecord, IssueRecord } from "../../services/eks/records.ts";
import { asService } from "../../services/eks/service-roles.ts";
import { trustsService } from "../../services/eks/trust.ts";
import type { ControllerDeps } from "../deps.ts";
import { type Again, Loop } from "../loop.ts";
import { remaining } from "../timing.ts";
import { amend } from "./amend.ts";
import { keyIssues } from "./key.ts";

type Issue = IssueRecord<ClusterIssueCode>;

/** EKS wants to be able to make this many interfaces in each subnet. */
const FREE_ADDRESSES = 5;

/** The loop, and a way to have a cluster looked at before its time. */
export interface ClusterHealth {
  readonly loop: Loop;
  suspect(key: string): void;
}

/** Makes the loop; the caller feeds it cluster keys. */
export function clusterHealth(deps: ControllerDeps): ClusterHealth {
  const { state, clock, timing } = deps;
  /** When each cluster was last looked at; a new one was when it was made. */
  const looked = new Map<string, number>();
  const loop = new Loop("cluster-health", clock, deps.log, async (key): Promise<Again | undefined> => {
    const cluster = state.clusters.get(key);
    if (cluster?.status !== "ACTIVE") {
      if (cluster?.status === "UPDATING") looked.set(key, Number.NEGATIVE_INFINITY);
      else looked.delete(key);
      return undefined;
    }
    const now = clock.now();
    const last = looked.get(key) ?? now;
    looked.set(key, last);
    const wait = remaining(now, last, timing.healthCheck);
    if (wait > 0) return { after: wait };
    looked.set(key, now);
    amend(deps, key, "ACTIVE", { health: await issuesOf(deps, cluster) });
    return { after: timing.healthCheck };
  });
  const suspect = (key: string) => {
    if (looked.has(key)) looked.set(key, Number.NEGATIVE_INFINITY);
    loop.add(key);
  };
  return { loop, suspect };
}

async function issuesOf(deps: ControllerDeps, cluster: ClusterRecord): Promise<Issue[]> {
  return [...(await networkIssues(deps, cluster)), ...roleIssues(deps, cluster), ...(await keyIssues(deps, cluster))];
}

async function networkIssues(deps: ControllerDeps, cluster: ClusterRecord): Promise<Issue[]> {
  const { invoke } = deps;
  const service = asService(deps, cluster);
  const where = (Name: string, Values: readonly (string | undefined)[]) => ({
    Filters: [{ Name, Values: Values.filter((value) => value !== undefined) }],
  });
  const { Vpcs = [] } = await invoke("ec2", "DescribeVpcs", where("vpc-id", [cluster.vpcId]), service);
  if (Vpcs.length === 0) {
    return [{ code: "VpcNotFound", message: `The VPC ${cluster.vpcId} of the cluster was deleted.`, resourceIds: [cluster.vpcId] }];
  }
  const { Subnets = [] } = await invoke("ec2", "DescribeSubnets", where("subnet-id", cluster.subnetIds), service);
  const goneSubnets = without(
    cluster.subnetIds,
    Subnets.map((subnet) => subnet.SubnetId),
  );
  const full = Subnets.filter(({ AvailableIpAddressCount = 0 }) => AvailableIpAddressCount < FREE_ADDRESSES).map(
    (subnet) => subnet.SubnetId!,
  );
  const groups = [...cluster.securityGroupIds, ...(cluster.clusterSecurityGroupId ? [cluster.clusterSecurityGroupId] : [])];
  const { SecurityGroups = [] } = await invoke("ec2", "DescribeSecurityGroups", where("group-id", groups), service);
  const goneGroups = without(
    groups,
    SecurityGroups.map((group) => group.GroupId),
  );
  return [
    ...about("Ec2SubnetNotFound", goneSubnets, "Subnets of the cluster were deleted"),
    ...about("InsufficientFreeAddresses", full, `Subnets of the cluster have fewer than ${FREE_ADDRESSES} free IP addresses`),
    ...about("Ec2SecurityGroupNotFound", goneGroups, "Security groups of the cluster were deleted"),
  ];
}

const without = (wanted: readonly string[], present: readonly (string | undefined)[]) => wanted.filter((id) => !present.includes(id));

const about = (code: ClusterIssueCode, resourceIds: readonly string[], what: string): Issue[] =>
  resourceIds.length === 0 ? [] : [{ code, message: `${what}: ${resourceIds.join(", ")}.`, resourceIds }];

function roleIssues({ directory }: ControllerDeps, { roleArn }: ClusterRecord): Issue[] {
  const role = directory.role(roleArn);
  if (!role) return about("IamRoleNotFound", [roleArn], "The cluster role does not exist");
  if (trustsService(role.trust, "eks.amazonaws.com", ["sts:AssumeRole"])) return [];
  return about("AccessDenied", [roleArn], "The cluster role does not let eks.amazonaws.com assume it");
}
