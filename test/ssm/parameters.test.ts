// The public image parameters, and that EKS, EC2 and Systems Manager tell the same story about them.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { DescribeImagesCommand } from "@aws-sdk/client-ec2";
import { GetParameterCommand, GetParametersByPathCommand, GetParametersCommand, SSMClient } from "@aws-sdk/client-ssm";
import { IMAGE_TYPES, IMAGE_VERSIONS, nodeImages } from "../../src/services/node-images.ts";
import { publicParameters } from "../../src/services/ssm/public-parameters.ts";
import { REGION, startTestAtoll, type TestAtoll } from "../support/atoll.ts";

let atoll: TestAtoll;
let ssm: SSMClient;
before(async () => {
  atoll = await startTestAtoll();
  ssm = new SSMClient({ endpoint: atoll.atoll.endpoint, region: REGION, credentials: atoll.root, maxAttempts: 1 });
});
after(async () => {
  ssm.destroy();
  await atoll.close();
});

const AL2023 = "/aws/service/eks/optimized-ami/1.33/amazon-linux-2023/x86_64/standard";

test("the recommended image is EC2's newest and its release EKS's newest", async () => {
  const names = ["image_id", "image_name", "release_version"].map((leaf) => `${AL2023}/recommended/${leaf}`);
  const { Parameters = [], InvalidParameters } = await ssm.send(new GetParametersCommand({ Names: [...names, "/none"] }));
  assert.deepEqual(InvalidParameters, ["/none"]);
  const [id, name, release] = Parameters.map(({ Value }) => Value);
  const { Images } = await atoll.clients.ec2.send(new DescribeImagesCommand({ ImageIds: [id!] }));
  assert.equal(Images?.[0]?.Name, name);
  assert.match(release!, /^1\.33\.\d+-20260415$/);
  const summary = await ssm.send(new GetParameterCommand({ Name: `${AL2023}/recommended` }));
  assert.deepEqual(JSON.parse(summary.Parameter!.Value!), {
    schema_version: "2",
    image_id: id,
    image_name: name,
    release_version: release,
  });
});

test("a parameter is found by name, ARN and version; public ones belong to nobody", async () => {
  const name = `${AL2023}/recommended/image_id`;
  const { Parameter } = await ssm.send(new GetParameterCommand({ Name: name }));
  assert.equal(Parameter!.ARN, `arn:aws:ssm:${REGION}::parameter${name}`);
  assert.equal((await ssm.send(new GetParameterCommand({ Name: Parameter!.ARN! }))).Parameter!.Value, Parameter!.Value);
  assert.equal((await ssm.send(new GetParameterCommand({ Name: `${name}:1` }))).Parameter!.Selector, ":1");
  await assert.rejects(ssm.send(new GetParameterCommand({ Name: `${name}:2` })), { name: "ParameterVersionNotFound" });
  await assert.rejects(ssm.send(new GetParameterCommand({ Name: "/mine" })), { name: "ParameterNotFound" });
});

test("by path: one level or all of it, page by page", async () => {
  const level = await ssm.send(new GetParametersByPathCommand({ Path: `${AL2023}/recommended` }));
  assert.deepEqual(
    level.Parameters!.map(({ Name }) => Name!.split("/").at(-1)),
    ["image_id", "image_name", "release_version"],
  );
  const seen: string[] = [];
  let NextToken: string | undefined;
  do {
    const page = await ssm.send(
      new GetParametersByPathCommand({ Path: AL2023, Recursive: true, MaxResults: 3, ...(NextToken && { NextToken }) }),
    );
    seen.push(...page.Parameters!.map(({ Name }) => Name!));
    NextToken = page.NextToken;
  } while (NextToken);
  assert.deepEqual(
    seen,
    [...publicParameters(REGION).keys()].filter((name) => name.startsWith(`${AL2023}/`)),
  );
  await assert.rejects(ssm.send(new GetParametersByPathCommand({ Path: "no-slash" })), { name: "ValidationException" });
  await assert.rejects(ssm.send(new GetParametersByPathCommand({ Path: AL2023, NextToken: "x" })), { name: "InvalidNextToken" });
});

test("every image has a name and an id of its own in every Region", () => {
  const images = nodeImages();
  assert.equal(new Set(images.map(({ name }) => name)).size, images.length);
  const ids = ["us-west-2", "eu-west-1"].flatMap((region) =>
    [...publicParameters(region).values()]
      .filter(({ name }) => name.includes("/v2") || name.endsWith("image_id"))
      .map(({ value }) => value),
  );
  assert.equal(new Set(ids).size, 2 * images.filter(({ os, released }) => os !== "windows" || released === "20260415").length);
});

for (const version of IMAGE_VERSIONS) {
  test(`every image type of ${version} has a recommended id`, () => {
    const table = publicParameters(REGION);
    const paths = {
      al2: (variant: string) => `/aws/service/eks/optimized-ami/${version}/amazon-linux-2${variant}/recommended/image_id`,
      al2023: (variant: string, arch: string) =>
        `/aws/service/eks/optimized-ami/${version}/amazon-linux-2023/${arch}/${variant}/recommended/image_id`,
      bottlerocket: (variant: string, arch: string) => `/aws/service/bottlerocket/aws-k8s-${version}${variant}/${arch}/latest/image_id`,
      windows: (variant: string) => `/aws/service/ami-windows-latest/Windows_Server-${variant}-EKS_Optimized-${version}/image_id`,
    };
    for (const type of IMAGE_TYPES) {
      const image = nodeImages().findLast((each) => each.type === type && each.version === version);
      if (!image) assert.ok(type.startsWith("AL2_") && Number(version.slice(2)) > 32, type);
      else assert.match(table.get(paths[image.os](image.variant, image.architecture))?.value ?? "", /^ami-0[0-9a-f]{16}$/, type);
    }
  });
}
