// What the status of a validating admission policy says about the types it names.
import assert from "node:assert/strict";
import { test } from "node:test";
import { runningCluster } from "../running-cluster.ts";

const type = "validatingadmissionpolicies.admissionregistration.k8s.io";
const group = "admissionregistration.k8s.io/v1";
const deployments = { apiGroups: ["apps"], apiVersions: ["v1"], operations: ["CREATE"], resources: ["deployments"] };

test("policies are told the members their types lack, and of which generation", async (t) => {
  const { client, until } = await runningCluster(t, 0);
  const check = async (name: string, expression: string, resourceRules: object[] = [deployments]) => {
    const spec = { matchConstraints: { resourceRules }, validations: [{ expression: "true" }, { expression }] };
    await client.create(type, "", { apiVersion: group, kind: "ValidatingAdmissionPolicy", metadata: { name }, spec });
    const status = () => client.get(type, "", name)?.status;
    await until(`the status of ${name}`, () => status()?.observedGeneration === 1);
    return (status().typeChecking.expressionWarnings ?? []) as { fieldRef: string; warning: string }[];
  };
  assert.deepEqual(await check("typo", "object.replicas > 1"), [
    {
      fieldRef: "spec.validations[1].expression",
      warning: "apps/v1, Kind=Deployment: ERROR: <input>:1:7: undefined field 'replicas'\n | object.replicas > 1\n | ......^",
    },
  ]);
  for (const [name, expression] of [
    ["right", "object.spec.replicas > 1 && object.metadata.labels.team == 'x' && object.spec.template.spec.containers[0].image != ''"],
    ["loop", "object.spec.template.spec.containers.all(each, each.whatever)"],
    ["elsewhere", "request.userInfo.username != 'bob' && has(oldObject.spec.paused)"],
  ] as const)
    assert.deepEqual(await check(name, expression), [], name);
  assert.match((await check("deep", "oldObject.spec.template.spec.containers[0].images == ''"))[0]!.warning, /undefined field 'images'/);
  const pods = { ...deployments, apiGroups: [""], resources: ["pods"] };
  assert.match((await check("two", "object.spec.replicas > 1", [deployments, pods]))[0]!.warning, /^\/v1, Kind=Pod: ERROR: [^K]*$/);
  assert.deepEqual(await check("wild", "object.nothing == 1", [{ ...deployments, resources: ["*"] }]), []);
  await client.patch(type, "", "typo", "merge", { spec: { validations: [{ expression: "object.spec.replicas > 1" }] } });
  await until("the next status", () => client.get(type, "", "typo")!.status.observedGeneration === 2);
  assert.deepEqual(client.get(type, "", "typo")!.status.typeChecking, {});
});
