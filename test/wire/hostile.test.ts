// Bodies nobody should send: each is refused in the service's words or read harmlessly, and none pollutes or crashes.
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { MalformedRequest } from "../../src/aws/protocol/malformed.ts";
import { decoded, wire } from "./support/decode.ts";

const create = (body: string | Uint8Array) => decoded("eks", wire({ path: "/clusters", body }));

test("wrong JSON types are refused with the member's path", async () => {
  const cases: Record<string, RegExp> = {
    "[]": /JSON object/,
    null: /JSON object/,
    "{": /JSON/,
    '{"name":1}': /^name must be a string/,
    '{"tags":[]}': /^tags must be a map/,
    '{"tags":{"a":null}}': /^tags\.a must be a string/,
    '{"resourcesVpcConfig":{"subnetIds":"s"}}': /^resourcesVpcConfig\.subnetIds must be a list/,
    '{"resourcesVpcConfig":{"subnetIds":["a",2]}}': /^resourcesVpcConfig\.subnetIds\.2 must be a string/,
    '{"resourcesVpcConfig":{"endpointPublicAccess":"true"}}': /must be a boolean/,
    '{"controlPlaneScalingConfig":7}': /must be a structure/,
  };
  for (const [body, text] of Object.entries(cases))
    await assert.rejects(create(body), (error: Error) => error instanceof MalformedRequest && text.test(error.message), body);
  await assert.rejects(create(Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d])), MalformedRequest, "bad UTF-8");
});

test("unknown members and nulls are ignored", async () => {
  assert.deepEqual((await create('{"name":"a","nonsense":{"x":[1]},"version":null}'))?.input, { name: "a" });
});

test("__proto__ and friends are plain data", async () => {
  const body = '{"name":"a","tags":{"__proto__":"x","constructor":"y"},"__proto__":{"version":"1.9"}}';
  const input = (await create(body))?.input as { tags: Record<string, string>; version?: string };
  assert.equal(input.version, undefined);
  assert.equal(Object.getPrototypeOf(input.tags), Object.prototype);
  assert.deepEqual(Object.keys(input.tags), ["__proto__", "constructor"]);
  assert.equal(({} as { version?: string }).version, undefined);
  const form = await decoded("iam", wire({ body: "Action=GetRole&__proto__.RoleName=x&constructor.prototype.RoleName=y&RoleName=z" }));
  assert.deepEqual(form?.input, { RoleName: "z" });
  assert.equal(({} as { RoleName?: string }).RoleName, undefined);
});

test("nesting without end is refused", async () => {
  const deep = `${"[".repeat(100_000)}${"]".repeat(100_000)}`;
  assert.deepEqual((await create(`{"name":"a","nonsense":${deep}}`).catch(() => ({ input: { name: "a" } })))?.input, { name: "a" });
  await assert.rejects(decoded("iam", wire({ body: `Action=GetRole&${"a.".repeat(1000)}b=1` })), MalformedRequest);
  await assert.rejects(create(`{"tags":${deep}}`), MalformedRequest);
});

test("forms that do not fit", async () => {
  const ec2 = (body: string) => decoded("ec2", wire({ body: `Action=DescribeSubnets&${body}` }));
  for (const body of [
    "MaxResults=many",
    "MaxResults=0x10",
    "DryRun=maybe",
    "Filter.x.Name=a",
    "Filter=a",
    "SubnetId.1.2=a",
    "MaxResults.1=2",
    "%zz=1",
  ]) {
    await assert.rejects(ec2(body), MalformedRequest, body);
  }
  await assert.rejects(decoded("ec2", wire({ body: "Action=DescribeSpotPriceHistory&StartTime=yesterday" })), MalformedRequest);
});

test("whatever bytes come, decoding ends in an input or a MalformedRequest", async () => {
  const json = fc.oneof(
    fc.json(),
    fc.string(),
    fc.uint8Array().map((bytes) => Buffer.from(bytes).toString("latin1")),
  );
  const parameters = fc.array(
    fc.tuple(fc.constantFrom("Filter", "Filter.1", "Filter.1.Value", "Tags.member.1", "", "..", "__proto__"), fc.string()),
  );
  await fc.assert(
    fc.asyncProperty(json, parameters, fc.string(), async (body, pairs, path) => {
      const form = pairs.map(([name, value]) => `${name}=${value}`).join("&");
      const attempts = [
        () => create(body),
        () => decoded("eks", wire({ method: "GET", path: `/${path}`, query: body })),
        () => decoded("logs", wire({ headers: { "x-amz-target": "Logs_20140328.PutLogEvents" }, body })),
        () => decoded("sts", wire({ body: `Action=AssumeRole&${form}&${body}` })),
        () => decoded("ec2", wire({ body: `Action=DescribeSubnets&${form}` })),
      ];
      for (const attempt of attempts) await attempt().catch((error) => assert.ok(error instanceof MalformedRequest, String(error?.stack)));
    }),
    { numRuns: 300, seed: 1 },
  );
});
