// Terraform, unmodified: the example in the style of the well-known modules is applied, planned, changed and destroyed.
// Most of the time is the provider's own waiting: ten seconds after a subnet's and a NAT gateway's change, up to a minute before it
// deletes a cluster.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { DescribeNatGatewaysCommand, DescribeNetworkInterfacesCommand, DescribeVpcsCommand } from "@aws-sdk/client-ec2";
import { DescribeClusterCommand, DescribeNodegroupCommand, ListClustersCommand } from "@aws-sdk/client-eks";
import { ListOpenIDConnectProvidersCommand, ListPoliciesCommand, ListRolesCommand } from "@aws-sdk/client-iam";
import { startTestAtoll, type TestAtoll } from "../support/atoll.ts";
import { get } from "../support/https.ts";
import { missingTerraform, type Workspace, workspace } from "../support/terraform.ts";
import { eventually } from "../support/wait.ts";

const EXAMPLE = fileURLToPath(new URL("../../examples/terraform", import.meta.url));
const CHANGED = { desired_size: 2, log_types: ["audit", "scheduler"], log_retention_days: 7, environment: "prod" };

describe("terraform", { skip: missingTerraform() }, () => {
  let atoll: TestAtoll;
  let here: Workspace;

  before(async () => {
    atoll = await startTestAtoll();
    here = workspace(EXAMPLE, atoll.home, atoll.environment());
    const { code, stdout, stderr } = await here.terraform(["init", "-no-color"]);
    assert.equal(code, 0, stdout + stderr);
  });
  after(() => atoll?.close());

  const succeeds = async (args: readonly string[], expect: RegExp, variables = {}) => {
    const { code, stdout, stderr } = await here.terraform([...args, "-no-color"], variables);
    assert.equal(code, 0, stdout + stderr);
    assert.match(stdout, expect);
    assert.doesNotMatch(stdout + stderr, /Warning/);
    return stdout;
  };
  /** With this flag Terraform ends with 0 only if the plan is empty. */
  const planIsEmpty = (variables = {}) => succeeds(["plan", "-detailed-exitcode"], /No changes\. Your infrastructure matches/, variables);

  test("apply makes everything", async () => {
    await succeeds(["apply", "-auto-approve"], /Apply complete! Resources: \d+ added, 0 changed, 0 destroyed/);
    const { cluster } = await atoll.clients.eks.send(new DescribeClusterCommand({ name: "example" }));
    assert.equal(cluster?.status, "ACTIVE");
    assert.match(cluster.encryptionConfig?.[0]?.provider?.keyArn ?? "", /:key\//);
  });

  test("the second plan is empty", async () => {
    await planIsEmpty();
  });

  test("the token of aws_eks_cluster_auth opens the Kubernetes API", async () => {
    const { stdout } = await here.terraform(["show", "-json"]);
    const { values } = JSON.parse(stdout) as {
      values: { outputs: Record<string, { value: string }>; root_module: { resources: { address: string; values: { token?: string } }[] } };
    };
    const token = values.root_module.resources.find(({ address }) => address === "data.aws_eks_cluster_auth.this")?.values.token;
    const authority = Buffer.from(values.outputs.cluster_certificate_authority!.value, "base64").toString();
    // The node of the Auto Scaling group joins by itself; Terraform waits for its instance only.
    await eventually("three nodes", async () => {
      const { status, body } = await get(`${values.outputs.cluster_endpoint!.value}/api/v1/nodes`, { token: token ?? "", authority });
      assert.equal(status, 200, body);
      return (JSON.parse(body) as { items: unknown[] }).items.length === 3;
    });
  });

  test("a change is applied in place, and then the plan is empty again", async () => {
    await succeeds(["apply", "-auto-approve"], /Apply complete! Resources: 0 added, [1-9]\d* changed, 0 destroyed/, CHANGED);
    const { nodegroup } = await atoll.clients.eks.send(new DescribeNodegroupCommand({ clusterName: "example", nodegroupName: "default" }));
    assert.equal(nodegroup?.scalingConfig?.desiredSize, 2);
    await planIsEmpty(CHANGED);
  });

  test("destroy leaves nothing", async () => {
    await succeeds(["destroy", "-auto-approve"], /Destroy complete! Resources: \d+ destroyed/, CHANGED);
    const { ec2, eks, iam } = atoll.clients;
    assert.deepEqual((await eks.send(new ListClustersCommand({}))).clusters, []);
    assert.deepEqual(
      (await ec2.send(new DescribeVpcsCommand({}))).Vpcs?.map(({ IsDefault }) => IsDefault),
      [true],
    );
    assert.deepEqual((await ec2.send(new DescribeNetworkInterfacesCommand({}))).NetworkInterfaces, []);
    const gateways = (await ec2.send(new DescribeNatGatewaysCommand({}))).NatGateways ?? [];
    assert.ok(gateways.every(({ State }) => State === "deleted"));
    const roles = (await iam.send(new ListRolesCommand({}))).Roles ?? [];
    assert.deepEqual(
      roles.filter(({ Path }) => !Path?.startsWith("/aws-service-role/")),
      [],
    );
    assert.deepEqual((await iam.send(new ListPoliciesCommand({ Scope: "Local" }))).Policies, []);
    assert.deepEqual((await iam.send(new ListOpenIDConnectProvidersCommand({}))).OpenIDConnectProviderList, []);
  });
});
