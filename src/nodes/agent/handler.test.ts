import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { after, before, beforeEach, describe, test } from "node:test";
import { FakeClock } from "../../base/clock.ts";
import { CredentialsCache } from "./cache.ts";
import { CredentialsError, type PodCredentials } from "./credentials-source.ts";
import { agentHandler } from "./handler.ts";

const HOUR = 3600 * 1000;
const clock = new FakeClock("2026-01-01T00:00:00Z");
const HEADER = Buffer.from('{"alg":"RS256"}').toString("base64url");
const jwt = (claims: object) => `${HEADER}.${Buffer.from(JSON.stringify(claims)).toString("base64url")}.sig`;
const seconds = (milliseconds: number) => Math.floor(milliseconds / 1000);
const good = () => jwt({ exp: seconds(clock.now() + 24 * HOUR), nbf: seconds(clock.now()), sub: "x" });
const credentials = (life: number): PodCredentials => ({
  accessKeyId: "ASIA1",
  secretAccessKey: "s",
  sessionToken: "t",
  accountId: "111122223333",
  expiration: clock.now() + life,
});

let answer: () => PodCredentials;
let calls = 0;
beforeEach(() => {
  answer = () => credentials(6 * HOUR);
});
const source = {
  async credentials() {
    calls++;
    return answer();
  },
};

describe("the agent over HTTP", () => {
  const server = createServer((request, response) => void agentHandler({ source, clock, hosts: ["127.0.0.1"] })(request, response));
  let base = "";
  before(async () => {
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  after(() => server.close());
  const ask = async (headers: Record<string, string>, path = "/v1/credentials") => {
    const response = await fetch(base + path, { headers });
    return { status: response.status, type: response.headers.get("content-type"), body: await response.text() };
  };

  test("gives credentials in the form SDKs read", async () => {
    const { status, type, body } = await ask({ authorization: good() });
    assert.equal(status, 200);
    assert.equal(type, "application/json");
    assert.deepEqual(JSON.parse(body), {
      AccessKeyId: "ASIA1",
      SecretAccessKey: "s",
      Token: "t",
      AccountId: "111122223333",
      Expiration: "2026-01-01T06:00:00Z",
    });
  });

  for (const [name, headers, status, body] of [
    ["no token", () => ({}), 400, "Service account token cannot be empty\n"],
    ["not a JWT", () => ({ authorization: "abc" }), 400, /^Service account token cannot be parsed: token is malformed: /],
    ["a Bearer prefix", () => ({ authorization: `Bearer ${good()}` }), 400, /token is malformed: tokenstring should not contain 'bearer '/],
    [
      "a header without algorithm",
      () => ({ authorization: good().replace(HEADER, "e30") }),
      400,
      /token is unverifiable: signing method \(alg\) is unspecified/,
    ],
    [
      "an unknown algorithm",
      () => ({ authorization: good().replace(HEADER, Buffer.from('{"alg":"x"}').toString("base64url")) }),
      400,
      /signing method \(alg\) is unavailable/,
    ],
    ["no base64", () => ({ authorization: "a!b.c.d" }), 400, /could not base64 decode header: illegal base64 data at input byte 1/],
    ["claims that are not JSON", () => ({ authorization: "a.b.c" }), 400, /malformed/],
    ["claims that are no object", () => ({ authorization: `a.${Buffer.from("null").toString("base64url")}.c` }), 400, /malformed/],
    [
      "an expired token",
      () => ({ authorization: jwt({ exp: seconds(clock.now()) }) }),
      400,
      "Service account token failed basic claim validations: token is expired\n",
    ],
    [
      "a token of the future",
      () => ({ authorization: jwt({ nbf: seconds(clock.now()) + 60 }) }),
      400,
      "Service account token failed basic claim validations: token is not valid yet\n",
    ],
  ] as const) {
    test(`${name}: ${status}`, async () => {
      const result = await ask(headers() as Record<string, string>);
      assert.equal(result.status, status);
      if (typeof body === "string") assert.equal(result.body, body);
      else assert.match(result.body, body);
    });
  }

  test("other paths: 404", async () => assert.equal((await ask({ authorization: good() }, "/")).status, 404));

  for (const [code, status] of [
    ["ResourceNotFoundException", 404],
    ["AccessDeniedException", 400],
    ["ThrottlingException", 429],
    ["InternalServerException", 500],
  ] as const) {
    test(`${code} of EKS Auth is passed on as ${status}`, async () => {
      answer = () => {
        throw new CredentialsError(code, "no", status, "req-1");
      };
      const result = await ask({ authorization: good() });
      assert.equal(result.status, status);
      assert.equal(result.body, `[req-1]: (${code}): no, fault: ${status < 500 ? "client" : "server"}\n`);
    });
  }
});

test("a host name that is not the agent's is refused before the token is looked at", async () => {
  const written: { status?: number; body?: string } = {};
  const response = {
    writeHead: (status: number) => {
      written.status = status;
    },
    end: (body: string) => {
      written.body = body;
    },
  };
  const handler = agentHandler({ source, clock, hosts: [] });
  await handler({ url: "/v1/credentials", headers: { host: "evil.example:80", authorization: good() } } as never, response as never);
  assert.equal(written.status, 403);
  assert.match(written.body ?? "", /please use either \[169\.254\.170\.23 fd00:ec2::23\] address not evil\.example/);
  await handler({ url: "/v1/credentials", headers: { host: "[fd00:ec2::23]:80", authorization: good() } } as never, response as never);
  assert.equal(written.status, 200);
});

test("the throttle lets a burst of 500 through, then 1000 a second", async () => {
  const handler = agentHandler({ source, clock, hosts: [] });
  let status = 0;
  const response = {
    writeHead: (code: number) => {
      status = code;
    },
    end() {},
  };
  const ask = () =>
    handler({ url: "/v1/credentials", headers: { host: "169.254.170.23", authorization: good() } } as never, response as never);
  for (let i = 0; i < 500; i++) await ask();
  assert.equal(status, 200);
  await ask();
  assert.equal(status, 429);
  await clock.step(1);
  await ask();
  assert.equal(status, 200);
});

describe("the cache", () => {
  const fresh = () => {
    calls = 0;
    return new CredentialsCache(source, clock);
  };

  test("asks once per token, also when asked at the same time", async () => {
    const cache = fresh();
    await Promise.all([cache.credentials("a"), cache.credentials("a"), cache.credentials("b")]);
    await cache.credentials("a");
    assert.equal(calls, 2);
    cache.close();
  });

  test("refreshes after three hours, keeps serving the old ones when that fails for a moment", async () => {
    const cache = fresh();
    const first = await cache.credentials("a");
    answer = () => {
      throw new CredentialsError("ThrottlingException", "slow down", 429, "r");
    };
    await clock.step(3 * HOUR + 60_000);
    assert.ok(calls > 1);
    assert.equal((await cache.credentials("a")).expiration, first.expiration);
    answer = () => credentials(6 * HOUR);
    await clock.step(3 * 60_000);
    assert.ok((await cache.credentials("a")).expiration > first.expiration);
    cache.close();
  });

  test("forgets credentials when EKS Auth says the association is gone", async () => {
    const cache = fresh();
    await cache.credentials("a");
    answer = () => {
      throw new CredentialsError("ResourceNotFoundException", "gone", 404, "r");
    };
    await clock.step(3 * HOUR + 60_000);
    await assert.rejects(cache.credentials("a"), /gone/);
    cache.close();
  });

  test("never hands out credentials about to end", async () => {
    const cache = fresh();
    answer = () => credentials(15_000);
    await assert.rejects(cache.credentials("a"), /will expire within the next 15 seconds/);
    cache.close();
  });
});
