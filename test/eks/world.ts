// A whole AWS side in memory: gateway, IAM, STS, EC2 and EKS over one store, with a network and roles ready for clusters.
import type { Caller } from "../../src/aws/caller.ts";
import { AwsError } from "../../src/aws/errors.ts";
import type { CallOptions, InputOf, Invoke, OperationName, OutputOf, Sdk, Service } from "../../src/aws/operation.ts";
import { service } from "../../src/aws/operation.ts";
import { FakeClock } from "../../src/base/clock.ts";
import { silentLog } from "../../src/base/log.ts";
import { seededRandom } from "../../src/base/random.ts";
import { createGateway, type Gateway } from "../../src/gateway/gateway.ts";
import { globalConditions } from "../../src/gateway/global-conditions.ts";
import { evaluate } from "../../src/policy/evaluate.ts";
import { createEc2 } from "../../src/services/ec2/index.ts";
import { createEks, type EksOptions } from "../../src/services/eks/index.ts";
import { createIam } from "../../src/services/iam/iam.ts";
import { createKms } from "../../src/services/kms/kms.ts";
import type { CallRecord } from "../../src/services/ports.ts";
import { createSts } from "../../src/services/sts/sts.ts";
import { memoryStore } from "../../src/store/memory.ts";
import type { Store } from "../../src/store/store.ts";

export const ACCOUNT = "111122223333";
export const REGION = "us-west-2";

export const ROOT: Caller = { kind: "root", partition: "aws", accountId: ACCOUNT, arn: `arn:aws:iam::${ACCOUNT}:root`, userId: ACCOUNT };

/** Options of {@link createWorld}. */
export interface WorldOptions extends Pick<EksOptions, "limits" | "versions"> {
  readonly store?: Store;
  readonly clock?: FakeClock;
}

/** Everything a test needs to call AWS as root or as somebody else, and to look behind the scenes. */
export function createWorld(options: WorldOptions = {}) {
  const store = options.store ?? memoryStore();
  const clock = options.clock ?? new FakeClock("2026-05-01T00:00:00Z");
  const random = seededRandom(7);
  const records: CallRecord[] = [];
  const recorder = { record: (record: CallRecord) => void records.push(record) };
  const iam = createIam({ store, clock, random, thumbprint: async () => "a".repeat(40) });
  iam.accounts.ensureAccount(ACCOUNT);
  const sts = createSts({
    ...{ store, clock, random, directory: iam.directory, evaluate, recorder },
    issuerKeys: { jwks: () => undefined },
    fetch: async () => {
      throw new Error("no network in tests");
    },
    globalConditions: (caller, facts) => globalConditions(caller, facts, iam.directory),
  });
  const gateway: Gateway = createGateway({
    ...{ directory: iam.directory, credentials: iam.credentials, recorder, store, clock, random, log: silentLog },
    regions: [REGION, "us-east-1"],
    defaultRegion: REGION,
  });
  const invoke = gateway.invoke;
  const eks = createEks({
    ...{ store, clock, random, invoke, directory: iam.directory, sessions: sts.issuer },
    ...(options.limits ? { limits: options.limits } : {}),
    ...(options.versions ? { versions: options.versions } : {}),
  });
  const logGroups = new Set<string>();
  const kms = createKms({
    ...{ store, random, directory: iam.directory, evaluate },
    globalConditions: (caller, facts) => globalConditions(caller, facts, iam.directory),
  });
  for (const each of [
    kms.service,
    iam.service,
    sts.service,
    createEc2({ store, clock, random, profiles: iam.directory }).service,
    eks.service,
  ]) {
    gateway.serve(each);
  }
  gateway.serve(logs(logGroups));

  const call = async <S extends keyof Sdk, Name extends OperationName<Sdk[S]>>(
    name: S,
    operation: Name,
    input: InputOf<Sdk[S], Name>,
    as: Partial<CallOptions> = {},
  ): Promise<OutputOf<Sdk[S], Name>> =>
    (invoke as Invoke)(name, operation, input, { caller: ROOT, region: REGION, sourceIp: "127.0.0.1", userAgent: "test", ...as });

  return {
    ...{ store, clock, random, records, iam, sts, gateway, invoke, logGroups, call },
    state: eks.state,
    /** Calls EKS as root. */
    eks: <Name extends OperationName<Sdk["eks"]>>(operation: Name, input: InputOf<Sdk["eks"], Name>, as: Partial<CallOptions> = {}) =>
      call("eks", operation, input, as),
    ec2: <Name extends OperationName<Sdk["ec2"]>>(operation: Name, input: InputOf<Sdk["ec2"], Name>) => call("ec2", operation, input),
    close: () => sts.close(),
  };
}

export type World = ReturnType<typeof createWorld>;

/** CloudWatch Logs as far as EKS uses it. */
function logs(groups: Set<string>): Service {
  return service("logs", undefined, {
    CreateLogGroup: {
      resource: ({ logGroupName = "" }: { logGroupName?: string }, call) =>
        `arn:aws:logs:${call.region}:${call.account}:log-group:${logGroupName}`,
      run({ logGroupName = "" }: { logGroupName?: string }) {
        if (groups.has(logGroupName)) throw new AwsError("ResourceAlreadyExistsException", "The specified log group already exists");
        groups.add(logGroupName);
        return {};
      },
    },
  });
}

/** A network and roles. */
export interface Ground {
  readonly vpcId: string;
  /** In us-west-2a, b, a, b. */
  readonly subnets: readonly string[];
  readonly clusterRole: string;
  readonly nodeRole: string;
}

/** Trust policy of a role for a service. */
export const trust = (principal: string, actions: readonly string[] = ["sts:AssumeRole"], condition?: object) =>
  JSON.stringify({
    Version: "2012-10-17",
    Statement: [{ Effect: "Allow", Principal: { Service: principal }, Action: actions, ...(condition ? { Condition: condition } : {}) }],
  });

export async function makeRole(world: World, name: string, document: string): Promise<string> {
  const { Role } = await world.call("iam", "CreateRole", { RoleName: name, AssumeRolePolicyDocument: document });
  return Role!.Arn!;
}

/** A VPC with private subnets in two zones, a cluster role and a node role. */
export async function makeGround(world: World, cidr = "10.0.0.0/16"): Promise<Ground> {
  const { Vpc } = await world.ec2("CreateVpc", { CidrBlock: cidr });
  const vpcId = Vpc!.VpcId!;
  const base = cidr.split(".").slice(0, 2).join(".");
  const subnets: string[] = [];
  for (const [index, zone] of ["a", "b", "a", "b"].entries()) {
    subnets.push(await makeSubnet(world, vpcId, `${base}.${index}.0/24`, `${REGION}${zone}`));
  }
  const clusterRole = await makeRole(world, "cluster", trust("eks.amazonaws.com"));
  const nodeRole = await makeRole(world, "node", trust("ec2.amazonaws.com"));
  return { vpcId, subnets, clusterRole, nodeRole };
}

export async function makeSubnet(world: World, vpcId: string, cidr: string, zone: string): Promise<string> {
  const { Subnet } = await world.ec2("CreateSubnet", { VpcId: vpcId, CidrBlock: cidr, AvailabilityZone: zone });
  return Subnet!.SubnetId!;
}

/** A CreateCluster request that passes. */
export const clusterRequest = (ground: Ground, name = "dev") => ({
  name,
  roleArn: ground.clusterRole,
  resourcesVpcConfig: { subnetIds: ground.subnets.slice(0, 2) },
  accessConfig: { authenticationMode: "API_AND_CONFIG_MAP" as const },
});

/** The error a promise rejects with; fails if it resolves. */
export async function refusal(promise: Promise<unknown>): Promise<AwsError> {
  try {
    await promise;
  } catch (error) {
    if (error instanceof AwsError) return error;
    throw error;
  }
  throw new Error("the call was expected to be refused");
}
