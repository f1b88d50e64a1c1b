// Capabilities on a running cluster: their kinds can be used, the role's sessions get in, and everybody is told that nothing acts.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import {
  type Capability,
  CreateCapabilityCommand,
  type CreateCapabilityCommandInput,
  DeleteCapabilityCommand,
  DescribeCapabilityCommand,
} from "@aws-sdk/client-eks";
import { CreateRoleCommand } from "@aws-sdk/client-iam";
import { kubeRequest, tokenOf } from "../support/kube.ts";
import { type Scenario, startScenario } from "../support/scenario.ts";
import { eventually } from "../support/wait.ts";

let scenario: Scenario;
let roleArn: string;
before(async () => {
  scenario = await startScenario({ nodes: 0 });
  const trust = {
    Version: "2012-10-17",
    Statement: [
      { Effect: "Allow", Principal: { Service: "capabilities.eks.amazonaws.com" }, Action: ["sts:AssumeRole", "sts:TagSession"] },
    ],
  };
  const input = { RoleName: "capability", AssumeRolePolicyDocument: JSON.stringify(trust) };
  roleArn = (await scenario.test.clients.iam.send(new CreateRoleCommand(input))).Role!.Arn!;
});
after(() => scenario.test.close());

const idc = { awsIdc: { idcInstanceArn: "arn:aws:sso:::instance/ssoins-1234567890abcdef" } };

async function active(input: Pick<CreateCapabilityCommandInput, "type" | "configuration" | "capabilityName">): Promise<Capability> {
  const { eks } = scenario.test.clients;
  await eks.send(new CreateCapabilityCommand({ clusterName: "main", roleArn, deletePropagationPolicy: "RETAIN", ...input }));
  return eventually(`${input.type} ACTIVE`, async () => {
    const name = { clusterName: "main", capabilityName: input.capabilityName };
    const { capability } = await eks.send(new DescribeCapabilityCommand(name));
    assert.notEqual(capability?.status, "CREATE_FAILED", JSON.stringify(capability?.health));
    return capability?.status === "ACTIVE" && capability;
  });
}

const objects: [type: "ACK" | "ARGOCD" | "KRO", path: string, object: object][] = [
  [
    "ACK",
    "/apis/s3.services.k8s.aws/v1alpha1/namespaces/default/buckets",
    { apiVersion: "s3.services.k8s.aws/v1alpha1", kind: "Bucket", metadata: { name: "mine" }, spec: { name: "mine" } },
  ],
  [
    "ARGOCD",
    "/apis/argoproj.io/v1alpha1/namespaces/argocd/applications",
    { apiVersion: "argoproj.io/v1alpha1", kind: "Application", metadata: { name: "app" }, spec: { project: "default" } },
  ],
  [
    "KRO",
    "/apis/kro.run/v1alpha1/resourcegraphdefinitions",
    { apiVersion: "kro.run/v1alpha1", kind: "ResourceGraphDefinition", metadata: { name: "web" }, spec: { schema: { kind: "Web" } } },
  ],
];

for (const [type, path, object] of objects) {
  test(`${type}: its kinds are there, and stay when it goes`, async () => {
    const capabilityName = type.toLowerCase();
    const capability = await active({ type, capabilityName, ...(type === "ARGOCD" && { configuration: { argoCd: idc } }) });
    assert.match(capability.health?.issues?.[0]?.message ?? "", /nothing acts on them/);
    const token = await tokenOf(scenario);
    const made = await kubeRequest(scenario.cluster, token, path, { method: "POST", body: object });
    assert.equal(made.status, 201, JSON.stringify(made.body));
    assert.equal(made.body.status, undefined, "nobody says it was made");
    const { eks } = scenario.test.clients;
    await eks.send(new DeleteCapabilityCommand({ clusterName: "main", capabilityName }));
    await eventually("deleted", () =>
      eks.send(new DescribeCapabilityCommand({ clusterName: "main", capabilityName })).then(
        () => false,
        (error: Error) => error.name === "ResourceNotFoundException",
      ),
    );
    assert.equal((await kubeRequest(scenario.cluster, token, path)).body.items.length, 1);
  });
}
