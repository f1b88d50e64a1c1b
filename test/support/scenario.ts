// What end-to-end tests need around a cluster, made through the public APIs only.
import {
  AssociateRouteTableCommand,
  AttachInternetGatewayCommand,
  CreateInternetGatewayCommand,
  CreateRouteCommand,
  CreateRouteTableCommand,
  CreateSubnetCommand,
  CreateVpcCommand,
  type EC2Client,
  ModifySubnetAttributeCommand,
} from "@aws-sdk/client-ec2";
import {
  type Cluster,
  CreateClusterCommand,
  CreateNodegroupCommand,
  DescribeClusterCommand,
  DescribeNodegroupCommand,
  type EKSClient,
} from "@aws-sdk/client-eks";
import {
  AttachRolePolicyCommand,
  CreateAccessKeyCommand,
  CreateRoleCommand,
  CreateUserCommand,
  type IAMClient,
  PutRolePolicyCommand,
  PutUserPolicyCommand,
} from "@aws-sdk/client-iam";
import type { Clock } from "../../src/base/clock.ts";
import type { Flags } from "../../src/config.ts";
import { type Keys, REGION, startTestAtoll, type TestAtoll } from "./atoll.ts";
import { nearestVersion } from "./nearest-version.ts";
import { trust } from "./policies.ts";
import { eventually } from "./wait.ts";

/** Managed policies AWS asks for on a node role. */
const NODE_POLICIES = ["AmazonEKSWorkerNodePolicy", "AmazonEKS_CNI_Policy", "AmazonEC2ContainerRegistryReadOnly"];

/** A VPC with one public subnet in each of two zones. */
export interface Network {
  readonly vpcId: string;
  readonly subnets: readonly string[];
}

/** ARNs of the roles of control plane and nodes. */
export interface Roles {
  readonly cluster: string;
  readonly node: string;
}

export async function createNetwork(ec2: EC2Client, prefix = "10.20"): Promise<Network> {
  const { Vpc } = await ec2.send(new CreateVpcCommand({ CidrBlock: `${prefix}.0.0/16` }));
  const VpcId = Vpc!.VpcId!;
  const { InternetGateway } = await ec2.send(new CreateInternetGatewayCommand({}));
  const GatewayId = InternetGateway!.InternetGatewayId!;
  await ec2.send(new AttachInternetGatewayCommand({ VpcId, InternetGatewayId: GatewayId }));
  const { RouteTable } = await ec2.send(new CreateRouteTableCommand({ VpcId }));
  const RouteTableId = RouteTable!.RouteTableId!;
  await ec2.send(new CreateRouteCommand({ RouteTableId, DestinationCidrBlock: "0.0.0.0/0", GatewayId }));
  const subnets: string[] = [];
  for (const [i, zone] of ["a", "b"].entries()) {
    const subnet = { VpcId, AvailabilityZone: `${REGION}${zone}`, CidrBlock: `${prefix}.${i}.0/24` };
    const { Subnet } = await ec2.send(new CreateSubnetCommand(subnet));
    subnets.push(Subnet!.SubnetId!);
    await ec2.send(new AssociateRouteTableCommand({ RouteTableId, SubnetId: Subnet!.SubnetId! }));
    await ec2.send(new ModifySubnetAttributeCommand({ SubnetId: Subnet!.SubnetId!, MapPublicIpOnLaunch: { Value: true } }));
  }
  return { vpcId: VpcId, subnets };
}

/** What a role is made of besides its name and trust policy. */
export interface RoleContent {
  /** Names of AWS managed policies. */
  readonly managed?: readonly string[];
  /** An inline policy document. */
  readonly policy?: string;
}

/** Makes a role and returns its ARN. */
export async function createRole(iam: IAMClient, RoleName: string, trustPolicy: string, content: RoleContent = {}): Promise<string> {
  const { Role } = await iam.send(new CreateRoleCommand({ RoleName, AssumeRolePolicyDocument: trustPolicy }));
  for (const name of content.managed ?? [])
    await iam.send(new AttachRolePolicyCommand({ RoleName, PolicyArn: `arn:aws:iam::aws:policy/${name}` }));
  if (content.policy !== undefined)
    await iam.send(new PutRolePolicyCommand({ RoleName, PolicyName: "inline", PolicyDocument: content.policy }));
  return Role!.Arn!;
}

export async function createRoles(iam: IAMClient): Promise<Roles> {
  return {
    cluster: await createRole(iam, "cluster", trust({ Service: "eks.amazonaws.com" }), { managed: ["AmazonEKSClusterPolicy"] }),
    node: await createRole(iam, "node", trust({ Service: "ec2.amazonaws.com" }), { managed: NODE_POLICIES }),
  };
}

/** Makes a user with an inline policy and returns the keys. */
export async function createUser(iam: IAMClient, UserName: string, policy?: string): Promise<Keys> {
  await iam.send(new CreateUserCommand({ UserName }));
  if (policy !== undefined) await iam.send(new PutUserPolicyCommand({ UserName, PolicyName: "inline", PolicyDocument: policy }));
  const { AccessKey } = await iam.send(new CreateAccessKeyCommand({ UserName }));
  return { accessKeyId: AccessKey!.AccessKeyId!, secretAccessKey: AccessKey!.SecretAccessKey! };
}

/** Creates a cluster and waits until it is ACTIVE. */
export async function createCluster(
  eks: EKSClient,
  name: string,
  roleArn: string,
  subnetIds: readonly string[],
  version?: string,
): Promise<Cluster> {
  const accessConfig = { authenticationMode: "API_AND_CONFIG_MAP" } as const;
  const network = { resourcesVpcConfig: { subnetIds: [...subnetIds] } };
  await eks.send(new CreateClusterCommand({ name, roleArn, ...network, accessConfig, ...(version !== undefined && { version }) }));
  return eventually(`cluster ${name} ACTIVE`, async () => {
    const { cluster } = await eks.send(new DescribeClusterCommand({ name }));
    if (cluster?.status === "FAILED") throw new Error(`cluster ${name} failed: ${JSON.stringify(cluster.health)}`);
    return cluster?.status === "ACTIVE" && cluster;
  });
}

/** Creates a node group of m5.large and waits until it is ACTIVE. */
export async function createNodegroup(
  eks: EKSClient,
  clusterName: string,
  nodeRole: string,
  subnets: readonly string[],
  size = 2,
): Promise<void> {
  const nodegroupName = "workers";
  const scalingConfig = { minSize: 0, maxSize: 4, desiredSize: size };
  const group = { clusterName, nodegroupName, nodeRole, subnets: [...subnets], instanceTypes: ["m5.large"], scalingConfig };
  await eks.send(new CreateNodegroupCommand(group));
  await eventually(`node group ${nodegroupName} ACTIVE`, async () => {
    const { nodegroup } = await eks.send(new DescribeNodegroupCommand({ clusterName, nodegroupName }));
    if (nodegroup?.status === "CREATE_FAILED") throw new Error(`the node group failed: ${JSON.stringify(nodegroup.health)}`);
    return nodegroup?.status === "ACTIVE";
  });
}

/** A running Atoll with one cluster. */
export interface Scenario {
  readonly test: TestAtoll;
  readonly network: Network;
  readonly roles: Roles;
  readonly cluster: Cluster;
  readonly name: string;
}

/** What may differ from two nodes of the default version in the machine's time. */
export interface ScenarioOptions {
  readonly minor?: number;
  readonly nodes?: number;
  readonly clock?: Clock;
  readonly flags?: Flags;
}

/** Starts Atoll and makes a cluster called `main` with that many nodes; its version is the offered one nearest to 1.`minor`. */
export async function startScenario({ minor, nodes = 2, clock, flags }: ScenarioOptions = {}): Promise<Scenario> {
  const test = await startTestAtoll(clock && { clock }, flags);
  const { ec2, eks, iam } = test.clients;
  const name = "main";
  const version = minor === undefined ? undefined : await nearestVersion(eks, minor);
  const [network, roles] = await Promise.all([createNetwork(ec2), createRoles(iam)]);
  const cluster = await createCluster(eks, name, roles.cluster, network.subnets, version);
  if (nodes > 0) await createNodegroup(eks, name, roles.node, network.subnets, nodes);
  return { test, network, roles, cluster, name };
}
