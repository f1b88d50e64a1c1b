// The confused deputy (spec identity §7.2): a role pinned to a source is assumed for that source and for no other cluster or account.
import assert from "node:assert/strict";
import { after, describe, test } from "node:test";
import { servicePrincipal } from "../../src/services/eks/service-roles.ts";
import { ACCOUNT, OTHER, trust } from "../iam/support.ts";
import { testSts } from "../sts/support.ts";

const sts = testSts();
after(() => sts.close());
const place = { partition: "aws", account: ACCOUNT, region: "us-west-2" };
const CLUSTER = `arn:aws:eks:us-west-2:${ACCOUNT}:cluster/dev`;
const PROFILE = `arn:aws:eks:us-west-2:${ACCOUNT}:fargateprofile/dev/p/${"0".repeat(8)}`;

/** The services that assume customers' roles, as they say whom they act for. */
const SERVICES = {
  "cluster role": { service: "eks.amazonaws.com", source: CLUSTER },
  "Pod Identity role": { service: "pods.eks.amazonaws.com", source: CLUSTER },
  "Fargate pod execution role": { service: "eks-fargate-pods.amazonaws.com", source: PROFILE },
} as const;

const foreign = (source: string) => source.replace(ACCOUNT, OTHER);
const sibling = (source: string) => source.replace("/dev", "/prod");
const everywhere = (source: string) => source.replace("us-west-2", "*").replace(/:[a-z]+\/.*$/, ":*");

/** Conditions of the trust policy, and whether the service gets in for its source. */
const rows: [string, (source: string) => object | undefined, boolean][] = [
  ["no condition", () => undefined, true],
  ["ArnLike on the source", (source) => ({ ArnLike: { "aws:SourceArn": source } }), true],
  ["ArnEquals on the source", (source) => ({ ArnEquals: { "aws:SourceArn": source } }), true],
  ["StringEquals on the source", (source) => ({ StringEquals: { "aws:SourceArn": source } }), true],
  ["the key in other case", (source) => ({ ArnLike: { "AWS:sourcearn": source } }), true],
  ["everything of the account", (source) => ({ ArnLike: { "aws:SourceArn": everywhere(source) } }), true],
  ["one of several sources", (source) => ({ ArnLike: { "aws:SourceArn": [sibling(source), source] } }), true],
  ["the account", () => ({ StringEquals: { "aws:SourceAccount": ACCOUNT } }), true],
  ["both", (source) => ({ ArnLike: { "aws:SourceArn": source }, StringEquals: { "aws:SourceAccount": ACCOUNT } }), true],
  ["a sibling", (source) => ({ ArnLike: { "aws:SourceArn": sibling(source) } }), false],
  ["the same name in another account", (source) => ({ ArnLike: { "aws:SourceArn": foreign(source) } }), false],
  ["the same name in another region", (source) => ({ ArnLike: { "aws:SourceArn": source.replace("us-west-2", "eu-west-1") } }), false],
  ["another account", () => ({ StringEquals: { "aws:SourceAccount": OTHER } }), false],
  [
    "the source but another account",
    (source) => ({ ArnLike: { "aws:SourceArn": source }, StringEquals: { "aws:SourceAccount": OTHER } }),
    false,
  ],
  [
    "another source of the account",
    (source) => ({ ArnLike: { "aws:SourceArn": sibling(source) }, StringEquals: { "aws:SourceAccount": ACCOUNT } }),
    false,
  ],
  ["wildcards that StringEquals does not know", (source) => ({ StringEquals: { "aws:SourceArn": everywhere(source) } }), false],
  ["a source in other case", (source) => ({ ArnLike: { "aws:SourceArn": source.toUpperCase() } }), false],
  ["an organization nobody is in", () => ({ StringEquals: { "aws:SourceOrgID": "o-1234567890" } }), false],
  ["the absence of a source", () => ({ Null: { "aws:SourceArn": "true" } }), false],
];

let made = 0;
async function refused(principal: string, condition: object | undefined, source: string, account = ACCOUNT): Promise<boolean> {
  const name = `r${made++}`;
  const roleArn = await sts.role(name, trust({ Service: principal }, ["sts:AssumeRole", "sts:TagSession"], condition));
  const caller = servicePrincipal({ ...place, account }, principal, source);
  const request = { caller, region: "us-west-2", roleArn, sessionName: "session", durationSeconds: 900 };
  return sts.issuer.assumeRole(request).then(
    () => false,
    (error: { code: string }) => {
      assert.equal(error.code, "AccessDenied");
      return true;
    },
  );
}

for (const [what, { service, source }] of Object.entries(SERVICES)) {
  describe(what, () => {
    for (const [why, condition, allowed] of rows)
      test(`${why}: ${allowed ? "assumed" : "refused"}`, async () =>
        assert.equal(await refused(service, condition(source), source), !allowed));

    test("another account's resource cannot use a role pinned to this one", async () => {
      const pinned = { ArnLike: { "aws:SourceArn": source }, StringEquals: { "aws:SourceAccount": ACCOUNT } };
      assert.equal(await refused(service, pinned, foreign(source), OTHER), true);
      assert.equal(await refused(service, { StringEquals: { "aws:SourceAccount": ACCOUNT } }, foreign(source), OTHER), true);
      assert.equal(await refused(service, pinned, sibling(source)), true);
    });
  });
}

describe("node role", () => {
  // EC2 gives the account of the instance, and no ARN.
  const ec2 = (account: string) => ({
    kind: "service" as const,
    service: "ec2.amazonaws.com",
    partition: "aws",
    accountId: account,
    arn: "ec2.amazonaws.com",
    userId: "ec2.amazonaws.com",
    sourceAccount: account,
  });
  const assume = async (condition: object, account: string) => {
    const roleArn = await sts.role(`node${made++}`, trust({ Service: "ec2.amazonaws.com" }, "sts:AssumeRole", condition));
    const request = { caller: ec2(account), region: "us-west-2", roleArn, sessionName: "i-0123456789abcdef0", durationSeconds: 3600 };
    return sts.issuer.assumeRole(request).then(
      () => true,
      () => false,
    );
  };
  test("its own account", async () => assert.equal(await assume({ StringEquals: { "aws:SourceAccount": ACCOUNT } }, ACCOUNT), true));
  test("another account", async () => assert.equal(await assume({ StringEquals: { "aws:SourceAccount": ACCOUNT } }, OTHER), false));
  test("a condition on an ARN is never met", async () =>
    assert.equal(await assume({ ArnLike: { "aws:SourceArn": "arn:aws:*" } }, ACCOUNT), false));
});

describe("people have no source", () => {
  for (const [why, condition] of [
    ["SourceArn", { ArnLike: { "aws:SourceArn": `${CLUSTER}` } }],
    ["SourceAccount", { StringEquals: { "aws:SourceAccount": ACCOUNT } }],
  ] as const) {
    test(`a user cannot give itself ${why}`, async () => {
      const user = await sts.user(`u${made++}`);
      const RoleArn = await sts.role(`p${made++}`, trust({ AWS: user.arn }, "sts:AssumeRole", condition));
      await assert.rejects(sts.run("AssumeRole", { RoleArn, RoleSessionName: "ss" }, user), { code: "AccessDenied" });
    });
  }
  test("a third party needs the external id", async () => {
    const user = await sts.user(`u${made++}`);
    const RoleArn = await sts.role(`p${made++}`, trust({ AWS: user.arn }, "sts:AssumeRole", { StringEquals: { "sts:ExternalId": "abc" } }));
    const ask = (more: object) => sts.run("AssumeRole", { RoleArn, RoleSessionName: "ss", ...more }, user);
    assert.ok((await ask({ ExternalId: "abc" })).Credentials);
    for (const ExternalId of ["ABC", "abcd", "a+"]) await assert.rejects(ask({ ExternalId }), { code: "AccessDenied" });
    await assert.rejects(ask({}), { code: "AccessDenied" });
  });
});
