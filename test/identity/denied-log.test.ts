// Every refusal of IAM leaves the policies' account in the log, under the request's id.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Log } from "../../src/base/log.ts";
import { systemRandom } from "../../src/base/random.ts";
import { AuthorizationMessages } from "../../src/gateway/authorization-message.ts";
import { GatewayAuthorizer } from "../../src/gateway/authorizer.ts";
import { globalConditions } from "../../src/gateway/global-conditions.ts";
import { evaluate } from "../../src/policy/evaluate.ts";
import { createSts } from "../../src/services/sts/sts.ts";
import { rootOf, testIam, trust } from "../iam/support.ts";
import { noFetch } from "../sts/support.ts";

interface Line {
  readonly requestId: string;
  readonly denied: { readonly action: string; readonly explicit: boolean; readonly statements: readonly { readonly failed?: string }[] };
}

function logbook(): { log: Log; lines: Line[] } {
  const lines: Line[] = [];
  const log: Log = { debug() {}, info: (fields) => void lines.push(fields as Line), warn() {}, error() {}, child: () => log };
  return { log, lines };
}

const facts = (requestId: string) => ({
  requestId,
  region: "us-west-2",
  sourceIp: "10.0.0.1",
  userAgent: "t",
  now: 0,
  secureTransport: true,
});

test("a refused action: what almost allowed it", async () => {
  const iam = testIam();
  const { log, lines } = logbook();
  const authorizer = new GatewayAuthorizer(iam.directory, new AuthorizationMessages(systemRandom), log);
  await iam.run("CreateUser", { UserName: "bob" });
  const Statement = { Effect: "Allow", Action: "eks:*", Resource: "*", Condition: { Bool: { "aws:MultiFactorAuthPresent": "true" } } };
  const PolicyDocument = JSON.stringify({ Version: "2012-10-17", Statement });
  await iam.run("PutUserPolicy", { UserName: "bob", PolicyName: "p", PolicyDocument });
  const { User } = await iam.run("GetUser", { UserName: "bob" });
  const accountId = User!.Arn!.split(":")[4]!;
  const bob = { kind: "user" as const, partition: "aws", accountId, arn: User!.Arn!, userId: User!.UserId!, userName: "bob" };
  const requirement = { action: "eks:ListClusters", resources: ["*"] };
  assert.throws(() => authorizer.require(bob, requirement, facts("r-1")), { code: "AccessDeniedException" });
  assert.equal(lines.length, 1);
  assert.equal(lines[0]?.requestId, "r-1");
  assert.equal(lines[0]?.denied.action, "eks:ListClusters");
  assert.equal(lines[0]?.denied.statements[0]?.failed, "Condition Bool aws:MultiFactorAuthPresent");
  authorizer.require({ ...rootOf(accountId) }, requirement, facts("r-2"));
  assert.equal(lines.length, 1, "what is allowed is not logged");
});

test("a refused AssumeRole: the trust policy's account", async () => {
  const iam = testIam();
  const { log, lines } = logbook();
  const sts = createSts({
    ...{ store: iam.store, clock: iam.clock, random: systemRandom, directory: iam.directory, fetch: noFetch, evaluate, log },
    issuerKeys: { jwks: () => undefined },
    globalConditions: (caller, given) => globalConditions(caller, given, iam.directory),
    recorder: { record() {} },
  });
  const { Role } = await iam.run("CreateRole", { RoleName: "r", AssumeRolePolicyDocument: trust({ Service: "ec2.amazonaws.com" }) });
  const service = "eks.amazonaws.com";
  const caller = { kind: "service" as const, partition: "aws", accountId: "", arn: service, userId: service, service };
  const request = { caller, region: "us-west-2", roleArn: Role!.Arn!, sessionName: "xx", durationSeconds: 900 };
  await assert.rejects(sts.issuer.assumeRole(request), { code: "AccessDenied" });
  assert.equal(lines[0]?.denied.action, "sts:AssumeRole");
  assert.equal(lines[0]?.denied.statements[0]?.failed, "Principal");
  assert.match(lines[0]?.requestId ?? "", /^[0-9a-f-]{36}$/);
  await assert.rejects(sts.issuer.assumeRole({ ...request, onBehalfOf: "outer" }), { code: "AccessDenied" });
  assert.equal(lines.pop()?.requestId, "outer", "under the id that the client knows");
  assert.deepEqual(sts.rehearsal.assumeRole(request).answer?.code, "AccessDenied");
  assert.equal(lines.length, 1, "a rehearsal is not logged");
  sts.close();
});
