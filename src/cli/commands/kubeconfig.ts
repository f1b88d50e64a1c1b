// atoll kubeconfig: adds a cluster to the user's kubeconfig, without needing the AWS CLI.
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { parse, stringify } from "yaml";
import { CommandError, connect } from "../client.ts";
import { type OutputFormat, print } from "../output.ts";
import { type ClusterOptions, clusterPath } from "./token.ts";

interface ClusterFacts {
  readonly arn: string;
  readonly endpoint: string;
  readonly certificateAuthority: string;
}

interface Named {
  name: string;
}

interface Kubeconfig {
  apiVersion: string;
  kind: string;
  "current-context"?: string;
  clusters?: Named[];
  contexts?: Named[];
  users?: Named[];
}

/** Flags of the command. */
export interface KubeconfigOptions extends ClusterOptions {
  readonly kubeconfig?: string;
  readonly output: OutputFormat;
  /** The command kubectl runs for a token: executable and leading arguments. */
  readonly self: readonly string[];
}

export async function kubeconfig(cluster: string, options: KubeconfigOptions): Promise<void> {
  const client = connect(options.dataDir);
  const region = options.region ?? client.connection.region;
  const account = options.account ?? client.connection.account;
  const facts = await client.get<ClusterFacts>(clusterPath(cluster, region, account));
  const path = options.kubeconfig ?? join(homedir(), ".kube", "config");
  const [command, ...args] = options.self;
  const user = {
    exec: {
      apiVersion: "client.authentication.k8s.io/v1beta1",
      command,
      args: [...args, "--data-dir", options.dataDir, "token", cluster, "--region", region, "--account", account],
      interactiveMode: "Never",
    },
  };
  const config = merge(read(path), facts.arn, { server: facts.endpoint, "certificate-authority-data": facts.certificateAuthority }, user);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, stringify(config), { mode: 0o600 });
  chmodSync(path, 0o600);
  print(options.output, { kubeconfig: path, context: facts.arn }, () => `Added context ${facts.arn} to ${path}`);
}

function read(path: string): Kubeconfig {
  const empty: Kubeconfig = { apiVersion: "v1", kind: "Config" };
  if (!existsSync(path)) return empty;
  const config: unknown = parse(readFileSync(path, "utf8"));
  if (config === null) return empty;
  if (typeof config !== "object" || (config as Kubeconfig).kind !== "Config")
    throw new CommandError(`${path} is not a kubeconfig; name another file with --kubeconfig.`);
  return config as Kubeconfig;
}

function merge(config: Kubeconfig, name: string, cluster: object, user: object): Kubeconfig {
  const replace = (list: Named[] | undefined, entry: Named) => [...(list ?? []).filter((other) => other.name !== name), entry];
  return {
    ...config,
    clusters: replace(config.clusters, { name, cluster } as Named),
    contexts: replace(config.contexts, { name, context: { cluster: name, user: name } } as Named),
    users: replace(config.users, { name, user } as Named),
    "current-context": name,
  };
}
