// Pains of users that need a whole cluster: pods with security groups that stick, and an add-on's configuration.
import assert from "node:assert/strict";
import { after, before } from "node:test";
import { CreateAddonCommand, DescribeAddonCommand } from "@aws-sdk/client-eks";
import { AttachRolePolicyCommand } from "@aws-sdk/client-iam";
import type { NetReport } from "../../src/base/net-report.ts";
import { ACCOUNT } from "../support/atoll.ts";
import { type Scenario, startScenario } from "../support/scenario.ts";
import { eventually } from "../support/wait.ts";
import { pains } from "./pains.ts";

const POD_ENI = "vpc.amazonaws.com/pod-eni";
const CLUSTER = `${ACCOUNT}/us-west-2/main`;
let scenario: Scenario;
before(async () => {
  scenario = await startScenario({ nodes: 1 });
});
after(() => scenario.test.close());

const kube = () => scenario.test.atoll.clusters.kube(CLUSTER)!;

async function explain(pod: string): Promise<string> {
  const { endpoint, adminToken } = scenario.test.connection;
  const response = await fetch(`${endpoint}/_atoll/clusters/${CLUSTER}/net/${pod}`, { headers: { authorization: `Bearer ${adminToken}` } });
  return ((await response.json()) as NetReport).answer;
}

pains({
  async 8() {
    const { iam } = scenario.test.clients;
    const PolicyArn = "arn:aws:iam::aws:policy/AmazonEKSVPCResourceController";
    await iam.send(new AttachRolePolicyCommand({ RoleName: "cluster", PolicyArn }));
    const env = [{ name: "ENABLE_POD_ENI", value: "true" }];
    const template = { spec: { containers: [{ name: "aws-node", env }] } };
    await kube().patch("daemonsets.apps", "kube-system", "aws-node", "strategic", { spec: { template } });
    const [node] = kube().list("nodes");
    await eventually("branch interfaces to give", async () => kube().get("nodes", "", node!.metadata.name)?.status?.capacity?.[POD_ENI]);
    await kube().create("securitygrouppolicies.vpcresources.k8s.aws", "default", {
      apiVersion: "vpcresources.k8s.aws/v1beta1",
      kind: "SecurityGroupPolicy",
      metadata: { name: "gone" },
      spec: { podSelector: { matchLabels: { app: "shop" } }, securityGroups: { groupIds: ["sg-00000000000000000"] } },
    });
    await kube().create("pods", "default", {
      apiVersion: "v1",
      kind: "Pod",
      metadata: { name: "shop", labels: { app: "shop" } },
      spec: { containers: [{ name: "c", image: "busybox" }] },
    });
    const events = () => kube().list("events", { namespace: "default" });
    const failed = await eventually("the event of the branch", async () =>
      events().find(({ reason, involvedObject }) => reason === "BranchAllocationFailed" && involvedObject?.name === "shop"),
    );
    assert.match(failed.message, /failed to allocate branch ENI to pod: .*InvalidGroup\.NotFound|InvalidSecurityGroupID\.NotFound/);
    assert.match(await explain("default/shop"), /sg-00000000000000000/);
  },

  async 11() {
    const { eks } = scenario.test.clients;
    const create = (configurationValues: string) =>
      eks.send(new CreateAddonCommand({ clusterName: "main", addonName: "vpc-cni", configurationValues, resolveConflicts: "NONE" }));
    await assert.rejects(create('{"env":{"WARM_IPTARGET":"2"}}'), {
      name: "InvalidParameterException",
      message: /Json schema validation failed with error: \[\$\.env\.WARM_IPTARGET: is not defined in the schema/,
    });
    // A value of the user's own that the add-on would set otherwise is named, and kept, instead of being reset.
    await create('{"env":{"ENABLE_POD_ENI":"false"}}');
    const issues = await eventually("the conflict", async () => {
      const { addon } = await eks.send(new DescribeAddonCommand({ clusterName: "main", addonName: "vpc-cni" }));
      return addon?.status === "CREATE_FAILED" && addon.health?.issues;
    });
    assert.equal(issues[0]?.code, "ConfigurationConflict");
    assert.match(issues[0]?.message ?? "", /aws-node.*env/);
  },
});
