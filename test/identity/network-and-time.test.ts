// Conditions on addresses and times as real requests carry them: who called from where, when, and with credentials of what age.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Caller, SessionFacts } from "../../src/aws/caller.ts";
import { silentLog } from "../../src/base/log.ts";
import { systemRandom } from "../../src/base/random.ts";
import { AuthorizationMessages } from "../../src/gateway/authorization-message.ts";
import { GatewayAuthorizer } from "../../src/gateway/authorizer.ts";
import { EC2_TRUST, testIam } from "../iam/support.ts";

const NOON = Date.parse("2026-06-15T12:00:00Z");
const HOUR = 3600_000;

interface Request {
  readonly sourceIp?: string;
  readonly now?: number;
  readonly secure?: boolean;
  readonly region?: string;
  /** Age of the session in milliseconds. */
  readonly age?: number;
  readonly session?: Partial<SessionFacts>;
}

/** Whether a role session with one statement may list clusters. */
async function may(
  Condition: object,
  { sourceIp = "10.0.0.5", now = NOON, secure = true, region = "us-west-2", age = 0, session = {} }: Request = {},
): Promise<boolean> {
  const iam = testIam();
  const { Role } = await iam.run("CreateRole", { RoleName: "r", AssumeRolePolicyDocument: EC2_TRUST });
  const Statement = { Effect: "Allow", Action: "eks:ListClusters", Resource: "*", Condition };
  await iam.run("PutRolePolicy", { RoleName: "r", PolicyName: "p", PolicyDocument: JSON.stringify({ Version: "2012-10-17", Statement }) });
  const accountId = Role!.Arn!.split(":")[4]!;
  const issuedAt = now - age;
  const facts: SessionFacts = {
    issuedAt,
    expiresAt: issuedAt + 12 * HOUR,
    tags: {},
    transitiveTagKeys: [],
    policies: [],
    policyArns: [],
    ...session,
  };
  const caller: Caller = {
    ...{
      kind: "role-session",
      partition: "aws",
      accountId,
      arn: `arn:aws:sts::${accountId}:assumed-role/r/s`,
      userId: `${Role!.RoleId}:s`,
    },
    ...{ roleName: "r", roleArn: Role!.Arn!, sessionName: "s", session: facts },
  };
  const authorizer = new GatewayAuthorizer(iam.directory, new AuthorizationMessages(systemRandom), silentLog);
  const request = { requestId: "r", region, sourceIp, userAgent: "t", now, secureTransport: secure };
  return authorizer.decide(caller, { action: "eks:ListClusters", resources: ["*"] }, request).allowed;
}

const rows: [string, object, Request, boolean][] = [
  ["inside the office", { IpAddress: { "aws:SourceIp": ["192.0.2.0/24", "10.0.0.0/16"] } }, {}, true],
  ["outside it", { IpAddress: { "aws:SourceIp": "10.0.0.0/16" } }, { sourceIp: "10.1.0.1" }, false],
  ["IPv6 inside", { IpAddress: { "aws:SourceIp": "2001:db8::/32" } }, { sourceIp: "2001:db8:ffff::1" }, true],
  ["IPv4 is no IPv6", { IpAddress: { "aws:SourceIp": "::/0" } }, {}, false],
  ["a service calls for somebody: no address", { IpAddress: { "aws:SourceIp": "0.0.0.0/0" } }, { sourceIp: "eks.amazonaws.com" }, false],
  ["NotIpAddress lets services through", { NotIpAddress: { "aws:SourceIp": "192.0.2.0/24" } }, { sourceIp: "eks.amazonaws.com" }, true],
  ["IpAddressIfExists too", { IpAddressIfExists: { "aws:SourceIp": "192.0.2.0/24" } }, { sourceIp: "eks.amazonaws.com" }, true],
  ["before the deadline", { DateLessThan: { "aws:CurrentTime": "2026-06-15T12:00:01Z" } }, {}, true],
  ["at the deadline", { DateLessThan: { "aws:CurrentTime": "2026-06-15T12:00:00Z" } }, {}, false],
  [
    "inside a window",
    { DateGreaterThan: { "aws:CurrentTime": "2026-06-15" }, DateLessThan: { "aws:CurrentTime": "2026-06-16" } },
    {},
    true,
  ],
  [
    "after the window",
    { DateGreaterThan: { "aws:CurrentTime": "2026-06-15" }, DateLessThan: { "aws:CurrentTime": "2026-06-16" } },
    { now: NOON + 12 * HOUR },
    false,
  ],
  ["in another zone's words", { DateLessThanEquals: { "aws:CurrentTime": "2026-06-15T14:00:00+02:00" } }, {}, true],
  ["by epoch seconds", { NumericGreaterThanEquals: { "aws:EpochTime": String(NOON / 1000) } }, {}, true],
  ["by epoch as a date", { DateEquals: { "aws:EpochTime": "2026-06-15T12:00:00Z" } }, {}, true],
  ["credentials revoked before now", { DateGreaterThan: { "aws:TokenIssueTime": "2026-06-15T11:00:00Z" } }, { age: 2 * HOUR }, false],
  ["credentials issued since", { DateGreaterThan: { "aws:TokenIssueTime": "2026-06-15T11:00:00Z" } }, { age: HOUR / 2 }, true],
  ["TLS asked for and had", { Bool: { "aws:SecureTransport": "true" } }, {}, true],
  ["TLS asked for and not had", { Bool: { "aws:SecureTransport": "true" } }, { secure: false }, false],
  ["the region", { StringEquals: { "aws:RequestedRegion": "us-west-2" } }, {}, true],
  ["another region", { StringEquals: { "aws:RequestedRegion": "us-west-2" } }, { region: "eu-west-1" }, false],
  [
    "a session tag",
    { StringEquals: { "aws:PrincipalTag/kubernetes-namespace": "shop" } },
    { session: { tags: { "kubernetes-namespace": "shop" } } },
    true,
  ],
  ["no session tag", { StringEquals: { "aws:PrincipalTag/kubernetes-namespace": "shop" } }, {}, false],
  ["people have no aws:SourceArn", { ArnLike: { "aws:SourceArn": "arn:aws:*" } }, {}, false],
  ["and no aws:SourceAccount", { Null: { "aws:SourceAccount": "false" } }, {}, false],
  ["no service acts for them", { Bool: { "aws:ViaAWSService": "false" } }, {}, true],
  [
    "a service acts for them",
    { StringEquals: { "aws:CalledViaLast": "eks.amazonaws.com" } },
    { session: { invokedBy: "eks.amazonaws.com" } },
    true,
  ],
];

describe("conditions of requests", () => {
  for (const [why, condition, request, allowed] of rows)
    test(`${why}: ${allowed ? "allowed" : "refused"}`, async () => assert.equal(await may(condition, request), allowed));
});
