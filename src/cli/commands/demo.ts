// atoll demo: Atoll's main job end to end, through the public APIs only.
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { LookupEventsCommand } from "@aws-sdk/client-cloudtrail";
import { CommandError, connect } from "../client.ts";
import { type Clients, makeClients } from "../demo/clients.ts";
import { CLUSTER, createCluster, createNodegroup, enablePodIdentity } from "../demo/cluster.ts";
import { eksToken, KubernetesClient, type KubernetesObject } from "../demo/kubernetes.ts";
import { createNetwork, describeSubnets, type SubnetView } from "../demo/network.ts";
import { createClusterRole, createIrsaRole, createNodeRole, createPodIdentityRole } from "../demo/roles.ts";
import { createDeployments, createServiceAccounts, IRSA, NAMESPACE, POD_IDENTITY } from "../demo/workloads.ts";
import { columns, type OutputFormat } from "../output.ts";

const POD_PROGRAM = fileURLToPath(new URL("../demo/pod-program.ts", import.meta.url));
const ATOLL = fileURLToPath(new URL("../../../bin/atoll.js", import.meta.url));

export async function demo({ dataDir, output, program }: { dataDir: string; output: OutputFormat; program: string }): Promise<void> {
  const { connection } = connect(dataDir);
  const clients = makeClients(connection);
  const report = new Report(output, program);

  const network = await report.step("VPC with two public and two private subnets", () => createNetwork(clients.ec2));
  const roles = await report.step("IAM roles", async () => ({
    cluster: await createClusterRole(clients.iam),
    node: await createNodeRole(clients.iam),
    podIdentity: await createPodIdentityRole(clients.iam),
  }));
  const before = await describeSubnets(clients.ec2, network.privateSubnets);
  const cluster = await report.step(`cluster ${CLUSTER} ACTIVE`, () =>
    createCluster(clients.eks, roles.cluster, [...network.publicSubnets, ...network.privateSubnets]),
  );
  await report.step("node group of two m5.large ACTIVE", () => createNodegroup(clients.eks, roles.node, network.privateSubnets));
  const issuer = cluster.identity?.oidc?.issuer ?? "";
  const irsaRole = await report.step("OIDC provider and role for IRSA", () =>
    createIrsaRole(clients.iam, issuer, connection.account, `${NAMESPACE}:${IRSA}`),
  );
  await report.step("Pod Identity agent and association", () => enablePodIdentity(clients.eks, NAMESPACE, POD_IDENTITY, roles.podIdentity));
  const kubernetes = new KubernetesClient(cluster, await eksToken(CLUSTER, connection));
  const pods = await report.step("namespace, service accounts, two deployments Running", async () => {
    await createServiceAccounts(kubernetes, irsaRole);
    return createDeployments(kubernetes);
  });
  const who = await report.step("who two of the pods are (atoll run --as-pod)", async () =>
    [POD_IDENTITY, IRSA].map((name) => askPod(pods, name, dataDir)),
  );
  const after = await describeSubnets(clients.ec2, network.privateSubnets);
  report.finish({
    endpoint: cluster.endpoint,
    nodes: (await kubernetes.list("/api/v1/nodes")).map(nodeView),
    pods: pods.map((pod) => ({
      name: pod.metadata.name,
      phase: pod.status.phase ?? "",
      ip: pod.status.podIP ?? "",
      node: pod.spec.nodeName ?? "",
    })),
    subnets: before.map((subnet, i) => ({ ...subnet, before: subnet.free, after: after[i]?.free ?? 0 })),
    who,
    events: await lastEvents(clients),
  });
}

interface Answer {
  readonly arn: string;
  readonly allowed: string;
  readonly refused: string;
}

interface Findings {
  readonly endpoint: string | undefined;
  readonly nodes: readonly { name: string; ready: string; maxPods: string }[];
  readonly pods: readonly { name: string; phase: string; ip: string; node: string }[];
  readonly subnets: readonly (SubnetView & { before: number; after: number })[];
  readonly who: readonly Answer[];
  readonly events: readonly { time: string; name: string; user: string }[];
}

function askPod(pods: readonly KubernetesObject[], deployment: string, dataDir: string): Answer {
  const pod = pods.find(({ metadata }) => metadata.name.startsWith(`${deployment}-`));
  const args = [ATOLL, "--data-dir", dataDir, "run", "--as-pod", `${NAMESPACE}/${pod?.metadata.name}`, "--", process.execPath, POD_PROGRAM];
  const { stdout, stderr, status } = spawnSync(process.execPath, args, { encoding: "utf8" });
  if (status !== 0) throw new Error(`the program run as pod ${pod?.metadata.name} failed: ${stderr}`);
  return JSON.parse(stdout) as Answer;
}

function nodeView({ metadata, status }: KubernetesObject) {
  const ready = status.conditions?.find((condition) => condition.type === "Ready")?.status === "True" ? "Ready" : "NotReady";
  return { name: metadata.name, ready, maxPods: status.capacity?.pods ?? "" };
}

async function lastEvents({ cloudtrail }: Clients) {
  const { Events = [] } = await cloudtrail.send(new LookupEventsCommand({ MaxResults: 8 }));
  return Events.map((event) => ({ time: event.EventTime?.toISOString() ?? "", name: event.EventName ?? "", user: event.Username ?? "" }));
}

/** Prints each step as it ends, and the findings. */
class Report {
  readonly #output: OutputFormat;
  readonly #program: string;
  readonly #began = performance.now();
  readonly #steps: { step: string; milliseconds: number }[] = [];

  constructor(output: OutputFormat, program: string) {
    this.#output = output;
    this.#program = program;
  }

  async step<T>(name: string, run: () => Promise<T>): Promise<T> {
    const began = performance.now();
    const result = await run().catch((error: Error) => {
      throw new CommandError(
        `The demo stopped at "${name}": ${error.message}\nThe server's log may say more; begin anew with: make demo-stop demo`,
      );
    });
    const milliseconds = Math.round(performance.now() - began);
    this.#steps.push({ step: name, milliseconds });
    if (this.#output === "text") process.stdout.write(`${String(milliseconds).padStart(6)} ms  ${name}\n`);
    return result;
  }

  finish(findings: Findings): void {
    const milliseconds = Math.round(performance.now() - this.#began);
    if (this.#output === "json")
      process.stdout.write(`${JSON.stringify({ milliseconds, steps: this.#steps, ...findings }, undefined, 2)}\n`);
    else process.stdout.write(`${String(milliseconds).padStart(6)} ms  in all\n\n${text(findings, this.#program)}\n`);
  }
}

function text({ endpoint, nodes, pods, subnets, who, events }: Findings, program: string): string {
  return [
    columns([["NODE", "STATUS", "MAX PODS"], ...nodes.map((node) => [node.name, node.ready, node.maxPods])]),
    "",
    columns([["POD", "STATUS", "ADDRESS", "NODE"], ...pods.map((pod) => [pod.name, pod.phase, pod.ip, pod.node])]),
    "",
    columns([
      ["SUBNET", "CIDR", "ZONE", "FREE BEFORE", "FREE NOW"],
      ...subnets.map((subnet) => [subnet.id, subnet.cidr, subnet.zone, String(subnet.before), String(subnet.after)]),
    ]),
    "",
    ...who.flatMap(({ arn, allowed, refused }) => [arn, `  allowed  ${allowed}`, `  refused  ${refused}`]),
    "",
    "Last CloudTrail events:",
    columns(events.map((event) => [`  ${event.time}`, event.name, event.user])),
    "",
    `The cluster's API is ${endpoint}. Atoll keeps running. Continue with:`,
    `  eval "$(${program} env)"`,
    `  ${program} kubeconfig ${CLUSTER}        (or: aws eks update-kubeconfig --name ${CLUSTER})`,
    "  kubectl get pods -A -o wide",
    "  aws ec2 describe-network-interfaces --output table",
    `  ${program} run --as-pod ${NAMESPACE}/${pods[0]?.name} -- aws sts get-caller-identity`,
    "Stop it with: make demo-stop",
  ].join("\n");
}
