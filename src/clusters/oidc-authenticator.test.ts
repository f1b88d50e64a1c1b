// OpenID Connect tokens: whose are taken, as whom, and what is refused.
import assert from "node:assert/strict";
import { test } from "node:test";
import { exportJWK, generateKeyPair, SignJWT } from "jose";
import { FakeClock } from "../base/clock.ts";
import { silentLog } from "../base/log.ts";
import { type OidcProvider, oidcAuthenticator } from "./oidc-authenticator.ts";
import { type Fetch, issuerKeySource } from "./oidc-keys.ts";

const ISSUER = "https://login.example.com/realms/a";
const START = Date.parse("2026-05-01T00:00:00Z") / 1000;

/** An issuer with one key at a time, served without a network. */
async function issuer() {
  const clock = new FakeClock("2026-05-01T00:00:00Z");
  let serial = 0;
  let fetches = 0;
  const make = async () => ({ ...(await generateKeyPair("RS256")), kid: `k${++serial}` });
  let current = await make();
  const documents: Record<string, () => Promise<unknown>> = {
    [`${ISSUER}/.well-known/openid-configuration`]: async () => ({ issuer: ISSUER, jwks_uri: `${ISSUER}/keys` }),
    [`${ISSUER}/keys`]: async () => ({ keys: [{ ...(await exportJWK(current.publicKey)), kid: current.kid, alg: "RS256" }] }),
  };
  const fetch: Fetch = async (url) => {
    fetches++;
    const document = documents[url];
    return document ? Response.json(await document()) : new Response("", { status: 404 });
  };
  return {
    clock,
    documents,
    fetches: () => fetches,
    keys: issuerKeySource(fetch, clock),
    rotate: async () => {
      current = await make();
    },
    sign: (claims: object, header: object = {}, key = current.privateKey) =>
      new SignJWT({ iss: ISSUER, aud: "kubernetes", sub: "jane", exp: START + 600, ...claims })
        .setProtectedHeader({ alg: "RS256", kid: current.kid, ...header })
        .sign(key),
  };
}

const base: OidcProvider = { issuerUrl: ISSUER, clientId: "kubernetes", requiredClaims: {} };
type Issuer = Awaited<ReturnType<typeof issuer>>;

const ask = async (from: Issuer, token: string, config: Partial<OidcProvider> = {}) =>
  oidcAuthenticator({ provider: () => ({ ...base, ...config }), keys: from.keys, clock: from.clock, log: silentLog }).authenticate({
    headers: {},
    token,
  });

test("users and groups follow the configuration", async () => {
  const from = await issuer();
  const cases: [config: Partial<OidcProvider>, claims: object, username: string, groups: string[]][] = [
    [{}, {}, `${ISSUER}#jane`, []],
    [{ usernamePrefix: "-" }, {}, "jane", []],
    [{ usernamePrefix: "oidc:" }, {}, "oidc:jane", []],
    [{ usernameClaim: "email" }, { email: "a@b.c" }, "a@b.c", []],
    [{ usernameClaim: "email" }, { email: "a@b.c", email_verified: true }, "a@b.c", []],
    [{ groupsClaim: "groups" }, { groups: ["x", "y"] }, `${ISSUER}#jane`, ["x", "y"]],
    [{ groupsClaim: "groups", groupsPrefix: "g:" }, { groups: "x" }, `${ISSUER}#jane`, ["g:x"]],
    [{ groupsClaim: "groups" }, { groups: ["system:masters", "x"] }, `${ISSUER}#jane`, ["x"]],
    [{ requiredClaims: { team: "a" } }, { team: "a" }, `${ISSUER}#jane`, []],
    [{}, { aud: ["other", "kubernetes"] }, `${ISSUER}#jane`, []],
  ];
  for (const [config, claims, username, groups] of cases) {
    assert.deepEqual(await ask(from, await from.sign(claims), config), { username, groups: [...groups, "system:authenticated"] });
  }
});

test("what is not proven is refused", async () => {
  const from = await issuer();
  const stranger = (await generateKeyPair("RS256")).privateKey;
  const ec = (await generateKeyPair("ES256")).privateKey;
  const cases: [name: string, token: string, config?: Partial<OidcProvider>][] = [
    ["another key", await from.sign({}, {}, stranger)],
    ["another algorithm", await from.sign({}, { alg: "ES256" }, ec)],
    ["expired", await from.sign({ exp: START - 1 })],
    ["not yet valid", await from.sign({ nbf: START + 60 })],
    ["no expiry", await from.sign({ exp: undefined })],
    ["another audience", await from.sign({ aud: "other" })],
    ["no such claim", await from.sign({}), { usernameClaim: "email" }],
    ["a claim that is no text", await from.sign({ n: 1 }), { usernameClaim: "n" }],
    ["an unverified email", await from.sign({ email: "a@b.c", email_verified: false }), { usernameClaim: "email" }],
    ["an email verified by text", await from.sign({ email: "a@b.c", email_verified: "true" }), { usernameClaim: "email" }],
    ["required claim absent", await from.sign({}), { requiredClaims: { team: "a" } }],
    ["required claim different", await from.sign({ team: ["a"] }), { requiredClaims: { team: "a" } }],
    ["groups that are no texts", await from.sign({ groups: [1] }), { groupsClaim: "groups" }],
    ["a system user", await from.sign({ sub: "system:admin" }), { usernamePrefix: "-" }],
    ["an empty user", await from.sign({ sub: "" }), { usernamePrefix: "-" }],
  ];
  for (const [name, token, config] of cases) assert.equal(await ask(from, token, config), "invalid", name);
  const [head, body] = (await from.sign({})).split(".");
  assert.equal(await ask(from, `${Buffer.from('{"alg":"none"}').toString("base64url")}.${body}.`), "invalid");
  assert.equal(await ask(from, `${head}.${body}.AAAA`), "invalid");
});

test("tokens of others are left alone", async () => {
  const from = await issuer();
  assert.equal(await ask(from, await from.sign({ iss: "https://other.example.com" })), undefined);
  assert.equal(await ask(from, "k8s-aws-v1.abc"), undefined);
  assert.equal(await ask(from, ""), undefined);
  const none = oidcAuthenticator({ provider: () => undefined, keys: from.keys, clock: from.clock, log: silentLog });
  assert.equal(await none.authenticate({ headers: {}, token: await from.sign({}) }), undefined);
});

test("keys are kept, fetched again for an unknown key, and no oftener than every ten seconds", async () => {
  const from = await issuer();
  await ask(from, await from.sign({}));
  await ask(from, await from.sign({}));
  assert.equal(from.fetches(), 2, "discovery and keys, once");
  await from.rotate();
  assert.equal(await ask(from, await from.sign({})), "invalid");
  await from.clock.step(11_000);
  assert.equal(typeof (await ask(from, await from.sign({}))), "object");
  assert.equal(from.fetches(), 4);
});

test("an issuer that names another, or cannot be read, gives no keys", async () => {
  const from = await issuer();
  const discovery = `${ISSUER}/.well-known/openid-configuration`;
  const documents: [document: unknown, message: RegExp][] = [
    [{ issuer: "https://other", jwks_uri: `${ISSUER}/keys` }, /issuer "https:\/\/other"/],
    [{ issuer: ISSUER, jwks_uri: "http://plain/keys" }, /no jwks_uri/],
    [{ issuer: ISSUER, jwks_uri: `${ISSUER}/none` }, /answered 404/],
    [[], /not a JSON object/],
  ];
  for (const [document, message] of documents) {
    from.documents[discovery] = async () => document;
    await assert.rejects(from.keys.keys(ISSUER), message);
  }
});
