// Losing the last way into a cluster, and the way out that IAM keeps open (EKS User Guide, "Grant IAM users access to Kubernetes").
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import {
  AssociateAccessPolicyCommand,
  CreateAccessEntryCommand,
  DeleteAccessEntryCommand,
  DescribeClusterCommand,
  UpdateClusterConfigCommand,
} from "@aws-sdk/client-eks";
import { ACCOUNT, type Keys } from "../support/atoll.ts";
import { eksToken } from "../support/eks-token.ts";
import { kubeRequest } from "../support/kube.ts";
import { createUser, type Scenario, startScenario } from "../support/scenario.ts";
import { eventually } from "../support/wait.ts";

let scenario: Scenario;
let alice: Keys;
before(async () => {
  scenario = await startScenario({ nodes: 0 });
  alice = await createUser(scenario.test.clients.iam, "alice");
});
after(() => scenario.test.close());

const root = `arn:aws:iam::${ACCOUNT}:root`;
const user = `arn:aws:iam::${ACCOUNT}:user/alice`;
const answer = async (keys: Keys) => {
  const token = await eksToken(scenario.test.connection.endpoint, "main", keys);
  return (await kubeRequest(scenario.cluster, token, "/api/v1/nodes")).status;
};

async function switchMode(authenticationMode: "API" | "API_AND_CONFIG_MAP"): Promise<void> {
  const { eks } = scenario.test.clients;
  await eks.send(new UpdateClusterConfigCommand({ name: "main", accessConfig: { authenticationMode } }));
  await eventually(`mode ${authenticationMode}`, async () => {
    const { cluster } = await eks.send(new DescribeClusterCommand({ name: "main" }));
    return cluster?.status === "ACTIVE" && cluster.accessConfig?.authenticationMode === authenticationMode;
  });
}

test("the creator without an entry is outside, and who may manage entries lets somebody in again", async () => {
  const { eks } = scenario.test.clients;
  assert.equal(await answer(scenario.test.root), 200);
  assert.equal(await answer(alice), 401);
  await switchMode("API");
  assert.equal(await answer(scenario.test.root), 200);

  await eks.send(new DeleteAccessEntryCommand({ clusterName: "main", principalArn: root }));
  assert.equal(await answer(scenario.test.root), 401);
  await assert.rejects(switchMode("API_AND_CONFIG_MAP"), { name: "InvalidParameterException" }, "there is no way back to aws-auth");

  await eks.send(new CreateAccessEntryCommand({ clusterName: "main", principalArn: user }));
  assert.equal(await answer(alice), 403, "known, but without rights");
  const policyArn = "arn:aws:eks::aws:cluster-access-policy/AmazonEKSClusterAdminPolicy";
  await eks.send(
    new AssociateAccessPolicyCommand({ clusterName: "main", principalArn: user, policyArn, accessScope: { type: "cluster" } }),
  );
  assert.equal(await answer(alice), 200);
});
