// A small IAM to test against, and calls on it as the gateway makes them after authorization.
import type { Caller } from "../../src/aws/caller.ts";
import type { Call, InputOf, Operation, OperationName, OutputOf, Sdk } from "../../src/aws/operation.ts";
import { FakeClock } from "../../src/base/clock.ts";
import { seededRandom } from "../../src/base/random.ts";
import { createIam, type IamOptions } from "../../src/services/iam/iam.ts";
import { memoryStore } from "../../src/store/memory.ts";

export const ACCOUNT = "111122223333";
export const OTHER = "444455556666";
export const THUMBPRINT = "9e99a48a9960b14926bb7f3b02e22da2b0ab7280";

export const rootOf = (account: string): Caller => ({
  kind: "root",
  partition: "aws",
  accountId: account,
  arn: `arn:aws:iam::${account}:root`,
  userId: account,
});

/** A call by `caller` at the clock's time. */
export function callOf(caller: Caller, clock: FakeClock): Call {
  return {
    requestId: "request",
    partition: "aws",
    account: caller.accountId,
    region: "us-east-1",
    caller,
    now: clock.now(),
    sourceIp: "192.0.2.1",
    userAgent: "test",
    endpoint: "http://127.0.0.1:4566",
    authorize: async () => {},
  };
}

/** IAM with two accounts in memory. */
export function testIam(options: Partial<IamOptions> = {}) {
  const clock = new FakeClock();
  const store = options.store ?? memoryStore();
  const iam = createIam({ store, clock, random: seededRandom(1), thumbprint: async () => THUMBPRINT, ...options });
  iam.accounts.ensureAccount(ACCOUNT);
  iam.accounts.ensureAccount(OTHER);
  const operation = (name: string) => iam.service.operations[name] as unknown as Operation<unknown, unknown, unknown>;
  return {
    ...iam,
    clock,
    store,
    /** Runs an operation as the account's root, or as somebody else. */
    async run<Name extends OperationName<Sdk["iam"]>>(name: Name, input: InputOf<Sdk["iam"], Name>, caller = rootOf(ACCOUNT)) {
      return (await operation(name).run(input, callOf(caller, clock), iam.service.deps)) as OutputOf<Sdk["iam"], Name>;
    },
    /** What the gateway would ask IAM before running an operation. */
    authorization<Name extends OperationName<Sdk["iam"]>>(name: Name, input: InputOf<Sdk["iam"], Name>, caller = rootOf(ACCOUNT)) {
      const { resource, conditions } = operation(name);
      const call = callOf(caller, clock);
      return { resource: resource?.(input, call, iam.service.deps), conditions: conditions?.(input, call, iam.service.deps) ?? {} };
    },
  };
}

export const trust = (principal: object, action: string | string[] = "sts:AssumeRole", condition?: object) =>
  JSON.stringify({
    Version: "2012-10-17",
    Statement: [{ Effect: "Allow", Principal: principal, Action: action, ...(condition ? { Condition: condition } : {}) }],
  });

export const EC2_TRUST = trust({ Service: "ec2.amazonaws.com" });

export const allow = (action: string | string[], resource: string | string[] = "*", condition?: object) =>
  JSON.stringify({
    Version: "2012-10-17",
    Statement: [{ Effect: "Allow", Action: action, Resource: resource, ...(condition ? { Condition: condition } : {}) }],
  });
