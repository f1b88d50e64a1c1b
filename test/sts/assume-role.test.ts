import assert from "node:assert/strict";
import { test } from "node:test";
import { ACCOUNT, allow, EC2_TRUST, OTHER, rootOf, trust } from "../iam/support.ts";
import { testSts } from "./support.ts";

const ROLE = `arn:aws:iam::${ACCOUNT}:role/r`;
const ANN = `arn:aws:iam::${ACCOUNT}:user/ann`;
const MAY_ASSUME = allow(["sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity"], ROLE);
const ALL = ["sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity"];
const input = (more: object = {}) => ({ RoleArn: ROLE, RoleSessionName: "session", ...more });
const denial = (reason: string) => `User: ${ANN} is not authorized to perform: sts:AssumeRole on resource: ${ROLE}${reason}`;
const NO_TRUST = " because no role trust policy allows the sts:AssumeRole action";
const NO_IDENTITY = " because no identity-based policy allows the sts:AssumeRole action";

// Who trusts whom, and what the caller's own policies must say (spec identity §6.4, P14, P15).
const matrix: [string, { trust: object; condition?: object; identity?: string }, string | undefined][] = [
  ["the user itself", { trust: { AWS: ANN } }, undefined],
  ["the account, and the user may assume it", { trust: { AWS: ACCOUNT }, identity: MAY_ASSUME }, undefined],
  ["the account's root, and the user may assume it", { trust: { AWS: `arn:aws:iam::${ACCOUNT}:root` }, identity: MAY_ASSUME }, undefined],
  ["the account, and the user may not", { trust: { AWS: ACCOUNT } }, denial(NO_IDENTITY)],
  [
    "the account, and the user may assume another role",
    { trust: { AWS: ACCOUNT }, identity: allow("sts:AssumeRole", `${ROLE}2`) },
    denial(NO_IDENTITY),
  ],
  ["another account, and the user may assume it", { trust: { AWS: OTHER }, identity: MAY_ASSUME }, denial(NO_TRUST)],
  ["a service only", { trust: { Service: "ec2.amazonaws.com" }, identity: MAY_ASSUME }, denial(NO_TRUST)],
  ["everyone", { trust: { AWS: "*" } }, undefined],
  ["the user with another external id", { trust: { AWS: ANN }, condition: { StringEquals: { "sts:ExternalId": "x" } } }, denial(NO_TRUST)],
  [
    "the user under another session name",
    { trust: { AWS: ANN }, condition: { StringEquals: { "sts:RoleSessionName": "x" } } },
    denial(NO_TRUST),
  ],
  ["the user from its address", { trust: { AWS: ANN }, condition: { IpAddress: { "aws:SourceIp": "192.0.2.0/24" } } }, undefined],
  ["the user from elsewhere", { trust: { AWS: ANN }, condition: { IpAddress: { "aws:SourceIp": "198.51.100.0/24" } } }, denial(NO_TRUST)],
  [
    "the user, denied by its own policy",
    { trust: { AWS: ANN }, identity: MAY_ASSUME.replace("Allow", "Deny") },
    denial(" with an explicit deny in an identity-based policy"),
  ],
];

for (const [what, { trust: principal, condition, identity }, refusal] of matrix) {
  test(`a role that trusts ${what}: ${refusal ? "refused" : "assumed"}`, async () => {
    const sts = testSts();
    const ann = await sts.user("ann", identity);
    await sts.role("r", trust(principal, ALL, condition));
    const answer = sts.run("AssumeRole", input(), ann);
    if (refusal) await assert.rejects(answer, { code: "AccessDenied", status: 403, message: refusal });
    else assert.equal((await answer).AssumedRoleUser?.Arn, `arn:aws:sts::${ACCOUNT}:assumed-role/r/session`);
  });
}

test("a role that does not exist is refused in the same words", async () => {
  const sts = testSts();
  const ann = await sts.user("ann", MAY_ASSUME);
  await assert.rejects(sts.run("AssumeRole", input(), ann), { code: "AccessDenied", message: denial(NO_TRUST) });
  const far = `arn:aws:iam::${OTHER}:role/r`;
  const plain = `User: ${ANN} is not authorized to perform: sts:AssumeRole on resource: ${far}`;
  await assert.rejects(sts.run("AssumeRole", input({ RoleArn: far }), ann), { code: "AccessDenied", message: plain });
});

test("across accounts both sides must allow", async () => {
  const sts = testSts();
  const far = `arn:aws:iam::${OTHER}:role/far`;
  const make = (principal: object) =>
    sts.iam.run("CreateRole", { RoleName: "far", AssumeRolePolicyDocument: trust(principal) }, rootOf(OTHER));
  const may = await sts.user("may", allow("sts:AssumeRole", far));
  const mayNot = await sts.user("maynot");
  const assume = (caller: typeof may) => sts.run("AssumeRole", input({ RoleArn: far }), caller);
  await make({ AWS: OTHER });
  await assert.rejects(assume(may), { code: "AccessDenied" });
  await sts.iam.run("UpdateAssumeRolePolicy", { RoleName: "far", PolicyDocument: trust({ AWS: ACCOUNT }) }, rootOf(OTHER));
  await assume(may);
  await assert.rejects(assume(mayNot), { code: "AccessDenied" });
  await sts.iam.run("UpdateAssumeRolePolicy", { RoleName: "far", PolicyDocument: trust({ AWS: mayNot.arn }) }, rootOf(OTHER));
  await assert.rejects(assume(mayNot), { code: "AccessDenied" }, "a trusted stranger needs its own account's leave too");
});

test("external ids match exactly", async () => {
  const sts = testSts();
  const ann = await sts.user("ann");
  await sts.role("r", trust({ AWS: ANN }, ALL, { StringEquals: { "sts:ExternalId": "us-west-2/1/c/ns/sa" } }));
  await sts.run("AssumeRole", input({ ExternalId: "us-west-2/1/c/ns/sa" }), ann);
  for (const ExternalId of ["us-west-2/1/c/ns/SA", "other", undefined]) {
    await assert.rejects(sts.run("AssumeRole", input({ ExternalId }), ann), { code: "AccessDenied" });
  }
});

test("tags and source identity need their own leave", async () => {
  const sts = testSts();
  const ann = await sts.user("ann", MAY_ASSUME);
  await sts.role("r", trust({ AWS: ACCOUNT }, "sts:AssumeRole"));
  const tagged = input({ Tags: [{ Key: "team", Value: "a" }] });
  const tagDenial = `User: ${ANN} is not authorized to perform: sts:TagSession on resource: ${ROLE} because no role trust policy allows the sts:TagSession action`;
  await assert.rejects(sts.run("AssumeRole", tagged, ann), { code: "AccessDenied", message: tagDenial });
  await assert.rejects(sts.run("AssumeRole", input({ SourceIdentity: "ann" }), ann), { message: /sts:SetSourceIdentity/ });
  await sts.iam.run("UpdateAssumeRolePolicy", {
    RoleName: "r",
    PolicyDocument: trust({ AWS: ACCOUNT }, ALL, { StringEquals: { "aws:RequestTag/team": "a" } }),
  });
  const answer = await sts.run("AssumeRole", { ...tagged, SourceIdentity: "ann" }, ann);
  assert.equal(answer.SourceIdentity, "ann");
  assert.equal(answer.PackedPolicySize, 1);
  const caller = sts.callerOf(answer.Credentials?.AccessKeyId);
  assert.deepEqual(caller.kind === "role-session" && [caller.session.tags, caller.session.sourceIdentity], [{ team: "a" }, "ann"]);
});

test("role chaining: one hour, transitive tags and source identity go on, other tags do not", async () => {
  const sts = testSts();
  const ann = await sts.user("ann", MAY_ASSUME);
  await sts.role("r", trust({ AWS: ACCOUNT }, ALL), allow(["sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity"]), {
    MaxSessionDuration: 43200,
  });
  const next = await sts.role("next", trust({ AWS: ROLE }, ALL, { StringEquals: { "aws:RequestTag/team": "a" } }), undefined, {
    MaxSessionDuration: 43200,
  });
  const tags = [
    { Key: "team", Value: "a" },
    { Key: "only-here", Value: "b" },
  ];
  const first = await sts.run(
    "AssumeRole",
    input({ Tags: tags, TransitiveTagKeys: ["team"], SourceIdentity: "ann", DurationSeconds: 43200 }),
    ann,
  );
  const session = sts.callerOf(first.Credentials?.AccessKeyId);
  const chain = (more: object = {}) => sts.run("AssumeRole", input({ RoleArn: next, ...more }), session);

  await assert.rejects(chain({ DurationSeconds: 3601 }), {
    code: "ValidationError",
    message: "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining.",
  });
  await assert.rejects(chain({ Tags: [{ Key: "Team", Value: "b" }] }), {
    code: "InvalidParameterValue",
    message: /conflicts with a transitive tag key from the calling session\.$/,
  });
  await assert.rejects(chain({ SourceIdentity: "bob" }), { code: "AccessDenied" });
  const second = await chain({ Tags: [{ Key: "own", Value: "c" }] });
  const caller = sts.callerOf(second.Credentials?.AccessKeyId);
  assert.ok(caller.kind === "role-session");
  assert.deepEqual(caller.session.tags, { own: "c", team: "a" });
  assert.deepEqual([caller.session.transitiveTagKeys, caller.session.sourceIdentity, caller.session.chained], [["team"], "ann", true]);
  await sts.iam.run("UpdateAssumeRolePolicy", { RoleName: "next", PolicyDocument: trust({ AWS: ROLE }, "sts:AssumeRole") });
  await assert.rejects(chain(), { message: /sts:TagSession/ }, "inherited tags need TagSession too");
});

test("a trust policy may name one session", async () => {
  const sts = testSts();
  const ann = await sts.user("ann", MAY_ASSUME);
  await sts.role("r", trust({ AWS: ACCOUNT }));
  const next = await sts.role("next", trust({ AWS: `arn:aws:sts::${ACCOUNT}:assumed-role/r/session` }));
  const session = async (name: string) =>
    sts.callerOf((await sts.run("AssumeRole", input({ RoleSessionName: name }), ann)).Credentials?.AccessKeyId);
  await sts.run("AssumeRole", input({ RoleArn: next }), await session("session"));
  await assert.rejects(sts.run("AssumeRole", input({ RoleArn: next }), await session("other")), { code: "AccessDenied" });
});

const badRequests: [string, object, string, RegExp][] = [
  ["a session name of one character", { RoleSessionName: "a" }, "ValidationError", /at 'roleSessionName'/],
  ["899 seconds", { DurationSeconds: 899 }, "ValidationError", /at 'durationSeconds'/],
  ["more than the role allows", { DurationSeconds: 7200 }, "ValidationError", /exceeds the MaxSessionDuration set for this role\.$/],
  [
    "an MFA code",
    { SerialNumber: `arn:aws:iam::${ACCOUNT}:mfa/ann`, TokenCode: "123456" },
    "AccessDenied",
    /^MultiFactorAuthentication failed/,
  ],
  ["a transitive key without its tag", { TransitiveTagKeys: ["x"] }, "InvalidParameterValue", /must be included in the requested tags/],
  [
    "tags that differ in case only",
    {
      Tags: [
        { Key: "a", Value: "" },
        { Key: "A", Value: "" },
      ],
    },
    "InvalidParameterValue",
    /Duplicate tag keys/,
  ],
  ["51 tags", { Tags: Array.from({ length: 51 }, (_, i) => ({ Key: `k${i}`, Value: "" })) }, "ValidationError", /at 'tags'/],
  ["a tag key of 129", { Tags: [{ Key: "k".repeat(129), Value: "" }] }, "ValidationError", /tags\.1\.member\.key/],
  [
    "more tags than fit",
    { Tags: Array.from({ length: 50 }, (_, i) => ({ Key: `k${i}`, Value: "v".repeat(256) })) },
    "PackedPolicyTooLarge",
    /^Packed policy consumes \d{3}% of allotted space, please use smaller policy\.$/,
  ],
  ["an external id of one character", { ExternalId: "x" }, "ValidationError", /at 'externalId'/],
  ["a policy with a syntax error", { Policy: "[]" }, "MalformedPolicyDocument", /./],
  ["an ARN that is none", { RoleArn: "r".repeat(20) }, "ValidationError", /^Request ARN is invalid$/],
  [
    "provided contexts",
    { ProvidedContexts: [{ ProviderArn: "arn:aws:iam::aws:contextProvider/x", ContextAssertion: "abcd" }] },
    "ValidationError",
    /not supported/,
  ],
];

for (const [what, more, code, message] of badRequests) {
  test(`refused: AssumeRole with ${what}`, async () => {
    const sts = testSts();
    const ann = await sts.user("ann");
    await sts.role("r", trust({ AWS: ANN }, ALL));
    await assert.rejects(sts.run("AssumeRole", input(more), ann), { code, message });
  });
}

test("root assumes no roles", async () => {
  const sts = testSts();
  await sts.role("r", trust({ AWS: ACCOUNT }));
  await assert.rejects(sts.run("AssumeRole", input(), rootOf(ACCOUNT)), {
    code: "AccessDenied",
    message: "Roles may not be assumed by root accounts.",
  });
});

test("session policies go with the session", async () => {
  const sts = testSts();
  const ann = await sts.user("ann");
  await sts.role("r", trust({ AWS: ANN }), allow("*"));
  const arn = "arn:aws:iam::aws:policy/AmazonEKSWorkerNodePolicy";
  const answer = await sts.run("AssumeRole", input({ Policy: allow("eks:ListClusters"), PolicyArns: [{ arn }] }), ann);
  const policies = sts.iam.directory.policies(sts.callerOf(answer.Credentials?.AccessKeyId));
  assert.equal(policies.identity.length, 1);
  assert.deepEqual(
    policies.session?.map((policy) => policy.arn),
    [undefined, arn],
  );
  assert.equal(typeof answer.PackedPolicySize, "number");
});

test("a role made again under its name: old sessions can nothing, assume nothing", async () => {
  const sts = testSts();
  const ann = await sts.user("ann", MAY_ASSUME);
  await sts.role("r", trust({ AWS: ACCOUNT }), allow("*"));
  const next = await sts.role("next", trust({ AWS: ROLE }));
  const old = sts.callerOf((await sts.run("AssumeRole", input(), ann)).Credentials?.AccessKeyId);
  await sts.run("AssumeRole", input({ RoleArn: next }), old);
  await sts.iam.run("DeleteRolePolicy", { RoleName: "r", PolicyName: "p" });
  await sts.iam.run("DeleteRole", { RoleName: "r" });
  await sts.role("r", trust({ AWS: ACCOUNT }), allow("*"));
  await sts.iam.run("UpdateAssumeRolePolicy", { RoleName: "next", PolicyDocument: trust({ AWS: ROLE }) });
  assert.deepEqual(sts.iam.directory.policies(old).identity, []);
  await assert.rejects(sts.run("AssumeRole", input({ RoleArn: next }), old), { code: "AccessDenied" });
  assert.equal((await sts.run("GetCallerIdentity", {}, old)).Arn, `arn:aws:sts::${ACCOUNT}:assumed-role/r/session`, "signatures stay good");
  const fresh = sts.callerOf((await sts.run("AssumeRole", input(), ann)).Credentials?.AccessKeyId);
  await sts.run("AssumeRole", input({ RoleArn: next }), fresh);
});

// AWS services.

const pods = {
  kind: "service",
  partition: "aws",
  accountId: ACCOUNT,
  arn: "pods.eks.amazonaws.com",
  userId: "pods.eks.amazonaws.com",
  service: "pods.eks.amazonaws.com",
} as const;
const CLUSTER = `arn:aws:eks:us-west-2:${ACCOUNT}:cluster/c`;
const ask = (more: object = {}) => ({
  caller: pods,
  region: "us-west-2",
  roleArn: ROLE,
  sessionName: "eks-c-pod",
  durationSeconds: 21600,
  ...more,
});

const serviceTrusts: [string, string, object, boolean][] = [
  ["the service", trust({ Service: "pods.eks.amazonaws.com" }, ALL), {}, true],
  ["another service", EC2_TRUST, {}, false],
  ["the account", trust({ AWS: ACCOUNT }, ALL), {}, false],
  [
    "the service for one cluster",
    trust({ Service: "pods.eks.amazonaws.com" }, ALL, { ArnEquals: { "aws:SourceArn": CLUSTER } }),
    { caller: { ...pods, sourceArn: CLUSTER } },
    true,
  ],
  [
    "the service for another cluster",
    trust({ Service: "pods.eks.amazonaws.com" }, ALL, { ArnEquals: { "aws:SourceArn": CLUSTER } }),
    { caller: { ...pods, sourceArn: `${CLUSTER}2` } },
    false,
  ],
  [
    "the service for an account",
    trust({ Service: "pods.eks.amazonaws.com" }, ALL, { StringEquals: { "aws:SourceAccount": OTHER } }),
    { caller: { ...pods, sourceAccount: ACCOUNT } },
    false,
  ],
  ["the service without leave to tag", trust({ Service: "pods.eks.amazonaws.com" }), { tags: { "kubernetes-namespace": "ns" } }, false],
  [
    "the service for one namespace",
    trust({ Service: "pods.eks.amazonaws.com" }, ALL, { StringEquals: { "aws:RequestTag/kubernetes-namespace": "ns" } }),
    { tags: { "kubernetes-namespace": "ns" } },
    true,
  ],
  [
    "the service for another namespace",
    trust({ Service: "pods.eks.amazonaws.com" }, ALL, { StringEquals: { "aws:RequestTag/kubernetes-namespace": "x" } }),
    { tags: { "kubernetes-namespace": "ns" } },
    false,
  ],
];

for (const [what, trustPolicy, more, allowed] of serviceTrusts) {
  test(`a role that trusts ${what}: the service ${allowed ? "assumes it" : "is refused"}, and it is recorded`, async () => {
    const sts = testSts();
    await sts.role("r", trustPolicy);
    const answer = sts.issuer.assumeRole(ask(more));
    if (allowed) assert.equal((await answer).assumedRoleArn, `arn:aws:sts::${ACCOUNT}:assumed-role/r/eks-c-pod`);
    else await assert.rejects(answer, { code: "AccessDenied" });
    assert.equal(sts.recorded.length, 1);
    const [call] = sts.recorded;
    assert.deepEqual(
      [call?.operation, call?.sourceIp, call?.userAgent, call?.account],
      ["AssumeRole", pods.service, pods.service, ACCOUNT],
    );
    assert.equal(call?.error?.code, allowed ? undefined : "AccessDenied");
    assert.doesNotMatch(JSON.stringify(call), /secret/i, "secrets are not recorded");
  });
}

test("a service's session may outlast the role's maximum, and its target is chained", async () => {
  const sts = testSts();
  await sts.role("r", trust({ Service: pods.service }, ALL), allow(ALL));
  const target = await sts.role(
    "target",
    trust({ AWS: `arn:aws:iam::${ACCOUNT}:root` }, ALL, {
      StringEquals: { "aws:RequestTag/kubernetes-namespace": "ns" },
      ArnEquals: { "aws:PrincipalArn": ROLE },
    }),
  );
  const issued = await sts.issuer.assumeRole(ask({ tags: { "kubernetes-namespace": "ns" }, transitiveTagKeys: ["kubernetes-namespace"] }));
  assert.equal(issued.expiration, sts.iam.clock.now() + 21600_000);
  const caller = sts.callerOf(issued.accessKeyId);
  const chained = await sts.issuer.assumeRole(ask({ caller, roleArn: target, durationSeconds: 3540 }));
  assert.equal(chained.assumedRoleArn, `arn:aws:sts::${ACCOUNT}:assumed-role/target/eks-c-pod`);
  await assert.rejects(sts.issuer.assumeRole(ask({ caller, roleArn: target, durationSeconds: 3601 })), { code: "ValidationError" });
});

test("callerFor makes a caller without asking or recording", async () => {
  const sts = testSts();
  const role = sts.iam.directory.ensureServiceLinkedRole(ACCOUNT, "eks.amazonaws.com");
  const caller = sts.issuer.callerFor(role, "EKS", { invokedBy: "eks.amazonaws.com" });
  assert.equal(caller.arn, `arn:aws:sts::${ACCOUNT}:assumed-role/AWSServiceRoleForAmazonEKS/EKS`);
  assert.equal(caller.kind === "role-session" && caller.session.invokedBy, "eks.amazonaws.com");
  assert.equal(sts.iam.directory.policies(caller).identity[0]?.name, "AmazonEKSServiceRolePolicy");
  assert.equal(sts.recorded.length, 0);
});
