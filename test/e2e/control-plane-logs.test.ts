// Audit and authenticator logs of a cluster in CloudWatch Logs, switched on while it runs.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { CloudWatchLogsClient, DescribeLogStreamsCommand, FilterLogEventsCommand } from "@aws-sdk/client-cloudwatch-logs";
import { UpdateClusterConfigCommand } from "@aws-sdk/client-eks";
import { REGION } from "../support/atoll.ts";
import { kubeRequest, tokenOf } from "../support/kube.ts";
import { type Scenario, startScenario } from "../support/scenario.ts";
import { eventually } from "../support/wait.ts";

let scenario: Scenario;
let logs: CloudWatchLogsClient;
before(async () => {
  scenario = await startScenario({ nodes: 0 });
  const { endpoint } = scenario.test.connection;
  logs = new CloudWatchLogsClient({ endpoint, region: REGION, credentials: scenario.test.root });
});
after(async () => {
  logs.destroy();
  await scenario.test.close();
});

const logGroupName = "/aws/eks/main/cluster";
const matching = (logStreamNamePrefix: string, filterPattern: string) =>
  eventually(`a line of ${logStreamNamePrefix}`, async () => {
    const { events = [] } = await logs
      .send(new FilterLogEventsCommand({ logGroupName, logStreamNamePrefix, filterPattern }))
      .catch(() => ({ events: [] }));
    return events[0]?.message;
  });

test("who did what is in the audit log, who was let in and who was not in the authenticator's", async () => {
  const types = ["audit", "authenticator"] as const;
  const { eks } = scenario.test.clients;
  await eks.send(new UpdateClusterConfigCommand({ name: "main", logging: { clusterLogging: [{ types: [...types], enabled: true }] } }));
  const token = await tokenOf(scenario);
  await eventually("logging in force", async () => {
    await kubeRequest(scenario.cluster, token, "/api/v1/namespaces/default/serviceaccounts");
    const { logStreams = [] } = await logs.send(new DescribeLogStreamsCommand({ logGroupName })).catch(() => ({ logStreams: [] }));
    return logStreams.some(({ logStreamName }) => /^kube-apiserver-audit-[0-9a-f]{32}$/.test(logStreamName ?? ""));
  });

  const body = { apiVersion: "v1", kind: "Secret", metadata: { name: "hidden" }, stringData: { password: "never-logged" } };
  await kubeRequest(scenario.cluster, token, "/api/v1/namespaces/default/secrets", { method: "POST", body });
  const event = JSON.parse(await matching("kube-apiserver-audit", '{ $.objectRef.name = "hidden" && $.verb = "create" }'));
  assert.equal(event.level, "Metadata");
  assert.equal(event.user.username, "arn:aws:iam::111122223333:root");
  assert.equal(event.responseStatus.code, 201);
  assert.doesNotMatch(JSON.stringify(event), /never-logged/);

  assert.match(await matching("authenticator", '"access granted"'), /level=info msg="access granted" arn="arn:aws:iam::111122223333:root"/);
  const refused = await kubeRequest(scenario.cluster, "k8s-aws-v1.aHR0cDovL2V2aWwuZXhhbXBsZS8", "/api");
  assert.equal(refused.status, 401);
  assert.match(await matching("authenticator", '"access denied"'), /level=warning msg="access denied".*unexpected scheme/);
});
