// Elastic Load Balancing, EC2 and IAM behind a gateway, in memory.
import type { NetworkInterface } from "@aws-sdk/client-ec2";
import type { CreateLoadBalancerInput, CreateTargetGroupInput } from "@aws-sdk/client-elastic-load-balancing-v2";
import type { Caller } from "../../src/aws/caller.ts";
import type { InputOf, OperationName, OutputOf, Sdk } from "../../src/aws/operation.ts";
import { FakeClock } from "../../src/base/clock.ts";
import { silentLog } from "../../src/base/log.ts";
import { seededRandom } from "../../src/base/random.ts";
import { createGateway } from "../../src/gateway/gateway.ts";
import { createEc2 } from "../../src/services/ec2/index.ts";
import type { ElbDelays } from "../../src/services/elasticloadbalancing/deps.ts";
import { createElasticLoadBalancing, type ElasticLoadBalancing } from "../../src/services/elasticloadbalancing/elasticloadbalancing.ts";
import { createIam } from "../../src/services/iam/iam.ts";
import { memoryStore } from "../../src/store/memory.ts";
import type { Store } from "../../src/store/store.ts";

export const ACCOUNT = "111122223333";
export const REGION = "us-west-2";
export const ROOT: Caller = {
  ...{ kind: "root", partition: "aws", accountId: ACCOUNT },
  ...{ arn: `arn:aws:iam::${ACCOUNT}:root`, userId: ACCOUNT },
};

type Elb = Sdk["elasticloadbalancing"];

type Run<Client> = <Name extends OperationName<Client>>(
  name: Name,
  input: InputOf<Client, Name>,
  caller?: Caller,
) => Promise<OutputOf<Client, Name>>;

/** What tests work with. */
export interface World {
  readonly elb: Run<Elb>;
  readonly ec2: Run<Sdk["ec2"]>;
  readonly clock: FakeClock;
  readonly store: Store;
  readonly vpcId: string;
  readonly subnets: readonly [string, string, string];
  readonly answering: Set<string>;
  readonly balancing: ElasticLoadBalancing;
  subnet(zone: string, cidr: string, vpcId?: string): Promise<string>;
  securityGroup(name: string, vpcId?: string): Promise<string>;
  interfaces(): Promise<NetworkInterface[]>;
  balancer(name: string, input?: Partial<CreateLoadBalancerInput>): Promise<string>;
  targetGroup(name: string, input?: Partial<CreateTargetGroupInput>): Promise<string>;
  user(name: string, ...statements: object[]): Promise<Caller>;
}

/** A world with a VPC of three subnets in three zones, the third very small, and an internet gateway. */
export async function createWorld(delays?: ElbDelays): Promise<World> {
  const store = memoryStore();
  const clock = new FakeClock("2026-05-01T00:00:00Z");
  const random = seededRandom(7);
  const iam = createIam({ store, clock, random, thumbprint: async () => "a".repeat(40) });
  const { directory } = iam;
  iam.accounts.ensureAccount(ACCOUNT);
  const gateway = createGateway({
    ...{ directory, credentials: iam.credentials, store, clock, random, log: silentLog },
    ...{ recorder: { record() {} }, regions: [REGION, "us-east-1"], defaultRegion: REGION },
  });
  const { invoke } = gateway;
  /** Addresses that answer health checks. */
  const answering = new Set<string>();
  const options = { store, clock, random, invoke, probe: { targets: () => (target: string) => answering.has(target) } };
  const balancing = createElasticLoadBalancing({ ...options, ...(delays ? { delays } : {}) });
  for (const service of [iam.service, createEc2({ store, clock, random }).service, balancing.service]) gateway.serve(service);

  const root = { caller: ROOT, region: REGION };
  const elb: Run<Elb> = (name, input, caller = ROOT) => invoke("elasticloadbalancing", name, input, { caller, region: REGION });
  const ec2: Run<Sdk["ec2"]> = (name, input) => invoke("ec2", name, input, root);

  const vpcId = (await ec2("CreateVpc", { CidrBlock: "10.0.0.0/16" })).Vpc!.VpcId!;
  const gatewayId = (await ec2("CreateInternetGateway", {})).InternetGateway!.InternetGatewayId!;
  await ec2("AttachInternetGateway", { VpcId: vpcId, InternetGatewayId: gatewayId });
  const subnet = async (zone: string, CidrBlock: string, VpcId = vpcId) =>
    (await ec2("CreateSubnet", { VpcId, AvailabilityZone: `${REGION}${zone}`, CidrBlock })).Subnet!.SubnetId!;
  const subnets = [await subnet("a", "10.0.0.0/24"), await subnet("b", "10.0.1.0/24"), await subnet("c", "10.0.2.0/28")] as const;
  const securityGroup = async (GroupName: string, VpcId = vpcId) =>
    (await ec2("CreateSecurityGroup", { GroupName, Description: GroupName, VpcId })).GroupId!;

  return {
    ...{ elb, ec2, clock, store, vpcId, subnets, subnet, securityGroup, answering, balancing },
    /** Interfaces of load balancers. */
    async interfaces() {
      const { NetworkInterfaces = [] } = await ec2("DescribeNetworkInterfaces", {});
      return NetworkInterfaces.filter(({ Description }) => Description?.startsWith("ELB "));
    },
    /** Makes a load balancer in the first two subnets and answers its ARN. */
    async balancer(Name: string, input: Partial<CreateLoadBalancerInput> = {}) {
      const { LoadBalancers } = await elb("CreateLoadBalancer", { Name, Subnets: [subnets[0], subnets[1]], ...input });
      return LoadBalancers![0]!.LoadBalancerArn!;
    },
    async targetGroup(Name: string, input: Partial<CreateTargetGroupInput> = {}) {
      const { TargetGroups } = await elb("CreateTargetGroup", {
        ...{ Name, Protocol: "HTTP", Port: 80, VpcId: vpcId, TargetType: "ip" },
        ...input,
      });
      return TargetGroups![0]!.TargetGroupArn!;
    },
    /** Makes a user with a policy. */
    async user(name: string, ...Statement: object[]): Promise<Caller> {
      const { User } = await invoke("iam", "CreateUser", { UserName: name }, root);
      const PolicyDocument = JSON.stringify({ Version: "2012-10-17", Statement });
      await invoke("iam", "PutUserPolicy", { UserName: name, PolicyName: "p", PolicyDocument }, root);
      return { kind: "user", partition: "aws", accountId: ACCOUNT, arn: User!.Arn!, userId: User!.UserId!, userName: name };
    },
  };
}
