import assert from "node:assert/strict";
import { test } from "node:test";
import { createLocalJWKSet, jwtVerify } from "jose";
import { FakeClock } from "../base/clock.ts";
import { answerIssuer } from "./oidc-issuer.ts";
import { KeyRing, PUBLICATION_LEAD, RETENTION, ROTATION_PERIOD, type SigningKey } from "./signing-keys.ts";

function ring() {
  const clock = new FakeClock();
  let keys: readonly SigningKey[] = [];
  const storage = {
    read: () => keys,
    write: (next: readonly SigningKey[]) => {
      keys = next;
    },
  };
  return { clock, ring: new KeyRing(storage, clock), kids: () => keys.map((key) => key.kid) };
}

const kidOf = (token: string) => JSON.parse(Buffer.from(token.split(".")[0]!, "base64url").toString()).kid;

test("signs what an independent library verifies with the published keys", async () => {
  const { ring: keys, clock } = ring();
  await keys.rotate();
  const token = keys.sign({ sub: "x", iss: "https://issuer", exp: clock.now() / 1000 + 60 });
  const { payload, protectedHeader } = await jwtVerify(token, createLocalJWKSet(keys.jwks() as never), {
    currentDate: new Date(clock.now()),
  });
  assert.equal(payload.sub, "x");
  assert.equal(protectedHeader.alg, "RS256");
});

test("rotates every seven days, publishes an hour ahead, keeps old keys until no token can be valid", async () => {
  const { ring: keys, clock, kids } = ring();
  await keys.rotate();
  const first = kidOf(keys.sign({}));
  await keys.rotate();
  assert.equal(kids().length, 1);
  await clock.step(ROTATION_PERIOD - PUBLICATION_LEAD);
  await keys.rotate();
  assert.equal(kids().length, 2);
  assert.equal(kidOf(keys.sign({})), first, "the new key is published, the old one still signs");
  await clock.step(PUBLICATION_LEAD);
  assert.notEqual(kidOf(keys.sign({})), first);
  assert.ok(kids().includes(first));
  await clock.step(RETENTION + ROTATION_PERIOD);
  await keys.rotate();
  assert.equal(kids().includes(first), false);
});

test("the issuer serves its two documents and nothing else", async () => {
  const { ring: keys } = ring();
  await keys.rotate();
  const discovery = JSON.parse(answerIssuer("https://localhost:1/id/ABC", "/.well-known/openid-configuration", keys.jwks()).body);
  assert.equal(discovery.issuer, "https://localhost:1/id/ABC");
  assert.equal(discovery.jwks_uri, "https://localhost:1/id/ABC/keys");
  const published = answerIssuer("https://localhost:1/id/ABC", "/keys", keys.jwks());
  assert.equal(JSON.parse(published.body).keys.length, 1);
  assert.doesNotMatch(published.body, /"d"|PRIVATE/);
  assert.equal(answerIssuer("https://localhost:1/id/ABC", "/other", keys.jwks()).status, 404);
});
