// `atoll net plan` and `atoll net explain` over a whole Atoll.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { DescribeNetworkInterfacesCommand } from "@aws-sdk/client-ec2";
import type { PlanReport } from "../../src/base/net-plan.ts";
import type { NetReport } from "../../src/base/net-report.ts";
import { netExplainText } from "../../src/cli/commands/net-explain.ts";
import { poolsText } from "../../src/cli/commands/net-node.ts";
import { planQuery, planText } from "../../src/cli/commands/net-plan.ts";
import { ACCOUNT } from "../support/atoll.ts";
import { type Scenario, startScenario } from "../support/scenario.ts";
import { eventually } from "../support/wait.ts";

let scenario: Scenario;
before(async () => {
  scenario = await startScenario({ nodes: 2 });
});
after(() => scenario.test.close());

const ask = async <T>(path: string): Promise<{ status: number; body: T }> => {
  const { endpoint, adminToken } = scenario.test.connection;
  const response = await fetch(`${endpoint}/_atoll/${path}`, { headers: { authorization: `Bearer ${adminToken}` } });
  return { status: response.status, body: (await response.json()) as T };
};
const explain = (pod: string, query: Record<string, string> = {}) =>
  ask<NetReport & { message?: string }>(`clusters/${ACCOUNT}/us-west-2/main/net/${pod}?${new URLSearchParams(query)}`);

const client = () => scenario.test.atoll.clusters.cluster(`${ACCOUNT}/us-west-2/main`)!.client();
const podSpec = (name: string, spec: object = {}) => ({
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name, namespace: "default" },
  spec: { containers: [{ name: "main", image: "public.ecr.aws/nginx/nginx:latest" }], ...spec },
});
const nodeNames = () =>
  client()
    .list("nodes")
    .map(({ metadata }) => metadata.name);
const addressOf = (name: string) => eventually(`address of ${name}`, async () => client().get("pods", "default", name)?.status?.podIP);

describe("plan", () => {
  const options = { dataDir: "", output: "json", instanceType: ["m5.large"], pods: "20" } as const;

  test("existing subnets count with what is in use; the text names them", async () => {
    const { status, body } = await ask<PlanReport>(
      `net/plan?${planQuery({ ...options, subnet: scenario.network.subnets, growthPerDay: "20" })}`,
    );
    assert.equal(status, 200, JSON.stringify(body));
    const [row] = body.rows;
    assert.equal(row?.subnets.length, 2);
    assert.ok(row!.subnets.reduce((sum, { used }) => sum + used, 0) > row!.atRest, "the running cluster's addresses count");
    assert.ok(row!.exhaustion?.day);
    assert.match(planText(body), new RegExp(`${row!.exhaustion.subnet} is exhausted on day ${row!.exhaustion.day}`));
  });

  test("bad questions are refused with what to change", async () => {
    const refused: [Partial<Parameters<typeof planQuery>[0]>, RegExp][] = [
      [{ subnet: ["subnet-00000000000000000"] }, /does not exist/],
      [{ subnet: ["10.0.0.0/24+x"] }, /write 10\.0\.0\.0\/24/],
      [{ subnet: ["10.0.0.0/24"], pods: "many" }, /whole number/],
      [{ subnet: ["10.0.0.0/24"], set: ["WARM"] }, /WARM_IP_TARGET=2/],
    ];
    for (const [change, message] of refused) {
      const { status, body } = await ask<{ message: string }>(`net/plan?${planQuery({ ...options, subnet: [], ...change })}`);
      assert.equal(status, 400);
      assert.match(body.message, message);
    }
  });
});

test("node: the pools of a node, and what is asked of nodes that are not there", async () => {
  const node = (name: string, query = "") =>
    ask<{ body: string; message?: string }>(`clusters/${ACCOUNT}/us-west-2/main/node/${name}${query}`);
  const [name = ""] = nodeNames();
  const { status, body } = await eventually("ipamd's answer", async () => {
    const answer = await node(name);
    return answer.status === 200 ? answer : undefined;
  });
  assert.equal(status, 200);
  const [heading = "", pool = "", eni = ""] = poolsText(JSON.parse(body.body)).split("\n");
  assert.match(heading, /^CARD +INTERFACE +DEVICE/);
  assert.match(pool, /^0 +\d+ +\d+$/);
  assert.match(eni, /^ +eni-[0-9a-f]{17} +0 +\d+$/);
  assert.match((await node(name, "?port=61678&path=/metrics")).body.body, /^awscni_eni_max 3$/m);
  const closed = await node(name, "?port=1");
  assert.deepEqual([closed.status, closed.body.message?.startsWith("Nothing listens on port 1 of")], [409, true]);
  assert.equal((await node("none")).status, 404);
});

describe("explain", () => {
  before(async () => {
    const [first, second] = nodeNames();
    await client().create("pods", "default", podSpec("one", { nodeName: first }));
    await client().create("pods", "default", podSpec("two", { nodeName: first }));
    await client().create("pods", "default", podSpec("far", { nodeName: second }));
    await client().create("pods", "default", podSpec("nowhere", { nodeSelector: { disk: "none" } }));
    await Promise.all(["one", "two", "far"].map(addressOf));
  });

  test("a pod with an address: node, instance, interface, subnet, groups", async () => {
    const { body } = await explain("default/one");
    assert.equal(body.passes, true);
    assert.match(netExplainText(body), /is on eni-[0-9a-f]+ \(eth\d\) of i-[0-9a-f]+ .*route table rtb-.*security groups sg-/);
  });

  test("a pod no node suits: the scheduler's words", async () => {
    await eventually(
      "the scheduler's word",
      async () => /not scheduled yet/.test((await explain("default/nowhere")).body.answer) === false,
    );
    const { body } = await explain("default/nowhere");
    assert.equal(body.passes, false);
    assert.match(body.answer, /didn't match Pod's node affinity\/selector/);
  });

  test("pods of one node: the packet stays on the host", async () => {
    const { body } = await explain("default/one", { to: "default/two", port: "80" });
    assert.equal(body.passes, true, netExplainText(body));
    assert.match(netExplainText(body), /rule 512: to [\d.]+\/32 lookup main; route [\d.]+\/32 dev eni[0-9a-f]{11}/);
    assert.equal(body.source, body.address);
  });

  test("pods of two nodes: groups on both sides, the pod's own address", async () => {
    const { body } = await explain("default/one", { to: "default/far", port: "80" });
    assert.equal(body.passes, true, netExplainText(body));
    assert.equal(body.source, body.address);
    const named = body.steps.map(({ step }) => step);
    assert.ok(named.includes("security group, egress") && named.includes("security group, ingress"), named.join());
  });

  test("the internet: translated to the node's address, then to its public one", async () => {
    const { body } = await explain("default/one", { to: "192.0.2.10" });
    assert.equal(body.passes, true, netExplainText(body));
    assert.match(netExplainText(body), /rule 1024: fwmark 0x80\/0x80 lookup main; route 0\.0\.0\.0\/0/);
    assert.match(netExplainText(body), /AWS-SNAT-CHAIN-0.*leaves as/);
    assert.notEqual(body.source, body.address);
  });

  test("an address nobody holds, and the Service's", async () => {
    const { NetworkInterfaces = [] } = await scenario.test.clients.ec2.send(new DescribeNetworkInterfacesCommand({}));
    const held = NetworkInterfaces.flatMap(({ PrivateIpAddresses = [] }) => PrivateIpAddresses.map((each) => each.PrivateIpAddress));
    const to = Array.from({ length: 250 }, (_, i) => `10.20.0.${4 + i}`).find((address) => !held.includes(address))!;
    assert.match((await explain("default/one", { to })).body.answer, /no interface holds it/);
    const api = client().get("services", "default", "kubernetes")!.spec.clusterIP;
    const { status, body } = await explain("default/one", { to: api });
    assert.equal(status, 400);
    assert.match(body.message!, /Service default\/kubernetes/);
  });

  test("refused: no such pod, no address, no protocol, no port", async () => {
    for (const [pod, query] of [
      ["default/none", {}],
      ["default/one", { to: "somewhere" }],
      ["default/one", { to: "default/none" }],
      ["default/one", { to: "10.0.0.1", protocol: "carrier-pigeon" }],
      ["default/one", { to: "10.0.0.1", port: "70000" }],
    ] as const) {
      const { status, body } = await explain(pod, query);
      assert.equal(status, 400, JSON.stringify(body));
      assert.ok(body.message);
    }
  });
});
