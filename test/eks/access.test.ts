// Access entries, access policies, pod identity associations and tags: rules, words and paging (spec identity §3.1, §5.5, §5.6).
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { accessPolicyArn } from "../../src/services/eks/arn.ts";
import { type Control, control } from "./runtimes.ts";
import { ACCOUNT, clusterRequest, createWorld, type Ground, makeGround, makeRole, refusal, trust, type World } from "./world.ts";

let world: World;
let ground: Ground;
let running: Control;
let human: string;
let podRole: string;

before(async () => {
  world = createWorld();
  ground = await makeGround(world);
  running = control(world);
  human = await makeRole(world, "human", trust("ec2.amazonaws.com"));
  podRole = await makeRole(world, "pod", trust("pods.eks.amazonaws.com", ["sts:AssumeRole", "sts:TagSession"]));
  await world.eks("CreateCluster", clusterRequest(ground));
  await running.settle();
});
after(async () => {
  await running.close();
  world.close();
});

const entry = (members: object) => world.eks("CreateAccessEntry", { clusterName: "dev", principalArn: human, ...members });

test("a standard entry: default username, groups, one per principal, changes and end", async () => {
  const { accessEntry } = await entry({ kubernetesGroups: ["viewers"], tags: { a: "b" } });
  assert.equal(accessEntry?.username, `arn:aws:sts::${ACCOUNT}:assumed-role/human/{{SessionName}}`);
  assert.equal(accessEntry.type, "STANDARD");
  assert.match(
    accessEntry.accessEntryArn!,
    new RegExp(`^arn:aws:eks:us-west-2:${ACCOUNT}:access-entry/dev/role/${ACCOUNT}/human/[0-9a-f-]{36}$`),
  );
  assert.equal((await refusal(entry({}))).message, "The specified access entry resource is already in use on this cluster.");
  const changed = await world.eks("UpdateAccessEntry", { clusterName: "dev", principalArn: human, kubernetesGroups: [], username: "me" });
  assert.deepEqual([changed.accessEntry?.kubernetesGroups, changed.accessEntry?.username], [[], "me"]);
  await world.eks("DeleteAccessEntry", { clusterName: "dev", principalArn: human });
  const gone = await refusal(world.eks("DescribeAccessEntry", { clusterName: "dev", principalArn: human }));
  assert.equal(gone.code, "ResourceNotFoundException");
  assert.equal(
    gone.message,
    "The specified principalArn could not be found. You can view your available access entries with 'list-access-entries'.",
  );
});

const refusedEntries: [title: string, members: object, message: string | RegExp][] = [
  [
    "system group",
    { kubernetesGroups: ["system:masters"] },
    "The kubernetes group name system:masters is invalid, it cannot start with system:",
  ],
  ["eks group", { kubernetesGroups: ["eks:x"] }, /cannot start with eks:/],
  ["system username", { username: "system:node:x" }, "The username must not begin with system:"],
  ["session name without colon", { username: "x-{{SessionName}}" }, /colon/],
  [
    "username on a node entry",
    { type: "EC2_LINUX", username: "x" },
    'This operation can only be performed on Access Entries with a type of "STANDARD".',
  ],
  ["unknown type", { type: "WHATEVER" }, /type WHATEVER is not valid/],
  ["no such role", { principalArn: `arn:aws:iam::${ACCOUNT}:role/nobody` }, "The specified principalArn is invalid: invalid principal."],
  ["session", { principalArn: `arn:aws:sts::${ACCOUNT}:assumed-role/human/x` }, /format is not valid/],
  ["root", { principalArn: `arn:aws:iam::${ACCOUNT}:root` }, "The specified access entry resource is already in use on this cluster."],
  ["wrong path", { principalArn: `arn:aws:iam::${ACCOUNT}:role/path/human` }, "The specified principalArn is invalid: invalid principal."],
  [
    "service-linked role",
    { principalArn: `arn:aws:iam::${ACCOUNT}:role/aws-service-role/eks-nodegroup.amazonaws.com/AWSServiceRoleForAmazonEKSNodegroup` },
    "The caller is not allowed to modify access entries with a principalArn value of a Service Linked Role",
  ],
];

for (const [title, members, message] of refusedEntries) {
  test(`entry refused: ${title}`, async () => {
    const error = await refusal(entry(members));
    if (typeof message === "string") assert.equal(error.message, message);
    else assert.match(error.message, message);
  });
}

test("policies: scopes replace each other, wrong ones are refused, the list filters by them", async () => {
  await entry({});
  const at = { clusterName: "dev", principalArn: human };
  const view = accessPolicyArn("aws", "AmazonEKSViewPolicy");
  const associate = (policyArn: string, accessScope: object) => world.eks("AssociateAccessPolicy", { ...at, policyArn, accessScope });
  const first = await associate(view, { type: "cluster" });
  await world.clock.step(1000);
  const second = await associate(view, { type: "namespace", namespaces: ["dev-*"] });
  assert.deepEqual(second.associatedAccessPolicy?.accessScope, { type: "namespace", namespaces: ["dev-*"] });
  assert.deepEqual(second.associatedAccessPolicy?.associatedAt, first.associatedAccessPolicy?.associatedAt);
  assert.notDeepEqual(second.associatedAccessPolicy?.modifiedAt, first.associatedAccessPolicy?.modifiedAt);
  assert.deepEqual((await world.eks("ListAccessEntries", { clusterName: "dev", associatedPolicyArn: view })).accessEntries, [human]);
  assert.equal((await world.eks("ListAssociatedAccessPolicies", at)).associatedAccessPolicies?.length, 1);
  assert.match((await refusal(associate(view, { type: "namespace" }))).message, /namespaces parameter is required/);
  assert.match((await refusal(associate(view, { type: "cluster", namespaces: ["x"] }))).message, /not allowed/);
  assert.equal((await refusal(associate(accessPolicyArn("aws", "NoSuchPolicy"), { type: "cluster" }))).code, "InvalidParameterException");
  assert.match(
    (await refusal(associate(accessPolicyArn("aws", "AmazonEKSHybridPolicy"), { type: "cluster" }))).message,
    /can only be associated with an AWS service-linked role/,
  );
  await world.eks("DisassociateAccessPolicy", { ...at, policyArn: view });
  assert.equal(
    (await refusal(world.eks("DisassociateAccessPolicy", { ...at, policyArn: view }))).message,
    "The specified policyArn is not associated with the access entry.",
  );
  await entry({ principalArn: ground.nodeRole, type: "EC2_LINUX" });
  const node = { clusterName: "dev", principalArn: ground.nodeRole };
  const onNode = await refusal(world.eks("AssociateAccessPolicy", { ...node, policyArn: view, accessScope: { type: "cluster" } }));
  assert.equal(onNode.message, 'This operation can only be performed on Access Entries with a type of "STANDARD".');
});

const associate = (members: object = {}) =>
  world.eks("CreatePodIdentityAssociation", {
    clusterName: "dev",
    namespace: "shop",
    serviceAccount: "cart",
    roleArn: podRole,
    ...members,
  });

test("a pod identity association: one per service account, lists without times, update, delete", async () => {
  const { association } = await associate({ tags: { x: "y" } });
  assert.match(association!.associationId!, /^a-[a-z0-9]{17}$/);
  assert.equal(association!.associationArn, `arn:aws:eks:us-west-2:${ACCOUNT}:podidentityassociation/dev/${association!.associationId}`);
  assert.equal(association!.disableSessionTags, false);
  const twice = await refusal(associate());
  assert.deepEqual([twice.code, twice.message], ["ResourceInUseException", `Association already exists: ${association!.associationId}`]);
  const { associations } = await world.eks("ListPodIdentityAssociations", { clusterName: "dev", namespace: "shop" });
  assert.deepEqual(associations, [
    {
      clusterName: "dev",
      namespace: "shop",
      serviceAccount: "cart",
      associationArn: association!.associationArn,
      associationId: association!.associationId,
    },
  ]);
  const at = { clusterName: "dev", associationId: association!.associationId };
  const target = `arn:aws:iam::444455556666:role/target`;
  const changed = await world.eks("UpdatePodIdentityAssociation", { ...at, targetRoleArn: target, disableSessionTags: true });
  assert.equal(changed.association?.externalId, `us-west-2/${ACCOUNT}/dev/shop/cart`);
  assert.equal(changed.association?.targetRoleArn, target);
  const policy = JSON.stringify({ Version: "2012-10-17", Statement: [] });
  assert.match(
    (await refusal(world.eks("UpdatePodIdentityAssociation", { ...at, policy, disableSessionTags: false }))).message,
    /disableSessionTags/,
  );
  assert.equal((await world.eks("DeletePodIdentityAssociation", at)).association?.associationId, at.associationId);
  assert.equal((await refusal(world.eks("DescribePodIdentityAssociation", at))).code, "ResourceNotFoundException");
});

test("associations refuse in order: cluster, role, trust", async () => {
  const nobody = `arn:aws:iam::${ACCOUNT}:role/nobody`;
  assert.equal((await refusal(associate({ clusterName: "none", roleArn: nobody }))).message, "No cluster found for name: none.");
  assert.equal((await refusal(associate({ roleArn: nobody }))).message, "Role provided in the request does not exist.");
  assert.equal((await refusal(associate({ roleArn: human }))).message, "Trust policy of the role provided is invalid");
  const half = await makeRole(world, "half", trust("pods.eks.amazonaws.com"));
  assert.equal((await refusal(associate({ roleArn: half }))).message, "Trust policy of the role provided is invalid");
  const foreign = await refusal(associate({ roleArn: "arn:aws:iam::444455556666:role/x" }));
  assert.match(foreign.message, /not authorized to perform: iam:PassRole/);
});

test("without iam:PassRole nobody gives a role to a cluster's pods or nodes", async () => {
  const { AccessKey } = await makeUser("eks-only", { Effect: "Allow", Action: "eks:*", Resource: "*" });
  const caller = world.iam.credentials.credential(AccessKey!.AccessKeyId!)!.caller;
  const as = { caller };
  const input = { clusterName: "dev", namespace: "shop", serviceAccount: "pay", roleArn: podRole };
  const error = await refusal(world.eks("CreatePodIdentityAssociation", input, as));
  assert.equal(error.code, "AccessDeniedException");
  assert.match(error.message, /is not authorized to perform: iam:PassRole on resource: arn:aws:iam::111122223333:role\/pod/);
  const cluster = await refusal(world.eks("CreateCluster", clusterRequest(ground, "other"), as));
  assert.match(cluster.message, /iam:PassRole on resource: .*role\/cluster/);
});

test("conditions of policies see cluster settings and entry facts", async () => {
  const allow = (condition: object) => ({ Effect: "Allow", Action: "*", Resource: "*", Condition: condition });
  const { AccessKey } = await makeUser("careful", allow({ StringNotEqualsIfExists: { "eks:accessEntryType": "EC2_LINUX" } }));
  const as = { caller: world.iam.credentials.credential(AccessKey!.AccessKeyId!)!.caller };
  const error = await refusal(world.eks("CreateAccessEntry", { clusterName: "dev", principalArn: podRole, type: "EC2_LINUX" }, as));
  assert.equal(error.code, "AccessDeniedException");
  await world.eks("CreateAccessEntry", { clusterName: "dev", principalArn: podRole }, as);
});

async function makeUser(UserName: string, statement: object) {
  await world.call("iam", "CreateUser", { UserName });
  const PolicyDocument = JSON.stringify({ Version: "2012-10-17", Statement: [statement] });
  await world.call("iam", "PutUserPolicy", { UserName, PolicyName: "p", PolicyDocument });
  return world.call("iam", "CreateAccessKey", { UserName });
}

test("tags merge, go, and are refused with the codes of the tag operations", async () => {
  const resourceArn = `arn:aws:eks:us-west-2:${ACCOUNT}:cluster/dev`;
  await world.eks("TagResource", { resourceArn, tags: { a: "1", b: "2" } });
  await world.eks("TagResource", { resourceArn, tags: { b: "3" } });
  assert.deepEqual((await world.eks("ListTagsForResource", { resourceArn })).tags, { a: "1", b: "3" });
  await world.eks("UntagResource", { resourceArn, tagKeys: ["a", "never"] });
  assert.deepEqual((await world.eks("DescribeCluster", { name: "dev" })).cluster?.tags, { b: "3" });
  const many = Object.fromEntries(Array.from({ length: 50 }, (_, i) => [`k${i}`, ""]));
  assert.equal((await refusal(world.eks("TagResource", { resourceArn, tags: many }))).code, "BadRequestException");
  assert.equal((await refusal(world.eks("TagResource", { resourceArn, tags: { "Aws:x": "1" } }))).code, "BadRequestException");
  assert.equal((await refusal(world.eks("ListTagsForResource", { resourceArn: `${resourceArn}x` }))).code, "NotFoundException");
  assert.equal((await refusal(world.eks("ListTagsForResource", { resourceArn: "arn:aws:s3:::x" }))).code, "BadRequestException");
});

test("every page size from 1 to 100 lists all policies once; foreign tokens and sizes are refused", async () => {
  const all = (await world.eks("ListAccessPolicies", {})).accessPolicies!.map((policy) => policy.name);
  for (const maxResults of [1, 2, 7, 34, 99, 100]) {
    const seen: (string | undefined)[] = [];
    let nextToken: string | undefined;
    do {
      const output = await world.eks("ListAccessPolicies", { maxResults, ...(nextToken ? { nextToken } : {}) });
      seen.push(...output.accessPolicies!.map((policy) => policy.name));
      nextToken = output.nextToken;
    } while (nextToken);
    assert.deepEqual(seen, all);
  }
  const { nextToken } = await world.eks("ListAccessPolicies", { maxResults: 1 });
  for (const input of [{ maxResults: 0 }, { maxResults: 101 }, { nextToken: "x" }, { nextToken }]) {
    assert.equal((await refusal(world.eks("ListClusters", input))).code, "InvalidParameterException");
  }
});
