import assert from "node:assert/strict";
import { test } from "node:test";
import type { Tag } from "@aws-sdk/client-iam";
import { ACCOUNT, allow, EC2_TRUST, testIam } from "./support.ts";

type Run = ReturnType<typeof testIam>["run"];

interface Kind {
  readonly make: (run: Run, Tags: Tag[]) => Promise<unknown>;
  readonly operations: [tag: string, untag: string, list: string];
  readonly name: object;
}

const kinds: Record<string, Kind> = {
  role: {
    make: (run, Tags) => run("CreateRole", { RoleName: "x", AssumeRolePolicyDocument: EC2_TRUST, Tags }),
    operations: ["TagRole", "UntagRole", "ListRoleTags"],
    name: { RoleName: "x" },
  },
  user: {
    make: (run, Tags) => run("CreateUser", { UserName: "x", Tags }),
    operations: ["TagUser", "UntagUser", "ListUserTags"],
    name: { UserName: "x" },
  },
  policy: {
    make: (run, Tags) => run("CreatePolicy", { PolicyName: "x", PolicyDocument: allow("eks:*"), Tags }),
    operations: ["TagPolicy", "UntagPolicy", "ListPolicyTags"],
    name: { PolicyArn: `arn:aws:iam::${ACCOUNT}:policy/x` },
  },
  "instance profile": {
    make: (run, Tags) => run("CreateInstanceProfile", { InstanceProfileName: "x", Tags }),
    operations: ["TagInstanceProfile", "UntagInstanceProfile", "ListInstanceProfileTags"],
    name: { InstanceProfileName: "x" },
  },
  "OIDC provider": {
    make: (run, Tags) => run("CreateOpenIDConnectProvider", { Url: "https://example.com/x", Tags }),
    operations: ["TagOpenIDConnectProvider", "UntagOpenIDConnectProvider", "ListOpenIDConnectProviderTags"],
    name: { OpenIDConnectProviderArn: `arn:aws:iam::${ACCOUNT}:oidc-provider/example.com/x` },
  },
};

for (const [what, { make, operations, name }] of Object.entries(kinds)) {
  test(`tags of a ${what}: merged whatever their case, removed, paged, limited`, async () => {
    const { run } = testIam();
    const [tag, untag, list] = operations;
    const call = (operation: string, input: object): Promise<any> => run(operation as "ListRoleTags", { ...name, ...input } as never);
    await make(run, [
      { Key: "a", Value: "1" },
      { Key: "b", Value: "2" },
    ]);
    await call(tag, {
      Tags: [
        { Key: "B", Value: "3" },
        { Key: "c", Value: "" },
      ],
    });
    const read = async () => Object.fromEntries((await call(list, {})).Tags.map(({ Key, Value }: Tag) => [Key, Value]));
    assert.deepEqual(await read(), { a: "1", B: "3", c: "" });
    const first = await call(list, { MaxItems: 2 });
    assert.deepEqual([first.Tags.length, first.IsTruncated], [2, true]);
    assert.equal((await call(list, { MaxItems: 2, Marker: first.Marker })).Tags.length, 1);
    await call(untag, { TagKeys: ["b", "none"] });
    assert.deepEqual(await read(), { a: "1", c: "" });
    const many = Array.from({ length: 49 }, (_, i) => ({ Key: `k${i}`, Value: "" }));
    await assert.rejects(call(tag, { Tags: many }), { code: "LimitExceeded" });
    for (const Tags of [
      [{ Key: "aws:x", Value: "" }],
      [{ Key: "", Value: "" }],
      [{ Key: "k", Value: "v".repeat(257) }],
      [{ Key: "k?", Value: "" }],
    ]) {
      await assert.rejects(call(tag, { Tags }));
    }
    assert.deepEqual(await read(), { a: "1", c: "" });
  });
}
