// Long-lived programs as pods, past the end of their credentials: the SDKs fetch new ones, the programs do not notice. Time is stepped.
import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { CreatePodIdentityAssociationCommand } from "@aws-sdk/client-eks";
import { CreateOpenIDConnectProviderCommand } from "@aws-sdk/client-iam";
import { GetCallerIdentityCommand, STSClient } from "@aws-sdk/client-sts";
import { ACCOUNT, type Keys, REGION } from "../support/atoll.ts";
import { tokenOf } from "../support/kube.ts";
import { installAgent, PodMaker } from "../support/pod-identity.ts";
import { irsaTrust, podIdentityTrust } from "../support/policies.ts";
import { hasBoto3 } from "../support/run.ts";
import { createRole, type Scenario, startScenario } from "../support/scenario.ts";
import { SHIFTED_NODE, ShiftedTime } from "../support/shifted-time.ts";

const MINUTE = 60_000;
const program = (name: string) => fileURLToPath(new URL(`../support/${name}`, import.meta.url));
const PODS = ["irsa", "pod-identity", "plain"] as const;

const home = mkdtempSync(join(tmpdir(), "atoll-refresh-"));
const time = new ShiftedTime(join(home, "offset"));
let scenario: Scenario;
let pods: PodMaker;

before(async () => {
  scenario = await startScenario({ nodes: 1, clock: time });
  const { eks, iam } = scenario.test.clients;
  await installAgent(scenario, await tokenOf(scenario));
  pods = await PodMaker.in(scenario, "shop");
  const roleArn = await createRole(iam, "pods", podIdentityTrust());
  const association = { clusterName: scenario.name, namespace: "shop", serviceAccount: "pod-identity", roleArn };
  await eks.send(new CreatePodIdentityAssociationCommand(association));
  const issuer = scenario.cluster.identity!.oidc!.issuer!;
  await iam.send(new CreateOpenIDConnectProviderCommand({ Url: issuer, ClientIDList: ["sts.amazonaws.com"] }));
  const irsaRole = await createRole(iam, "irsa", irsaTrust(ACCOUNT, issuer, "shop:irsa"));
  for (const account of ["pod-identity", "plain"]) await pods.serviceAccount(account);
  await pods.serviceAccount("irsa", { "eks.amazonaws.com/role-arn": irsaRole });
  // To the cluster a leap in time is a node that was silent for hours: pods that do not tolerate that would be evicted.
  const spec = { tolerations: [{ operator: "Exists" }] };
  // Nobody tells a pod without credentials of EKS its region: SDK v3 reads the first variable, boto3 the second.
  const env = ["AWS_REGION", "AWS_DEFAULT_REGION"].map((name) => ({ name, value: REGION }));
  await Promise.all(PODS.map((pod) => pods.pod(pod, pod, { spec, container: { env } })));
});
after(async () => {
  await scenario?.test.close();
  rmSync(home, { recursive: true, force: true });
});

interface Answer extends Keys {
  readonly arn: string;
}

/** A program that runs as a pod and answers a line with a line. */
class Running {
  readonly #child;
  readonly #lines;
  #errors = "";

  constructor(pod: string, command: readonly string[]) {
    this.#child = pods.start(pod, command, time.environment);
    this.#child.stderr.setEncoding("utf8").on("data", (text: string) => {
      this.#errors += text;
    });
    this.#lines = createInterface({ input: this.#child.stdout })[Symbol.asyncIterator]();
  }

  async ask(): Promise<Answer> {
    this.#child.stdin.write("who am I?\n");
    const { value, done } = await this.#lines.next();
    if (done) throw new Error(`the program ended: ${this.#errors}`);
    return JSON.parse(value);
  }

  /** Lets it end and returns what it wrote to standard error. */
  async end(): Promise<string> {
    const ended = once(this.#child, "exit");
    this.#child.stdin.end();
    await ended;
    return this.#errors;
  }
}

/** Asks as somebody who has kept the keys. */
async function askWith({ accessKeyId, secretAccessKey, sessionToken = "" }: Keys): Promise<unknown> {
  const credentials = { accessKeyId, secretAccessKey, sessionToken };
  const settings = { endpoint: scenario.test.connection.endpoint, region: REGION, credentials, maxAttempts: 1 };
  const sts = new STSClient({ ...settings, systemClockOffset: time.offset });
  return sts.send(new GetCallerIdentityCommand({})).finally(() => sts.destroy());
}

const PROGRAMS = [
  { name: "SDK v3", command: [process.execPath, ...SHIFTED_NODE, program("who-am-i-again.ts")], skip: false },
  { name: "boto3", command: ["python3", program("who-am-i-again.py")], skip: !(await hasBoto3()) && "needs python3 with boto3" },
];

for (const { name, command, skip } of PROGRAMS) {
  test(`${name} fetches new credentials when the old ones expire, by IRSA and from the node after an hour, by Pod Identity after six`, {
    skip,
  }, async () => {
    const running = PODS.map((pod) => new Running(pod, command));
    const ask = async () => {
      const [irsa, podIdentity, node] = await Promise.all(running.map((each) => each.ask()));
      return { irsa: irsa!, podIdentity: podIdentity!, node: node! };
    };
    try {
      const first = await ask();
      assert.match(first.irsa.arn, /:assumed-role\/irsa\//);
      assert.match(first.podIdentity.arn, /:assumed-role\/pods\/eks-main-pod-identi/);
      assert.match(first.node.arn, /:assumed-role\/node\/i-/);
      assert.deepEqual(await ask(), first, "as long as they are good, the same");

      time.step(61 * MINUTE);
      for (const old of [first.irsa, first.node]) await assert.rejects(askWith(old), { name: "ExpiredToken" });
      const second = await ask();
      assert.match(second.irsa.arn, /:assumed-role\/irsa\//);
      assert.notEqual(second.irsa.accessKeyId, first.irsa.accessKeyId);
      assert.equal(second.node.arn, first.node.arn);
      assert.notEqual(second.node.accessKeyId, first.node.accessKeyId);
      assert.deepEqual(second.podIdentity, first.podIdentity);
      await askWith(first.podIdentity);

      time.step(300 * MINUTE);
      for (const old of [second.irsa, second.node, first.podIdentity]) await assert.rejects(askWith(old), { name: "ExpiredToken" });
      const third = await ask();
      assert.match(third.podIdentity.arn, /:assumed-role\/pods\/eks-main-pod-identi/);
      assert.notEqual(third.podIdentity.accessKeyId, first.podIdentity.accessKeyId);
      const keys = [first, second, third].flatMap(({ irsa, node }) => [irsa.accessKeyId, node.accessKeyId]);
      assert.equal(new Set(keys).size, keys.length);
    } finally {
      const errors = await Promise.all(running.map((each) => each.end()));
      assert.deepEqual(errors, ["", "", ""]);
    }
  });
}
