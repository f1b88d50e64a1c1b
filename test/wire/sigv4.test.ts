// What is refused at the door, in every protocol's own words (spec identity §0.3).
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { type Operations, type Service, service } from "../../src/aws/operation.ts";
import { presign, type SigningKeys, signRequest } from "../../src/aws/sigv4.ts";
import { ALICE, INACTIVE, NOW, ROOT, SESSION, startWorld, type World } from "./support/world.ts";

let world: World;
const tables = {
  eks: { ListClusters: { run: () => ({ clusters: [] }) } } satisfies Operations<typeof import("@aws-sdk/client-eks"), unknown>,
  ec2: { DescribeVpcs: { run: () => ({ Vpcs: [] }) } } satisfies Operations<typeof import("@aws-sdk/client-ec2"), unknown>,
  iam: { ListRoles: { run: () => ({ Roles: [] }) } } satisfies Operations<typeof import("@aws-sdk/client-iam"), unknown>,
  sts: {
    GetCallerIdentity: {
      action: "none",
      run: (_input, { caller }) => ({ Arn: caller.arn, Account: caller.accountId, UserId: caller.userId }),
    },
    AssumeRoleWithWebIdentity: { action: "none", run: (_input, { caller }) => ({ Provider: caller.kind }) },
  } satisfies Operations<typeof import("@aws-sdk/client-sts"), unknown>,
  logs: { DescribeLogGroups: { run: () => ({ logGroups: [] }) } } satisfies Operations<
    typeof import("@aws-sdk/client-cloudwatch-logs"),
    unknown
  >,
};

before(async () => {
  world = await startWorld(Object.entries(tables).map(([name, table]): Service => service(name, {}, table)));
});
after(() => world.close());

interface Plain {
  method: string;
  url: string;
  headers: Record<string, string>;
  body: string;
}

const form = { "content-type": "application/x-www-form-urlencoded" };

/** A good request of each service. */
function plain(name: string): Plain {
  const post = (headers: Record<string, string>, body: string): Plain => ({ method: "POST", url: `${world.endpoint}/`, headers, body });
  switch (name) {
    case "eks":
      return { method: "GET", url: `${world.endpoint}/clusters?maxResults=10`, headers: {}, body: "" };
    case "ec2":
      return post({ ...form }, "Action=DescribeVpcs&Version=2016-11-15");
    case "iam":
      return post({ ...form }, "Action=ListRoles&Version=2010-05-08");
    case "sts":
      return post({ ...form }, "Action=GetCallerIdentity&Version=2011-06-15");
    default:
      return post({ "content-type": "application/x-amz-json-1.1", "x-amz-target": "Logs_20140328.DescribeLogGroups" }, "{}");
  }
}

interface Change {
  keys?: SigningKeys;
  region?: string;
  service?: string;
  offset?: number;
  /** Changes the request after it was signed. */
  tamper?(request: Plain): void;
  /** Changes it before. */
  prepare?(request: Plain): void;
}

async function send(name: string, { keys = ROOT, region = "us-west-2", service = name, offset = 0, tamper, prepare }: Change) {
  const request = plain(name);
  prepare?.(request);
  request.headers = signRequest(request, keys, { region, service, now: NOW + offset });
  tamper?.(request);
  return answerOf(request);
}

async function answerOf({ method, url, headers, body }: Plain) {
  const { host: _host, ...sent } = headers;
  const response = await fetch(url, { method, headers: sent, ...(method !== "GET" && { body }) });
  const text = await response.text();
  const code = response.headers.get("x-amzn-errortype") ?? /"__type":"(\w+)"/.exec(text)?.[1] ?? /<Code>([\w.]+)<\/Code>/.exec(text)?.[1];
  const message = /"message":"([^"]*)"/.exec(text)?.[1] ?? /<Message>([^<]*)<\/Message>/.exec(text)?.[1];
  return { status: response.status, code, message: message?.replaceAll("&#x27;", "'"), text };
}

const MINUTE = 60_000;
const cases: Record<string, { change: Change; json: string; query: string; ec2: string; message?: RegExp }> = {
  "no signature": {
    change: { tamper: ({ headers }) => delete headers.authorization },
    ...{ json: "MissingAuthenticationTokenException", query: "MissingAuthenticationToken", ec2: "MissingAuthenticationToken" },
    message: /Missing Authentication Token|Request is missing Authentication Token/,
  },
  "unknown key": {
    change: { keys: { accessKeyId: "AKIANOBODYNOBODYNOBO", secretAccessKey: "x" } },
    ...{ json: "UnrecognizedClientException", query: "InvalidClientTokenId", ec2: "AuthFailure" },
    message: /The security token included in the request is invalid\.|not able to validate/,
  },
  "key that was deactivated": {
    change: { keys: INACTIVE },
    ...{ json: "UnrecognizedClientException", query: "InvalidClientTokenId", ec2: "AuthFailure" },
  },
  "wrong secret": {
    change: { keys: { ...ALICE, secretAccessKey: "guess" } },
    ...{ json: "InvalidSignatureException", query: "SignatureDoesNotMatch", ec2: "AuthFailure" },
    message: /^The request signature we calculated does not match|not able to validate/,
  },
  "session without its token": {
    change: { keys: { accessKeyId: SESSION.accessKeyId, secretAccessKey: SESSION.secretAccessKey } },
    ...{ json: "UnrecognizedClientException", query: "InvalidClientTokenId", ec2: "AuthFailure" },
  },
  "session with another token": {
    change: { keys: { ...SESSION, sessionToken: "other" } },
    ...{ json: "UnrecognizedClientException", query: "InvalidClientTokenId", ec2: "AuthFailure" },
  },
  "long-term key with a token": {
    change: { keys: { ...ALICE, sessionToken: "any" } },
    ...{ json: "UnrecognizedClientException", query: "InvalidClientTokenId", ec2: "AuthFailure" },
  },
  "clock six minutes behind": {
    change: { offset: -6 * MINUTE },
    ...{ json: "InvalidSignatureException", query: "SignatureDoesNotMatch", ec2: "RequestExpired" },
    message: /^Signature expired: 20260105T090644Z is now earlier than 20260105T090744Z \(20260105T091244Z - 5 min\.\)$/,
  },
  "clock six minutes ahead": {
    change: { offset: 6 * MINUTE },
    ...{ json: "InvalidSignatureException", query: "SignatureDoesNotMatch", ec2: "RequestExpired" },
    message: /^Signature not yet current/,
  },
  "region that does not exist": {
    change: { region: "mars-1" },
    ...{ json: "InvalidSignatureException", query: "SignatureDoesNotMatch", ec2: "AuthFailure" },
    message: /^Credential should be scoped to a valid region\.$/,
  },
  "header changed on the way": {
    change: { prepare: ({ headers }) => (headers["x-amz-extra"] = "a"), tamper: ({ headers }) => (headers["x-amz-extra"] = "b") },
    ...{ json: "InvalidSignatureException", query: "SignatureDoesNotMatch", ec2: "AuthFailure" },
  },
  "header added on the way": {
    change: { tamper: ({ headers }) => (headers["x-amz-extra"] = "b") },
    ...{ json: "InvalidSignatureException", query: "SignatureDoesNotMatch", ec2: "AuthFailure" },
  },
  "query added on the way": {
    change: { tamper: (request) => (request.url += request.url.includes("?") ? "&x=1" : "?x=1") },
    ...{ json: "InvalidSignatureException", query: "SignatureDoesNotMatch", ec2: "AuthFailure" },
  },
  "chunked payload signature": {
    change: { prepare: ({ headers }) => (headers["x-amz-content-sha256"] = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD") },
    ...{ json: "InvalidSignatureException", query: "SignatureDoesNotMatch", ec2: "AuthFailure" },
    message: /is not supported|not able to validate/,
  },
  "half an Authorization header": {
    change: { tamper: ({ headers }) => (headers.authorization = "AWS4-HMAC-SHA256 Credential=AKIA") },
    ...{ json: "IncompleteSignatureException", query: "IncompleteSignature", ec2: "IncompleteSignature" },
  },
  "basic authentication": {
    change: { tamper: ({ headers }) => (headers.authorization = "Basic cm9vdDpyb290") },
    ...{ json: "IncompleteSignatureException", query: "IncompleteSignature", ec2: "IncompleteSignature" },
  },
};

for (const [title, { change, json, query, ec2, message }] of Object.entries(cases)) {
  test(`refused: ${title}`, async () => {
    world.records.length = 0;
    for (const name of Object.keys(tables)) {
      const answer = await send(name, change);
      assert.equal(answer.code, { eks: json, logs: json, ec2 }[name] ?? query, `${name}: ${answer.text}`);
      assert.ok(answer.status >= 400 && answer.status < 500);
      if (message && !(name === "ec2" && title.startsWith("clock"))) assert.match(answer.message ?? "", message, name);
    }
    assert.equal(world.records.length, 0, "calls of nobody known are not recorded");
  });
}

test("statuses: 403 for REST and query services, 400 for JSON ones, 401 from EC2", async () => {
  const bad = { keys: { ...ALICE, secretAccessKey: "guess" } };
  const statuses = await Promise.all(Object.keys(tables).map(async (name) => [name, (await send(name, bad)).status]));
  assert.deepEqual(Object.fromEntries(statuses), { eks: 403, ec2: 401, iam: 403, sts: 403, logs: 400 });
});

test("good requests pass: root, session with its token, skew within five minutes, unsigned payload, http and odd paths", async () => {
  for (const name of Object.keys(tables)) {
    assert.equal((await send(name, {})).status, 200, name);
    assert.equal((await send(name, { offset: -4.9 * MINUTE })).status, 200, name);
    const unsigned = await send(name, { prepare: ({ headers }) => (headers["x-amz-content-sha256"] = "UNSIGNED-PAYLOAD") });
    assert.equal(unsigned.status, 200, unsigned.text);
  }
  assert.match((await send("sts", { keys: SESSION })).text, /assumed-role\/Ops\/s1/);
});

test("a body changed on the way is refused", async () => {
  for (const name of ["ec2", "iam", "sts", "logs"]) {
    const change = (request: Plain) => {
      request.body = name === "logs" ? '{"limit":1}' : `${request.body}&X=1`;
    };
    assert.match((await send(name, { tamper: change })).code ?? "", /InvalidSignature|SignatureDoesNotMatch|AuthFailure/, name);
    const announced = await send(name, { prepare: ({ headers }) => (headers["x-amz-content-sha256"] = "0".repeat(64)) });
    assert.match(announced.code ?? "", /InvalidSignature|SignatureDoesNotMatch|AuthFailure/, name);
  }
});

test("an expired session and a scope for another service", async () => {
  const answer = await send("sts", { service: "ec2" });
  assert.equal(answer.code, "SignatureDoesNotMatch");
  assert.equal(answer.message, "Credential should be scoped to correct service: 'sts'.");
  await world.clock.step(3_600_000);
  const later = (name: string, keys: SigningKeys) => send(name, { keys, offset: 3_600_000 });
  assert.deepEqual(await codes(later, SESSION), {
    ...{ eks: "ExpiredTokenException", ec2: "RequestExpired", iam: "ExpiredToken", sts: "ExpiredToken", logs: "ExpiredTokenException" },
  });
  await world.clock.step(-3_600_000);
});

async function codes(call: (name: string, keys: SigningKeys) => ReturnType<typeof send>, keys: SigningKeys) {
  return Object.fromEntries(await Promise.all(Object.keys(tables).map(async (name) => [name, (await call(name, keys)).code])));
}

const identity = () => `${world.endpoint}/?Action=GetCallerIdentity&Version=2011-06-15`;

test("presigned queries: good, expired, changed, for the future, for another service", async () => {
  const base = { region: "us-west-2", service: "sts", now: NOW, expires: 60 };
  const get = (url: string) => answerOf({ method: "GET", url, headers: {}, body: "" });
  assert.equal((await get(presign(identity(), SESSION, base))).status, 200);
  assert.equal((await get(presign(identity(), SESSION, { ...base, now: NOW - 61_000 }))).code, "RequestExpired");
  assert.equal((await get(presign(identity(), SESSION, { ...base, now: NOW + 6 * MINUTE }))).code, "SignatureDoesNotMatch");
  assert.equal((await get(presign(identity(), ROOT, base).replace("Version=2011", "Version=2010"))).code, "SignatureDoesNotMatch");
  assert.equal((await get(`${presign(identity(), ROOT, base)}&x=1`)).code, "SignatureDoesNotMatch");
  assert.equal((await get(presign(identity(), ROOT, { ...base, service: "ec2" }))).code, "SignatureDoesNotMatch");
  assert.equal((await get(presign(identity(), ROOT, { ...base, expires: 999_999 }))).code, "IncompleteSignature");
  const expired = presign(identity(), ROOT, base).replace("X-Amz-Expires=60", "X-Amz-Expires=6000");
  assert.equal((await get(expired)).code, "SignatureDoesNotMatch");
});

test("a Kubernetes token's URL works with its header only, and for fifteen minutes whatever it says", async () => {
  const headers = { "x-k8s-aws-id": "dev" };
  const url = presign(identity(), ROOT, { region: "us-west-2", service: "sts", now: NOW - 14 * MINUTE, expires: 0, headers });
  const get = (sent: Record<string, string>) => answerOf({ method: "GET", url, headers: sent, body: "" });
  assert.equal((await get(headers)).status, 200);
  assert.equal((await get({ "x-k8s-aws-id": "prod" })).code, "SignatureDoesNotMatch");
  assert.equal((await get({})).code, "SignatureDoesNotMatch");
  const json = await get({ ...headers, accept: "application/json" });
  assert.match(json.text, /^\{"GetCallerIdentityResponse":\{"GetCallerIdentityResult":\{.*"ResponseMetadata":\{"RequestId":/);
  const failed = await get({ accept: "application/json" });
  const { Error: error, RequestId } = JSON.parse(failed.text);
  assert.equal(error.Code, "SignatureDoesNotMatch");
  assert.equal(error.Type, "Sender");
  assert.ok(RequestId);
});

test("AssumeRoleWithWebIdentity needs no signature and ignores a bad one", async () => {
  const query =
    "Action=AssumeRoleWithWebIdentity&Version=2011-06-15&RoleArn=arn:aws:iam::111122223333:role/r&RoleSessionName=ab&WebIdentityToken=tokn";
  const request = { method: "POST", url: `${world.endpoint}/`, headers: { ...form }, body: query };
  world.records.length = 0;
  assert.match((await answerOf(request)).text, /<Provider>anonymous</);
  const wrong = { ...form, authorization: "AWS4-HMAC-SHA256 Credential=x, SignedHeaders=host, Signature=00" };
  assert.match((await answerOf({ ...request, headers: wrong })).text, /<Provider>anonymous</);
  assert.equal(world.records[0]?.account, "111122223333");
  assert.equal(world.records[0]?.caller.kind, "anonymous");
  assert.ok(!JSON.stringify(world.records[0]?.request).includes("WebIdentityToken"));
});

test("services Atoll lacks are refused in the client's protocol, after the signature was checked", async () => {
  const ssm = (keys: SigningKeys) => {
    const request = {
      ...plain("logs"),
      headers: { "x-amz-target": "AmazonSSM.GetParameter", "content-type": "application/x-amz-json-1.1" },
    };
    return answerOf({ ...request, headers: signRequest(request, keys, { region: "us-west-2", service: "ssm", now: NOW }) });
  };
  assert.equal((await ssm(ROOT)).code, "NotImplemented");
  assert.equal((await ssm({ ...ROOT, secretAccessKey: "x" })).code, "InvalidSignatureException");
  const body = "Action=DescribeAutoScalingGroups&Version=2011-01-01";
  const asg = { ...plain("iam"), body };
  const answer = await answerOf({ ...asg, headers: signRequest(asg, ROOT, { region: "us-west-2", service: "autoscaling", now: NOW }) });
  assert.equal(answer.code, "NotImplemented");
  assert.equal(answer.status, 400);
  assert.match(answer.text, /^<\?xml/);
});
