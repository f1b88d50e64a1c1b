// Facts about AWS's wire formats that once cost someone a failure, one test each.
import assert from "node:assert/strict";
import { test } from "node:test";
import { AwsError } from "../../src/aws/errors.ts";
import { decoded, encoded, encodedError, wire } from "./support/decode.ts";

const role = "arn:aws:iam::111122223333:role/path/r";

test("ARNs arrive encoded as one label, and with bare colons or slashes from some clients", async () => {
  const spellings = [encodeURIComponent(role), role, role.replaceAll("/", "%2F")];
  for (const spelling of spellings) {
    const entry = await decoded("eks", wire({ method: "GET", path: `/clusters/dev/access-entries/${spelling}` }));
    assert.deepEqual(entry, { operation: "DescribeAccessEntry", input: { clusterName: "dev", principalArn: role } });
    const policies = await decoded("eks", wire({ method: "GET", path: `/clusters/dev/access-entries/${spelling}/access-policies` }));
    assert.deepEqual(policies, { operation: "ListAssociatedAccessPolicies", input: { clusterName: "dev", principalArn: role } });
    const tags = await decoded("eks", wire({ method: "GET", path: `/tags/${spelling}` }));
    assert.deepEqual(tags, { operation: "ListTagsForResource", input: { resourceArn: role } });
    const policy = "arn:aws:eks::aws:cluster-access-policy/AmazonEKSViewPolicy";
    for (const tail of [policy, encodeURIComponent(policy)]) {
      const path = `/clusters/dev/access-entries/${spelling}/access-policies/${tail}`;
      const gone = await decoded("eks", wire({ method: "DELETE", path }));
      assert.deepEqual(gone?.input, { clusterName: "dev", principalArn: role, policyArn: policy });
    }
  }
});

test("paths: labels are decoded once, a slash at the end does not matter, the method does, literals win over labels", async () => {
  const get = (path: string, method = "GET") => decoded("eks", wire({ method, path }));
  assert.deepEqual((await get("/clusters/a%2520b"))?.input, { name: "a%20b" });
  assert.equal((await get("/clusters/"))?.operation, "ListClusters");
  assert.equal(await get("/clusters/a", "PATCH"), undefined);
  assert.equal(await get("/nothing"), undefined);
  assert.equal((await get("/clusters/x/identity-provider-configs/describe", "POST"))?.operation, "DescribeIdentityProviderConfig");
  await assert.rejects(get("/clusters/%zz"), /percent encoding/);
});

test("query lists repeat their key; booleans are true and false", async () => {
  const list = await decoded("eks", wire({ method: "GET", path: "/clusters", query: "include=all&include=b%20c&maxResults=5" }));
  assert.deepEqual(list?.input, { include: ["all", "b c"], maxResults: 5 });
  const untag = await decoded("eks", wire({ method: "DELETE", path: `/tags/${encodeURIComponent(role)}`, query: "tagKeys=a&tagKeys=b" }));
  assert.deepEqual(untag?.input, { resourceArn: role, tagKeys: ["a", "b"] });
  const addon = await decoded("eks", wire({ method: "DELETE", path: "/clusters/c/addons/a", query: "preserve=true" }));
  assert.deepEqual(addon?.input, { clusterName: "c", addonName: "a", preserve: true });
  await assert.rejects(decoded("eks", wire({ method: "DELETE", path: "/clusters/c/addons/a", query: "preserve=yes" })), /preserve/);
});

test("EKS Auth shares EKS's path tree", async () => {
  const request = wire({ path: "/clusters/dev/assume-role-for-pod-identity", body: '{"token":"a.b.c"}' });
  assert.deepEqual(await decoded("eks-auth", request), {
    operation: "AssumeRoleForPodIdentity",
    input: { clusterName: "dev", token: "a.b.c" },
  });
  assert.equal(await decoded("eks", request), undefined);
  const credentials = { accessKeyId: "ASIA", secretAccessKey: "s", sessionToken: "t", expiration: new Date(1_700_000_000_500) };
  const answer = await encoded("eks-auth", "AssumeRoleForPodIdentity", {
    ...{ subject: { namespace: "n", serviceAccount: "s" }, audience: "pods.eks.amazonaws.com", credentials },
    ...{ podIdentityAssociation: { associationArn: "a", associationId: "i" }, assumedRoleUser: { arn: "a", assumeRoleId: "r" } },
  });
  assert.equal(JSON.parse(answer.body).credentials.expiration, 1_700_000_000.5);
  const denied = await encodedError("eks-auth", new AwsError("AccessDeniedException", "no", {}, 403));
  assert.equal(denied.status, 400, "EKS Auth models its AccessDeniedException as 400");
});

test("botocore puts a Java package before CloudTrail's target", async () => {
  for (const prefix of ["CloudTrail_20131101", "com.amazonaws.cloudtrail.v20131101.CloudTrail_20131101"]) {
    const request = wire({ headers: { "x-amz-target": `${prefix}.LookupEvents` }, body: '{"MaxResults":5,"StartTime":1767604364.5}' });
    assert.deepEqual(await decoded("cloudtrail", request), {
      operation: "LookupEvents",
      input: { MaxResults: 5, StartTime: new Date(1_767_604_364_500) },
    });
  }
});

test("awsQuery wraps results in <OpResult>, and lists in member", async () => {
  const { body, headers } = await encoded("iam", "ListRolePolicies", { PolicyNames: ["a", "b<c"], IsTruncated: false });
  const list = "<PolicyNames><member>a</member><member>b&#x3c;c</member></PolicyNames>";
  assert.match(
    body,
    new RegExp(`<ListRolePoliciesResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/"><ListRolePoliciesResult>${list}`),
  );
  assert.match(body, /<ResponseMetadata><RequestId>rid<\/RequestId><\/ResponseMetadata><\/ListRolePoliciesResponse>$/);
  assert.equal(headers["content-type"], "text/xml");
  assert.doesNotMatch((await encoded("iam", "DeleteRole", {})).body, /Result/);
});

test("awsQuery's error codes come from the awsQueryError trait, whichever name the code uses", async () => {
  for (const code of ["NoSuchEntity", "NoSuchEntityException"]) {
    const { status, body } = await encodedError("iam", new AwsError(code, "gone"));
    assert.equal(status, 404);
    assert.match(body, /<Error><Type>Sender<\/Type><Code>NoSuchEntity<\/Code><Message>gone<\/Message><\/Error><RequestId>rid<\/RequestId>/);
  }
  assert.match((await encodedError("iam", new AwsError("ServiceFailure", "x", {}, 500))).body, /<Type>Receiver<\/Type>/);
});

test("empty query lists arrive as `Name=`", async () => {
  const query = await decoded("iam", wire({ body: "Action=TagRole&Version=2010-05-08&RoleName=r&Tags=" }));
  assert.deepEqual(query?.input, { RoleName: "r", Tags: [] });
});

test("lists in both query dialects, out of order and with gaps", async () => {
  const iam = await decoded(
    "iam",
    wire({ body: "Action=TagRole&RoleName=r&Tags.member.10.Key=b&Tags.member.10.Value=2&Tags.member.2.Key=a&Tags.member.2.Value=" }),
  );
  assert.deepEqual(iam?.input, {
    RoleName: "r",
    Tags: [
      { Key: "a", Value: "" },
      { Key: "b", Value: "2" },
    ],
  });
  const body = "Action=DescribeSubnets&Filter.1.Name=vpc-id&Filter.1.Value.1=vpc-1&Filter.1.Value.2=vpc+2&SubnetId.1=s&DryRun=false";
  const ec2 = await decoded("ec2", wire({ method: "GET", query: body }));
  assert.deepEqual(ec2?.input, { Filters: [{ Name: "vpc-id", Values: ["vpc-1", "vpc 2"] }], SubnetIds: ["s"], DryRun: false });
});

test("EC2's answers: names in camel case, lists of item, request id first, <return> where nothing else is said", async () => {
  const { body } = await encoded("ec2", "DescribeVpcs", { Vpcs: [{ VpcId: "vpc-1", Tags: [{ Key: "k", Value: "v" }], IsDefault: true }] });
  const head = '<DescribeVpcsResponse xmlns="http://ec2.amazonaws.com/doc/2016-11-15/"><requestId>rid</requestId><vpcSet><item>';
  assert.ok(body.includes(head), body);
  assert.ok(body.includes("<tagSet><item><key>k</key><value>v</value></item></tagSet>"));
  assert.match((await encoded("ec2", "DeleteVpc", {})).body, /<requestId>rid<\/requestId><return>true<\/return>/);
  const error = await encodedError("ec2", new AwsError("InvalidVpcID.NotFound", "The vpc ID 'vpc-1' does not exist"));
  assert.equal(error.status, 400);
  const detail = "<Code>InvalidVpcID.NotFound</Code><Message>The vpc ID &#x27;vpc-1&#x27; does not exist</Message>";
  assert.ok(error.body.includes(`<Response><Errors><Error>${detail}</Error></Errors><RequestID>rid</RequestID></Response>`));
});

test("EKS: numbers for moments, every member of an exception, its name in a header", async () => {
  const cluster = await encoded("eks", "DescribeCluster", { cluster: { createdAt: new Date(1_527_807_879_988) } });
  assert.equal(cluster.body, '{"cluster":{"createdAt":1527807879.988}}');
  assert.equal(cluster.status, 200);
  const error = await encodedError(
    "eks",
    new AwsError("InvalidParameterException", "unsupported Kubernetes version", { clusterName: "x" }),
  );
  assert.equal(error.headers["x-amzn-errortype"], "InvalidParameterException");
  assert.deepEqual(JSON.parse(error.body), {
    ...{ clusterName: "x", nodegroupName: null, fargateProfileName: null, addonName: null, subscriptionId: null },
    message: "unsupported Kubernetes version",
  });
  assert.equal((await encoded("eks", "TagResource", {})).body, "{}");
});

test("CloudTrail's errors carry Message and message", async () => {
  const { body, status } = await encodedError("cloudtrail", new AwsError("TrailNotFoundException", "no trail"));
  assert.equal(status, 400);
  assert.deepEqual(JSON.parse(body), { __type: "TrailNotFoundException", Message: "no trail", message: "no trail" });
});

test("what XML cannot carry is replaced, not emitted", async () => {
  const { body } = await encoded("iam", "ListRolePolicies", { PolicyNames: ["a\u0000\ud800b\uffff🦊"], IsTruncated: false });
  assert.ok(body.includes("<member>a\ufffd\ufffdb\ufffd🦊</member>"));
});
