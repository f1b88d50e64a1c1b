// The atoll command.
import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { Command, Option } from "commander";
import { CommandError } from "./client.ts";
import { down } from "./commands/down.ts";
import { env } from "./commands/env.ts";
import { explainAccess, explainPod } from "./commands/explain.ts";
import { kubeconfig } from "./commands/kubeconfig.ts";
import { type NetExplainOptions, netExplain } from "./commands/net-explain.ts";
import { type NetNodeOptions, netNode } from "./commands/net-node.ts";
import { type NetPlanOptions, netPlan } from "./commands/net-plan.ts";
import { run } from "./commands/run.ts";
import { status } from "./commands/status.ts";
import { token } from "./commands/token.ts";
import { up } from "./commands/up.ts";
import { invocation } from "./invocation.ts";
import type { OutputFormat } from "./output.ts";

interface GlobalOptions {
  dataDir: string;
  output: OutputFormat;
  /** What the user types to run a command against the same Atoll. */
  program: string;
}

/** How kubectl can run this very program. */
const SELF = [process.execPath, fileURLToPath(import.meta.url)];

const dataDirOption = () => new Option("--data-dir <directory>", "where state is kept");
const outputOption = () => new Option("--output <format>", "what commands print").choices(["text", "json"]);

const program = new Command("atoll")
  .description("Amazon EKS on your own machine")
  .addOption(dataDirOption().env("ATOLL_DATA_DIR").default(join(homedir(), ".atoll")))
  .addOption(outputOption().default("text"))
  .enablePositionalOptions()
  .showHelpAfterError("(atoll --help lists the commands)");

const globals = (): GlobalOptions => {
  const { dataDir, output } = program.opts<{ dataDir: string; output: OutputFormat }>();
  const given = program.getOptionValueSource("dataDir") === "cli" ? dataDir : undefined;
  return { dataDir: resolve(dataDir), output, program: invocation(given) };
};

const inCluster = (command: Command) =>
  command.option("--region <region>", "region of the cluster").option("--account <id>", "account of the cluster");

program
  .command("up")
  .description("start Atoll; Ctrl-C stops it cleanly")
  .option("--detach", "return when it is ready and leave it running")
  .option("--port <port>", "port of the AWS APIs (4566)")
  .option("--tls-port <port>", "port of the AWS APIs and OIDC issuers over TLS (4567)")
  .option("--host <address>", "address to listen on (127.0.0.1)")
  .option("--account <id>", "account of the root key (111122223333)")
  .option("--region <region>", "default region (us-west-2)")
  .option("--timing <profile>", "immediate, or realistic like AWS")
  .option("--ec2-throttling", "EC2 answers RequestLimitExceeded to too many calls, as on AWS")
  .option("--imds-lag <milliseconds>", "how late nodes see changes of their interfaces (0)")
  .option("--address-choice <order>", "which free addresses of a subnet are given: random, or sequential, the same each time")
  .option("--interface-quota <number>", "network interfaces an account may have in a region (5000)")
  .option("--cni-sockets <directory>", "nodes serve ipamd's gRPC API on Unix sockets below it")
  .option("--issuer-base <url>", "base of the clusters' OIDC issuer URLs")
  .option("--ephemeral", "keep nothing on disk")
  .option("--log-level <level>", "trace, debug, info, warn, error or silent")
  .action(async ({ detach, dataDir: _, output: __, ...flags }: { detach?: boolean } & Record<string, string | boolean>) => {
    const serverFlags = Object.entries(flags).flatMap(([name, value]) => [
      `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`,
      ...(value === true ? [] : [String(value)]),
    ]);
    process.exitCode = await up({ ...globals(), ...(detach && { detach }), serverFlags });
  });

program
  .command("down")
  .description("stop Atoll; its state is kept")
  .action(() => down(globals()));

program
  .command("status")
  .description("show what runs, and where")
  .action(() => status(globals()));

program
  .command("env")
  .description('print what to export: eval "$(atoll env)"')
  .action(() => env(globals()));

inCluster(program.command("kubeconfig <cluster>"))
  .description("add a cluster to your kubeconfig")
  .option("--kubeconfig <file>", "file to change (~/.kube/config)")
  .action((cluster: string, options: { kubeconfig?: string }) => kubeconfig(cluster, { ...options, ...globals(), self: SELF }));

inCluster(program.command("token <cluster>"))
  .description("print a token for kubectl")
  .action((cluster: string, options: object) => token(cluster, { ...options, ...globals() }));

inCluster(program.command("run <command...>"))
  .description("run a command as a pod: its environment, token files and agent")
  .requiredOption("--as-pod <namespace/pod>", "the pod to be")
  .option("--cluster <name>", "cluster of the pod, when there are several")
  .option("--container <name>", "container of the pod (its first)")
  .passThroughOptions()
  .action(async (command: string[], options: { asPod: string }) => {
    process.exitCode = await run(command, { ...options, ...globals() });
  });

const explain = program.command("explain").description("say what AWS would answer, and why");

explain
  .command("access <action> <resource>")
  .description("whether a principal may do something: explain access --as arn:aws:iam::…:role/dev eks:DescribeCluster arn:aws:eks:…")
  .requiredOption("--as <principal>", "ARN of a user, role, session or OIDC provider; account id; access key id; or service")
  .option("--condition <key=value...>", "condition keys of the request")
  .option("--region <region>", "region the request is sent to")
  .action((action: string, resource: string, options: { as: string }) => explainAccess(action, resource, { ...options, ...globals() }));

inCluster(explain.command("pod <namespace/pod>"))
  .description("how a pod gets its AWS credentials, or where that fails")
  .option("--cluster <name>", "cluster of the pod, when there are several")
  .action((name: string, options: object) => explainPod(name, { ...options, ...globals() }));

const net = program.command("net").description("plan a cluster's addresses, explain a pod's network");

net
  .command("plan")
  .description("nodes, addresses and exhaustion: net plan --subnet 10.0.0.0/24 --instance-type m5.large --pods 100")
  .requiredOption("--subnet <id|cidr...>", "subnets of the nodes; CIDR+N: with N addresses in use")
  .requiredOption("--instance-type <type...>", "instance types, each planned on its own")
  .requiredOption("--pods <count>", "pods with addresses of their own")
  .option("--pod-subnet <id|cidr...>", "subnets of the pods: custom networking")
  .option("--set <NAME=VALUE...>", "settings of aws-node: WARM_IP_TARGET=2")
  .option("--prefix-delegation", "ENABLE_PREFIX_DELEGATION=true")
  .option("--max-pods <count>", "max pods of the kubelet (the recommended value)")
  .option("--pods-per-node <count>", "at most so many pods on a node")
  .option("--branch-pods-per-node <count>", "of them, so many with security groups of their own")
  .option("--nodes <count>", "at least so many nodes")
  .option("--growth-per-day <pods>", "pods added every day")
  .option("--days <count>", "days looked ahead (365)")
  .option("--surge <nodes>", "nodes a rolling update adds (two per zone)")
  .option("--region <region>", "region of the subnets")
  .option("--account <id>", "account of the subnets")
  .action((options: Omit<NetPlanOptions, "dataDir" | "output">) => netPlan({ ...options, ...globals() }));

inCluster(net.command("explain <namespace/pod>"))
  .description("why a pod has no address; with --to, whether its traffic passes, and how")
  .option("--to <address|namespace/pod>", "the other end")
  .option("--port <number>", "destination port (443)")
  .option("--protocol <protocol>", "tcp, udp or icmp (tcp)")
  .option("--cluster <name>", "cluster of the pod, when there are several")
  .action((name: string, options: Omit<NetExplainOptions, "dataDir" | "output">) => netExplain(name, { ...options, ...globals() }));

inCluster(net.command("node").description("the address pools of a node, as its ipamd shows them").argument("<node>"))
  .option("--metrics", "ipamd's metrics instead")
  .option("--cluster <name>", "cluster of the node, when there are several")
  .action((name: string, options: Omit<NetNodeOptions, "dataDir" | "output">) => netNode(name, { ...options, ...globals() }));

program
  .command("demo")
  .description("bring up a VPC, a cluster, nodes and pods with identities, and show them")
  // The demo brings the AWS SDK: the other commands, and kubectl waiting for a token, need not load it.
  .action(async () => (await import("./commands/demo.ts")).demo(globals()));

// Commands take the global options after their name too: `atoll status --output json`.
const leaves = (command: Command): Command[] => (command.commands.length > 0 ? command.commands.flatMap(leaves) : [command as Command]);
for (const command of leaves(program)) command.addOption(dataDirOption().hideHelp()).addOption(outputOption().hideHelp());
program.hook("preAction", (_, command) => {
  for (const name of ["dataDir", "output"]) {
    const given: unknown = command.getOptionValue(name);
    if (given !== undefined) program.setOptionValueWithSource(name, given, "cli");
  }
});

try {
  await program.parseAsync();
} catch (error) {
  if (!(error instanceof CommandError)) throw error;
  process.stderr.write(`atoll: ${error.message}\n`);
  process.exitCode = 1;
}
