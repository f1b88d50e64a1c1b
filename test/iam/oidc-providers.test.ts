import assert from "node:assert/strict";
import { test } from "node:test";
import { ACCOUNT, OTHER, rootOf, THUMBPRINT, testIam } from "./support.ts";

const HOST = "oidc.eks.us-west-2.amazonaws.com/id/EXAMPLED539D4633E53DE1B71EXAMPLE";
const ARN = `arn:aws:iam::${ACCOUNT}:oidc-provider/${HOST}`;
const named = { OpenIDConnectProviderArn: ARN };

test("a provider is registered, changed and removed", async () => {
  const { run, directory } = testIam();
  const created = await run("CreateOpenIDConnectProvider", {
    Url: `https://${HOST}`,
    ClientIDList: ["sts.amazonaws.com"],
    Tags: [{ Key: "a", Value: "b" }],
  });
  assert.deepEqual(created, { OpenIDConnectProviderArn: ARN, Tags: [{ Key: "a", Value: "b" }] });
  const read = await run("GetOpenIDConnectProvider", named);
  assert.deepEqual([read.Url, read.ClientIDList, read.ThumbprintList], [HOST, ["sts.amazonaws.com"], [THUMBPRINT]]);
  assert.deepEqual((await run("ListOpenIDConnectProviders", {})).OpenIDConnectProviderList, [{ Arn: ARN }]);
  await assert.rejects(run("CreateOpenIDConnectProvider", { Url: `https://${HOST}` }), {
    code: "EntityAlreadyExists",
    message: `Provider with url https://${HOST} already exists.`,
  });
  for (let i = 0; i < 2; i++) await run("AddClientIDToOpenIDConnectProvider", { ...named, ClientID: "vault" });
  assert.deepEqual(directory.oidcProvider(ACCOUNT, `https://${HOST}`)?.clientIds, ["sts.amazonaws.com", "vault"]);
  for (let i = 0; i < 2; i++) await run("RemoveClientIDFromOpenIDConnectProvider", { ...named, ClientID: "vault" });
  await run("UpdateOpenIDConnectProviderThumbprint", { ...named, ThumbprintList: ["a".repeat(40)] });
  assert.deepEqual((await run("GetOpenIDConnectProvider", named)).ThumbprintList, ["a".repeat(40)]);
  assert.equal(directory.oidcProvider(OTHER, `https://${HOST}`), undefined);
  await assert.rejects(run("GetOpenIDConnectProvider", named, rootOf(OTHER)), { code: "NoSuchEntity" });
  for (let i = 0; i < 2; i++) await run("DeleteOpenIDConnectProvider", named);
  await assert.rejects(run("GetOpenIDConnectProvider", named), {
    code: "NoSuchEntity",
    status: 404,
    message: `OpenIDConnect Provider not found for arn ${ARN}`,
  });
});

const bad: [string, object, string, string | RegExp][] = [
  ["plain HTTP", { Url: `http://${HOST}` }, "ValidationError", "Invalid Open ID Connect Provider URL"],
  ["a port", { Url: "https://example.com:8443/x" }, "ValidationError", "Invalid Open ID Connect Provider URL"],
  ["the default port", { Url: "https://example.com:443/x" }, "ValidationError", "Invalid Open ID Connect Provider URL"],
  ["a query", { Url: "https://example.com/?x=1" }, "ValidationError", "Invalid Open ID Connect Provider URL"],
  ["credentials", { Url: "https://a@example.com/" }, "ValidationError", "Invalid Open ID Connect Provider URL"],
  ["no URL", { Url: "example" }, "ValidationError", "Invalid Open ID Connect Provider URL"],
  ["256 characters", { Url: `https://example.com/${"x".repeat(236)}` }, "ValidationError", /at 'url'/],
  [
    "101 client ids",
    { ClientIDList: Array.from({ length: 101 }, (_, i) => `c${i}`) },
    "LimitExceeded",
    "Cannot exceed quota for ClientIdsPerOpenIdConnectProvider: 100",
  ],
  [
    "six thumbprints",
    { ThumbprintList: Array(6).fill("a".repeat(40)) },
    "InvalidInput",
    "Thumbprint list must contain fewer than 5 entries.",
  ],
  [
    "a short thumbprint",
    { ThumbprintList: ["ab"] },
    "ValidationError",
    /Value '\[ab\]' at 'thumbprintList' failed to satisfy constraint: Member must satisfy constraint: \[Member must have length less than or equal to 40/,
  ],
  ["a thumbprint that is not hexadecimal", { ThumbprintList: ["z".repeat(40)] }, "InvalidInput", /hexadecimal/],
];

for (const [what, more, code, message] of bad) {
  test(`a provider with ${what} is refused`, async () => {
    const { run } = testIam();
    await assert.rejects(run("CreateOpenIDConnectProvider", { Url: `https://${HOST}`, ...more }), { code, message });
    assert.deepEqual((await run("ListOpenIDConnectProviders", {})).OpenIDConnectProviderList, []);
  });
}

test("a host whose certificate cannot be had needs a thumbprint", async () => {
  const { run } = testIam({ thumbprint: () => Promise.reject(new Error("unreachable")) });
  await assert.rejects(run("CreateOpenIDConnectProvider", { Url: `https://${HOST}` }), { code: "OpenIdIdpCommunicationError" });
  await run("CreateOpenIDConnectProvider", { Url: `https://${HOST}`, ThumbprintList: [THUMBPRINT] });
});

test("an issuer of Atoll's own may have a port, and need not be reachable", async () => {
  const own = "https://127.0.0.1:4567/id/X";
  const issuerKeys = { jwks: (issuer: string) => (issuer === own ? { keys: [] } : undefined) };
  const { run } = testIam({ issuerKeys, thumbprint: () => Promise.reject(new Error("unreachable")) });
  const { OpenIDConnectProviderArn } = await run("CreateOpenIDConnectProvider", { Url: own });
  assert.equal(OpenIDConnectProviderArn, `arn:aws:iam::${ACCOUNT}:oidc-provider/127.0.0.1:4567/id/X`);
  const read = await run("GetOpenIDConnectProvider", { OpenIDConnectProviderArn });
  assert.deepEqual([read.Url, read.ThumbprintList], ["https://127.0.0.1:4567/id/X", [THUMBPRINT]]);
  await assert.rejects(run("CreateOpenIDConnectProvider", { Url: "https://127.0.0.1:4567/id/Y" }), { code: "ValidationError" });
});

test("there are at most a hundred per account", async () => {
  const { run } = testIam();
  for (let i = 0; i < 100; i++) await run("CreateOpenIDConnectProvider", { Url: `https://example.com/${i}` });
  await assert.rejects(run("CreateOpenIDConnectProvider", { Url: "https://example.com/more" }), { code: "LimitExceeded" });
});
