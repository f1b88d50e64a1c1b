// How EKS answers: errors, pages, tags (acceptance items 1, 20, 21).
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import * as eks from "@aws-sdk/client-eks";
import {
  CreateAccessEntryCommand,
  DescribeClusterCommand,
  ListAccessEntriesCommand,
  ListClustersCommand,
  ListInsightsCommand,
  ListTagsForResourceCommand,
  RegisterClusterCommand,
  TagResourceCommand,
  UntagResourceCommand,
} from "@aws-sdk/client-eks";
import { AwsError } from "../../../src/aws/errors.ts";
import { service } from "../../../src/aws/operation.ts";
import { trust } from "../../support/policies.ts";
import { createRole } from "../../support/scenario.ts";
import { signedFetch } from "../../support/signed-fetch.ts";
import { NOW, ROOT, startWorld } from "../../wire/support/world.ts";
import { ACCOUNT, REGION, refused, type Stage, startStage } from "./stage.ts";

let stage: Stage;
before(async () => {
  stage = await startStage();
  await stage.create("wire");
});
after(() => stage?.close());

const SUBJECT = ["addonName", "clusterName", "nodegroupName", "subscriptionId"];

/** Every modelled exception: status and members besides the message (EKS API Reference, Common Errors). */
const EXCEPTIONS: readonly [name: string, status: number, members: readonly string[]][] = [
  ["InvalidParameterException", 400, [...SUBJECT, "fargateProfileName"]],
  ["InvalidRequestException", 400, SUBJECT],
  ["InvalidStateException", 400, ["clusterName"]],
  ["ClientException", 400, SUBJECT],
  ["BadRequestException", 400, []],
  ["ResourceLimitExceededException", 400, ["clusterName", "nodegroupName", "subscriptionId"]],
  ["UnsupportedAvailabilityZoneException", 400, ["clusterName", "nodegroupName", "validZones"]],
  ["AccessDeniedException", 403, []],
  ["ResourceNotFoundException", 404, [...SUBJECT, "fargateProfileName"]],
  ["NotFoundException", 404, []],
  ["ResourceInUseException", 409, ["addonName", "clusterName", "nodegroupName"]],
  ["ResourcePropagationDelayException", 428, []],
  ["ThrottlingException", 429, ["clusterName"]],
  ["ServerException", 500, SUBJECT],
  ["ServiceUnavailableException", 503, []],
];

describe("1 The wire", () => {
  test("every exception has its status, its name in a header, and one flat object with null for what is not said", async () => {
    const run = ({ name = "" }: eks.DescribeClusterRequest) => {
      throw new AwsError(name, `this is ${name}`, { clusterName: "c" });
    };
    const world = await startWorld([service("eks", {}, { DescribeCluster: { run } })]);
    await world.gateway.ready();
    try {
      for (const [name, status, members] of EXCEPTIONS) {
        const request = { endpoint: world.endpoint, keys: ROOT, path: `/clusters/${name}`, at: new Date(NOW) };
        const answer = await signedFetch(request);
        assert.equal(answer.status, status, name);
        assert.equal(answer.headers.get("x-amzn-errortype"), name);
        assert.deepEqual(Object.keys(answer.json).sort(), [...members, "message"].sort(), name);
        const { message, clusterName, ...others } = answer.json;
        assert.equal(message, `this is ${name}`);
        if (members.includes("clusterName")) assert.equal(clusterName, "c");
        assert.ok(
          Object.values(others).every((value) => value === null),
          name,
        );
      }
    } finally {
      await world.close();
    }
    const modelled = Object.keys(eks).filter((name) => name.endsWith("Exception") && name !== "EKSServiceException");
    assert.deepEqual(modelled.sort(), EXCEPTIONS.map(([name]) => name).sort());
  });

  test("Atoll's own answers have that form", async () => {
    const { status, headers, json } = await stage.raw("/clusters/nowhere");
    assert.deepEqual(
      [status, headers.get("x-amzn-errortype"), headers.get("content-type")],
      [404, "ResourceNotFoundException", "application/json"],
    );
    const nulls = { nodegroupName: null, addonName: null, subscriptionId: null, fargateProfileName: null };
    assert.deepEqual(json, { clusterName: "nowhere", message: "No cluster found for name: nowhere.", ...nulls });
    const ok = await stage.raw("/clusters/wire");
    assert.equal(ok.status, 200);
    assert.equal(typeof ok.json.cluster.createdAt, "number");
    assert.match(ok.headers.get("x-amzn-requestid") ?? "", /^[0-9a-f-]{36}$/);
    assert.ok(ok.headers.get("x-amz-apigw-id") && ok.headers.get("x-amzn-trace-id"));
  });

  test("wrong types, unknown members, unknown paths, missing signatures", async () => {
    const wrong = await stage.raw("/clusters", "POST", { name: 7 });
    assert.deepEqual([wrong.status, wrong.headers.get("x-amzn-errortype")], [400, "SerializationException"]);
    assert.deepEqual(Object.keys(wrong.json), ["message"]);
    const broken = await stage.raw("/clusters", "POST", "{");
    assert.deepEqual([broken.status, broken.headers.get("x-amzn-errortype")], [400, "SerializationException"]);
    const unknown = await stage.raw("/clusters/wire/update-config", "POST", { whatever: { is: "ignored" } });
    assert.equal(unknown.json.message, "The type for cluster update was not provided.");
    const missing = await stage.raw("/clusters", "POST", { name: "x" });
    assert.deepEqual([missing.status, missing.headers.get("x-amzn-errortype")], [400, "InvalidParameterException"]);
    assert.match(missing.json.message, /roleArn/);
    const nowhere = await stage.raw("/no/such/path");
    assert.deepEqual([nowhere.status, nowhere.headers.get("x-amzn-errortype")], [404, "UnknownOperationException"]);
    const unsigned = await fetch(`${stage.test.connection.endpoint}/clusters`);
    assert.deepEqual([unsigned.status, unsigned.headers.get("x-amzn-errortype")], [403, "MissingAuthenticationTokenException"]);
    await unsigned.text();
  });

  test("browsers may ask first", async () => {
    const answer = await fetch(`${stage.test.connection.endpoint}/clusters`, { method: "OPTIONS" });
    assert.equal(answer.status, 200);
    await answer.text();
    for (const { headers } of [answer, await stage.raw("/clusters"), await stage.raw("/clusters/nowhere")]) {
      assert.equal(headers.get("access-control-allow-origin"), "*");
      assert.match(
        headers.get("access-control-allow-headers") ?? "",
        /^\*,Authorization,Date,X-Amz-Date,X-Amz-Security-Token,X-Amz-Target,content-type/,
      );
      assert.equal(headers.get("access-control-allow-methods"), "GET,HEAD,PUT,POST,DELETE,OPTIONS");
      assert.match(
        headers.get("access-control-expose-headers") ?? "",
        /x-amzn-errortype,x-amzn-errormessage,x-amzn-trace-id,x-amzn-requestid/,
      );
    }
  });
});

describe("20 Pages", () => {
  const list = (input: eks.ListClustersRequest) => stage.eks.send(new ListClustersCommand(input));

  test("maxResults is 1 to 100", async () => {
    for (const maxResults of [0, 101, -1]) {
      await refused(list({ maxResults }), "InvalidParameterException", /maxResults/);
      await refused(
        stage.eks.send(new ListInsightsCommand({ clusterName: "wire", maxResults })),
        "InvalidParameterException",
        /maxResults/,
      );
    }
    assert.equal((await stage.raw("/clusters?maxResults=many")).status, 400);
    assert.equal((await list({ maxResults: 100 })).nextToken, undefined);
  });

  test("a token is good for the operation and the parameters it came from", async () => {
    await stage.create("wire-2");
    await stage.create("wire-3");
    const { nextToken } = await list({ maxResults: 1 });
    assert.ok(nextToken);
    assert.deepEqual((await list({ maxResults: 1, nextToken })).clusters, ["wire-2"]);
    for (const wrong of ["nonsense", `${nextToken}x`, "W10"])
      await refused(list({ nextToken: wrong }), "InvalidParameterException", /nextToken/i);
    await refused(list({ nextToken, include: ["all"] }), "InvalidParameterException", /nextToken/i);
    const entries = (clusterName: string, token?: string) =>
      stage.eks.send(new ListAccessEntriesCommand({ clusterName, maxResults: 1, ...(token && { nextToken: token }) }));
    await refused(entries("wire", nextToken), "InvalidParameterException", /nextToken/i);
    const { nextToken: ofWire } = await entries("wire");
    await refused(entries("wire-2", ofWire), "InvalidParameterException", /nextToken/i);
    assert.equal((await entries("wire", ofWire)).accessEntries?.length, 1);
  });

  test("insights are asked for by POST, everything else by GET", async () => {
    const { status, json } = await stage.raw("/clusters/wire/insights", "POST", { maxResults: 1 });
    assert.deepEqual([status, json.insights.length], [200, 1]);
    const next = await stage.raw("/clusters/wire/insights", "POST", { maxResults: 1, nextToken: json.nextToken });
    assert.notEqual(next.json.insights[0].id, json.insights[0].id);
    assert.equal((await stage.raw("/clusters/wire/insights")).status, 404);
  });

  test("connected clusters are listed with include=all, in lower case only", async () => {
    const roleArn = await createRole(stage.iam, "connector", trust({ Service: "ssm.amazonaws.com" }));
    await stage.eks.send(new RegisterClusterCommand({ name: "afar", connectorConfig: { roleArn, provider: "GKE" } }));
    assert.deepEqual((await list({})).clusters, ["wire", "wire-2", "wire-3"]);
    assert.deepEqual((await list({ include: ["all"] })).clusters, ["afar", "wire", "wire-2", "wire-3"]);
    await refused(list({ include: ["ALL"] }), "InvalidParameterException", /include/);
    assert.deepEqual((await stage.raw("/clusters?include=all")).json.clusters[0], "afar");
  });
});

describe("21 Tags", () => {
  const arn = `arn:aws:eks:${REGION}:${ACCOUNT}:cluster/wire`;
  const tag = (tags: Record<string, string>, resourceArn = arn) => stage.eks.send(new TagResourceCommand({ resourceArn, tags }));
  const read = async (resourceArn = arn) => (await stage.eks.send(new ListTagsForResourceCommand({ resourceArn }))).tags;

  test("merge, overwrite and go; what is not there goes too", async () => {
    await tag({ a: "1", b: "2" });
    await tag({ b: "3", c: "" });
    assert.deepEqual(await read(), { a: "1", b: "3", c: "" });
    await stage.eks.send(new UntagResourceCommand({ resourceArn: arn, tagKeys: ["a", "never", "c"] }));
    assert.deepEqual(await read(), { b: "3" });
    assert.deepEqual((await stage.eks.send(new DescribeClusterCommand({ name: "wire" }))).cluster?.tags, { b: "3" });
  });

  test("fifty, not fifty-one, however they come", async () => {
    const many = Object.fromEntries(Array.from({ length: 49 }, (_, index) => [`key-${index}`, "v"]));
    await tag(many);
    await refused(tag({ "one-more": "v" }), "BadRequestException", "The number of tags must not exceed 50");
    await tag({ b: "4" });
    assert.equal(Object.keys((await read()) ?? {}).length, 50);
    await stage.eks.send(new UntagResourceCommand({ resourceArn: arn, tagKeys: Object.keys(many) }));
  });

  test("AWS's own prefix, in any case, and what is too long", async () => {
    for (const key of ["aws:x", "AWS:x", "aWs:"])
      await refused(tag({ [key]: "v" }), "BadRequestException", /aws: prefixed tag keys are reserved/);
    for (const [key, value] of [
      ["k".repeat(129), "v"],
      ["k", "v".repeat(257)],
    ] as const) {
      const error = await tag({ [key]: value }).then(
        () => assert.fail("accepted"),
        (thrown: Error) => thrown,
      );
      assert.match(error.name, /^(BadRequest|InvalidParameter)Exception$/);
    }
    await refused(tag({ "no;semicolon": "v" }), "BadRequestException", /not allowed/);
    await tag({ "ü + - = . _ : / @": "Größe" });
    assert.equal((await read())?.["ü + - = . _ : / @"], "Größe");
  });

  test("a resource that is not there is 404, what is no ARN is 400", async () => {
    const nowhere = `${arn}-nowhere`;
    await refused(tag({ a: "1" }, nowhere), "NotFoundException", `No resource found with ARN: ${nowhere}`);
    await refused(read(nowhere), "NotFoundException", `No resource found with ARN: ${nowhere}`);
    for (const bad of [
      "nonsense",
      "arn:aws:s3:::bucket",
      `arn:aws:eks:eu-west-1:${ACCOUNT}:cluster/wire`,
      `arn:aws:eks:${REGION}:${ACCOUNT}:thing/x`,
    ])
      await refused(tag({ a: "1" }, bad), "BadRequestException", `The provided ARN is not valid: ${bad}`);
  });

  test("an ARN in the path may be encoded whole, partly or not at all", async () => {
    const principalArn = await createRole(stage.iam, "tagged", trust({ AWS: `arn:aws:iam::${ACCOUNT}:root` }));
    const { accessEntry } = await stage.eks.send(new CreateAccessEntryCommand({ clusterName: "wire", principalArn }));
    const entry = accessEntry!.accessEntryArn!;
    await tag({ who: "me" }, entry);
    const forms = (text: string) => [
      encodeURIComponent(text),
      encodeURIComponent(text).replaceAll("%3A", ":"),
      text.replaceAll("/", "%2F"),
      text,
    ];
    for (const path of forms(entry)) assert.deepEqual((await stage.raw(`/tags/${path}`)).json, { tags: { who: "me" } }, path);
    for (const path of forms(principalArn)) {
      const { status, json } = await stage.raw(`/clusters/wire/access-entries/${path}`);
      assert.deepEqual([status, json.accessEntry?.principalArn], [200, principalArn], path);
    }
  });
});
