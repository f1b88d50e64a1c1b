// The instance metadata service: tokens, tree, credentials, and who is let through.
import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { after, before, describe, test } from "node:test";
import { FakeClock } from "../../src/base/clock.ts";
import { systemRandom } from "../../src/base/random.ts";
import { documentsOf } from "../../src/nodes/imds/documents.ts";
import { imdsHandler } from "../../src/nodes/imds/handler.ts";
import { SessionTokens } from "../../src/nodes/imds/tokens.ts";
import type { NodeBoot } from "../../src/nodes/node-runtime.ts";

const clock = new FakeClock("2026-01-01T00:00:00Z");
const boot = {
  ...{
    clusterKey: "k",
    clusterName: "main",
    partition: "aws",
    account: "111122223333",
    region: "us-west-2",
    instanceId: "i-0123456789abcdef0",
  },
  ...{ instanceType: "m5.large", availabilityZone: "us-west-2a", subnetId: "subnet-1", privateIpAddress: "10.0.0.7", imageId: "ami-1" },
  ...{ privateDnsName: "ip-10-0-0-7.us-west-2.compute.internal", nodeRoleArn: "arn:aws:iam::111122223333:role/path/node", amiType: "x" },
  ...{ version: "1.33", releaseVersion: "r", labels: {}, taints: [] },
} as NodeBoot;
const network = (mac: string, index: number) => ({
  ...{
    MacAddress: mac,
    NetworkInterfaceId: `eni-${index}`,
    SubnetId: "subnet-1",
    VpcId: "vpc-1",
    PrivateDnsName: "d",
    Attachment: { DeviceIndex: index },
  },
  ...{ PrivateIpAddresses: [{ PrivateIpAddress: `10.0.0.${7 + index}` }], Groups: [{ GroupId: "sg-1", GroupName: "nodes" }] },
});
const instance = {
  NetworkInterfaces: [network("02:00:00:00:00:02", 1), network("02:00:00:00:00:01", 0)],
  LaunchTime: new Date(clock.now()),
};

let required = true;
let refused = false;
let base = "";
const server = createServer(
  (request, response) =>
    void imdsHandler({
      ...{ tokens, clock, roleArn: boot.nodeRoleArn, profileArn: "arn:aws:iam::111122223333:instance-profile/node" },
      tokensRequired: async () => required,
      documents: async () =>
        documentsOf({
          boot,
          instance,
          blocks: { "subnet-1": "10.0.0.0/24", "vpc-1": "10.0.0.0/16" },
          vpcCidrs: ["10.0.0.0/16", "100.64.0.0/16"],
        }),
      async credentials() {
        if (refused) throw new Error("AccessDenied");
        const keys = { accessKeyId: "ASIA1", secretAccessKey: "s", sessionToken: "t", assumedRoleArn: "", assumedRoleId: "" };
        return { ...keys, expiration: clock.now() + 3600_000 };
      },
    })(request, response),
);
const tokens = new SessionTokens(clock, systemRandom);
before(async () => {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
after(() => {
  server.closeAllConnections();
  server.close();
});

const send = async (method: string, path: string, headers: Record<string, string> = {}) => {
  const response = await fetch(base + path, { method, headers });
  return { status: response.status, text: await response.text(), headers: response.headers };
};
const put = (ttl?: string, more: Record<string, string> = {}) =>
  send("PUT", "/latest/api/token", { ...(ttl !== undefined && { "x-aws-ec2-metadata-token-ttl-seconds": ttl }), ...more });
const get = async (path: string) => send("GET", path, { "x-aws-ec2-metadata-token": (await put("60")).text });

describe("tokens", () => {
  for (const [ttl, status] of [
    ["1", 200],
    ["21600", 200],
    ["0", 400],
    ["21601", 400],
    ["-1", 400],
    ["1.5", 400],
    ["x", 400],
    [undefined, 400],
  ] as const)
    test(`a life of ${ttl}: ${status}`, async () => assert.equal((await put(ttl)).status, status));

  test("never for a proxy, never by another method or path", async () => {
    assert.equal((await put("60", { "x-forwarded-for": "10.0.0.9" })).status, 403);
    assert.equal((await send("POST", "/latest/api/token")).status, 405);
    assert.equal((await send("PUT", "/latest/meta-data/instance-id")).status, 405);
  });

  test("401 without one, with a wrong one, with an old one; IMDSv1 only where tokens are optional", async () => {
    const path = "/latest/meta-data/instance-id";
    const { text, headers } = await put("60");
    assert.equal(headers.get("x-aws-ec2-metadata-token-ttl-seconds"), "60");
    const withToken = (token: string) => send("GET", path, { "x-aws-ec2-metadata-token": token });
    assert.equal((await send("GET", path)).status, 401);
    assert.equal((await withToken("wrong")).status, 401);
    assert.equal((await withToken(text)).status, 200);
    await clock.step(60_000);
    assert.equal((await withToken(text)).status, 401);
    required = false;
    assert.equal((await send("GET", path)).status, 200);
    assert.equal((await withToken("wrong")).status, 401, "a wrong token is never ignored");
    required = true;
  });
});

describe("the tree", () => {
  for (const [path, expected] of [
    ["instance-id", "i-0123456789abcdef0"],
    ["instance-type", "m5.large"],
    ["local-ipv4", "10.0.0.7"],
    ["local-hostname", "ip-10-0-0-7.us-west-2.compute.internal"],
    ["mac", "02:00:00:00:00:01"],
    ["placement/availability-zone", "us-west-2a"],
    ["placement/region", "us-west-2"],
    ["services/partition", "aws"],
    ["network/interfaces/macs/", "02:00:00:00:00:01/\n02:00:00:00:00:02/"],
    ["network/interfaces/macs/02:00:00:00:00:02/device-number", "1"],
    ["network/interfaces/macs/02:00:00:00:00:02/local-ipv4s", "10.0.0.8"],
    ["network/interfaces/macs/02:00:00:00:00:01/subnet-ipv4-cidr-block", "10.0.0.0/24"],
    ["network/interfaces/macs/02:00:00:00:00:01/vpc-ipv4-cidr-block", "10.0.0.0/16"],
    ["network/interfaces/macs/02:00:00:00:00:01/vpc-ipv4-cidr-blocks", "10.0.0.0/16\n100.64.0.0/16"],
    ["iam/security-credentials/", "node"],
    ["iam/security-credentials", "node"],
    ["placement", "availability-zone\nregion"],
  ]) {
    test(`meta-data/${path}`, async () => assert.equal((await get(`/latest/meta-data/${path}`)).text, expected));
  }

  test("listings name directories with a slash", async () => {
    const names = (await get("/latest/meta-data/")).text.split("\n");
    for (const name of ["ami-id", "iam/", "network/", "placement/", "services/"]) assert.ok(names.includes(name), name);
    assert.equal((await get("/latest/")).text, "dynamic/\nmeta-data/");
  });

  test("the identity document", async () => {
    const { accountId, instanceId, region, pendingTime } = JSON.parse((await get("/latest/dynamic/instance-identity/document")).text);
    assert.deepEqual([accountId, instanceId, region, pendingTime], [boot.account, boot.instanceId, boot.region, "2026-01-01T00:00:00Z"]);
  });

  for (const path of [
    "/latest/meta-data/nothing",
    "/latest/user-data",
    "/other",
    "/latest/meta-data/iam/security-credentials/admin",
    "/latest/__proto__",
    "/latest/constructor",
  ])
    test(`${path}: 404`, async () => assert.equal((await get(path)).status, 404));
});

describe("credentials", () => {
  const path = "/latest/meta-data/iam/security-credentials/node";
  test("in the form SDKs read", async () => {
    const { LastUpdated, ...rest } = JSON.parse((await get(path)).text);
    assert.match(LastUpdated, /^2026-01-01T\d\d:\d\d:\d\dZ$/);
    const Expiration = new Date(clock.now() + 3600_000).toISOString().replace(".000Z", "Z");
    assert.deepEqual(rest, { Code: "Success", Type: "AWS-HMAC", AccessKeyId: "ASIA1", SecretAccessKey: "s", Token: "t", Expiration });
  });

  test("a role that EC2 cannot assume is told inside a 200", async () => {
    refused = true;
    const { status, text } = await get(path);
    assert.equal(status, 200);
    assert.equal(JSON.parse(text).Code, "AssumeRoleUnauthorizedAccess");
    refused = false;
  });
});
