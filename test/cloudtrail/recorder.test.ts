// From calls to events (spec audit §A and §B).
import assert from "node:assert/strict";
import { test } from "node:test";
import { seededRandom } from "../../src/base/random.ts";
import type { CloudTrailEvent } from "../../src/services/cloudtrail/event.ts";
import { EventHistory, parseEvent } from "../../src/services/cloudtrail/history.ts";
import { resourcesOf, usernameOf } from "../../src/services/cloudtrail/lookup-attributes.ts";
import { createRecorder } from "../../src/services/cloudtrail/recorder.ts";
import type { CallRecord } from "../../src/services/ports.ts";
import { memoryStore } from "../../src/store/memory.ts";
import { ACCOUNT, alice, anonymous, federated, NOW, OTHER, podIdentity, REGION, record, roleSession, root } from "./fixtures.ts";

function events(calls: CallRecord[], account = ACCOUNT, region = REGION): CloudTrailEvent[] {
  const history = new EventHistory(memoryStore());
  const recorder = createRecorder({ history, random: seededRandom(1) });
  for (const call of calls) recorder.record(call);
  return [...history.read(account, region, 0, NOW * 2)].map(({ bytes }) => parseEvent(bytes).event);
}

const event = (call: CallRecord, account = ACCOUNT, region = REGION) => events([call], account, region)[0]!;

test("a call becomes an event whose members stand in the documented order", () => {
  const recorded = event(
    record("eks", "UpdateClusterConfig", {
      caller: roleSession(),
      request: { name: "demo", logging: { clusterLogging: [{ types: ["audit"], enabled: true }] }, clientRequestToken: "t" },
      response: { update: { id: "u", status: "InProgress", createdAt: new Date(NOW), errors: [] } },
    }),
  );
  assert.deepEqual(Object.keys(recorded), [
    "eventVersion",
    "userIdentity",
    "eventTime",
    "eventSource",
    "eventName",
    "awsRegion",
    "sourceIPAddress",
    "userAgent",
    "requestParameters",
    "responseElements",
    "requestID",
    "eventID",
    "readOnly",
    "eventType",
    "managementEvent",
    "recipientAccountId",
    "eventCategory",
  ]);
  assert.equal(recorded.eventTime, "2026-01-05T09:12:44Z");
  assert.equal(recorded.eventType, "AwsApiCall");
  assert.deepEqual(recorded.responseElements, { update: { id: "u", status: "InProgress", createdAt: 1767604364.512, errors: [] } });
});

test("who called", () => {
  const identity = (caller: CallRecord["caller"]) => event(record("eks", "CreateCluster", { caller })).userIdentity;
  assert.deepEqual(identity(alice), {
    type: "IAMUser",
    principalId: "AIDAALICEALICEALICE01",
    arn: `arn:aws:iam::${ACCOUNT}:user/team/alice`,
    accountId: ACCOUNT,
    accessKeyId: "AKIAALICEALICEALICE0",
    userName: "alice",
  });
  assert.deepEqual(identity(root), { type: "Root", principalId: ACCOUNT, arn: `arn:aws:iam::${ACCOUNT}:root`, accountId: ACCOUNT });
  assert.deepEqual(identity(roleSession({}, { invokedBy: "eks.amazonaws.com", sourceIdentity: "me", mfa: true })), {
    type: "AssumedRole",
    principalId: "AROAOPSOPSOPSOPSOPS01:alice",
    arn: `arn:aws:sts::${ACCOUNT}:assumed-role/Ops/alice`,
    accountId: ACCOUNT,
    accessKeyId: "ASIAOPSOPSOPSOPSOPS0",
    sessionContext: {
      sessionIssuer: {
        type: "Role",
        principalId: "AROAOPSOPSOPSOPSOPS01",
        arn: `arn:aws:iam::${ACCOUNT}:role/path/Ops`,
        accountId: ACCOUNT,
        userName: "Ops",
      },
      webIdFederationData: {},
      attributes: { creationDate: "2026-01-05T09:00:00Z", mfaAuthenticated: "true" },
      sourceIdentity: "me",
    },
    invokedBy: "eks.amazonaws.com",
  });
  assert.deepEqual(identity(podIdentity), { type: "AWSService", invokedBy: "pods.eks.amazonaws.com" });
  assert.equal(identity(federated).type, "FederatedUser");
  assert.equal(identity(federated).principalId, `${ACCOUNT}:bob`);
  const instance = identity(roleSession({ sessionName: "i-0123456789abcdef0" })).sessionContext as { ec2RoleDelivery?: string };
  assert.equal(instance.ec2RoleDelivery, "2.0");
});

test("sessions of service accounts show their provider", () => {
  const provider = `arn:aws:iam::${ACCOUNT}:oidc-provider/oidc.eks.us-west-2.amazonaws.com/id/AB`;
  const caller = roleSession({}, { webIdentity: { provider, subject: "s", audience: "a" } });
  const { sessionContext } = event(record("ec2", "DescribeVpcs", { caller })).userIdentity as { sessionContext: Record<string, unknown> };
  assert.deepEqual(sessionContext.webIdFederationData, { federatedProvider: provider, attributes: {} });
});

test("calls of services have the service's name for address and agent", () => {
  const recorded = event(
    record("iam", "DeleteInstanceProfile", { caller: roleSession({}, { invokedBy: "eks-nodegroup.amazonaws.com" }) }),
    ACCOUNT,
    "us-east-1",
  );
  assert.equal(recorded.sourceIPAddress, "eks-nodegroup.amazonaws.com");
  assert.equal(recorded.userAgent, "eks-nodegroup.amazonaws.com");
  assert.equal(recorded.awsRegion, "us-east-1");
});

test("EKS names the cluster in the path `name` and keeps ARNs in the path encoded", () => {
  const arn = `arn:aws:iam::${ACCOUNT}:role/r`;
  const entry = event(
    record("eks", "AssociateAccessPolicy", {
      request: { clusterName: "dev", principalArn: arn, policyArn: "arn:p" },
      response: { clusterName: "dev" },
    }),
  );
  assert.deepEqual(entry.requestParameters, { name: "dev", principalArn: encodeURIComponent(arn), policyArn: "arn:p" });
  assert.deepEqual(entry.responseElements, { clusterName: "dev" });
  const created = event(record("eks", "CreateAccessEntry", { request: { clusterName: "dev", principalArn: arn, type: "STANDARD" } }));
  assert.deepEqual(created.requestParameters, { name: "dev", principalArn: arn, type: "STANDARD" });
});

test("reads and failures have no response, empty input is null", () => {
  const list = event(record("eks", "ListClusters", { response: { clusters: ["a"] } }));
  assert.equal(list.readOnly, true);
  assert.equal(list.responseElements, null);
  assert.equal(list.requestParameters, null);
  const failed = event(
    record("eks", "DeleteCluster", { request: { name: "x" }, error: { code: "ResourceNotFoundException", message: "No cluster" } }),
  );
  assert.equal(failed.errorCode, "ResourceNotFoundException");
  assert.equal(failed.errorMessage, "No cluster");
  assert.deepEqual(failed.requestParameters, { name: "x" });
  assert.equal(failed.responseElements, null);
  assert.equal(event(record("eks", "TagResource", { request: { resourceArn: "arn:a" }, response: {} })).responseElements, null);
});

const codes: [string, string, string][] = [
  ["eks", "AccessDeniedException", "AccessDenied"],
  ["sts", "AccessDenied", "AccessDenied"],
  ["ec2", "UnauthorizedOperation", "Client.UnauthorizedOperation"],
  ["ec2", "DependencyViolation", "Client.DependencyViolation"],
  ["ec2", "InternalError", "Server.InternalError"],
  ["iam", "NoSuchEntity", "NoSuchEntityException"],
  ["iam", "ValidationError", "ValidationError"],
  ["eks", "InvalidParameterException", "InvalidParameterException"],
];
for (const [service, code, expected] of codes) {
  test(`${service} ${code} is recorded as ${expected}`, () => {
    const region = service === "iam" ? "us-east-1" : REGION;
    assert.equal(event(record(service, "CreateThing", { error: { code, message: "m" } }), ACCOUNT, region).errorCode, expected);
  });
}

const roleArn = `arn:aws:iam::${ACCOUNT}:role/r`;
const provider = `arn:aws:iam::${ACCOUNT}:oidc-provider/oidc.eks.us-west-2.amazonaws.com/id/AB`;
const exchange = record("sts", "AssumeRoleWithWebIdentity", {
  caller: anonymous,
  request: { RoleArn: roleArn, RoleSessionName: "s", WebIdentityToken: "ey.secret", DurationSeconds: 3600 },
  response: {
    Credentials: {
      AccessKeyId: "ASIA1",
      SecretAccessKey: "very-secret",
      SessionToken: "tok",
      Expiration: new Date("2026-01-05T10:12:44Z"),
    },
    SubjectFromWebIdentityToken: "system:serviceaccount:apps:api",
    AssumedRoleUser: { AssumedRoleId: "AROA1:s", Arn: `arn:aws:sts::${ACCOUNT}:assumed-role/r/s` },
    Provider: provider,
    Audience: "sts.amazonaws.com",
  },
});

test("an exchange of a service account token", () => {
  const recorded = event(exchange);
  assert.deepEqual(recorded.userIdentity, {
    type: "WebIdentityUser",
    principalId: `${provider}:sts.amazonaws.com:system:serviceaccount:apps:api`,
    userName: "system:serviceaccount:apps:api",
    identityProvider: provider,
  });
  assert.equal(recorded.readOnly, true);
  assert.deepEqual(recorded.requestParameters, { roleArn, roleSessionName: "s", durationSeconds: 3600 });
  const { credentials } = recorded.responseElements as { credentials: object };
  assert.deepEqual(credentials, { accessKeyId: "ASIA1", sessionToken: "tok", expiration: "Jan 5, 2026, 10:12:44 AM" });
  assert.deepEqual(recorded.resources, [{ accountId: ACCOUNT, type: "AWS::IAM::Role", ARN: roleArn }]);
  assert.doesNotMatch(JSON.stringify(recorded), /secret/);
  assert.equal(usernameOf(recorded), "system:serviceaccount:apps:api");
});

test("a refused exchange says nothing of why", () => {
  const recorded = event({
    ...exchange,
    response: undefined,
    error: { code: "AccessDenied", message: "Not authorized to perform sts:AssumeRoleWithWebIdentity" },
  });
  assert.equal(recorded.errorMessage, "An unknown error occurred");
  assert.deepEqual(recorded.requestParameters, { roleArn, roleSessionName: "s", durationSeconds: 3600 });
  assert.equal(recorded.responseElements, null);
});

test("a refused AssumeRole keeps neither request nor response", () => {
  const recorded = event(
    record("sts", "AssumeRole", { request: { RoleArn: roleArn }, error: { code: "AccessDenied", message: "User: …" } }),
  );
  assert.equal(recorded.requestParameters, null);
  assert.equal(recorded.responseElements, null);
});

test("Pod Identity: the agent's call hides the token, the service's call lists tags in order", () => {
  const agent = event(
    record("eks-auth", "AssumeRoleForPodIdentity", {
      caller: roleSession({ sessionName: "i-0123456789abcdef0", arn: `arn:aws:sts::${ACCOUNT}:assumed-role/node/i-0123456789abcdef0` }),
      request: { clusterName: "dev", token: "ey.secret" },
      response: { credentials: { secretAccessKey: "x" } },
    }),
  );
  assert.deepEqual(agent.requestParameters, { clusterName: "dev", token: "HIDDEN_DUE_TO_SECURITY_REASONS" });
  assert.equal(agent.responseElements, null);
  assert.equal(agent.readOnly, true);
  assert.equal(usernameOf(agent), "i-0123456789abcdef0");
  assert.deepEqual(resourcesOf(agent), [{ ResourceType: "AWS::EKS::Cluster", ResourceName: "dev" }]);

  const service = event(
    record("sts", "AssumeRole", {
      caller: podIdentity,
      external: false,
      request: {
        RoleArn: roleArn,
        RoleSessionName: "s",
        Tags: [{ Key: "eks-cluster-arn", Value: "a" }],
        TransitiveTagKeys: ["eks-cluster-arn"],
      },
      response: {
        Credentials: { AccessKeyId: "ASIA1", SecretAccessKey: "x", SessionToken: "t", Expiration: new Date(NOW) },
        AssumedRoleUser: { AssumedRoleId: "AROA1:s", Arn: `arn:aws:sts::${ACCOUNT}:assumed-role/r/s` },
      },
    }),
  );
  assert.deepEqual((service.requestParameters as { tags: unknown }).tags, [{ key: "eks-cluster-arn", value: "a" }]);
  assert.match(service.sharedEventID ?? "", /^[0-9a-f-]{36}$/);
  assert.equal(service.sourceIPAddress, "pods.eks.amazonaws.com");
  assert.equal(usernameOf(service), undefined);
  assert.deepEqual(
    resourcesOf(service).map(({ ResourceType, ResourceName }) => `${ResourceType} ${ResourceName}`),
    [
      "AWS::IAM::AccessKey ASIA1",
      `AWS::STS::AssumedRole arn:aws:sts::${ACCOUNT}:assumed-role/r/s`,
      "AWS::STS::AssumedRole AROA1:s",
      "AWS::STS::AssumedRole s",
      `AWS::IAM::Role ${roleArn}`,
    ],
  );
});

test("assuming another account's role is told to both accounts, to the other without names", () => {
  const history = new EventHistory(memoryStore());
  createRecorder({ history, random: seededRandom(1) }).record(
    record("sts", "AssumeRole", { request: { RoleArn: `arn:aws:iam::${OTHER}:role/r` } }),
  );
  const read = (account: string) => [...history.read(account, REGION, 0, NOW * 2)].map(({ bytes }) => parseEvent(bytes).event);
  const [own] = read(ACCOUNT);
  const [copy] = read(OTHER);
  assert.equal(own?.sharedEventID, copy?.sharedEventID);
  assert.notEqual(own?.eventID, copy?.eventID);
  assert.deepEqual(copy?.userIdentity, { type: "AWSAccount", principalId: "AIDAALICEALICEALICE01", accountId: ACCOUNT });
  assert.equal(copy?.recipientAccountId, OTHER);
});

test("IAM answers carry documents encoded and dates in words, secrets not at all", () => {
  const recorded = event(
    record("iam", "CreateRole", {
      request: { RoleName: "r", AssumeRolePolicyDocument: '{"a":1}' },
      response: { Role: { RoleName: "r", AssumeRolePolicyDocument: '{"a":1}', CreateDate: new Date("2024-07-30T21:53:13Z") } },
    }),
    ACCOUNT,
    "us-east-1",
  );
  assert.deepEqual(recorded.requestParameters, { roleName: "r", assumeRolePolicyDocument: '{"a":1}' });
  assert.deepEqual(recorded.responseElements, {
    role: { roleName: "r", assumeRolePolicyDocument: "%7B%22a%22%3A1%7D", createDate: "Jul 30, 2024 9:53:13 PM" },
  });
  const key = event(
    record("iam", "CreateAccessKey", { response: { AccessKey: { AccessKeyId: "AKIA1", SecretAccessKey: "very-secret" } } }),
    ACCOUNT,
    "us-east-1",
  );
  assert.deepEqual(key.responseElements, { accessKey: { accessKeyId: "AKIA1" } });
  const service = event(
    record("iam", "CreateServiceLinkedRole", { request: { AWSServiceName: "eks.amazonaws.com" } }),
    ACCOUNT,
    "us-east-1",
  );
  assert.deepEqual(service.requestParameters, { aWSServiceName: "eks.amazonaws.com" });
});

test("EC2 wraps lists, gives the request id and removes user data", () => {
  const run = event(
    record("ec2", "RunInstances", {
      request: { UserData: "c2VjcmV0", SecurityGroupIds: [], TagSpecifications: [{ ResourceType: "instance" }] },
      response: { Instances: [{ InstanceId: "i-0123456789abcdef0", VpcId: "vpc-0123456789abcdef0" }] },
    }),
  );
  assert.deepEqual(run.requestParameters, {
    userData: "<sensitiveDataRemoved>",
    securityGroupIds: {},
    tagSpecifications: { items: [{ resourceType: "instance" }] },
  });
  assert.equal((run.responseElements as { requestId: string }).requestId, "11111111-1111-4111-8111-111111111111");
  assert.deepEqual(resourcesOf(run), [
    { ResourceType: "AWS::EC2::Instance", ResourceName: "i-0123456789abcdef0" },
    { ResourceType: "AWS::EC2::VPC", ResourceName: "vpc-0123456789abcdef0" },
  ]);
  assert.deepEqual(event(record("ec2", "DeleteVpc", { request: { VpcId: "vpc-1" }, response: {} })).responseElements, {
    requestId: "11111111-1111-4111-8111-111111111111",
    _return: true,
  });
});

test("long texts and large structures are cut", () => {
  const recorded = event(
    record("eks", "CreateCluster", {
      userAgent: "u".repeat(5000),
      request: { name: "x", tags: { big: "b".repeat(200_000) } },
      error: { code: "InvalidParameterException", message: "m".repeat(5000) },
    }),
  );
  assert.equal(recorded.userAgent.length, 1024);
  assert.equal(recorded.errorMessage?.length, 1024);
  assert.deepEqual(recorded.requestParameters, { omitted: true });
});

test("hostile request bodies are recorded as data", () => {
  let deep: object = {};
  for (let i = 0; i < 10_000; i++) deep = { deep };
  const tags = JSON.parse('{"__proto__":"x","constructor":"y"}');
  assert.deepEqual(
    JSON.parse(JSON.stringify(event(record("eks", "TagResource", { request: { tags, deep } })).requestParameters)).tags,
    tags,
  );
});

test("data events are not in the history; of repeated reads inside the process one in a quarter of an hour is", () => {
  assert.equal(events([record("logs", "PutLogEvents")]).length, 0);
  const inside = (operation: string, time: number, change: Partial<CallRecord> = {}) =>
    record("ec2", operation, { external: false, time, ...change });
  const minute = 60_000;
  const names = events([
    inside("DescribeVpcs", NOW),
    inside("DescribeVpcs", NOW + minute),
    inside("DescribeVpcs", NOW + 16 * minute),
    inside("DescribeSubnets", NOW + minute),
    inside("DescribeVpcs", NOW + 2 * minute, { error: { code: "UnauthorizedOperation", message: "no" } }),
    inside("CreateTags", NOW),
    inside("CreateTags", NOW),
    record("ec2", "DescribeVpcs", { time: NOW }),
    record("ec2", "DescribeVpcs", { time: NOW }),
  ]).map(({ eventName }) => eventName);
  assert.deepEqual(names.toSorted(), ["CreateTags", "CreateTags", "DescribeSubnets", ...Array(5).fill("DescribeVpcs")]);
});

test("what a service did by itself", () => {
  const history = new EventHistory(memoryStore());
  createRecorder({ history, random: seededRandom(1) }).recordServiceEvent({
    ...{ time: NOW, account: ACCOUNT, region: REGION, eventSource: "eks.amazonaws.com", eventName: "Upgrade" },
    serviceEventDetails: { clusterName: "dev" },
  });
  const [recorded] = [...history.read(ACCOUNT, REGION, 0, NOW)].map(({ bytes }) => parseEvent(bytes).event);
  assert.equal(recorded?.eventType, "AwsServiceEvent");
  assert.deepEqual(recorded?.serviceEventDetails, { clusterName: "dev" });
  assert.equal(recorded?.userIdentity.invokedBy, "eks.amazonaws.com");
});
