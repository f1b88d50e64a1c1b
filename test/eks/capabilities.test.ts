// Capabilities: what may be asked for, what becomes of it in the cluster, and that nobody is told more than is true.
import assert from "node:assert/strict";
import { test } from "node:test";
import { control } from "./runtimes.ts";
import { ACCOUNT, clusterRequest, createWorld, makeGround, makeRole, refusal, trust, type World } from "./world.ts";

const SERVICE = "capabilities.eks.amazonaws.com";
const BOTH = ["sts:AssumeRole", "sts:TagSession"];
const INSTANCE = "arn:aws:sso:::instance/ssoins-1234567890abcdef";

async function begin(timing = {}, mode: "API" | "CONFIG_MAP" = "API") {
  const world = createWorld();
  const ground = await makeGround(world);
  await world.eks("CreateCluster", { ...clusterRequest(ground), accessConfig: { authenticationMode: mode } });
  const running = control(world, { timing });
  await running.settle();
  const roleArn = await makeRole(world, "capability", trust(SERVICE, BOTH));
  const finish = async () => {
    await running.close();
    world.close();
  };
  return { world, ground, running, roleArn, finish };
}

const request = (roleArn: string, more: object = {}) => ({
  clusterName: "dev",
  capabilityName: "one",
  type: "ACK" as const,
  roleArn,
  deletePropagationPolicy: "RETAIN" as const,
  ...more,
});
const argo = (roleArn: string, argoCd: object = { awsIdc: { idcInstanceArn: INSTANCE } }) =>
  request(roleArn, { type: "ARGOCD", configuration: { argoCd } });
const named = { clusterName: "dev", capabilityName: "one" };
const describe = async (world: World) => (await world.eks("DescribeCapability", named)).capability!;

test("ACK goes from CREATING to ACTIVE, brings definitions and access, and says that nothing acts on them", async () => {
  const { world, running, roleArn, finish } = await begin({ capability: 5000 });
  const { capability } = await world.eks("CreateCapability", request(roleArn, { tags: { a: "b" }, clientRequestToken: "t" }));
  assert.equal(capability?.status, "CREATING");
  assert.match(capability.arn!, new RegExp(`^arn:aws:eks:us-west-2:${ACCOUNT}:capability/dev/ack/one/[0-9a-f-]{36}$`));
  const again = await world.eks("CreateCapability", request(roleArn, { tags: { a: "b" }, clientRequestToken: "t" }));
  assert.equal(again.capability?.arn, capability.arn);
  const changed = world.eks("CreateCapability", request(roleArn, { clientRequestToken: "t" }));
  assert.equal((await refusal(changed)).code, "InvalidParameterException");
  await running.settle(2);
  assert.equal((await describe(world)).status, "CREATING");
  await running.settle(4);

  const active = await describe(world);
  assert.equal(active.status, "ACTIVE");
  assert.deepEqual(active.configuration, { ack: { enableCrossNamespace: false, disabledServices: [] } });
  assert.deepEqual(active.tags, { a: "b" });
  assert.equal(active.version, undefined);
  assert.match(active.health?.issues?.[0]?.message ?? "", /does not run the controllers/);
  const kube = running.clusters.kube(`${ACCOUNT}/us-west-2/dev`)!;
  const definitions = kube.list("customresourcedefinitions.apiextensions.k8s.io").map(({ metadata }) => metadata.name);
  for (const name of ["buckets.s3.services.k8s.aws", "fieldexports.services.k8s.aws", "iamroleselectors.services.k8s.aws"]) {
    assert.ok(definitions.includes(name), name);
  }
  const entry = await world.eks("ListAssociatedAccessPolicies", { clusterName: "dev", principalArn: roleArn });
  assert.deepEqual(
    entry.associatedAccessPolicies?.map(({ policyArn, accessScope }) => [policyArn?.split("/")[1], accessScope?.type]),
    [["AmazonEKSACKPolicy", "cluster"]],
  );
  await world.eks("TagResource", { resourceArn: active.arn!, tags: { c: "d" } });
  assert.deepEqual((await world.eks("ListTagsForResource", { resourceArn: active.arn! })).tags, { a: "b", c: "d" });

  assert.equal((await refusal(world.eks("DeleteCluster", { name: "dev" }))).code, "ResourceInUseException");
  assert.equal((await world.eks("DeleteCapability", named)).capability?.status, "DELETING");
  assert.equal((await world.eks("DeleteCapability", named)).capability?.status, "DELETING");
  await running.settle(6);
  assert.equal((await refusal(world.eks("DescribeCapability", named))).code, "ResourceNotFoundException");
  assert.ok(kube.get("customresourcedefinitions.apiextensions.k8s.io", "", "buckets.s3.services.k8s.aws"), "definitions are retained");
  await world.eks("DeleteCluster", { name: "dev" });
  await finish();
});

test("Argo CD has a namespace, two policies, and neither a server nor an application to show", async () => {
  const { world, running, roleArn, finish } = await begin();
  const rbacRoleMappings = [{ role: "ADMIN" as const, identities: [{ id: "alice", type: "SSO_USER" as const }] }];
  await world.eks("CreateCapability", argo(roleArn, { awsIdc: { idcInstanceArn: INSTANCE }, namespace: "gitops", rbacRoleMappings }));
  await running.settle();
  const { configuration, status } = await describe(world);
  assert.equal(status, "ACTIVE");
  assert.deepEqual(configuration?.argoCd, {
    namespace: "gitops",
    awsIdc: { idcInstanceArn: INSTANCE, idcRegion: "us-west-2" },
    rbacRoleMappings,
    networkAccess: { vpceIds: [] },
  });
  const { associatedAccessPolicies: policies = [] } = await world.eks("ListAssociatedAccessPolicies", {
    clusterName: "dev",
    principalArn: roleArn,
  });
  assert.deepEqual(
    policies.map(({ policyArn, accessScope }) => [policyArn?.split("/")[1], accessScope?.type, accessScope?.namespaces]).sort(),
    [
      ["AmazonEKSArgoCDClusterPolicy", "cluster", []],
      ["AmazonEKSArgoCDPolicy", "namespace", ["gitops"]],
    ],
  );
  assert.ok(running.clusters.kube(`${ACCOUNT}/us-west-2/dev`)!.get("namespaces", "", "gitops"));

  const bob = { id: "bob", type: "SSO_USER" as const };
  const { update } = await world.eks("UpdateCapability", {
    ...named,
    configuration: {
      argoCd: {
        rbacRoleMappings: {
          addOrUpdateRoleMappings: [{ role: "VIEWER", identities: [bob] }],
          removeRoleMappings: rbacRoleMappings,
        },
      },
    },
  });
  assert.equal(update?.type, "CapabilityUpdate");
  assert.deepEqual(
    update.params?.map(({ type }) => type),
    ["RoleMappingsToAddOrUpdate", "RoleMappingsToRemove"],
  );
  assert.equal((await describe(world)).status, "UPDATING");
  assert.deepEqual((await describe(world)).configuration?.argoCd?.rbacRoleMappings, rbacRoleMappings, "not before the update succeeds");
  assert.equal((await refusal(world.eks("UpdateCapability", { ...named, roleArn }))).code, "ResourceInUseException");
  assert.equal((await refusal(world.eks("DeleteCapability", named))).code, "ResourceInUseException");
  await running.settle();
  const scope = { name: "dev", capabilityName: "one" };
  assert.equal((await world.eks("DescribeUpdate", { ...scope, updateId: update.id! })).update?.status, "Successful");
  assert.deepEqual((await world.eks("ListUpdates", scope)).updateIds, [update.id]);
  assert.deepEqual((await world.eks("ListUpdates", { name: "dev" })).updateIds, []);
  assert.deepEqual((await describe(world)).configuration?.argoCd?.rbacRoleMappings, [{ role: "VIEWER", identities: [bob] }]);
  await finish();
});

test("a capability on its way goes on after a restart", async () => {
  const timing = { capability: 5000 };
  const { world, running, roleArn, finish } = await begin(timing);
  const restart = async () => {
    await running.settle(1);
    await running.close();
    const next = control(world, { clusters: running.clusters, timing });
    await next.settle(6);
    await next.close();
  };
  await world.eks("CreateCapability", request(roleArn));
  await restart();
  assert.equal((await describe(world)).status, "ACTIVE");
  const { update } = await world.eks("UpdateCapability", { ...named, configuration: { ack: { enableCrossNamespace: true } } });
  await restart();
  assert.equal((await describe(world)).configuration?.ack?.enableCrossNamespace, true);
  const scope = { name: "dev", capabilityName: "one", updateId: update!.id! };
  assert.equal((await world.eks("DescribeUpdate", scope)).update?.status, "Successful");
  await world.eks("DeleteCapability", named);
  await restart();
  assert.equal(world.state.capabilities.count(""), 0);
  await finish();
});

test("what CreateCapability refuses", async () => {
  const { world, roleArn, running, finish } = await begin();
  const role = (name: string, document: string) => makeRole(world, name, document);
  const condition = (sourceArn: string) => ({ ArnLike: { "aws:SourceArn": sourceArn }, StringEquals: { "aws:SourceAccount": ACCOUNT } });
  const untagged = await role("untagged", trust(SERVICE, ["sts:AssumeRole"]));
  const foreign = await role("foreign", trust("eks.amazonaws.com", BOTH));
  const elsewhere = await role("elsewhere", trust(SERVICE, BOTH, condition(`arn:aws:eks:us-west-2:${ACCOUNT}:capability/other/*`)));
  const idc = { awsIdc: { idcInstanceArn: INSTANCE } };
  const mapping = { role: "ADMIN", identities: [{ id: "a", type: "SSO_USER" }] };
  const cases: [input: ReturnType<typeof request>, code: string, message: RegExp][] = [
    [request("arn:aws:iam::111122223333:role/none"), "InvalidParameterException", /could not be assumed/],
    [request(untagged), "InvalidParameterException", /could not be assumed/],
    [request(foreign), "InvalidParameterException", /could not be assumed/],
    [request(elsewhere), "InvalidParameterException", /could not be assumed/],
    [request(roleArn, { clusterName: "none" }), "ResourceNotFoundException", /No cluster found for name: none\./],
    [request(roleArn, { type: "OTHER" }), "InvalidParameterException", /type/],
    [request(roleArn, { capabilityName: "-x" }), "InvalidParameterException", /capabilityName/],
    [request(roleArn, { deletePropagationPolicy: "DELETE" }), "InvalidParameterException", /deletePropagationPolicy/],
    [request(roleArn, { configuration: { argoCd: idc } }), "InvalidParameterException", /ARGOCD is not valid for .* ACK/],
    [request(roleArn, { type: "KRO", configuration: { ack: {} } }), "InvalidParameterException", /ACK is not valid for .* KRO/],
    [request(roleArn, { type: "ARGOCD" }), "InvalidParameterException", /idcInstanceArn is required/],
    [argo(roleArn, { awsIdc: { idcInstanceArn: "arn:aws:s3:::x" } }), "InvalidParameterException", /Identity Center/],
    [argo(roleArn, { awsIdc: { idcInstanceArn: INSTANCE, idcRegion: "nowhere" } }), "InvalidParameterException", /idcRegion/],
    [argo(roleArn, { ...idc, namespace: "A_b" }), "InvalidParameterException", /namespace/],
    [argo(roleArn, { ...idc, endpointPrefix: "A." }), "InvalidParameterException", /endpointPrefix/],
    [argo(roleArn, { ...idc, rbacRoleMappings: [mapping, mapping] }), "InvalidParameterException", /once/],
    [argo(roleArn, { ...idc, rbacRoleMappings: [{ ...mapping, identities: [] }] }), "InvalidParameterException", /at least one/],
    [argo(roleArn, { ...idc, networkAccess: { vpceIds: ["x"] } }), "InvalidParameterException", /VPC endpoint/],
    [
      argo(roleArn, { ...idc, networkAccess: { vpceIds: ["vpce-0123456789abcdef0"] } }),
      "InvalidParameterException",
      /vpce-0123456789abcdef0/,
    ],
    [request(roleArn, { tags: { "aws:x": "y" } }), "InvalidParameterException", /aws:/],
  ];
  for (const [input, code, message] of cases) {
    const error = await refusal(world.eks("CreateCapability", input));
    assert.equal(error.code, code, error.message);
    assert.match(error.message, message);
  }
  assert.equal(world.state.capabilities.count(""), 0);

  await world.eks("CreateCapability", request(roleArn));
  assert.equal((await refusal(world.eks("CreateCapability", request(roleArn)))).code, "ResourceInUseException");
  const second = await refusal(world.eks("CreateCapability", request(roleArn, { capabilityName: "two" })));
  assert.equal(second.code, "ResourceLimitExceededException");
  await world.eks("CreateCapability", request(roleArn, { capabilityName: "two", type: "KRO" }));
  await running.settle();
  const { capabilities = [], nextToken } = await world.eks("ListCapabilities", { clusterName: "dev", maxResults: 1 });
  assert.deepEqual(
    capabilities.map(({ capabilityName, type }) => [capabilityName, type]),
    [["one", "ACK"]],
  );
  const rest = await world.eks("ListCapabilities", { clusterName: "dev", maxResults: 1, ...(nextToken && { nextToken }) });
  assert.deepEqual([rest.capabilities?.[0]?.type, rest.nextToken], ["KRO", undefined]);
  const policies = await world.eks("ListAssociatedAccessPolicies", { clusterName: "dev", principalArn: roleArn });
  assert.equal(policies.associatedAccessPolicies?.length, 2, "one role may serve several capabilities");
  const otherType = { ...named, configuration: { argoCd: { networkAccess: { vpceIds: [] } } } };
  assert.equal((await refusal(world.eks("UpdateCapability", otherType))).code, "InvalidParameterException");
  assert.equal((await refusal(world.eks("UpdateCapability", named))).code, "InvalidParameterException");
  assert.equal((await refusal(world.eks("UpdateCapability", { ...named, roleArn: foreign }))).code, "InvalidParameterException");
  await finish();
});

test("a cluster that is not ACTIVE, or knows no access entries, has no capabilities", async () => {
  const { world, running, roleArn, finish } = await begin({}, "CONFIG_MAP");
  const mode = await refusal(world.eks("CreateCapability", request(roleArn)));
  assert.equal(mode.code, "InvalidRequestException");
  assert.match(mode.message, /authentication mode must be set to one of \[API, API_AND_CONFIG_MAP\]/);
  await running.close();
  const key = `${ACCOUNT}/us-west-2/dev`;
  world.state.clusters.put(key, { ...world.state.clusters.get(key)!, status: "UPDATING", authenticationMode: "API" });
  assert.match((await refusal(world.eks("CreateCapability", request(roleArn)))).message, /'dev' is not in ACTIVE status/);
  await finish();
});

test("a role that goes away degrades the capability, and mends it when it is back", async () => {
  const { world, running, roleArn, finish } = await begin();
  await world.eks("CreateCapability", request(roleArn));
  await running.settle();
  await world.call("iam", "UpdateAssumeRolePolicy", { RoleName: "capability", PolicyDocument: trust("eks.amazonaws.com") });
  await running.settle(1, 10);
  const degraded = await describe(world);
  assert.equal(degraded.status, "DEGRADED");
  assert.deepEqual(degraded.health?.issues, [
    { code: "AccessDenied", message: `The role ${roleArn} could not be assumed: it does not trust ${SERVICE}.` },
  ]);
  await world.call("iam", "UpdateAssumeRolePolicy", { RoleName: "capability", PolicyDocument: trust(SERVICE, BOTH) });
  await running.settle(1, 10);
  assert.equal((await describe(world)).status, "ACTIVE");
  await finish();
});

test("a role that is gone before it was used fails the creation, and a new role fails or passes the update", async () => {
  const { world, running, roleArn, finish } = await begin({ capability: 5000 });
  await world.eks("CreateCapability", request(roleArn));
  await world.call("iam", "DeleteRole", { RoleName: "capability" });
  await running.settle(6);
  assert.equal((await describe(world)).status, "CREATE_FAILED");
  assert.equal((await refusal(world.eks("UpdateCapability", { ...named, roleArn }))).code, "ResourceInUseException");
  await world.eks("DeleteCapability", named);
  await running.settle(6);
  const again = await makeRole(world, "again", trust(SERVICE, BOTH));
  await world.eks("CreateCapability", request(again));
  await running.settle(6);
  const other = await makeRole(world, "other", trust(SERVICE, BOTH));
  const { update } = await world.eks("UpdateCapability", {
    ...named,
    roleArn: other,
    configuration: { ack: { disabledServices: ["s3"] } },
  });
  await world.call("iam", "DeleteRole", { RoleName: "other" });
  await running.settle(6);
  const failed = (await world.eks("DescribeUpdate", { name: "dev", capabilityName: "one", updateId: update!.id! })).update;
  assert.equal(failed?.status, "Failed");
  assert.equal(failed.errors?.[0]?.errorCode, "AccessDenied");
  const { roleArn: kept, status, configuration } = await describe(world);
  assert.deepEqual([kept, status, configuration?.ack?.disabledServices], [again, "ACTIVE", []]);
  await finish();
});

/** A user who may do what the statements say. */
async function user(world: World, statements: object[]) {
  await world.call("iam", "CreateUser", { UserName: "ann" });
  const PolicyDocument = JSON.stringify({ Version: "2012-10-17", Statement: statements });
  await world.call("iam", "PutUserPolicy", { UserName: "ann", PolicyName: "p", PolicyDocument });
  const facts = world.iam.directory.user(ACCOUNT, "ann")!;
  return { kind: "user", partition: "aws", accountId: ACCOUNT, arn: facts.arn, userId: facts.id, userName: "ann" } as const;
}

test("IAM: passing the role needs leave, and tags and ARNs of capabilities count", async () => {
  const { world, roleArn, running, finish } = await begin();
  const allow = (Action: string, Resource: string, Condition?: object) => ({
    Effect: "Allow",
    Action,
    Resource,
    ...(Condition && { Condition }),
  });
  const caller = await user(world, [
    allow("eks:CreateCapability", `arn:aws:eks:*:${ACCOUNT}:cluster/dev`),
    allow("eks:DescribeCapability", `arn:aws:eks:*:${ACCOUNT}:capability/dev/ack/one/*`),
    allow("eks:DeleteCapability", "*", { StringEquals: { "aws:ResourceTag/team": "a" } }),
    allow("iam:PassRole", roleArn, { StringEquals: { "iam:PassedToService": "eks.amazonaws.com" } }),
  ]);
  const denied = async (promise: Promise<unknown>, message: RegExp) => {
    const error = await refusal(promise);
    assert.equal(error.code, "AccessDeniedException");
    assert.match(error.message, message);
  };
  const other = await makeRole(world, "other", trust(SERVICE, BOTH));
  await denied(world.eks("CreateCapability", request(other), { caller }), /iam:PassRole/);
  await denied(world.eks("CreateCapability", request(roleArn, { tags: { a: "b" } }), { caller }), /eks:TagResource/);
  await world.eks("CreateCapability", request(roleArn), { caller });
  await running.settle();
  await world.eks("DescribeCapability", named, { caller });
  await denied(world.eks("DescribeCapability", { ...named, capabilityName: "two" }, { caller }), /capability\/dev\/\*\/two\/\*/);
  await denied(world.eks("DeleteCapability", named, { caller }), /eks:DeleteCapability/);
  await world.eks("TagResource", { resourceArn: (await describe(world)).arn!, tags: { team: "a" } });
  await world.eks("DeleteCapability", named, { caller });
  await finish();
});
