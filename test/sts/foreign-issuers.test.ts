import assert from "node:assert/strict";
import { test } from "node:test";
import { ACCOUNT, trust } from "../iam/support.ts";
import { claims, exchange, NO_KEY, NOT_VALID } from "./exchange.ts";
import { ISSUER, KEY, noFetch, OTHER_KEY, sign } from "./support.ts";

const FOREIGN = "https://login.example.com/tenant";
const FOREIGN_PROVIDER = `arn:aws:iam::${ACCOUNT}:oidc-provider/login.example.com/tenant`;
const json = (body: unknown) => new Response(JSON.stringify(body), { headers: { "content-type": "application/json" } });

async function foreign(documents: Record<string, () => Response>) {
  const asked: string[] = [];
  const made = await exchange({
    issuer: FOREIGN,
    trust: trust({ Federated: FOREIGN_PROVIDER }, "sts:AssumeRoleWithWebIdentity"),
    fetch: async (url) => {
      asked.push(url);
      const document = documents[url];
      if (!document) throw new TypeError("fetch failed");
      return document();
    },
  });
  return { ...made, asked };
}

const DISCOVERY = `${FOREIGN}/.well-known/openid-configuration`;
const KEYS = `${FOREIGN}/keys`;

test("a foreign issuer's keys are discovered, kept, and asked for once more when a key is unknown", async () => {
  let keys = [OTHER_KEY.jwk];
  const { assume, asked } = await foreign({
    [DISCOVERY]: () => json({ issuer: FOREIGN, jwks_uri: KEYS }),
    [KEYS]: () => json({ keys }),
  });
  const token = await sign(claims({ iss: FOREIGN }), OTHER_KEY);
  await assume(token);
  await assume(token);
  assert.deepEqual(asked, [DISCOVERY, KEYS]);
  const rotated = { ...KEY, kid: "key-2", jwk: { ...KEY.jwk, kid: "key-2" } };
  keys = [OTHER_KEY.jwk, rotated.jwk];
  await assume(await sign(claims({ iss: FOREIGN }), rotated));
  assert.equal(asked.length, 4);
});

const brokenIssuers: [string, Record<string, () => Response>, string, string | RegExp][] = [
  ["is down", {}, "InvalidIdentityToken", NO_KEY],
  ["serves HTML", { [DISCOVERY]: () => new Response("<html>") }, "InvalidIdentityToken", NO_KEY],
  ["answers 404", { [DISCOVERY]: () => new Response("", { status: 404 }) }, "InvalidIdentityToken", NO_KEY],
  ["answers 503", { [DISCOVERY]: () => new Response("", { status: 503 }) }, "IDPCommunicationError", /./],
  ["names another issuer", { [DISCOVERY]: () => json({ issuer: ISSUER, jwks_uri: KEYS }) }, "InvalidIdentityToken", NO_KEY],
  [
    "keeps its keys on plain HTTP",
    { [DISCOVERY]: () => json({ issuer: FOREIGN, jwks_uri: "http://login.example.com/keys" }) },
    "InvalidIdentityToken",
    NO_KEY,
  ],
  ["has no keys", { [DISCOVERY]: () => json({ issuer: FOREIGN, jwks_uri: KEYS }), [KEYS]: () => json({}) }, "InvalidIdentityToken", NO_KEY],
  [
    "has nonsense among its keys",
    { [DISCOVERY]: () => json({ issuer: FOREIGN, jwks_uri: KEYS }), [KEYS]: () => json({ keys: [null, 1, { kty: "RSA", kid: "key-1" }] }) },
    "InvalidIdentityToken",
    NOT_VALID,
  ],
];

for (const [what, documents, code, message] of brokenIssuers) {
  test(`a foreign issuer that ${what}`, async () => {
    const { assume } = await foreign(documents);
    await assert.rejects(assume(await sign(claims({ iss: FOREIGN }), OTHER_KEY)), { code, message });
  });
}

test("Atoll's own issuers are not asked over the network", async () => {
  const { assume } = await exchange({ fetch: noFetch });
  await assume(await sign(claims()));
});
