// Callers and calls as the recorder gets them.
import type { Caller, RoleSessionCaller } from "../../src/aws/caller.ts";
import type { Call } from "../../src/aws/operation.ts";
import type { CallRecord } from "../../src/services/ports.ts";

export const ACCOUNT = "111122223333";
export const OTHER = "444455556666";
export const REGION = "us-west-2";
export const NOW = Date.parse("2026-01-05T09:12:44.512Z");

const session = {
  issuedAt: Date.parse("2026-01-05T09:00:00Z"),
  expiresAt: NOW,
  tags: {},
  transitiveTagKeys: [],
  policies: [],
  policyArns: [],
};

export const alice: Caller = {
  kind: "user",
  partition: "aws",
  accountId: ACCOUNT,
  arn: `arn:aws:iam::${ACCOUNT}:user/team/alice`,
  userId: "AIDAALICEALICEALICE01",
  userName: "alice",
  accessKeyId: "AKIAALICEALICEALICE0",
};

export function roleSession(change: Partial<RoleSessionCaller> = {}, facts: Partial<RoleSessionCaller["session"]> = {}): RoleSessionCaller {
  return {
    kind: "role-session",
    partition: "aws",
    accountId: ACCOUNT,
    arn: `arn:aws:sts::${ACCOUNT}:assumed-role/Ops/alice`,
    userId: "AROAOPSOPSOPSOPSOPS01:alice",
    accessKeyId: "ASIAOPSOPSOPSOPSOPS0",
    roleName: "Ops",
    roleArn: `arn:aws:iam::${ACCOUNT}:role/path/Ops`,
    sessionName: "alice",
    session: { ...session, ...facts },
    ...change,
  };
}

export const federated: Caller = {
  kind: "federated",
  partition: "aws",
  accountId: ACCOUNT,
  arn: `arn:aws:sts::${ACCOUNT}:federated-user/bob`,
  userId: `${ACCOUNT}:bob`,
  userName: "alice",
  session,
};

export const root: Caller = { kind: "root", partition: "aws", accountId: ACCOUNT, arn: `arn:aws:iam::${ACCOUNT}:root`, userId: ACCOUNT };
export const anonymous: Caller = { kind: "anonymous", partition: "aws", accountId: "", arn: "", userId: "" };
export const podIdentity: Caller = {
  kind: "service",
  partition: "aws",
  accountId: ACCOUNT,
  arn: "pods.eks.amazonaws.com",
  userId: "pods.eks.amazonaws.com",
  service: "pods.eks.amazonaws.com",
};

let count = 0;

/** A finished call of alice's, changed as asked. */
export function record(service: string, operation: string, change: Partial<CallRecord> = {}): CallRecord {
  count++;
  return {
    eventId: `00000000-0000-4000-8000-${String(count).padStart(12, "0")}`,
    requestId: "11111111-1111-4111-8111-111111111111",
    time: NOW,
    service,
    eventSource: `${service}.amazonaws.com`,
    operation,
    account: ACCOUNT,
    region: REGION,
    caller: alice,
    sourceIp: "198.51.100.7",
    userAgent: "aws-cli/2",
    readOnly: /^(Describe|List|Get)/.test(operation),
    request: {},
    response: undefined,
    external: true,
    ...change,
  };
}

/** A call to a service's operation. */
export function call(change: Partial<Call> = {}): Call {
  return {
    requestId: "r",
    partition: "aws",
    account: ACCOUNT,
    region: REGION,
    caller: alice,
    now: NOW,
    sourceIp: "127.0.0.1",
    userAgent: "test",
    endpoint: "http://127.0.0.1:4566",
    authorize: async () => {},
    ...change,
  };
}
