// Network policies as users meet them: the add-on's switch, kubectl for objects, `atoll net explain` for what they do.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { CreateAddonCommand, DescribeAddonCommand } from "@aws-sdk/client-eks";
import { ATOLL_COMMAND } from "../support/atoll.ts";
import { writeKubeconfig } from "../support/kube.ts";
import { kubectl } from "../support/kubectl.ts";
import { onPath, succeed } from "../support/run.ts";
import { type Scenario, startScenario } from "../support/scenario.ts";
import { eventually } from "../support/wait.ts";

const program = kubectl("35");
const skip = program ? false : "needs kubectl";

let scenario: Scenario;
let env: Record<string, string>;
before(async () => {
  if (!program) return;
  scenario = await startScenario();
  env = { ...scenario.test.environment(), KUBECONFIG: await writeKubeconfig(scenario) };
});
after(() => scenario?.test.close());

const kube = (...args: string[]) => succeed(program!, args, { env });
const apply = (...objects: object[]) =>
  succeed(program!, ["apply", "-f", "-"], { env, input: objects.map((each) => JSON.stringify(each)).join("\n---\n") });
const get = async (...args: string[]) => JSON.parse(await kube("get", ...args, "-o", "json"));
const explain = (...args: string[]) => succeed(process.execPath, [ATOLL_COMMAND, "net", "explain", ...args], { env });

const deployment = (namespace: string, app: string) => ({
  ...{ apiVersion: "apps/v1", kind: "Deployment", metadata: { name: app, namespace } },
  spec: {
    selector: { matchLabels: { app } },
    template: {
      metadata: { labels: { app } },
      spec: { containers: [{ name: "main", image: "nginx", ports: [{ name: "http", containerPort: 8080 }] }] },
    },
  },
});
const policy = (name: string, spec: object) => ({
  ...{ apiVersion: "networking.k8s.io/v1", kind: "NetworkPolicy", metadata: { name, namespace: "shop" } },
  spec,
});
const pods: Record<string, string> = {};
const podOf = async (namespace: string, app: string) => {
  const { items } = await get("pods", "-n", namespace, "-l", `app=${app}`);
  return `${namespace}/${items[0].metadata.name}`;
};

/** Waits until every aws-node pod is of the DaemonSet's present template. */
const rolled = () => kube("rollout", "status", "daemonset/aws-node", "-n", "kube-system", "--timeout=15s");

test("before the switch, policies are objects that nobody enforces, and it is said", { skip }, async () => {
  await apply(
    { apiVersion: "v1", kind: "Namespace", metadata: { name: "shop" } },
    { apiVersion: "v1", kind: "Namespace", metadata: { name: "other" } },
  );
  await apply(deployment("shop", "web"), deployment("shop", "api"), deployment("other", "stranger"));
  for (const [namespace, app] of [
    ["shop", "web"],
    ["shop", "api"],
    ["other", "stranger"],
  ] as const) {
    await kube("rollout", "status", `deployment/${app}`, "-n", namespace, "--timeout=15s");
    pods[app] = await podOf(namespace, app);
  }
  const ingress = [{ from: [{ podSelector: { matchLabels: { app: "web" } } }], ports: [{ port: "http" }] }];
  await apply(policy("allow-web", { podSelector: { matchLabels: { app: "api" } }, ingress }));
  const text = await explain(pods.stranger!, "--to", pods.api!, "--port", "8080");
  assert.match(
    text,
    /note {3}network policy, ingress: shop\/allow-web selects shop\/api-.*--enable-network-policy=false: nothing is enforced/,
  );
  assert.match(text, /tcp 8080 to [\d.]+ passes/);
  assert.deepEqual((await get("policyendpoints", "-A")).items, []);
});

/** Installs the add-on with network policies, by the AWS CLI where there is one. */
async function switchOn(): Promise<void> {
  const { eks } = scenario.test.clients;
  const at = { clusterName: "main", addonName: "vpc-cni" };
  const configurationValues = JSON.stringify({ enableNetworkPolicy: "true", nodeAgent: { metricsBindAddr: "8172" } });
  if (onPath("aws")) {
    const names = ["--cluster-name", "main", "--addon-name", "vpc-cni", "--resolve-conflicts", "OVERWRITE"];
    await succeed("aws", ["eks", "create-addon", ...names, "--configuration-values", configurationValues], { env, patience: 120_000 });
  } else await eks.send(new CreateAddonCommand({ ...at, configurationValues, resolveConflicts: "OVERWRITE" }));
  const addon = await eventually("the add-on", async () => {
    const { addon: now } = await eks.send(new DescribeAddonCommand(at));
    return now?.status === "ACTIVE" && now;
  });
  assert.equal(addon.configurationValues, configurationValues);
}

test("with the add-on's switch the policy is enforced: who is named passes, at the port that is named", { skip }, async () => {
  await switchOn();
  await rolled();
  const endpoints = await eventually("PolicyEndpoints", async () => {
    const { items } = await get("policyendpoints", "-n", "shop");
    return items.length > 0 && items;
  });
  const [{ metadata, spec }] = endpoints;
  assert.equal(endpoints.length, 1);
  assert.match(metadata.name, /^allow-web-[a-z0-9]{5}$/);
  assert.equal(metadata.ownerReferences[0].kind, "NetworkPolicy");
  const web = await get("pod", "-n", "shop", pods.web!.split("/")[1]!);
  assert.deepEqual(spec.ingress, [{ cidr: web.status.podIP, ports: [{ protocol: "TCP", port: 8080 }] }]);
  assert.deepEqual(
    spec.podSelectorEndpoints.map(({ name, namespace }: { name: string; namespace: string }) => `${namespace}/${name}`),
    [pods.api],
  );

  const allowed = await explain(pods.web!, "--to", pods.api!, "--port", "8080");
  assert.match(
    allowed,
    new RegExp(`ok {5}network policy, ingress: policy shop/allow-web \\(PolicyEndpoint ${metadata.name}\\) allows tcp 8080 from`),
  );
  assert.match(allowed, /passes; the other end sees/);
  const denied = await explain(pods.stranger!, "--to", pods.api!, "--port", "8080");
  assert.match(
    denied,
    new RegExp(
      `FAILS {2}network policy, ingress: shop/api-\\S+ is isolated for ingress by shop/allow-web \\(PolicyEndpoint ${metadata.name}\\)`,
    ),
  );
  assert.match(denied, /tcp 8080 to [\d.]+ does not pass/);
  const elsewhere = await explain(pods.web!, "--to", pods.api!, "--port", "9090");
  assert.match(elsewhere, /FAILS .*nothing there allows tcp 9090 from [\d.]+; entries for that address: .*TCP 8080/);
  assert.match(await explain(pods.api!, "--to", pods.stranger!, "--port", "80"), /passes/, "what is isolated for ingress may still leave");
});

test("rules about leaving: a block with exceptions, and nothing else", { skip }, async () => {
  const to = [{ ipBlock: { cidr: "192.0.2.0/24", except: ["192.0.2.128/25"] } }];
  await apply(policy("outside", { podSelector: { matchLabels: { app: "web" } }, policyTypes: ["Egress"], egress: [{ to }] }));
  await eventually("its PolicyEndpoint", async () => (await get("policyendpoints", "-n", "shop")).items.length === 2);
  assert.match(
    await explain(pods.web!, "--to", "192.0.2.1"),
    /ok {5}network policy, egress: policy shop\/outside .*allows tcp 443 to 192\.0\.2\.1: 192\.0\.2\.0\/24 except/,
  );
  const left = await explain(pods.web!, "--to", "192.0.2.200");
  assert.match(
    left,
    /FAILS {2}network policy, egress: .*; policy shop\/outside .* leaves it out: 192\.0\.2\.0\/24 except 192\.0\.2\.128\/25/,
  );
  const own = await explain(pods.web!, "--to", pods.api!, "--port", "8080");
  assert.match(own, /FAILS {2}network policy, egress/, "the other end's permission is not enough");
  assert.doesNotMatch(own, /host routing/, "the packet does not come out of its pod");
});

test("a deleted policy lets everything pass again", { skip }, async () => {
  await kube("delete", "networkpolicy", "--all", "-n", "shop", "--timeout=10s");
  assert.deepEqual((await get("policyendpoints", "-n", "shop")).items, []);
  const text = await explain(pods.stranger!, "--to", pods.api!, "--port", "8080");
  assert.match(text, /passes/);
  assert.doesNotMatch(text, /network policy/);
});

test("strict mode: without a policy nothing passes, host network pods excepted", { skip }, async () => {
  await kube("set", "env", "daemonset/aws-node", "-n", "kube-system", "-c", "aws-node", "NETWORK_POLICY_ENFORCING_MODE=strict");
  await rolled();
  const text = await explain(pods.web!, "--to", pods.api!, "--port", "8080");
  assert.match(
    text,
    /FAILS {2}network policy, egress: ip-\S+ denies everything until policies are programmed .* none is for shop\/web-.*DNS included/,
  );
  const { items } = await get("pods", "-n", "kube-system", "-l", "k8s-app=aws-node");
  const host = `kube-system/${items[0].metadata.name}`;
  assert.match(await explain(host, "--to", "192.0.2.1"), /passes/);
  assert.match(await explain(host, "--to", pods.api!, "--port", "8080"), /network policy, ingress/);
});

test("a namespace goes with its policies", { skip }, async () => {
  await apply(policy("last", { podSelector: {} }));
  await eventually("its PolicyEndpoint", async () => (await get("policyendpoints", "-n", "shop")).items.length === 1);
  await kube("delete", "namespace", "shop", "--timeout=15s");
  assert.deepEqual((await get("policyendpoints", "-A")).items, []);
});
