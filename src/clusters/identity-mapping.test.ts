import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { AccessEntry, AuthenticationMode } from "./access.ts";
import { parseAwsAuth } from "./aws-auth.ts";
import { canonicalArn } from "./canonical-arn.ts";
import { type IamIdentity, mapIdentity } from "./identity-mapping.ts";

const A = "111122223333";
const role = (name: string, session = "alice", id = "AROA1"): IamIdentity => ({
  arn: `arn:aws:sts::${A}:assumed-role/${name}/${session}`,
  accountId: A,
  userId: `${id}:${session}`,
  accessKeyId: "ASIA1",
});
const user = (name: string): IamIdentity => ({
  arn: `arn:aws:iam::${A}:user/${name}`,
  accountId: A,
  userId: "AIDA1",
  accessKeyId: "AKIA1",
});
const entry = (changes: Partial<AccessEntry>): AccessEntry => ({
  principalArn: `arn:aws:iam::${A}:role/dev`,
  principalId: "AROA1",
  type: "STANDARD",
  username: `arn:aws:sts::${A}:assumed-role/dev/{{SessionName}}`,
  groups: ["devs"],
  policies: [],
  ...changes,
});
const map = (
  identity: IamIdentity,
  {
    mode = "API_AND_CONFIG_MAP",
    entries = [],
    data,
    creatorArn,
  }: { mode?: AuthenticationMode; entries?: AccessEntry[]; data?: Record<string, string>; creatorArn?: string },
) =>
  mapIdentity(identity, {
    access: { mode, creatorArn, entries: () => entries },
    awsAuth: () => parseAwsAuth(data),
    instanceDnsName: async (id) => (id === "i-0123456789abcdef0" ? "ip-10-0-0-7.us-west-2.compute.internal" : undefined),
  });
const MAP_ROLES = { mapRoles: `- rolearn: arn:aws:iam::${A}:role/dev\n  username: dev:{{SessionName}}\n  groups: [from-map]\n` };

for (const [arn, canonical] of [
  [`arn:aws:sts::${A}:assumed-role/dev/alice`, `arn:aws:iam::${A}:role/dev`],
  [`arn:aws:sts::${A}:assumed-role/team/dev/alice`, `arn:aws:iam::${A}:role/team/dev`],
  [`arn:aws:iam::${A}:user/bob`, `arn:aws:iam::${A}:user/bob`],
  [`arn:aws:iam::${A}:root`, `arn:aws:iam::${A}:root`],
  [`arn:aws:sts::${A}:federated-user/bob`, `arn:aws:sts::${A}:federated-user/bob`],
  [`arn:aws:iam::${A}:group/x`, undefined],
  [`arn:aws:sts::${A}:assumed-role/dev`, undefined],
  ["nonsense", undefined],
] as const) {
  test(`canonical form of ${arn}`, () => assert.equal(canonicalArn(arn), canonical));
}

describe("access entries", () => {
  test("render the session name and add the groups", async () => {
    const mapped = await map(role("dev", "bob@corp"), { entries: [entry({})] });
    assert.equal(mapped?.username, `arn:aws:sts::${A}:assumed-role/dev/bob-corp`);
    assert.deepEqual(mapped?.groups, ["devs", "system:authenticated"]);
    assert.equal(mapped?.uid, `aws-iam-authenticator:${A}:AROA1`);
    assert.deepEqual(mapped?.extra?.canonicalArn, [`arn:aws:iam::${A}:role/dev`]);
  });
  test("match roles with a path, whose sessions carry none", async () => {
    assert.ok(await map(role("dev"), { entries: [entry({ principalArn: `arn:aws:iam::${A}:role/team/dev` })] }));
  });
  test("do not match a role made anew under the same name", async () => {
    assert.equal(await map(role("dev", "alice", "AROA2"), { entries: [entry({})] }), undefined);
  });
  test("do not match another account's role", async () => {
    const foreign = { ...role("dev"), arn: "arn:aws:sts::999988887777:assumed-role/dev/alice", accountId: "999988887777" };
    assert.equal(await map(foreign, { entries: [entry({})] }), undefined);
  });
  test("win over aws-auth entirely", async () => {
    const mapped = await map(role("dev"), { entries: [entry({})], data: MAP_ROLES });
    assert.deepEqual(mapped?.groups, ["devs", "system:authenticated"]);
  });
  test("name nodes by their instance, and only instances of the account", async () => {
    const nodes = entry({ type: "EC2_LINUX", username: "system:node:{{EC2PrivateDNSName}}", groups: ["system:nodes"] });
    const mapped = await map(role("dev", "i-0123456789abcdef0"), { entries: [nodes] });
    assert.equal(mapped?.username, "system:node:ip-10-0-0-7.us-west-2.compute.internal");
    assert.equal(await map(role("dev", "i-0123456789abcdef1"), { entries: [nodes] }), undefined);
    assert.equal(await map(role("dev", "alice"), { entries: [nodes] }), undefined);
  });
});

describe("authentication modes", () => {
  test("CONFIG_MAP ignores entries, API ignores aws-auth", async () => {
    const both = { entries: [entry({})], data: MAP_ROLES };
    assert.equal((await map(role("dev"), { ...both, mode: "CONFIG_MAP" }))?.username, "dev:alice");
    assert.equal((await map(role("dev"), { ...both, entries: [], mode: "API" }))?.username, undefined);
  });
  test("the creator is implicit in CONFIG_MAP mode only", async () => {
    const creatorArn = `arn:aws:iam::${A}:user/bob`;
    assert.deepEqual((await map(user("bob"), { mode: "CONFIG_MAP", creatorArn }))?.groups, ["system:masters", "system:authenticated"]);
    assert.equal(await map(user("bob"), { mode: "API_AND_CONFIG_MAP", creatorArn }), undefined);
    assert.equal(await map(user("eve"), { mode: "CONFIG_MAP", creatorArn }), undefined);
  });
  test("nobody is mapped by default", async () => {
    for (const mode of ["CONFIG_MAP", "API_AND_CONFIG_MAP", "API"] as const) assert.equal(await map(user("eve"), { mode }), undefined);
  });
});

describe("aws-auth", () => {
  test("maps users, accounts and roles, roles first, case-insensitively", async () => {
    const data = {
      mapRoles: `- rolearn: ARN:aws:iam::${A}:role/Dev\n  username: x\n`.replace("ARN", "arn"),
      mapUsers: `- userarn: arn:aws:iam::${A}:user/bob\n  username: bob\n  groups: [system:masters]\n`,
      mapAccounts: `- "${A}"\n`,
    };
    assert.equal((await map(role("DEV"), { data }))?.username, "x");
    assert.deepEqual((await map(user("bob"), { data }))?.groups, ["system:masters", "system:authenticated"]);
    assert.equal((await map(user("eve"), { data }))?.username, `arn:aws:iam::${A}:user/eve`);
  });
  test("a role with a path never matches", async () => {
    const data = { mapRoles: `- rolearn: arn:aws:iam::${A}:role/team/dev\n  username: x\n` };
    assert.equal(await map(role("dev"), { data }), undefined);
  });
  for (const [name, data] of Object.entries({
    "no map": undefined,
    "bad YAML": { mapRoles: ": : [", mapUsers: "" },
    "not a list": { mapRoles: "rolearn: x" },
    "bad entries": { mapRoles: '- 7\n- {rolearn: 5}\n- {username: "x"}\n- null\n' },
    "alias bomb": { mapRoles: "a: &a [x]\nb: [*a,*a]\n" },
  })) {
    test(`maps nobody: ${name}`, async () =>
      assert.equal(await map(role("dev"), data ? { data: data as Record<string, string> } : {}), undefined));
  }
  test("one bad list leaves the others alone", async () => {
    const data = { mapRoles: ": : [", mapUsers: `- userarn: arn:aws:iam::${A}:user/bob\n  username: bob\n` };
    assert.equal((await map(user("bob"), { data }))?.username, "bob");
  });
});
