// Service account tokens by the table: what TokenRequest makes, how long it is believed, and what the audit log says of old ones
// (spec identity §1.2, §1.3; conformance cases of §8.1).
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { FakeClock } from "../../src/base/clock.ts";
import type { RequestRecord } from "../../src/kubernetes/server/options.ts";
import { audience, startServer, type TestServer } from "../kubernetes/server-support.ts";

const HOUR = 3600;
const DAY = 24 * HOUR;
const STALE = "authentication.k8s.io/stale-token";
const ISSUER = "https://oidc.example/id/A";

const clock = new FakeClock("2026-01-01T00:00:00Z");
const records: RequestRecord[] = [];
let s: TestServer;
let podUid = "";

before(async () => {
  s = await startServer({ audit: (record) => records.push(record) }, clock);
  for (const name of ["default", "other"])
    await s.client.create("serviceaccounts", "default", { apiVersion: "v1", kind: "ServiceAccount", metadata: { name } });
  await s.client.create("secrets", "default", { apiVersion: "v1", kind: "Secret", metadata: { name: "key" } });
  podUid = await makePod("p");
});
after(() => s.close());

async function makePod(name: string, spec: object = {}): Promise<string> {
  const containers = [{ name: "c", image: "x" }];
  const pod = { apiVersion: "v1", kind: "Pod", metadata: { name }, spec: { containers, nodeName: "node-a", ...spec } };
  return (await s.client.create("pods", "default", pod)).metadata.uid;
}

const ask = (spec: object, { account = "default", as = "admin" } = {}) =>
  s.call("POST", `/api/v1/namespaces/default/serviceaccounts/${account}/token`, as, { spec });
const open = (token: string) => JSON.parse(Buffer.from(token.split(".")[1]!, "base64url").toString());
const whoAmI = (bearer: string) => s.call("POST", "/apis/authentication.k8s.io/v1/selfsubjectreviews", bearer, {});
const toPod = (more: object = {}) => ({ apiVersion: "v1", kind: "Pod", name: "p", uid: podUid, ...more });

describe("lifetimes", () => {
  for (const [why, spec, exp, warnafter, shown] of [
    ["default: one hour", {}, HOUR, undefined, HOUR],
    ["as asked", { expirationSeconds: 7200 }, 7200, undefined, 7200],
    ["the least", { expirationSeconds: 600 }, 600, undefined, 600],
    ["the most", { expirationSeconds: DAY }, DAY, undefined, DAY],
    ["more is cut to a day", { expirationSeconds: DAY + 1 }, DAY, undefined, DAY],
    ["2^32 is still cut", { expirationSeconds: 2 ** 32 }, DAY, undefined, DAY],
    ["3607 without a pod is not extended", { expirationSeconds: 3607 }, 3607, undefined, 3607],
    ["3607 of a pod for the API: 90 days", { expirationSeconds: 3607, boundObjectRef: "pod" }, 90 * DAY, 3607, 3607],
    [
      "the audience spelled out: 90 days too",
      { expirationSeconds: 3607, boundObjectRef: "pod", audiences: [audience] },
      90 * DAY,
      3607,
      3607,
    ],
    ["3600 of a pod is not extended", { expirationSeconds: 3600, boundObjectRef: "pod" }, 3600, undefined, 3600],
    ["3608 of a pod is not extended", { expirationSeconds: 3608, boundObjectRef: "pod" }, 3608, undefined, 3608],
    [
      "another audience is not extended",
      { expirationSeconds: 3607, boundObjectRef: "pod", audiences: ["sts.amazonaws.com"] },
      3607,
      undefined,
      3607,
    ],
    [
      "one more audience is not extended",
      { expirationSeconds: 3607, boundObjectRef: "pod", audiences: [audience, "x"] },
      3607,
      undefined,
      3607,
    ],
    [
      "bound to a secret is not extended",
      { expirationSeconds: 3607, boundObjectRef: { apiVersion: "v1", kind: "Secret", name: "key" } },
      3607,
      undefined,
      3607,
    ],
  ] as const) {
    test(why, async () => {
      const { boundObjectRef, ...rest } = spec as { boundObjectRef?: unknown };
      const answer = await ask({
        ...rest,
        ...(boundObjectRef !== undefined && { boundObjectRef: boundObjectRef === "pod" ? toPod() : boundObjectRef }),
      });
      assert.equal(answer.status, 201, answer.text);
      const { iat, nbf, exp: end, "kubernetes.io": own } = open(answer.json.status.token);
      assert.equal(nbf, iat);
      assert.equal(end - iat, exp);
      assert.equal(own.warnafter, warnafter === undefined ? undefined : iat + warnafter);
      assert.equal(Date.parse(answer.json.status.expirationTimestamp) / 1000 - iat, shown);
    });
  }
});

describe("refused requests", () => {
  for (const [why, spec, status, message, more = {}] of [
    [
      "599 s",
      { expirationSeconds: 599 },
      422,
      /spec\.expirationSeconds: Invalid value: 599: may not specify a duration less than 10 minutes/,
    ],
    ["0 s", { expirationSeconds: 0 }, 422, /less than 10 minutes/],
    ["negative", { expirationSeconds: -1 }, 422, /less than 10 minutes/],
    ["above 2^32", { expirationSeconds: 2 ** 32 + 1 }, 422, /larger than 2\^32 seconds/],
    [
      "another uid",
      { boundObjectRef: { apiVersion: "v1", kind: "Pod", name: "p", uid: "x" } },
      409,
      /the UID in the bound object reference \(x\) does not match the UID in record/,
    ],
    ["no such pod", { boundObjectRef: { apiVersion: "v1", kind: "Pod", name: "q" } }, 404, /pods "q" not found/],
    ["a kind that cannot be bound", { boundObjectRef: { apiVersion: "apps/v1", kind: "Deployment", name: "p" } }, 422, /boundObjectRef/],
    [
      "another account's pod",
      { boundObjectRef: { apiVersion: "v1", kind: "Pod", name: "p" } },
      400,
      /cannot bind token for serviceaccount "other" to pod running with different serviceaccount name\./,
      { account: "other" },
    ],
    ["no such account", {}, 404, /serviceaccounts "none" not found/, { account: "none" }],
    ["somebody without the right", {}, 403, /cannot create resource "serviceaccounts\/token"/, { as: "eve" }],
    ["a kubelet without a pod", {}, 403, /node requested token not bound to a pod/, { as: "node-a" }],
  ] as const) {
    test(`${why}: ${status}`, async () => {
      const answer = await ask(spec, more);
      assert.equal(answer.status, status, answer.text);
      assert.match(answer.json.message, message);
    });
  }

  test("a kubelet asks for its own pods only", async () => {
    assert.equal((await ask({ boundObjectRef: toPod() }, { as: "node-a" })).status, 201);
    const other = await ask({ boundObjectRef: toPod() }, { as: "node-b" });
    assert.equal(other.status, 403, other.text);
  });
});

test("the claims: exactly those of EKS, aud always a list", async () => {
  const { json } = await ask({ audiences: ["sts.amazonaws.com"], boundObjectRef: toPod() });
  const [head] = json.status.token.split(".");
  const { kid, ...header } = JSON.parse(Buffer.from(head, "base64url").toString());
  assert.deepEqual(header, { alg: "RS256" });
  assert.match(kid, /^[0-9a-f]{40}$/);
  const claims = open(json.status.token);
  assert.deepEqual(Object.keys(claims).sort(), ["aud", "exp", "iat", "iss", "jti", "kubernetes.io", "nbf", "sub"]);
  assert.deepEqual([claims.aud, claims.iss, claims.sub], [["sts.amazonaws.com"], ISSUER, "system:serviceaccount:default:default"]);
  const { namespace, pod, node, serviceaccount, warnafter } = claims["kubernetes.io"];
  assert.deepEqual(
    [namespace, pod, node.name, serviceaccount.name, warnafter],
    ["default", { name: "p", uid: podUid }, "node-a", "default", undefined],
  );
});

describe("an extended token as time goes by", () => {
  let token = "";
  let made = 0;
  before(async () => {
    token = (await ask({ expirationSeconds: 3607, boundObjectRef: toPod() })).json.status.token;
    made = clock.now();
  });
  for (const [age, status, stale] of [
    [0, 201, undefined],
    [HOUR, 201, undefined],
    [3607, 201, undefined],
    [3608, 201, 1],
    [DAY, 201, DAY - 3607],
    [49 * DAY, 201, 49 * DAY - 3607],
    [90 * DAY - 1, 201, 90 * DAY - 3608],
    [90 * DAY + 59, 201, 90 * DAY + 59 - 3607],
    [90 * DAY + 60, 401, undefined],
    [365 * DAY, 401, undefined],
  ] as const) {
    test(`after ${age} s: ${status}${stale ? `, stale for ${stale} s` : ""}`, async () => {
      await clock.step(made + age * 1000 - clock.now());
      assert.equal((await whoAmI(token)).status, status);
      const expected = stale && `subject: system:serviceaccount:default:default, seconds after warning threshold: ${stale}`;
      assert.equal(records.at(-1)?.annotations[STALE], expected);
    });
  }
});

describe("a token falls with what it is bound to", () => {
  const cases: [string, () => Promise<unknown>, () => Promise<unknown>][] = [
    ["its pod is deleted", () => makePod("x"), () => s.client.delete("pods", "default", "x", { gracePeriodSeconds: 0 } as never)],
    [
      "its secret is deleted",
      () => s.client.create("secrets", "default", { apiVersion: "v1", kind: "Secret", metadata: { name: "x" } }),
      () => s.client.delete("secrets", "default", "x"),
    ],
  ];
  for (const [why, make, remove] of cases) {
    test(why, async () => {
      await make();
      const kind = why.includes("pod") ? "Pod" : "Secret";
      const { json } = await ask({ boundObjectRef: { apiVersion: "v1", kind, name: "x" } });
      assert.equal((await whoAmI(json.status.token)).status, 201);
      await remove();
      assert.equal((await whoAmI(json.status.token)).status, 401);
      await make();
      assert.equal((await whoAmI(json.status.token)).status, 401, "another object of the same name");
    });
  }

  test("its account is made anew", async () => {
    const { json } = await ask({}, { account: "other" });
    assert.equal((await whoAmI(json.status.token)).status, 201);
    await s.client.delete("serviceaccounts", "default", "other");
    await s.client.create("serviceaccounts", "default", { apiVersion: "v1", kind: "ServiceAccount", metadata: { name: "other" } });
    assert.equal((await whoAmI(json.status.token)).status, 401);
  });
});
