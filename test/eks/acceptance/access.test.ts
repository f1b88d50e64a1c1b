// Who may use a cluster: modes, entries and policies (acceptance item 12).
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import {
  type AccessScope,
  AssociateAccessPolicyCommand,
  type AuthenticationMode,
  CreateAccessEntryCommand,
  type CreateAccessEntryRequest,
  CreateClusterCommand,
  DeleteAccessEntryCommand,
  DescribeAccessEntryCommand,
  DisassociateAccessPolicyCommand,
  ListAccessEntriesCommand,
  ListAssociatedAccessPoliciesCommand,
  UpdateAccessEntryCommand,
  UpdateClusterConfigCommand,
} from "@aws-sdk/client-eks";
import { DeleteRoleCommand } from "@aws-sdk/client-iam";
import { AssumeRoleCommand } from "@aws-sdk/client-sts";
import type { Clients } from "../../support/atoll.ts";
import { eksToken } from "../../support/eks-token.ts";
import { kubeRequest } from "../../support/kube.ts";
import { allow, trust } from "../../support/policies.ts";
import { createRole, createUser } from "../../support/scenario.ts";
import { ACCOUNT, REGION, refused, type Stage, startStage } from "./stage.ts";

const MODES: readonly AuthenticationMode[] = ["CONFIG_MAP", "API_AND_CONFIG_MAP", "API"];
const IN_USE = "The specified access entry resource is already in use on this cluster.";
const NOT_FOUND = "The specified principalArn could not be found. You can view your available access entries with 'list-access-entries'.";
const SERVICE_LINKED = "The caller is not allowed to modify access entries with a principalArn value of a Service Linked Role";
const NEEDS_MODE = "The cluster's authentication mode must be set to one of [API, API_AND_CONFIG_MAP] to perform this operation.";
const policyArn = (name: string) => `arn:aws:eks::aws:cluster-access-policy/${name}`;
const CLUSTER: AccessScope = { type: "cluster" };

let stage: Stage;
/** Who takes on the roles: root may not. */
let walker: Clients;
before(async () => {
  // Tokens for the cluster are signed with the machine's time.
  stage = await startStage({ at: new Date().toISOString() });
  walker = stage.clientsOf(await createUser(stage.iam, "walker", allow("sts:AssumeRole")));
});
after(() => stage?.close());

const clusterName = "twelve";
const role = (name: string) => createRole(stage.iam, name, trust({ AWS: `arn:aws:iam::${ACCOUNT}:root` }));
const enter = (principalArn: string, more: Partial<CreateAccessEntryRequest> = {}) =>
  stage.eks.send(new CreateAccessEntryCommand({ clusterName, principalArn, ...more }));
const associate = (principalArn: string, name: string, accessScope: AccessScope) =>
  stage.eks.send(new AssociateAccessPolicyCommand({ clusterName, principalArn, policyArn: policyArn(name), accessScope }));
const policiesOf = async (principalArn: string, cluster = clusterName) =>
  (await stage.eks.send(new ListAssociatedAccessPoliciesCommand({ clusterName: cluster, principalArn }))).associatedAccessPolicies ?? [];

/** What the cluster answers a session of a role. */
async function ask(roleArn: string, path: string): Promise<number> {
  const { Credentials: keys } = await walker.sts.send(new AssumeRoleCommand({ RoleArn: roleArn, RoleSessionName: "somebody" }));
  const { AccessKeyId: accessKeyId, SecretAccessKey: secretAccessKey, SessionToken: sessionToken } = keys!;
  const credentials = { accessKeyId: accessKeyId!, secretAccessKey: secretAccessKey!, sessionToken: sessionToken! };
  const signedAt = new Date(stage.time.now());
  const token = await eksToken(stage.test.connection.endpoint, clusterName, credentials, { signedAt });
  return (await kubeRequest(await stage.cluster(clusterName), token, path)).status;
}

describe("12 Access", () => {
  before(async () => {
    await stage.create(clusterName);
  });

  test("modes go one step forward, never back and never two", async () => {
    for (const [index, from] of MODES.entries()) {
      const name = `mode-${index}`;
      await stage.create(name, { accessConfig: { authenticationMode: from } });
      const to = (authenticationMode: AuthenticationMode) =>
        stage.eks.send(new UpdateClusterConfigCommand({ name, accessConfig: { authenticationMode } }));
      for (const [target, mode] of MODES.entries()) {
        if (target === index + 1) continue;
        const same = `Cluster is already at the desired configuration with authenticationMode: ${mode}`;
        const wrong = `Unsupported authentication mode update from ${from} to ${mode}`;
        await refused(to(mode), "InvalidParameterException", target === index ? same : wrong);
      }
      const next = MODES[index + 1];
      if (!next) continue;
      await stage.succeeded(name, (await to(next)).update);
      assert.equal((await stage.active(name)).accessConfig?.authenticationMode, next);
    }
  });

  test("in CONFIG_MAP mode every operation on entries is refused in the same words; leaving it brings the creator's entry", async () => {
    const name = "by-map";
    await stage.create(name, { accessConfig: { authenticationMode: "CONFIG_MAP" } });
    const entry = { clusterName: name, principalArn: stage.ground.nodeRole };
    const policy = { ...entry, policyArn: policyArn("AmazonEKSViewPolicy") };
    for (const call of [
      new CreateAccessEntryCommand(entry),
      new DescribeAccessEntryCommand(entry),
      new UpdateAccessEntryCommand(entry),
      new DeleteAccessEntryCommand(entry),
      new ListAccessEntriesCommand({ clusterName: name }),
      new AssociateAccessPolicyCommand({ ...policy, accessScope: CLUSTER }),
      new DisassociateAccessPolicyCommand(policy),
      new ListAssociatedAccessPoliciesCommand(entry),
    ]) {
      await refused(stage.eks.send(call as CreateAccessEntryCommand), "InvalidRequestException", NEEDS_MODE);
    }
    const accessConfig = { authenticationMode: "API_AND_CONFIG_MAP" as const };
    await stage.succeeded(name, (await stage.eks.send(new UpdateClusterConfigCommand({ name, accessConfig }))).update);
    const { accessEntries = [] } = await stage.eks.send(new ListAccessEntriesCommand({ clusterName: name }));
    assert.ok(accessEntries.includes(`arn:aws:iam::${ACCOUNT}:root`));
  });

  test("the creator's entry is there, ordinary, once; or not at all", async () => {
    const creator = `arn:aws:iam::${ACCOUNT}:user/creator`;
    const keys = await createUser(stage.iam, "creator", allow("*"));
    const { eks } = stage.clientsOf(keys);
    await eks.send(new CreateClusterCommand(stage.request("made")));
    await stage.active("made");
    const key = { clusterName: "made", principalArn: creator };
    const { accessEntry } = await stage.eks.send(new DescribeAccessEntryCommand(key));
    assert.deepEqual([accessEntry?.type, accessEntry?.username, accessEntry?.kubernetesGroups], ["STANDARD", creator, []]);
    const [policy] = await policiesOf(creator, "made");
    assert.deepEqual([policy?.policyArn, policy?.accessScope?.type], [policyArn("AmazonEKSClusterAdminPolicy"), "cluster"]);
    await refused(stage.eks.send(new CreateAccessEntryCommand(key)), "ResourceInUseException", IN_USE);
    await stage.eks.send(new DeleteAccessEntryCommand(key));
    await refused(stage.eks.send(new DescribeAccessEntryCommand(key)), "ResourceNotFoundException", NOT_FOUND);

    const accessConfig = { authenticationMode: "API" as const, bootstrapClusterCreatorAdminPermissions: false };
    await eks.send(new CreateClusterCommand(stage.request("nobodys", { accessConfig })));
    await stage.active("nobodys");
    const { accessEntries } = await stage.eks.send(new ListAccessEntriesCommand({ clusterName: "nobodys" }));
    assert.ok(!accessEntries?.includes(creator));
    await refused(
      eks.send(new CreateClusterCommand(stage.request("x", { accessConfig: { bootstrapClusterCreatorAdminPermissions: false } }))),
      "InvalidParameterException",
      "bootstrapClusterCreatorAdminPermissions must be true if cluster authentication mode is set to CONFIG_MAP",
    );
  });

  test("a principal made anew under its old name is somebody else", async () => {
    const arn = await role("reborn");
    await enter(arn);
    await associate(arn, "AmazonEKSViewPolicy", CLUSTER);
    assert.equal(await ask(arn, "/api/v1/namespaces/default/pods"), 200);
    await stage.iam.send(new DeleteRoleCommand({ RoleName: "reborn" }));
    assert.equal(await role("reborn"), arn);
    assert.equal(await ask(arn, "/api/v1/namespaces/default/pods"), 401);
    await stage.eks.send(new DeleteAccessEntryCommand({ clusterName, principalArn: arn }));
    await enter(arn);
    await associate(arn, "AmazonEKSViewPolicy", CLUSTER);
    assert.equal(await ask(arn, "/api/v1/namespaces/default/pods"), 200);
  });

  test("reserved prefixes in groups and usernames, and a session name without a colon before it", async () => {
    const arn = await role("prefixed");
    for (const prefix of ["system:", "eks:", "aws:", "amazon:", "iam:"]) {
      await refused(
        enter(arn, { kubernetesGroups: [`${prefix}masters`] }),
        "InvalidParameterException",
        `The kubernetes group name ${prefix}masters is invalid, it cannot start with ${prefix}`,
      );
      await refused(enter(arn, { username: `${prefix}me` }), "InvalidParameterException", `The username must not begin with ${prefix}`);
    }
    await refused(enter(arn, { username: "me-{{SessionName}}" }), "InvalidParameterException", /colon/);
    await enter(arn, { username: "me:{{SessionName}}", kubernetesGroups: ["readers"] });
    const update = (members: object) => stage.eks.send(new UpdateAccessEntryCommand({ clusterName, principalArn: arn, ...members }));
    await refused(
      update({ kubernetesGroups: ["system:masters"] }),
      "InvalidParameterException",
      /^The kubernetes group name system:masters is invalid/,
    );
    await refused(update({ username: "system:me" }), "InvalidParameterException", "The username must not begin with system:");
    assert.deepEqual((await update({ username: "you" })).accessEntry?.kubernetesGroups, ["readers"]);
    assert.deepEqual((await update({ kubernetesGroups: [] })).accessEntry?.kubernetesGroups, []);
  });

  test("principals that cannot be: of nobody, of services, sessions, with another path", async () => {
    await refused(
      enter(`arn:aws:iam::${ACCOUNT}:role/nobody`),
      "InvalidParameterException",
      "The specified principalArn is invalid: invalid principal.",
    );
    await refused(
      enter(`arn:aws:iam::${ACCOUNT}:role/path/node`),
      "InvalidParameterException",
      "The specified principalArn is invalid: invalid principal.",
    );
    const linked = `arn:aws:iam::${ACCOUNT}:role/aws-service-role/eks.amazonaws.com/AWSServiceRoleForAmazonEKS`;
    await refused(enter(linked), "ResourceInUseException", IN_USE);
    const other = `arn:aws:iam::${ACCOUNT}:role/aws-service-role/autoscaling.amazonaws.com/AWSServiceRoleForAutoScaling`;
    await refused(enter(other), "InvalidParameterException", SERVICE_LINKED);
    await refused(
      stage.eks.send(new DeleteAccessEntryCommand({ clusterName, principalArn: linked })),
      "InvalidParameterException",
      SERVICE_LINKED,
    );
    for (const arn of [`arn:aws:sts::${ACCOUNT}:assumed-role/node/s`, `arn:aws:iam::${ACCOUNT}:group/g`, "nonsense"])
      await refused(enter(arn), "InvalidParameterException", /principalArn/);
  });

  test("one entry for each principal; the same request again is the same entry", async () => {
    const arn = await role("once");
    const request = { clientRequestToken: "once", tags: { a: "1" } };
    const first = (await enter(arn, request)).accessEntry!;
    assert.deepEqual((await enter(arn, request)).accessEntry, first);
    assert.match(
      first.accessEntryArn ?? "",
      new RegExp(`^arn:aws:eks:${REGION}:${ACCOUNT}:access-entry/${clusterName}/role/${ACCOUNT}/once/[0-9a-f-]{36}$`),
    );
    await refused(enter(arn), "ResourceInUseException", IN_USE);
  });

  test("types have their usernames and groups, and take none of one's own", async () => {
    const session = "system:node:{{SessionName}}";
    const dns = "system:node:{{EC2PrivateDNSName}}";
    for (const [type, username, groups] of [
      ["EC2_LINUX", dns, ["system:nodes"]],
      ["EC2_WINDOWS", dns, ["system:nodes", "eks:kube-proxy-windows"]],
      ["EC2", dns, ["system:nodes"]],
      ["FARGATE_LINUX", session, ["system:bootstrappers", "system:nodes", "system:node-proxier"]],
      ["HYBRID_LINUX", session, ["system:nodes"]],
      ["HYPERPOD_LINUX", session, ["system:nodes"]],
    ] as const) {
      const arn = await role(`of-${type.toLowerCase()}`);
      await refused(enter(arn, { type, username: "me" }), "InvalidParameterException", /STANDARD/);
      await refused(enter(arn, { type, kubernetesGroups: ["mine"] }), "InvalidParameterException", /STANDARD/);
      const { accessEntry } = await enter(arn, { type });
      assert.deepEqual([accessEntry?.username, accessEntry?.kubernetesGroups], [username, groups], type);
      await refused(associate(arn, "AmazonEKSViewPolicy", CLUSTER), "InvalidParameterException", /STANDARD/);
      if (type === "EC2") await associate(arn, "AmazonEKSAutoNodePolicy", CLUSTER);
    }
    await refused(enter(await role("strange"), { type: "STRANGE" }), "InvalidParameterException", /access entry type STRANGE/);
  });

  test("policies: associating again replaces the scope, namespaces may end in a wildcard, and what grants is the scope", async () => {
    const arn = await role("scoped");
    await enter(arn);
    const first = (await associate(arn, "AmazonEKSViewPolicy", CLUSTER)).associatedAccessPolicy!;
    assert.equal(await ask(arn, "/api/v1/namespaces/default/pods"), 200);
    const second = (await associate(arn, "AmazonEKSViewPolicy", { type: "namespace", namespaces: ["dev-*"] })).associatedAccessPolicy!;
    assert.deepEqual([second.associatedAt, (await policiesOf(arn)).length], [first.associatedAt, 1]);
    assert.deepEqual((await policiesOf(arn))[0]?.accessScope, { type: "namespace", namespaces: ["dev-*"] });
    assert.equal(await ask(arn, "/api/v1/namespaces/default/pods"), 403);
    assert.equal(await ask(arn, "/api/v1/namespaces/dev-1/pods"), 200);
    assert.equal(await ask(arn, "/api/v1/namespaces/dev/pods"), 403);
    await refused(associate(arn, "AmazonEKSViewPolicy", { type: "namespace", namespaces: [] }), "InvalidParameterException", /namespaces/);
    await refused(associate(arn, "NoSuchPolicy", CLUSTER), "InvalidParameterException", /policyArn/);
    const key = { clusterName, principalArn: arn, policyArn: policyArn("AmazonEKSViewPolicy") };
    await stage.eks.send(new DisassociateAccessPolicyCommand(key));
    await refused(stage.eks.send(new DisassociateAccessPolicyCommand(key)), "ResourceNotFoundException", /not associated/);
    assert.equal(await ask(arn, "/api/v1/namespaces/dev-1/pods"), 403);
  });

  test("an entry beats the ConfigMap", async () => {
    const arn = await role("both");
    const kube = stage.test.atoll.clusters.kube(`${ACCOUNT}/${REGION}/${clusterName}`)!;
    const mapRoles = JSON.stringify([{ rolearn: arn, username: "mapped", groups: ["system:masters"] }]);
    await kube.create("configmaps", "kube-system", {
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { name: "aws-auth" },
      data: { mapRoles },
    });
    assert.equal(await ask(arn, "/api/v1/nodes"), 200);
    await enter(arn);
    assert.equal(await ask(arn, "/api/v1/nodes"), 403);
    await stage.eks.send(new DeleteAccessEntryCommand({ clusterName, principalArn: arn }));
    assert.equal(await ask(arn, "/api/v1/nodes"), 200);
  });
});
