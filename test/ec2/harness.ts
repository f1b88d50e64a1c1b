// Calls EC2's operations directly, without gateway, signature or authorization.
import type { Call, InputOf, OperationName, OutputOf } from "../../src/aws/operation.ts";
import { FakeClock } from "../../src/base/clock.ts";
import { seededRandom } from "../../src/base/random.ts";
import { createEc2, type Ec2Options } from "../../src/services/ec2/index.ts";
import { memoryStore } from "../../src/store/memory.ts";
import type { Store } from "../../src/store/store.ts";

type Ec2 = typeof import("@aws-sdk/client-ec2");

export const account = "111122223333";

/** A user's call; override what matters. */
export function callOf(overrides: Partial<Call> = {}): Call {
  return {
    requestId: "r",
    partition: "aws",
    account,
    region: "us-west-2",
    caller: { kind: "root", partition: "aws", accountId: account, arn: `arn:aws:iam::${account}:root`, userId: account },
    now: Date.parse("2026-01-01T00:00:00Z"),
    sourceIp: "127.0.0.1",
    userAgent: "test",
    endpoint: "http://127.0.0.1",
    async authorize() {},
    ...overrides,
  };
}

/** EC2 over a store in memory. */
export function ec2(options: Partial<Ec2Options> & { store?: Store; overrides?: Partial<Call> } = {}) {
  const store = options.store ?? memoryStore();
  const clock = (options.clock as FakeClock | undefined) ?? new FakeClock();
  const { service } = createEc2({ random: seededRandom(7), ...options, store, clock });
  const operation = (name: string) => {
    const found = service.operations[name];
    if (!found) throw new Error(`no operation ${name}`);
    return found;
  };
  return {
    store,
    clock,
    service,
    operation,
    async run<Name extends OperationName<Ec2>>(
      name: Name,
      input: InputOf<Ec2, Name>,
      overrides: Partial<Call> = {},
    ): Promise<OutputOf<Ec2, Name>> {
      return (await operation(name).run(input as never, callOf({ ...options.overrides, ...overrides }), service.deps as never)) as OutputOf<
        Ec2,
        Name
      >;
    },
    demands(name: string, input: object, overrides: Partial<Call> = {}) {
      const call = callOf({ ...options.overrides, ...overrides });
      const found = operation(name);
      return {
        resource: found.resource?.(input as never, call, service.deps as never) ?? "*",
        conditions: found.conditions?.(input as never, call, service.deps as never) ?? {},
        requires: found.requires?.(input as never, call, service.deps as never) ?? [],
      };
    },
  };
}

/** What {@link ec2} returns. */
export type Harness = ReturnType<typeof ec2>;

/** A VPC with one subnet. */
export async function network(harness: Harness, cidr = "10.0.0.0/16", subnet = "10.0.0.0/24") {
  const { Vpc } = await harness.run("CreateVpc", { CidrBlock: cidr });
  const { Subnet } = await harness.run("CreateSubnet", { VpcId: Vpc!.VpcId, CidrBlock: subnet, AvailabilityZone: "us-west-2a" });
  return { vpcId: Vpc!.VpcId!, subnetId: Subnet!.SubnetId! };
}
