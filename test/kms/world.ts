// KMS and IAM behind a gateway, in memory.
import type { Caller } from "../../src/aws/caller.ts";
import type { InputOf, OperationName, OutputOf, Sdk } from "../../src/aws/operation.ts";
import { FakeClock } from "../../src/base/clock.ts";
import { silentLog } from "../../src/base/log.ts";
import { seededRandom } from "../../src/base/random.ts";
import { createGateway } from "../../src/gateway/gateway.ts";
import { globalConditions } from "../../src/gateway/global-conditions.ts";
import { evaluate } from "../../src/policy/evaluate.ts";
import { createIam } from "../../src/services/iam/iam.ts";
import { createKms } from "../../src/services/kms/kms.ts";
import { memoryStore } from "../../src/store/memory.ts";

export const ACCOUNT = "111122223333";
export const OTHER = "444455556666";
export const REGION = "us-west-2";
export const DAY = 24 * 3600 * 1000;

type Kms = Sdk["kms"];

const rootOf = (accountId: string): Caller => ({
  ...{ kind: "root", partition: "aws", accountId },
  ...{ arn: `arn:aws:iam::${accountId}:root`, userId: accountId },
});
export const ROOT = rootOf(ACCOUNT);
export const OTHER_ROOT = rootOf(OTHER);

/** Key policy statement. */
export const allow = (principal: string, ...actions: string[]) => ({
  ...{ Effect: "Allow", Principal: { AWS: principal }, Action: actions, Resource: "*" },
});
export const policy = (...Statement: object[]) => JSON.stringify({ Version: "2012-10-17", Statement });
export const ACCOUNT_DECIDES = allow(ROOT.arn, "kms:*");

export function createWorld() {
  const store = memoryStore();
  const clock = new FakeClock("2026-05-01T00:00:00Z");
  const random = seededRandom(7);
  const iam = createIam({ store, clock, random, thumbprint: async () => "a".repeat(40) });
  const { directory } = iam;
  for (const account of [ACCOUNT, OTHER]) iam.accounts.ensureAccount(account);
  const gateway = createGateway({
    ...{ directory, credentials: iam.credentials, store, clock, random, log: silentLog },
    ...{ recorder: { record() {} }, regions: [REGION, "us-east-1"], defaultRegion: REGION },
  });
  const kms = createKms({
    store,
    random,
    directory,
    evaluate,
    globalConditions: (caller, facts) => globalConditions(caller, facts, directory),
  });
  for (const service of [iam.service, kms.service]) gateway.serve(service);

  const run = <Name extends OperationName<Kms>>(
    operation: Name,
    input: InputOf<Kms, Name>,
    caller: Caller = ROOT,
    region = REGION,
  ): Promise<OutputOf<Kms, Name>> => gateway.invoke("kms", operation, input, { caller, region });

  return {
    ...{ clock, run, store },
    /** Makes a key and returns its id and ARN. */
    async key(input: InputOf<Kms, "CreateKey"> = {}, caller = ROOT) {
      const { KeyId, Arn } = (await run("CreateKey", input, caller)).KeyMetadata!;
      return { id: KeyId!, arn: Arn! };
    },
    /** Makes a user who may do `actions` on everything. */
    async user(name: string, ...actions: string[]): Promise<Caller> {
      const options = { caller: ROOT, region: "us-east-1" };
      const { User } = await gateway.invoke("iam", "CreateUser", { UserName: name }, options);
      if (actions.length > 0) {
        const PolicyDocument = policy({ Effect: "Allow", Action: actions, Resource: "*" });
        await gateway.invoke("iam", "PutUserPolicy", { UserName: name, PolicyName: "p", PolicyDocument }, options);
      }
      const { Arn, UserId } = User!;
      return { kind: "user", partition: "aws", accountId: ACCOUNT, arn: Arn!, userId: UserId!, userName: name };
    },
  };
}

export type World = ReturnType<typeof createWorld>;
